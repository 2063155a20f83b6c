//! `F_GETLK`: the kernel names the first lock that would conflict.

use std::fs::OpenOptions;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::RangeLock;

pub(super) fn query(path: &Path, range: Range<u64>) -> io::Result<RangeLock> {
    // A pipe in the file's place must not hold us up.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no regular file",
        ));
    }
    let offset = |value: u64| libc::off_t::try_from(value).map_err(io::Error::other);
    // SAFETY: the structure is plain data for which zero is valid.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    // What stands against reading is exclusive.
    lock.l_type = libc::F_RDLCK as libc::c_short;
    lock.l_whence = libc::SEEK_SET as libc::c_short;
    lock.l_start = offset(range.start)?;
    lock.l_len = offset(range.end - range.start)?;
    // SAFETY: the descriptor is open, and the kernel writes into the structure only.
    if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETLK, &raw mut lock) } != 0 {
        return Err(io::Error::last_os_error());
    }
    if lock.l_type == libc::F_UNLCK as libc::c_short {
        return Ok(RangeLock::Open);
    }
    // An open file description's lock has the pid -1, one of another pid namespace 0.
    let pid = u32::try_from(lock.l_pid).ok().filter(|pid| *pid > 0);
    Ok(RangeLock::Exclusive(pid))
}
