//! A tree is a job object: nothing leaves it, and it ends with us.
//!
//! A console's host process (`conhost.exe`) is in the job too, as it is started by the program that gets the console. It belongs to
//! the system, runs nothing of the service and goes when the console's last program has gone: it is ended with the job, but it
//! is no member, and the tree does not wait for it.

use std::ffi::OsString;
use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::path::PathBuf;
use std::sync::Arc;

use windows_sys::Win32::System::ProcessStatus::{
    GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS, PROCESS_MEMORY_COUNTERS_EX2,
};

use super::{Delivery, Rung, Target, Usage};
use crate::identity::ProcessId;
use crate::windows::child::Child;
use crate::windows::console_event::{self, Event, Outcome};
use crate::windows::job::{self, Job};
use crate::windows::process::{self, Opened};
use crate::windows::{check, size_of_u32, snapshot, system_folder};

/// How many members are tried when one has no console. They nearly always share one.
const MAX_CONSOLES: usize = 4;

#[derive(Debug)]
pub(crate) struct TreeImp {
    job: Job,
    main: ProcessId,
    process: Arc<OwnedHandle>,
}

/// A live member and the handle that keeps its pid from being given away.
struct Member {
    id: ProcessId,
    process: OwnedHandle,
}

/// What the job holds, console hosts aside.
struct Inside {
    members: Vec<Member>,
    /// Processes that may not be opened.
    unknown: usize,
}

impl TreeImp {
    pub(crate) fn new(job: Job, main: Child) -> Self {
        Self {
            job,
            main: main.id,
            process: Arc::new(main.process),
        }
    }

    pub(crate) fn job(&self) -> &Job {
        &self.job
    }

    /// The main process, to wait for.
    pub(crate) fn process(&self) -> &Arc<OwnedHandle> {
        &self.process
    }

    pub(crate) fn main(&self) -> ProcessId {
        self.main
    }

    pub(crate) fn members(&self) -> io::Result<Vec<ProcessId>> {
        Ok(self.open_members()?.into_iter().map(|member| member.id).collect())
    }

    /// The live members that may be opened, the main process first.
    fn open_members(&self) -> io::Result<Vec<Member>> {
        Ok(self.look_inside()?.members)
    }

    fn look_inside(&self) -> io::Result<Inside> {
        let mut opened = Vec::new();
        for pid in self.job.pids()? {
            opened.push((pid, process::open_to_watch(pid)?));
        }
        // A pid may have changed hands before it was opened. From then on it cannot, so what is still listed is in the job.
        let listed = self.job.pids()?;
        let mut inside = Inside {
            members: Vec::new(),
            unknown: 0,
        };
        for (pid, process) in opened {
            match process {
                Opened::Process(process) if listed.contains(&pid) => {
                    let Some(id) = process::live_identity(pid, &process)? else {
                        continue;
                    };
                    if id == self.main || !is_console_host(&process) {
                        inside.members.push(Member { id, process });
                    }
                }
                // A process under another account may refuse; the job reaches it all the same.
                Opened::Denied if listed.contains(&pid) => inside.unknown += 1,
                Opened::Process(_) | Opened::Denied | Opened::Gone => {}
            }
        }
        inside
            .members
            .sort_by_key(|member| (member.id != self.main, member.id.start));
        Ok(inside)
    }

    /// A live member to wait for, for the reaper.
    pub(crate) fn some_member(&self) -> io::Result<Option<OwnedHandle>> {
        Ok(self
            .open_members()?
            .into_iter()
            .next()
            .map(|member| member.process))
    }

    pub(crate) fn is_empty(&self) -> io::Result<bool> {
        if self.job.active()? == 0 {
            return Ok(true);
        }
        if !process::has_ended(&self.process)? {
            return Ok(false);
        }
        // Who was born while we looked is active and not seen.
        let before = self.job.total()?;
        let inside = self.look_inside()?;
        Ok(inside.members.is_empty() && inside.unknown == 0 && self.job.total()? == before)
    }

    pub(crate) fn record_descent(&self) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn deliver(&self, rung: Rung, to: Target) -> io::Result<Delivery> {
        match (rung, to) {
            (Rung::Terminate, Target::Group) => {
                let somebody = !self.is_empty()?;
                self.kill_all()?;
                Ok(if somebody {
                    Delivery::Delivered
                } else {
                    Delivery::NobodyThere
                })
            }
            (Rung::Terminate, Target::Main) => {
                if process::has_ended(&self.process)? || !process::terminate(&self.process, job::TERMINATED)?
                {
                    return Ok(Delivery::NobodyThere);
                }
                Ok(Delivery::Delivered)
            }
            (Rung::CtrlC, Target::Group) => self.console_event(Event::CtrlC),
            (Rung::CtrlBreak, Target::Group) => self.console_event(Event::CtrlBreak),
            (Rung::Close, _) => self.close_windows(to),
            (Rung::CtrlC | Rung::CtrlBreak, Target::Main) => Err(unsupported(
                "a console event reaches everybody on the console; it cannot be narrowed to one process",
            )),
            (Rung::Term | Rung::Int | Rung::Quit | Rung::Hup | Rung::Usr1 | Rung::Usr2 | Rung::Kill, _) => {
                Err(unsupported("Windows has no signals"))
            }
        }
    }

    fn console_event(&self, event: Event) -> io::Result<Delivery> {
        let members = self.open_members()?;
        let mut without_console = false;
        for member in members.iter().take(MAX_CONSOLES) {
            match console_event::send(&[member.id.pid], event)? {
                Outcome::Delivered => return Ok(Delivery::Delivered),
                Outcome::NoConsole | Outcome::NoWindow => without_console = true,
                Outcome::Gone => {}
            }
        }
        if without_console && !self.is_empty()? {
            return Err(unsupported(
                "the program has no console that an event could be sent to",
            ));
        }
        Ok(Delivery::NobodyThere)
    }

    fn close_windows(&self, to: Target) -> io::Result<Delivery> {
        let members = self.open_members()?;
        let pids: Vec<u32> = members
            .iter()
            .map(|member| member.id)
            .filter(|id| to == Target::Group || *id == self.main)
            .map(|id| id.pid)
            .collect();
        // The command line of the helper is bounded; trees of thousands do not have thousands of windows.
        let mut delivery = Delivery::NobodyThere;
        for pids in pids.chunks(1_000) {
            if console_event::send(pids, Event::Close)? == Outcome::Delivered {
                delivery = Delivery::Delivered;
            }
        }
        Ok(delivery)
    }

    pub(crate) fn deliver_to_leftovers(&self) -> io::Result<Delivery> {
        self.console_event(Event::CtrlC)
    }

    pub(crate) fn kill_all(&self) -> io::Result<()> {
        self.job.terminate()
    }

    pub(crate) fn is_frozen(&self) -> io::Result<bool> {
        let members = self.members()?;
        let listed = snapshot::processes()?;
        let mut some = false;
        for member in members {
            let Some(listed) = listed
                .iter()
                .find(|l| l.pid == member.pid && l.created == member.start)
            else {
                continue;
            };
            if !listed.frozen && listed.threads > 0 {
                return Ok(false);
            }
            some |= listed.frozen;
        }
        Ok(some)
    }

    pub(crate) fn hit_memory_limit(&self) -> bool {
        false
    }

    pub(crate) fn usage(&self) -> io::Result<Usage> {
        let inside = self.look_inside()?;
        Ok(Usage {
            cpu_ms: self.job.cpu_ms()?,
            memory_bytes: inside
                .members
                .iter()
                .map(|member| memory_bytes(&member.process))
                .sum(),
            processes: u32::try_from(inside.members.len() + inside.unknown).unwrap_or(u32::MAX),
        })
    }
}

/// Whether the process is the system's own console host, by the file it runs.
fn is_console_host(process: &OwnedHandle) -> bool {
    let Ok(host) = system_folder().map(|folder| folder.join("conhost.exe")) else {
        return false;
    };
    process::image(process).is_ok_and(|image| image.as_os_str().eq_ignore_ascii_case(&host))
}

/// The private working set, where the system tells it (since Windows 10 22H2), else the whole one. 0 for a process that is ending.
fn memory_bytes(process: &OwnedHandle) -> u64 {
    let mut counters = PROCESS_MEMORY_COUNTERS_EX2::default();
    for size in [
        size_of_u32::<PROCESS_MEMORY_COUNTERS_EX2>(),
        size_of_u32::<PROCESS_MEMORY_COUNTERS>(),
    ] {
        // SAFETY: the longer structure begins with the shorter one, and the size says which one is wanted.
        let result = check(unsafe {
            GetProcessMemoryInfo(
                process.as_raw_handle(),
                std::ptr::from_mut(&mut counters).cast(),
                size,
            )
        });
        if result.is_ok() {
            let private = counters.PrivateWorkingSetSize;
            return if private > 0 {
                private as u64
            } else {
                counters.WorkingSetSize as u64
            };
        }
    }
    0
}

fn unsupported(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, message)
}

pub(crate) fn set_console_helper(exe: PathBuf, args: Vec<OsString>) {
    console_event::set_helper(exe, args);
}

pub(crate) fn console_helper_main(args: &[OsString]) -> i32 {
    console_event::helper_main(args)
}

/// A job knows who belongs to it, so there is nothing to record.
/// A job knows its processes: trees share nothing.
pub(crate) struct LookImp;

impl LookImp {
    pub(crate) fn begin() -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) fn at(&mut self, tree: &Arc<TreeImp>) -> io::Result<bool> {
        tree.is_frozen()
    }
}
