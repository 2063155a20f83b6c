//! The file system's own list of the processes that use a file (`FileProcessIdsUsingFileInformation`, since Windows Vista).

use std::io;
use std::os::windows::io::AsRawHandle;

use windows_sys::Wdk::Storage::FileSystem::{FileProcessIdsUsingFileInformation, NtQueryInformationFile};
use windows_sys::Win32::Foundation::{
    RtlNtStatusToDosError, STATUS_BUFFER_OVERFLOW, STATUS_INFO_LENGTH_MISMATCH,
};
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;

use super::{Seen, Target};
use crate::windows::os_error;

/// So many processes at most; more do not use one database.
const MOST: usize = 64 * 1024;

pub(super) fn find(files: &[Target<'_>]) -> Seen {
    let mut seen = Seen::default();
    for file in files {
        match processes(file) {
            Ok(pids) => seen.holders.extend(pids.into_iter().map(|pid| (pid, file.index))),
            Err(error) => {
                seen.partial = Some(format!(
                    "the file system does not tell who uses {}: {error}",
                    file.path.display()
                ));
            }
        }
    }
    seen
}

fn processes(file: &Target<'_>) -> io::Result<Vec<u32>> {
    // A count, then as many process numbers, each as wide as a pointer and aligned like one.
    let mut buffer = vec![0_usize; 256];
    loop {
        // SAFETY: an all-zero status block is a valid one.
        let mut block: IO_STATUS_BLOCK = unsafe { std::mem::zeroed() };
        let bytes = (buffer.len() * size_of::<usize>()) as u32;
        // SAFETY: the handle is open with the right to read attributes, which this class asks for; the buffer has the length that
        // is passed, and it and the status block live through the call, which is synchronous for such a handle.
        let status = unsafe {
            NtQueryInformationFile(
                file.handle.as_raw_handle(),
                &mut block,
                buffer.as_mut_ptr().cast(),
                bytes,
                FileProcessIdsUsingFileInformation,
            )
        };
        if matches!(status, STATUS_INFO_LENGTH_MISMATCH | STATUS_BUFFER_OVERFLOW) && buffer.len() < MOST {
            buffer = vec![0; buffer.len() * 4];
            continue;
        }
        if status != 0 {
            // SAFETY: a plain translation of a number.
            return Err(os_error(unsafe { RtlNtStatusToDosError(status) }));
        }
        // The count is a ULONG at the front of its word.
        let count = buffer[0] & 0xffff_ffff;
        let pids = buffer.iter().skip(1).take(count);
        return Ok(pids.filter_map(|pid| u32::try_from(*pid).ok()).collect());
    }
}
