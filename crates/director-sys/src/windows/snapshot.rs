//! The system's list of processes with their threads, in one call that needs no rights to the processes.

use std::collections::HashMap;
use std::io;
use std::mem::offset_of;
use std::os::windows::io::AsRawHandle;

use windows_sys::Wdk::System::SystemInformation::{
    NtQuerySystemInformation, SystemProcessInformation, SystemTimeOfDayInformation,
};
use windows_sys::Wdk::System::Threading::{NtQueryInformationThread, ThreadSuspendCount};
use windows_sys::Win32::Foundation::{NTSTATUS, RtlNtStatusToDosError, STATUS_INFO_LENGTH_MISMATCH};
use windows_sys::Win32::System::Threading::{OpenThread, THREAD_QUERY_INFORMATION};
use windows_sys::Win32::System::WindowsProgramming::{SYSTEM_PROCESS_INFORMATION, SYSTEM_THREAD_INFORMATION};

use super::{os_error, own, size_of_u32};

/// `KTHREAD_STATE`: the thread has not run yet.
const INITIALIZED: u32 = 0;
/// `KTHREAD_STATE`: the thread waits.
const WAITING: u32 = 5;
/// `KWAIT_REASON`: it waits to be resumed.
const SUSPENDED: u32 = 5;
/// Where the creation time stands in `SYSTEM_PROCESS_INFORMATION.Reserved1`: after the private working set, the hard fault count,
/// the thread high watermark and the cycle time.
const CREATE_TIME_OFFSET: usize = offset_of!(SYSTEM_PROCESS_INFORMATION, Reserved1) + 24;

/// One process of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) pid: u32,
    /// Who started it; perhaps long gone, and its number another's.
    pub(crate) parent: u32,
    pub(crate) created: u64,
    pub(crate) name: String,
    pub(crate) threads: u32,
    /// Every thread waits to be resumed; a process without threads is not frozen, it is exiting.
    pub(crate) frozen: bool,
}

/// All processes.
pub(crate) fn processes() -> io::Result<Vec<Listed>> {
    // A list that grows between two calls is asked for again; each time with room to spare.
    let mut bytes = 256 * 1024;
    loop {
        // Units of eight bytes give the alignment that the structures in the buffer have.
        let mut buffer = vec![0_u64; bytes / 8];
        let mut needed = 0;
        // SAFETY: the buffer has the length that is passed; both out parameters live through the call.
        let status = unsafe {
            NtQuerySystemInformation(
                SystemProcessInformation,
                buffer.as_mut_ptr().cast(),
                bytes as u32,
                &mut needed,
            )
        };
        if status == STATUS_INFO_LENGTH_MISMATCH && bytes < 256 << 20 {
            bytes = (needed as usize).max(bytes).saturating_mul(5) / 4 / 8 * 8;
            continue;
        }
        nt(status)?;
        // SAFETY: the buffer was filled by the call with entries of this class.
        return Ok(unsafe { parse(&buffer) });
    }
}

/// Those who started this process, and who started them.
pub(crate) fn ancestors() -> io::Result<Vec<u32>> {
    let all: HashMap<u32, Listed> = processes()?.into_iter().map(|one| (one.pid, one)).collect();
    let mut found = Vec::new();
    let mut child = all.get(&std::process::id());
    while let Some(one) = child {
        // A number that was given anew belongs to a process that is younger than its supposed child.
        child = all
            .get(&one.parent)
            .filter(|parent| parent.created <= one.created && !found.contains(&parent.pid));
        found.extend(child.map(|parent| parent.pid));
    }
    Ok(found)
}

/// The process of this pid, by the list.
pub(crate) fn process(pid: u32) -> io::Result<Option<Listed>> {
    Ok(processes()?.into_iter().find(|listed| listed.pid == pid))
}

/// # Safety
/// `buffer` must have been filled by `NtQuerySystemInformation(SystemProcessInformation)`.
unsafe fn parse(buffer: &[u64]) -> Vec<Listed> {
    let begin = buffer.as_ptr().cast::<u8>();
    let length = size_of_val(buffer);
    let mut listed = Vec::new();
    let mut offset = 0;
    while offset + size_of::<SYSTEM_PROCESS_INFORMATION>() <= length {
        // SAFETY: the entry lies within the buffer as just checked. It is copied, since Wine does not align entries.
        let entry = unsafe {
            begin
                .add(offset)
                .cast::<SYSTEM_PROCESS_INFORMATION>()
                .read_unaligned()
        };
        // SAFETY: the eight bytes lie within the entry; they may be read unaligned.
        let created = unsafe {
            begin
                .add(offset + CREATE_TIME_OFFSET)
                .cast::<u64>()
                .read_unaligned()
        };
        let threads_at = offset + size_of::<SYSTEM_PROCESS_INFORMATION>();
        let fitting = (length - threads_at) / size_of::<SYSTEM_THREAD_INFORMATION>();
        let threads = (entry.NumberOfThreads as usize).min(fitting);
        let frozen = threads > 0
            && (0..threads).all(|index| {
                // SAFETY: the system puts the threads right after their process, and `fitting` of them lie within the buffer.
                let thread = begin
                    .wrapping_add(threads_at)
                    .cast::<SYSTEM_THREAD_INFORMATION>()
                    .wrapping_add(index);
                // SAFETY: as just said; copied for its alignment.
                let thread = unsafe { thread.read_unaligned() };
                match thread.ThreadState {
                    WAITING => thread.WaitReason == SUSPENDED,
                    // Not started yet, says Windows; Wine says so of every thread.
                    INITIALIZED => is_suspended(thread.ClientId.UniqueThread as usize as u32),
                    _ => false,
                }
            });
        let name: Vec<u16> = (0..usize::from(entry.ImageName.Length) / 2)
            .filter(|_| !entry.ImageName.Buffer.is_null())
            // SAFETY: the name lies within the same buffer, `Length` bytes long; copied for its alignment.
            .map(|index| unsafe { entry.ImageName.Buffer.wrapping_add(index).read_unaligned() })
            .collect();
        let name = String::from_utf16_lossy(&name);
        // A pid is a number in the guise of a handle.
        let pid = entry.UniqueProcessId as usize as u32;
        listed.push(Listed {
            pid,
            // `InheritedFromUniqueProcessId`, which the documentation calls reserved.
            parent: entry.Reserved2 as usize as u32,
            created,
            name,
            threads: entry.NumberOfThreads,
            frozen,
        });
        match entry.NextEntryOffset as usize {
            0 => break,
            next => offset += next,
        }
    }
    listed
}

/// Whether the thread has to be resumed before it runs; `false` for one that may not be asked.
fn is_suspended(thread: u32) -> bool {
    // SAFETY: plain values; the fresh handle is owned at once.
    let Ok(thread) = (unsafe { own(OpenThread(THREAD_QUERY_INFORMATION, 0, thread)) }) else {
        return false;
    };
    let mut count = 0_u32;
    // SAFETY: the handle is open, and the class is answered by a number of the size that is passed.
    let status = unsafe {
        NtQueryInformationThread(
            thread.as_raw_handle(),
            ThreadSuspendCount,
            std::ptr::from_mut(&mut count).cast(),
            size_of_u32::<u32>(),
            std::ptr::null_mut(),
        )
    };
    status >= 0 && count > 0
}

/// `SYSTEM_TIMEOFDAY_INFORMATION`, the first part of it.
#[repr(C)]
#[derive(Default)]
struct TimeOfDay {
    boot_time: i64,
    current_time: i64,
    time_zone_bias: i64,
    time_zone_id: u32,
    reserved: u32,
    boot_time_bias: u64,
    sleep_time_bias: u64,
}

/// When the machine booted, as a FILETIME. Setting the clock moves the reported boot time and its bias alike, so their difference
/// is the same throughout a boot.
pub(crate) fn boot_time() -> io::Result<i64> {
    let mut time = TimeOfDay::default();
    let mut length = 0;
    // SAFETY: the structure has the length that is passed; both out parameters live through the call.
    nt(unsafe {
        NtQuerySystemInformation(
            SystemTimeOfDayInformation,
            std::ptr::from_mut(&mut time).cast(),
            size_of_u32::<TimeOfDay>(),
            &mut length,
        )
    })?;
    Ok(time.boot_time.wrapping_sub(time.boot_time_bias.cast_signed()))
}

fn nt(status: NTSTATUS) -> io::Result<()> {
    if status >= 0 {
        return Ok(());
    }
    // SAFETY: a pure conversion of numbers.
    Err(os_error(unsafe { RtlNtStatusToDosError(status) }))
}
