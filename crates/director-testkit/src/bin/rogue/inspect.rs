//! What rogue sees of itself: environment, folder, arguments, inherited handles.

use std::ffi::OsStr;

/// The value of a variable, or `(unset)`.
pub(crate) fn variable(name: &OsStr) -> Vec<u8> {
    std::env::var_os(name).map_or_else(|| b"(unset)".to_vec(), |value| exactly(&value))
}

/// What the director told by variables, on one line.
pub(crate) fn told_by_director() -> String {
    let mut told: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("DIRECTOR_"))
        .collect();
    told.sort();
    let told = told.iter().map(|(name, value)| format!("{name}={value}"));
    told.collect::<Vec<_>>().join("|")
}

pub(crate) fn current_folder() -> Vec<u8> {
    match std::env::current_dir() {
        Ok(folder) => exactly(folder.as_os_str()),
        Err(error) => format!("(none: {error})").into_bytes(),
    }
}

/// The text itself where that is unmistakable on one line, else `hex:` and its bytes (WTF-8 on Windows).
pub(crate) fn exactly(text: &OsStr) -> Vec<u8> {
    let plain = text
        .to_str()
        .filter(|text| !text.starts_with("hex:") && !text.chars().any(char::is_control));
    match plain {
        Some(plain) => plain.as_bytes().to_vec(),
        None => {
            let hex: String = text
                .as_encoded_bytes()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            format!("hex:{hex}").into_bytes()
        }
    }
}

/// Descriptors beyond stdio that came by inheritance: all that rogue opens itself is close-on-exec.
#[cfg(unix)]
pub(crate) fn inherited() -> Vec<String> {
    let mut found: Vec<i32> = std::fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2)
        .filter(|fd| {
            // SAFETY: only reads a flag; a descriptor that was closed meanwhile gives -1.
            let flags = unsafe { libc::fcntl(*fd, libc::F_GETFD) };
            flags >= 0 && flags & libc::FD_CLOEXEC == 0
        })
        .collect();
    found.sort_unstable();
    let name = |fd: i32| std::fs::read_link(format!("/proc/self/fd/{fd}")).unwrap_or_default();
    found
        .into_iter()
        .map(|fd| format!("{fd} {}", name(fd).display()))
        .collect()
}

/// Handles beyond stdio that came by inheritance: such a handle keeps its inherit flag, and all that
/// rogue opens itself has none.
#[cfg(windows)]
pub(crate) fn inherited() -> Vec<String> {
    use windows_sys::Win32::Foundation::{GetHandleInformation, HANDLE, HANDLE_FLAG_INHERIT};
    use windows_sys::Win32::Storage::FileSystem::{
        FILE_TYPE_CHAR, FILE_TYPE_DISK, FILE_TYPE_PIPE, GetFileType,
    };
    use windows_sys::Win32::System::Console::{
        GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
    };
    /// Handle values are multiples of four, given from the lowest free one on.
    const HIGHEST: usize = 0x4000;
    // SAFETY: no preconditions.
    let stdio =
        [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE].map(|which| unsafe { GetStdHandle(which) });
    let mut found = Vec::new();
    for value in (4..HIGHEST).step_by(4) {
        let handle = value as HANDLE;
        let mut flags = 0;
        // SAFETY: fails cleanly for a value that is no handle.
        let known = unsafe { GetHandleInformation(handle, &mut flags) } != 0;
        if !known || flags & HANDLE_FLAG_INHERIT == 0 || stdio.contains(&handle) {
            continue;
        }
        // SAFETY: as above.
        let kind = match unsafe { GetFileType(handle) } {
            FILE_TYPE_DISK => "disk",
            FILE_TYPE_CHAR => "character device",
            FILE_TYPE_PIPE => "pipe or socket",
            _ => "no file",
        };
        found.push(format!("{value:#x} {kind}"));
    }
    found
}
