//! Files that are held in one of the many ways that a system knows, as long as the process lives.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::options::Options;

/// `--hold KIND=PATH`.
#[derive(Clone, Debug)]
pub(crate) struct Hold {
    kind: Kind,
    path: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
    Mapped,
    Flock,
    FlockShared,
    Posix,
    PosixShared,
    Ofd,
    Lease,
    ShareNone,
    ShareRead,
    Bytes,
}

impl Kind {
    const ALL: [(&'static str, Self); 12] = [
        ("read", Self::Read),
        ("write", Self::Write),
        ("mapped", Self::Mapped),
        ("flock", Self::Flock),
        ("flock-shared", Self::FlockShared),
        ("posix", Self::Posix),
        ("posix-shared", Self::PosixShared),
        ("ofd", Self::Ofd),
        ("lease", Self::Lease),
        ("share-none", Self::ShareNone),
        ("share-read", Self::ShareRead),
        ("bytes", Self::Bytes),
    ];
}

impl Hold {
    pub(crate) fn parse(text: &OsStr) -> Result<Self, String> {
        let text = text
            .to_str()
            .ok_or_else(|| format!("--hold: {text:?} is not UTF-8"))?;
        let (name, path) = text
            .split_once('=')
            .ok_or_else(|| format!("--hold: {text:?} is not KIND=PATH"))?;
        let kind = Kind::ALL.iter().find(|(known, _)| *known == name);
        let (_, kind) = kind.ok_or_else(|| format!("--hold: {name:?} is no kind, see --help"))?;
        Ok(Self {
            kind: *kind,
            path: path.into(),
        })
    }
}

/// What must be kept: closing a file gives up what is held, and a child ends with the pipe to it.
#[derive(Debug, Default)]
pub(crate) struct Held {
    _files: Vec<Option<File>>,
    _children: Vec<Child>,
}

/// Takes what was asked for.
pub(crate) fn take(options: &Options) -> Held {
    let mut held = Held::default();
    for hold in &options.holds {
        match system::take(hold.kind, &hold.path) {
            Ok(file) => held._files.push(file),
            Err(error) => crate::die(
                crate::EXIT_LOCK_HELD,
                &format!("cannot hold {} as asked: {error}", hold.path.display()),
            ),
        }
    }
    for hold in &options.holds_in_child {
        match in_child(hold, options) {
            Ok(child) => held._children.push(child),
            Err(error) => crate::die(crate::EXIT_SETUP, &format!("no child holds {hold:?}: {error}")),
        }
    }
    held
}

/// A child that holds it, recorded as `holder`; returns when it does.
fn in_child(hold: &OsString, options: &Options) -> io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("--hold")
        .arg(hold)
        .args(["--stdin-quit", "--say", "ready"]);
    command.args(["--lifetime", &options.lifetime.as_secs().to_string()]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    if let Some(path) = &options.write_pid {
        crate::record::append(path, &format!("holder {}", child.id()));
    }
    let mut said = [0; 5];
    let out = child.stdout.as_mut().ok_or_else(|| io::Error::other("no pipe"))?;
    out.read_exact(&mut said)?;
    Ok(child)
}

#[cfg(unix)]
mod system {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::fd::AsRawFd;
    use std::path::Path;

    use super::Kind;

    pub(super) fn take(kind: Kind, path: &Path) -> io::Result<Option<File>> {
        let mut open = OpenOptions::new();
        let writes = !matches!(kind, Kind::Read | Kind::Lease | Kind::ShareRead);
        let file = open.read(true).write(writes).open(path)?;
        let descriptor = file.as_raw_fd();
        match kind {
            // The other system's kinds only open it.
            Kind::Read | Kind::Write | Kind::ShareNone | Kind::ShareRead | Kind::Bytes => {}
            Kind::Mapped => {
                map(&file)?;
                return Ok(None);
            }
            // SAFETY: the descriptor is open; these calls take plain numbers.
            Kind::Flock => check(unsafe { libc::flock(descriptor, libc::LOCK_EX | libc::LOCK_NB) })?,
            // SAFETY: as above.
            Kind::FlockShared => check(unsafe { libc::flock(descriptor, libc::LOCK_SH | libc::LOCK_NB) })?,
            Kind::Posix => range(&file, libc::F_SETLK, libc::F_WRLCK)?,
            Kind::PosixShared => range(&file, libc::F_SETLK, libc::F_RDLCK)?,
            Kind::Ofd => range(&file, libc::F_OFD_SETLK, libc::F_WRLCK)?,
            // SAFETY: as above.
            Kind::Lease => check(unsafe { libc::fcntl(descriptor, libc::F_SETLEASE, libc::F_RDLCK) })?,
        }
        Ok(Some(file))
    }

    fn check(result: libc::c_int) -> io::Result<()> {
        if result == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// The first byte.
    fn range(file: &File, command: libc::c_int, kind: libc::c_int) -> io::Result<()> {
        // SAFETY: the structure is plain data for which zero is valid; the descriptor is open.
        check(unsafe {
            let mut range: libc::flock = std::mem::zeroed();
            range.l_type = kind as libc::c_short;
            range.l_whence = libc::SEEK_SET as libc::c_short;
            range.l_len = 1;
            libc::fcntl(file.as_raw_fd(), command, &range)
        })
    }

    /// A mapping that outlives its descriptor, and is given back by nobody but the end of the process.
    fn map(file: &File) -> io::Result<()> {
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(0).max(1);
        // SAFETY: a new mapping at an address of the system's choice; nothing reads or writes it.
        let address = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                length,
                libc::PROT_READ,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        if address == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

#[cfg(windows)]
mod system {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::windows::fs::OpenOptionsExt;
    use std::os::windows::io::AsRawHandle;
    use std::path::Path;

    use windows_sys::Win32::Storage::FileSystem::{
        FILE_SHARE_READ, LOCKFILE_EXCLUSIVE_LOCK, LOCKFILE_FAIL_IMMEDIATELY, LockFileEx,
    };
    use windows_sys::Win32::System::IO::OVERLAPPED;

    use super::Kind;

    pub(super) fn take(kind: Kind, path: &Path) -> io::Result<Option<File>> {
        let mut open = OpenOptions::new();
        open.read(true).write(kind != Kind::Read);
        match kind {
            Kind::ShareNone => open.share_mode(0),
            Kind::ShareRead => open.share_mode(FILE_SHARE_READ),
            // The other system's kinds only open it.
            Kind::Read
            | Kind::Write
            | Kind::Mapped
            | Kind::Flock
            | Kind::FlockShared
            | Kind::Posix
            | Kind::PosixShared
            | Kind::Ofd
            | Kind::Lease
            | Kind::Bytes => &mut open,
        };
        let file = open.open(path)?;
        if kind == Kind::Bytes {
            // SAFETY: the handle is open; the structure, whose zeros mean the first byte, lives through the call, which is
            // synchronous for a file that was not opened for overlapped use.
            let locked = unsafe {
                let mut place: OVERLAPPED = std::mem::zeroed();
                let flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
                LockFileEx(file.as_raw_handle(), flags, 0, 1, 0, &mut place)
            };
            if locked == 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(Some(file))
    }
}
