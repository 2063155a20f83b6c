//! The handles of all processes: what is open, whoever opened it.
//!
//! A question about a handle of a stranger may never be answered: one about a pipe waits for what is under way on it. So the
//! questions are asked by a thread that is left behind when it does not come back, and the search goes on after that handle.

use std::collections::HashMap;
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use windows_sys::Wdk::System::SystemInformation::{NtQuerySystemInformation, SYSTEM_INFORMATION_CLASS};
use windows_sys::Win32::Foundation::{
    DUPLICATE_SAME_ACCESS, DuplicateHandle, RtlNtStatusToDosError, STATUS_INFO_LENGTH_MISMATCH,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_TYPE_DISK, GetFileInformationByHandle, GetFileType,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, PROCESS_DUP_HANDLE};

use super::{Seen, Target};
use crate::windows::process::{self, Opened};
use crate::windows::{check, os_error, own, snapshot};

/// `SystemExtendedHandleInformation`: every handle of the system.
const ALL_HANDLES: SYSTEM_INFORMATION_CLASS = 64;
/// A list larger than this is not read.
const MOST_BYTES: usize = 512 << 20;
/// A handle that is not answered for so long is passed over.
const STUCK: Duration = Duration::from_millis(200);
/// The whole search.
const LIMIT: Duration = Duration::from_millis(1_500);

/// `SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Entry {
    object: usize,
    pid: usize,
    handle: usize,
    access: u32,
    trace: u16,
    object_type: u16,
    attributes: u32,
    reserved: u32,
}

/// What tells one file from another: the volume's serial number and the file's number on it.
type FileKey = (u32, u64);

pub(super) fn find(files: &[Target<'_>]) -> Seen {
    let mut seen = Seen::default();
    let wanted: HashMap<FileKey, usize> = files
        .iter()
        .filter_map(|file| Some((key(file.handle.as_handle()).ok()?, file.index)))
        .collect();
    let entries = match all_handles() {
        Ok(entries) => entries,
        Err(error) => {
            seen.partial = Some(format!("the handles of the system cannot be listed: {error}"));
            return seen;
        }
    };
    let entries: Arc<[Entry]> = of_files(entries, files).into();
    let wanted = Arc::new(wanted);
    let until = Instant::now() + LIMIT;
    let (mut next, mut passed_over, mut denied) = (0, 0_usize, 0_usize);
    while next < entries.len() {
        let (words, inbox) = mpsc::channel();
        let asker = Asker {
            entries: Arc::clone(&entries),
            wanted: Arc::clone(&wanted),
            words,
        };
        let from = next;
        // Left behind when it is stuck: it ends with the process.
        if thread::Builder::new().spawn(move || asker.ask(from)).is_err() {
            seen.partial = Some("no thread could be started to look into the handles".to_owned());
            return seen;
        }
        loop {
            let left = until.saturating_duration_since(Instant::now()).min(STUCK);
            match inbox.recv_timeout(left) {
                Ok(Word::Asking(index)) => next = index + 1,
                Ok(Word::Holds { pid, index }) => seen.holders.push((pid, index)),
                Ok(Word::Denied) => denied += 1,
                Ok(Word::AllAsked) => next = entries.len(),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    passed_over += 1;
                    break;
                }
            }
        }
        if Instant::now() >= until && next < entries.len() {
            passed_over += entries.len() - next;
            break;
        }
    }
    let mut faults = Vec::new();
    if passed_over > 0 {
        faults.push(format!("{passed_over} handles gave no answer in time"));
    }
    if denied > 0 {
        faults.push(format!("{denied} processes may not be looked into"));
    }
    if !faults.is_empty() {
        seen.partial = Some(faults.join(", "));
    }
    seen
}

/// Those of the same type as our own handles of the files, others' alone. A system that tells no types keeps all.
fn of_files(mut entries: Vec<Entry>, files: &[Target<'_>]) -> Vec<Entry> {
    let me = std::process::id() as usize;
    let own_handles: Vec<usize> = files
        .iter()
        .map(|file| file.handle.as_raw_handle() as usize)
        .collect();
    let file_type = entries
        .iter()
        .find(|entry| entry.pid == me && own_handles.contains(&entry.handle))
        .map(|entry| entry.object_type);
    // Whoever waits for our answer reads from a pipe, and under Wine a question about that handle ends the read. A supervisor that
    // cannot tell its ancestors looks into all.
    let waiting = snapshot::ancestors().unwrap_or_default();
    entries.retain(|entry| {
        let waits = waiting.iter().any(|pid| *pid as usize == entry.pid);
        let is_file = file_type.is_none_or(|known| known == entry.object_type);
        entry.pid != me && !waits && is_file
    });
    entries.sort_unstable_by_key(|entry| (entry.pid, entry.handle));
    entries
}

enum Word {
    /// About to ask about the handle with this number.
    Asking(usize),
    /// A process has the file with this number open.
    Holds {
        pid: u32,
        index: usize,
    },
    /// A process may not be looked into.
    Denied,
    AllAsked,
}

struct Asker {
    entries: Arc<[Entry]>,
    wanted: Arc<HashMap<FileKey, usize>>,
    words: Sender<Word>,
}

impl Asker {
    fn ask(&self, from: usize) {
        let mut opened: Option<(usize, Option<OwnedHandle>)> = None;
        for (number, entry) in self.entries.iter().enumerate().skip(from) {
            if opened.as_ref().is_none_or(|(pid, _)| *pid != entry.pid) {
                opened = Some((entry.pid, self.open(entry.pid)));
            }
            let Some((_, Some(process))) = &opened else {
                continue;
            };
            if self.words.send(Word::Asking(number)).is_err() {
                return;
            }
            let file = duplicate(process, entry.handle).and_then(|file| disk_key(&file));
            if let Some(index) = file.ok().and_then(|key| self.wanted.get(&key)) {
                let word = Word::Holds {
                    pid: entry.pid as u32,
                    index: *index,
                };
                let _ = self.words.send(word);
            }
        }
        let _ = self.words.send(Word::AllAsked);
    }

    fn open(&self, pid: usize) -> Option<OwnedHandle> {
        match process::open(u32::try_from(pid).ok()?, PROCESS_DUP_HANDLE) {
            Ok(Opened::Process(process)) => Some(process),
            Ok(Opened::Gone) => None,
            Ok(Opened::Denied) | Err(_) => {
                let _ = self.words.send(Word::Denied);
                None
            }
        }
    }
}

fn duplicate(process: &OwnedHandle, handle: usize) -> io::Result<OwnedHandle> {
    let mut copy = std::ptr::null_mut();
    // SAFETY: the process is open with the right to duplicate its handles; a handle that it has closed meanwhile makes the call
    // fail. The copy is ours and is owned at once.
    unsafe {
        check(DuplicateHandle(
            process.as_raw_handle(),
            handle as *mut core::ffi::c_void,
            GetCurrentProcess(),
            &mut copy,
            0,
            0,
            DUPLICATE_SAME_ACCESS,
        ))?;
        own(copy)
    }
}

/// The key of a file on a disk; an error for anything else.
fn disk_key(file: &OwnedHandle) -> io::Result<FileKey> {
    // SAFETY: the handle is open.
    if unsafe { GetFileType(file.as_raw_handle()) } != FILE_TYPE_DISK {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    key(file.as_handle())
}

fn key(file: BorrowedHandle<'_>) -> io::Result<FileKey> {
    let mut found = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is borrowed, so it is open; the out parameter lives through the call.
    check(unsafe { GetFileInformationByHandle(file.as_raw_handle(), &mut found) })?;
    let number = u64::from(found.nFileIndexHigh) << 32 | u64::from(found.nFileIndexLow);
    Ok((found.dwVolumeSerialNumber, number))
}

fn all_handles() -> io::Result<Vec<Entry>> {
    let mut bytes = 1 << 20;
    loop {
        // Units of eight bytes give the alignment of the entries, which follow two words.
        let mut buffer = vec![0_u64; bytes / 8];
        let mut needed = 0;
        // SAFETY: the buffer has the length that is passed; both out parameters live through the call.
        let status = unsafe {
            NtQuerySystemInformation(ALL_HANDLES, buffer.as_mut_ptr().cast(), bytes as u32, &mut needed)
        };
        if status == STATUS_INFO_LENGTH_MISMATCH && bytes < MOST_BYTES {
            bytes = (bytes * 2).max(needed as usize * 5 / 4 / 8 * 8);
            continue;
        }
        if status != 0 {
            // SAFETY: a plain translation of a number.
            return Err(os_error(unsafe { RtlNtStatusToDosError(status) }));
        }
        let count = usize::try_from(buffer[0]).unwrap_or(0);
        let room = (buffer.len() * 8 - 16) / size_of::<Entry>();
        // SAFETY: the call has written a count, a reserved word and so many entries; the number is cut to what the buffer holds,
        // and the entries are plain numbers.
        let entries =
            unsafe { std::slice::from_raw_parts(buffer.as_ptr().add(2).cast::<Entry>(), count.min(room)) };
        return Ok(entries.to_vec());
    }
}
