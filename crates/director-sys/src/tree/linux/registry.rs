//! Which of our children is what: a main process that its tree waits for, an orphan of some tree, or a helper of our own.
//!
//! One registry per process, because being the subreaper is a property of the process. A child of ours that is no known
//! main process and not in our own session can only have come from a service: every service starts a session of its own,
//! and nobody can enter ours. So such a child is an orphan, and only orphans are ever reaped without having been asked for.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::io;
use std::sync::{Arc, LazyLock, Mutex, Weak};

use super::TreeImp;
use crate::identity::ProcessId;
use crate::linux::epoll::Wake;
use crate::linux::procfs::{self, Stat};
use crate::linux::{lock, mark, pidfd};

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Registry {
    /// Processes that were started and not yet waited for: number to start.
    mains: HashMap<u32, u64>,
    /// Every tree that is still held by somebody.
    trees: Vec<Weak<TreeImp>>,
    /// Whose an orphan is, once found out: it may clear its traces later.
    owners: HashMap<ProcessId, Weak<TreeImp>>,
    /// The threads of ours that have started processes. The children of a process are those of its threads: each has those it
    /// started, and the first thread is given the orphans of others.
    starters: BTreeSet<u32>,
    /// Children may exist that are not in `mains` yet.
    births: usize,
    /// An orphan could not be judged because of a birth; the reapers look again after it.
    deferred: bool,
    reapers: Vec<Weak<Wake>>,
}

/// A birth in progress: no unknown child is reaped or guessed about until it is over.
pub(crate) struct Birth;

impl Birth {
    pub(crate) fn begin() -> Self {
        let mut registry = lock(&REGISTRY);
        registry.births += 1;
        if registry.starters.insert(own_thread()) {
            let lives = |thread: &u32| fs::exists(format!("/proc/self/task/{thread}")).unwrap_or(true);
            registry.starters.retain(lives);
        }
        Self
    }

    /// The child exists and is to be waited for through its tree.
    pub(crate) fn register(&self, tree: &Arc<TreeImp>) {
        let mut registry = lock(&REGISTRY);
        registry.mains.insert(tree.main().pid, tree.main().start);
        registry.trees.retain(|known| known.strong_count() > 0);
        registry.trees.push(Arc::downgrade(tree));
    }
}

impl Drop for Birth {
    fn drop(&mut self) {
        let mut registry = lock(&REGISTRY);
        registry.births -= 1;
        if registry.births == 0 && std::mem::take(&mut registry.deferred) {
            registry
                .reapers
                .iter()
                .filter_map(Weak::upgrade)
                .for_each(|wake| wake.wake());
        }
    }
}

/// Wakes `wake` when something was left undone that a reaper should look at again.
pub(crate) fn add_reaper(wake: &Arc<Wake>) {
    let mut registry = lock(&REGISTRY);
    registry.reapers.retain(|known| known.strong_count() > 0);
    registry.reapers.push(Arc::downgrade(wake));
}

/// Forgets a main process, unless its number belongs to a newer one by now.
pub(crate) fn main_was_reaped(main: ProcessId) {
    let mut registry = lock(&REGISTRY);
    if registry.mains.get(&main.pid) == Some(&main.start) {
        registry.mains.remove(&main.pid);
    }
}

/// An orphan and whose it is.
pub(crate) struct Orphan {
    pub(crate) stat: Stat,
    pub(crate) owner: Option<Arc<TreeImp>>,
}

/// The live orphans of `tree`.
pub(crate) fn orphans_of(tree: &Arc<TreeImp>) -> io::Result<Vec<Stat>> {
    let orphans = orphans(false)?;
    let ours = |orphan: &Orphan| {
        orphan
            .owner
            .as_ref()
            .is_some_and(|owner| Arc::ptr_eq(owner, tree))
    };
    Ok(orphans
        .into_iter()
        .filter(ours)
        .map(|orphan| orphan.stat)
        .collect())
}

/// All live orphans. With `reap` (the reaper only) those that have ended are cleared away.
///
/// A zombie among them may have handed its own children to us after the list was read, so the list is read again until no
/// new zombie is in it.
pub(crate) fn orphans(reap: bool) -> io::Result<Vec<Orphan>> {
    // Values of trees are dropped only after the lock is released: a tree's own drop takes it.
    let (orphans, _released) = {
        let mut registry = lock(&REGISTRY);
        let mut ended = HashSet::new();
        let mut released = Vec::new();
        loop {
            let (live, zombies) = registry.unknown_children()?;
            let fresh = zombies.iter().filter(|id| ended.insert(**id)).count();
            if reap {
                registry.reap(&zombies);
            }
            if fresh == 0 {
                let orphans = registry.attribute(live, &mut released);
                break (orphans, released);
            }
        }
    };
    Ok(orphans)
}

impl Registry {
    /// Our children that are neither known main processes nor in our own session: the live ones, and the zombies.
    fn unknown_children(&self) -> io::Result<(Vec<Stat>, Vec<ProcessId>)> {
        let (mut live, mut zombies) = (Vec::new(), Vec::new());
        let own_session = own_session();
        for pid in self.children()? {
            if self.mains.contains_key(&pid) {
                continue;
            }
            match procfs::stat(pid)? {
                Some(stat) if stat.session == own_session => {}
                Some(stat) if stat.is_zombie() => zombies.push(stat.id),
                Some(stat) => live.push(stat),
                None => {}
            }
        }
        Ok((live, zombies))
    }

    /// Our children. Only the threads that can have any are looked at; it is done for each run that stops.
    fn children(&self) -> io::Result<Vec<u32>> {
        let me = std::process::id();
        if !procfs::lists_children() {
            return procfs::children(me);
        }
        // The children of a thread that has ended were given to another: to the first one as long as it lives.
        let mut threads = self.starters.clone();
        threads.insert(me);
        procfs::children_of_threads(me, threads)
    }

    fn reap(&mut self, zombies: &[ProcessId]) {
        if self.births > 0 {
            self.deferred |= !zombies.is_empty();
            return;
        }
        for zombie in zombies {
            // A failure means that it is not ours to wait for any more.
            let _ = pidfd::wait_pid(zombie.pid, false);
        }
    }

    fn attribute(&mut self, live: Vec<Stat>, released: &mut Vec<Arc<TreeImp>>) -> Vec<Orphan> {
        let known: HashSet<ProcessId> = live.iter().map(|stat| stat.id).collect();
        self.owners.retain(|id, _| known.contains(id));
        if live.is_empty() {
            return Vec::new();
        }
        let trees: Vec<Arc<TreeImp>> = self.trees.iter().filter_map(Weak::upgrade).collect();
        let orphans = live
            .into_iter()
            .map(|stat| {
                let owner = self
                    .owners
                    .get(&stat.id)
                    .and_then(Weak::upgrade)
                    .or_else(|| self.find_owner(&trees, &stat));
                if let Some(owner) = &owner {
                    self.owners.insert(stat.id, Arc::downgrade(owner));
                }
                Orphan { stat, owner }
            })
            .collect();
        released.extend(trees);
        orphans
    }

    /// From the surest mark to the last resort.
    fn find_owner(&mut self, trees: &[Arc<TreeImp>], stat: &Stat) -> Option<Arc<TreeImp>> {
        let by = |test: &dyn Fn(&TreeImp) -> bool| trees.iter().find(|tree| test(tree)).cloned();
        if let Some(owner) = by(&|tree| tree.claims(stat)) {
            return Some(owner);
        }
        if let Some(owner) = by(&|tree| tree.leaf().is_some_and(|leaf| leaf.contains(stat.id.pid))) {
            return Some(owner);
        }
        if let Some(number) = mark::read(stat.id.pid)
            && let Some(owner) = by(&|tree| tree.has_limit_mark(number))
        {
            return Some(owner);
        }
        if let Some(mark) = procfs::invocation(stat.id.pid)
            && let Some(owner) = by(&|tree| tree.has_mark(&mark))
        {
            return Some(owner);
        }
        if self.births > 0 {
            // It may be a child that has not executed its program yet and still holds all of our descriptors.
            self.deferred = true;
            return None;
        }
        if let Some(owner) = output_pipes(stat.id.pid).find_map(|inode| by(&|tree| tree.has_pipe(inode))) {
            return Some(owner);
        }
        // It has come from a service, and there is only one that it can have come from.
        let mut candidates = trees.iter().filter(|tree| tree.main().start <= stat.id.start);
        candidates.next().filter(|_| candidates.next().is_none()).cloned()
    }
}

fn own_session() -> u32 {
    // SAFETY: getsid takes an integer; 0 is the calling process, for which it cannot fail.
    u32::try_from(unsafe { libc::getsid(0) }).unwrap_or(0)
}

fn own_thread() -> u32 {
    // SAFETY: gettid has no arguments and cannot fail.
    u32::try_from(unsafe { libc::gettid() }).unwrap_or(0)
}

/// The inodes of the pipes that a process has as standard output and error.
fn output_pipes(pid: u32) -> impl Iterator<Item = u64> {
    [1, 2].into_iter().filter_map(move |fd| {
        let link = fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok()?;
        link.to_str()?
            .strip_prefix("pipe:[")?
            .strip_suffix(']')?
            .parse()
            .ok()
    })
}
