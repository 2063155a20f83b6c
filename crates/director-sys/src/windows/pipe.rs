//! Pipes to a child: overlapped at our end, so that one thread can serve all of them, and ordinary at the child's, since programs
//! expect that of their standard handles. Anonymous pipes cannot be so, hence named ones that only our own account may open.

use std::io;
use std::os::windows::io::OwnedHandle;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_PIPE_BUSY};
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_ACCESS_RIGHTS, FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED,
    FILE_FLAGS_AND_ATTRIBUTES, FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_READ_ATTRIBUTES, FILE_SHARE_READ,
    FILE_SHARE_WRITE, FILE_WRITE_ATTRIBUTES, OPEN_EXISTING, PIPE_ACCESS_INBOUND, PIPE_ACCESS_OUTBOUND,
    SECURITY_ANONYMOUS, SECURITY_SQOS_PRESENT,
};
use windows_sys::Win32::System::Pipes::{
    CreateNamedPipeW, PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_BYTE, PIPE_WAIT,
};

use super::security::{Access, current_user};
use super::text::wide;
use super::{is_error, own, size_of_u32};

/// How much a pipe holds while nobody reads.
pub(crate) const CAPACITY: u32 = 64 * 1024;

/// Which way the data goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    FromChild,
    ToChild,
}

/// Both ends of a new pipe.
#[derive(Debug)]
pub(crate) struct Pipe {
    /// Overlapped, not inheritable.
    pub(crate) ours: OwnedHandle,
    /// Synchronous, inheritable.
    pub(crate) childs: OwnedHandle,
}

pub(crate) fn create(direction: Direction) -> io::Result<Pipe> {
    let (our_access, childs_access) = match direction {
        // Runtimes ask a standard handle about itself, which needs the attribute right that writing does not include.
        Direction::FromChild => (PIPE_ACCESS_INBOUND, FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES),
        Direction::ToChild => (PIPE_ACCESS_OUTBOUND, FILE_GENERIC_READ | FILE_WRITE_ATTRIBUTES),
    };
    // A name that somebody took first: being first is enforced by the flag below, so another name is tried.
    for _ in 0..8 {
        let name = wide(unique_name()?)?;
        match create_server(&name, our_access) {
            Ok(ours) => {
                let childs =
                    open_inheritable(&name, childs_access, SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS)?;
                return Ok(Pipe { ours, childs });
            }
            Err(error) if is_error(&error, ERROR_ACCESS_DENIED) || is_error(&error, ERROR_PIPE_BUSY) => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AddrInUse,
        "cannot find a free name for a pipe",
    ))
}

/// Opens the null device for a child.
pub(crate) fn null_device(direction: Direction) -> io::Result<OwnedHandle> {
    let access = match direction {
        Direction::FromChild => FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES,
        Direction::ToChild => FILE_GENERIC_READ,
    };
    open_inheritable(&wide(r"\\.\NUL")?, access, 0)
}

fn unique_name() -> io::Result<String> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random)
        .map_err(|error| io::Error::other(format!("cannot get random bytes: {error}")))?;
    Ok(format!(
        r"\\.\pipe\director-stdio-{}-{}-{:016x}",
        std::process::id(),
        COUNTER.fetch_add(1, Ordering::Relaxed),
        u64::from_ne_bytes(random)
    ))
}

fn create_server(name: &[u16], access: FILE_FLAGS_AND_ATTRIBUTES) -> io::Result<OwnedHandle> {
    let attributes = own_user_only()?.attributes();
    // SAFETY: the name ends in NUL and the attributes live through the call; one instance, so nobody can add another.
    unsafe {
        own(CreateNamedPipeW(
            name.as_ptr(),
            access | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
            PIPE_TYPE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
            1,
            CAPACITY,
            CAPACITY,
            0,
            &attributes,
        ))
    }
}

fn open_inheritable(
    name: &[u16],
    access: FILE_ACCESS_RIGHTS,
    flags: FILE_FLAGS_AND_ATTRIBUTES,
) -> io::Result<OwnedHandle> {
    let attributes = SECURITY_ATTRIBUTES {
        nLength: size_of_u32::<SECURITY_ATTRIBUTES>(),
        lpSecurityDescriptor: std::ptr::null_mut(),
        bInheritHandle: 1,
    };
    // SAFETY: the name ends in NUL and the attributes live through the call.
    unsafe {
        own(CreateFileW(
            name.as_ptr(),
            access,
            FILE_SHARE_READ | FILE_SHARE_WRITE,
            &attributes,
            OPEN_EXISTING,
            flags,
            std::ptr::null_mut(),
        ))
    }
}

fn own_user_only() -> io::Result<&'static Access> {
    static ACCESS: OnceLock<Access> = OnceLock::new();
    if let Some(access) = ACCESS.get() {
        return Ok(access);
    }
    let access = Access::from_sddl(&format!("D:P(A;;GA;;;{})", current_user()?.text()))?;
    Ok(ACCESS.get_or_init(|| access))
}
