//! `EmptyWorkingSet`.

use std::io;

use windows_sys::Win32::System::ProcessStatus::{
    EmptyWorkingSet, GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

pub(super) fn release_start_pages() -> io::Result<usize> {
    let size = size_of::<PROCESS_MEMORY_COUNTERS>();
    // SAFETY: an all-zero PROCESS_MEMORY_COUNTERS is valid; it is plain numbers.
    let mut counters: PROCESS_MEMORY_COUNTERS = unsafe { std::mem::zeroed() };
    // SAFETY: GetProcessMemoryInfo fills at most `cb` bytes of a structure that is ours; the pseudo handle needs no closing.
    let known = unsafe { GetProcessMemoryInfo(GetCurrentProcess(), &raw mut counters, size as u32) };
    if known == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: EmptyWorkingSet needs PROCESS_QUERY_INFORMATION and PROCESS_SET_QUOTA, which the pseudo handle has; pages that
    // are touched again are brought back by the system.
    if unsafe { EmptyWorkingSet(GetCurrentProcess()) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(counters.WorkingSetSize)
}
