//! Reading `/proc`: one process's line, its children, its environment. "No such process" is `None`, never an error.

use std::collections::{HashMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, Read};
use std::sync::OnceLock;

use crate::identity::{INVOCATION_VARIABLE, ProcessId};

/// What `/proc/PID/stat` says.
#[derive(Clone, Debug)]
pub(crate) struct Stat {
    pub(crate) id: ProcessId,
    pub(crate) name: String,
    pub(crate) state: u8,
    pub(crate) parent: u32,
    pub(crate) group: u32,
    pub(crate) session: u32,
    /// Ticks of user and system time: its own and of the children it has waited for.
    pub(crate) cpu_ticks: u64,
    threads: u64,
    pub(crate) resident_pages: u64,
}

impl Stat {
    /// Ended and only waiting to be waited for. A process whose first thread has ended while others run shows the same
    /// letter but is alive.
    pub(crate) fn is_zombie(&self) -> bool {
        matches!(self.state, b'X' | b'x') || (self.state == b'Z' && self.threads <= 1)
    }

    /// Stopped by a signal or a debugger.
    pub(crate) fn is_stopped(&self) -> bool {
        matches!(self.state, b'T' | b't')
    }
}

fn gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH)
}

fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the line of a process; zombies have one too.
pub(crate) fn stat(pid: u32) -> io::Result<Option<Stat>> {
    // The line is short; a fixed buffer spares the growing reads of a whole-file helper.
    let mut buffer = [0_u8; 1024];
    let read = File::open(format!("/proc/{pid}/stat")).and_then(|mut file| file.read(&mut buffer));
    let Some(length) = present(read)? else {
        return Ok(None);
    };
    parse_stat(pid, &buffer[..length]).map(Some).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("cannot parse /proc/{pid}/stat"),
        )
    })
}

/// The name is in parentheses and may itself contain spaces and parentheses, so the fields count from the last one.
fn parse_stat(pid: u32, line: &[u8]) -> Option<Stat> {
    let open = line.iter().position(|byte| *byte == b'(')?;
    let close = line.iter().rposition(|byte| *byte == b')')?;
    let name = String::from_utf8_lossy(line.get(open + 1..close)?).into_owned();
    let rest = std::str::from_utf8(line.get(close + 1..)?).ok()?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // proc(5) numbers the fields from 1; the state, field 3, is the first here.
    let number = |field: usize| fields.get(field - 3)?.parse::<i64>().ok();
    let unsigned = |field: usize| number(field).and_then(|value| u64::try_from(value).ok());
    let short = |field: usize| number(field).map(|value| u32::try_from(value).unwrap_or(0));
    Some(Stat {
        id: ProcessId {
            pid,
            start: unsigned(22)?,
        },
        name,
        state: *fields.first()?.as_bytes().first()?,
        parent: short(4)?,
        group: short(5)?,
        session: short(6)?,
        cpu_ticks: [14, 15, 16, 17]
            .into_iter()
            .map(|field| unsigned(field).unwrap_or(0))
            .sum(),
        threads: unsigned(20).unwrap_or(1),
        resident_pages: unsigned(24).unwrap_or(0),
    })
}

/// Every process number there is.
pub(crate) fn pids() -> io::Result<Vec<u32>> {
    numbers("/proc")
}

fn numbers(folder: &str) -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        // The listing of a process that ends meanwhile may fail half-way.
        let Ok(entry) = entry else { continue };
        found.extend(
            entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<u32>().ok()),
        );
    }
    Ok(found)
}

/// The children of a process, zombies included. The kernel's list is exact for a process whose children nobody reaps
/// meanwhile; otherwise it may miss one, so whoever needs all of them asks again.
pub(crate) fn children(pid: u32) -> io::Result<Vec<u32>> {
    if !lists_children() {
        return Ok(parents()?.remove(&pid).unwrap_or_default());
    }
    let Some(threads) = present(numbers(&format!("/proc/{pid}/task")))? else {
        return Ok(Vec::new());
    };
    children_of_threads(pid, threads)
}

/// The children that those threads of a process have started or were given.
pub(crate) fn children_of_threads(pid: u32, threads: impl IntoIterator<Item = u32>) -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    let mut text = Vec::new();
    for thread in threads {
        text.clear();
        let path = format!("/proc/{pid}/task/{thread}/children");
        if present(File::open(path).and_then(|file| read_to_end(file, &mut text)))?.is_some() {
            let words = text.split(u8::is_ascii_whitespace);
            found.extend(words.filter_map(|word| std::str::from_utf8(word).ok()?.parse::<u32>().ok()));
        }
    }
    Ok(found)
}

/// Without asking for the size first: these files do not tell it, and most of them are empty.
fn read_to_end(mut file: File, text: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let length = text.len();
        text.resize(length + 1024, 0);
        let read = file.read(&mut text[length..]);
        text.truncate(length + read.as_ref().map_or(0, |count| *count));
        if read? == 0 {
            return Ok(());
        }
    }
}

/// Whether this kernel lists children (`CONFIG_PROC_CHILDREN`).
pub(crate) fn lists_children() -> bool {
    static LISTS: OnceLock<bool> = OnceLock::new();
    *LISTS.get_or_init(|| fs::exists("/proc/thread-self/children").unwrap_or(false))
}

/// Parent to children, from one pass over every process: the fallback for kernels that do not list children.
fn parents() -> io::Result<HashMap<u32, Vec<u32>>> {
    let mut map: HashMap<u32, Vec<u32>> = HashMap::new();
    for pid in pids()? {
        if let Some(stat) = stat(pid)? {
            map.entry(stat.parent).or_default().push(pid);
        }
    }
    Ok(map)
}

/// `roots` and all their descendants that are not zombies.
pub(crate) fn descendants(roots: impl IntoIterator<Item = Stat>) -> io::Result<Vec<Stat>> {
    let mut queue: VecDeque<Stat> = roots.into_iter().collect();
    let mut found: HashMap<ProcessId, Stat> = HashMap::new();
    let map = if lists_children() { None } else { Some(parents()?) };
    while let Some(stat) = queue.pop_front() {
        if found.contains_key(&stat.id) {
            continue;
        }
        let below = match &map {
            Some(map) => map.get(&stat.id.pid).cloned().unwrap_or_default(),
            None if stat.threads == 1 => children_of_threads(stat.id.pid, [stat.id.pid])?,
            None => children(stat.id.pid)?,
        };
        for child in below {
            queue.extend(self::stat(child)?);
        }
        if !stat.is_zombie() {
            found.insert(stat.id, stat);
        }
    }
    Ok(found.into_values().collect())
}

/// The invocation mark in the environment a process was started with; `None` also when we may not read it.
pub(crate) fn invocation(pid: u32) -> Option<String> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    environment
        .split(|byte| *byte == 0)
        .find_map(|entry| {
            entry
                .strip_prefix(INVOCATION_VARIABLE.as_bytes())?
                .strip_prefix(b"=")
        })
        .map(|value| String::from_utf8_lossy(value).into_owned())
}

/// The size of a memory page.
pub(crate) fn page_bytes() -> u64 {
    // SAFETY: sysconf takes an integer and has no preconditions.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// The unit of the times in `/proc/PID/stat`.
pub(crate) fn ticks_per_second() -> u64 {
    // SAFETY: sysconf takes an integer and has no preconditions.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) })
        .ok()
        .filter(|ticks| *ticks > 0)
        .unwrap_or(100)
}

#[cfg(test)]
mod tests;
