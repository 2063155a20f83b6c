//! Trees by process group, subreaper and recorded descent, or by a cgroup v2 of the run's own where one is delegated.
//!
//! We are the subreaper of everything we start, so each process of a run either descends from its main process or from an
//! orphan that has become our child. Members are found by walking down from these; no pass over all of `/proc` is needed.

pub(crate) mod cgroup;
mod kill;
pub(crate) mod registry;

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::{Delivery, Rung, Target, Usage};
use crate::identity::ProcessId;
use crate::linux::procfs::{self, Stat};
use crate::linux::{lock, mark, pidfd};
use crate::reaper::ExitStatus;
use cgroup::Leaf;

/// What a tree knows about itself when it is born.
#[derive(Debug)]
pub(crate) struct TreeImp {
    main: ProcessId,
    pidfd: OwnedFd,
    invocation: String,
    /// The inodes of the pipes that capture its output: a further mark of who belongs to it.
    pipes: Vec<u64>,
    leaf: Option<Leaf>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How the main process ended, once it was waited for. From then on its number may belong to somebody else.
    exit: Option<ExitStatus>,
    descent: HashSet<ProcessId>,
    killed: bool,
}

impl TreeImp {
    /// Takes over a child that was just born; the registry is told by the caller.
    pub(crate) fn new(
        main: ProcessId,
        pidfd: OwnedFd,
        invocation: String,
        pipes: Vec<u64>,
        leaf: Option<Leaf>,
    ) -> Self {
        Self {
            main,
            pidfd,
            invocation,
            pipes,
            leaf,
            state: Mutex::new(State::default()),
        }
    }

    pub(crate) fn main(&self) -> ProcessId {
        self.main
    }

    pub(crate) fn pidfd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }

    pub(crate) fn leaf(&self) -> Option<&Leaf> {
        self.leaf.as_ref()
    }

    /// How the main process ended; waits for it without blocking when nobody has yet.
    pub(crate) fn try_wait(&self) -> io::Result<Option<ExitStatus>> {
        let mut state = lock(&self.state);
        if state.exit.is_none() {
            state.exit = pidfd::try_wait(self.pidfd())?;
            if state.exit.is_some() {
                drop(state);
                registry::main_was_reaped(self.main);
                return Ok(lock(&self.state).exit);
            }
        }
        Ok(state.exit)
    }

    pub(crate) fn was_killed(&self) -> bool {
        lock(&self.state).killed
    }

    /// The live processes, with their lines.
    pub(crate) fn live(self: &Arc<Self>) -> io::Result<Vec<Stat>> {
        self.live_with(registry::orphans_of(self)?)
    }

    /// The same, with the orphans of the tree known already.
    fn live_with(&self, mut roots: Vec<Stat>) -> io::Result<Vec<Stat>> {
        if let Some(leaf) = &self.leaf {
            roots.extend(leaf.members()?);
        }
        roots.extend(procfs::stat(self.main.pid)?.filter(|stat| stat.id == self.main));
        procfs::descendants(roots)
    }

    pub(crate) fn members(self: &Arc<Self>) -> io::Result<Vec<ProcessId>> {
        let mut members: Vec<ProcessId> = self.live()?.into_iter().map(|stat| stat.id).collect();
        members.sort_unstable();
        Ok(members)
    }

    pub(crate) fn is_empty(self: &Arc<Self>) -> io::Result<bool> {
        Ok(self.live()?.is_empty())
    }

    pub(crate) fn record_descent(self: &Arc<Self>) -> io::Result<()> {
        if self.leaf.is_none() {
            LookImp::begin()?.at(self)?;
        }
        Ok(())
    }

    /// Whether what is known beforehand says that `stat` is one of us: its session, its group, its recorded descent.
    pub(crate) fn claims(&self, stat: &Stat) -> bool {
        // The number of our main process stays taken as long as anybody is in its session or group.
        (self.main.start <= stat.id.start && [stat.session, stat.group].contains(&self.main.pid))
            || lock(&self.state).descent.contains(&stat.id)
    }

    pub(crate) fn has_mark(&self, invocation: &str) -> bool {
        self.invocation == invocation
    }

    pub(crate) fn has_limit_mark(&self, number: u64) -> bool {
        mark::of(&self.invocation) == number
    }

    pub(crate) fn has_pipe(&self, inode: u64) -> bool {
        self.pipes.contains(&inode)
    }

    pub(crate) fn deliver(self: &Arc<Self>, rung: Rung, to: Target) -> io::Result<Delivery> {
        let signal = signal_of(rung)?;
        match to {
            Target::Main => self.signal_main(signal),
            Target::Group if rung == Rung::Kill => {
                if self.is_empty()? {
                    return Ok(Delivery::NobodyThere);
                }
                self.kill_all().map(|()| Delivery::Delivered)
            }
            Target::Group => match self.signal_group(signal)? {
                Delivery::Delivered => Ok(Delivery::Delivered),
                Delivery::NobodyThere => self.signal_members(signal),
            },
        }
    }

    pub(crate) fn deliver_to_leftovers(self: &Arc<Self>) -> io::Result<Delivery> {
        self.signal_members(libc::SIGTERM)
    }

    pub(crate) fn is_frozen(self: &Arc<Self>) -> io::Result<bool> {
        // One live process that is not stopped settles it, and mostly that is the main one: no search for the others then.
        let main = procfs::stat(self.main.pid)?.filter(|stat| stat.id == self.main);
        let runs = |stat: &Stat| !stat.is_zombie() && !stat.is_stopped();
        if self.leaf.is_none() && main.as_ref().is_some_and(runs) {
            return Ok(false);
        }
        let live = self.live()?;
        let frozen = self.leaf.as_ref().is_some_and(Leaf::is_frozen);
        Ok(!live.is_empty() && (frozen || live.iter().all(Stat::is_stopped)))
    }

    pub(crate) fn hit_memory_limit(&self) -> bool {
        self.leaf.as_ref().is_some_and(Leaf::hit_memory_limit)
    }

    pub(crate) fn usage(self: &Arc<Self>) -> io::Result<Usage> {
        let live = self.live()?;
        let ticks: u64 = live.iter().map(|stat| stat.cpu_ticks).sum();
        let pages: u64 = live.iter().map(|stat| stat.resident_pages).sum();
        Ok(Usage {
            cpu_ms: self
                .leaf
                .as_ref()
                .and_then(Leaf::cpu_ms)
                .unwrap_or_else(|| ticks.saturating_mul(1000) / procfs::ticks_per_second()),
            memory_bytes: pages.saturating_mul(procfs::page_bytes()),
            processes: u32::try_from(live.len()).unwrap_or(u32::MAX),
        })
    }
}

impl Drop for TreeImp {
    fn drop(&mut self) {
        // A main process that nobody waited for is an orphan like any other from now on: a reaper will clear it away.
        registry::main_was_reaped(self.main);
        if let Some(leaf) = &self.leaf {
            leaf.remove();
        }
    }
}

/// The orphans of all trees, by their tree.
pub(crate) struct LookImp {
    orphans: HashMap<*const TreeImp, Vec<Stat>>,
}

impl LookImp {
    pub(crate) fn begin() -> io::Result<Self> {
        let mut orphans: HashMap<*const TreeImp, Vec<Stat>> = HashMap::new();
        for orphan in registry::orphans(false)? {
            if let Some(owner) = orphan.owner {
                orphans.entry(Arc::as_ptr(&owner)).or_default().push(orphan.stat);
            }
        }
        Ok(Self { orphans })
    }

    pub(crate) fn at(&mut self, tree: &Arc<TreeImp>) -> io::Result<bool> {
        if tree.leaf.is_some() {
            return tree.is_frozen();
        }
        let live = tree.live_with(self.orphans.remove(&Arc::as_ptr(tree)).unwrap_or_default())?;
        let frozen = !live.is_empty() && live.iter().all(Stat::is_stopped);
        // Who is gone cannot come back under the same identity.
        lock(&tree.state).descent = live.into_iter().map(|stat| stat.id).collect();
        Ok(frozen)
    }
}

fn signal_of(rung: Rung) -> io::Result<libc::c_int> {
    Ok(match rung {
        Rung::Term => libc::SIGTERM,
        Rung::Int => libc::SIGINT,
        Rung::Quit => libc::SIGQUIT,
        Rung::Hup => libc::SIGHUP,
        Rung::Usr1 => libc::SIGUSR1,
        Rung::Usr2 => libc::SIGUSR2,
        Rung::Kill => libc::SIGKILL,
        Rung::CtrlC | Rung::CtrlBreak | Rung::Close | Rung::Terminate => {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "this rung exists on Windows only",
            ));
        }
    })
}

pub(crate) fn set_console_helper(_exe: PathBuf, _args: Vec<OsString>) {}

pub(crate) fn console_helper_main(_args: &[OsString]) -> i32 {
    2
}
