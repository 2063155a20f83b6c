//! One epoll over the pidfds of all main processes and the arrival of SIGCHLD.
//!
//! A pidfd says that a main process ended; SIGCHLD says that an orphan may have. Whenever either happens, one look at our own
//! children answers for all ending trees at once: what is left of a tree is a child of ours or hangs below one.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::{ExitStatus, ReaperEvent};
use crate::linux::epoll::{Epoll, Events, Wake};
use crate::linux::lock;
use crate::linux::signals::{Mask, SignalStream};
use crate::tree::linux::TreeImp;
use crate::tree::linux::registry::{self, Orphan};

/// Internal keys; a run's key is its token in the table of watches, counted from here.
const KEY_SIGNAL: u64 = 0;
const KEY_WAKE: u64 = 1;
const KEY_FIRST: u64 = 2;

/// Of so many runs at once the ends are told before the next are waited for: who hears of them works beside us then.
const PORTION: usize = 16;

#[derive(Debug)]
struct Watched {
    tree: Arc<TreeImp>,
    /// `None` once forgotten: it is only waited for.
    token: Option<u64>,
    ended: bool,
}

#[derive(Debug, Default)]
struct Table {
    next_key: u64,
    by_key: HashMap<u64, Watched>,
    by_token: HashMap<u64, u64>,
}

#[derive(Debug)]
struct Shared {
    epoll: Epoll,
    wake: Arc<Wake>,
    signals: SignalStream,
    stop: AtomicBool,
    table: Mutex<Table>,
}

/// The thread's handle.
#[derive(Debug)]
pub(crate) struct Reaper {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Reaper {
    pub(crate) fn start(sink: Box<dyn Fn(ReaperEvent) + Send>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            epoll: Epoll::new()?,
            wake: Arc::new(Wake::new()?),
            signals: SignalStream::new(&[libc::SIGCHLD])?,
            stop: AtomicBool::new(false),
            table: Mutex::new(Table {
                next_key: KEY_FIRST,
                ..Table::default()
            }),
        });
        shared.epoll.add(shared.signals.fd(), KEY_SIGNAL)?;
        shared.epoll.add(shared.wake.fd(), KEY_WAKE)?;
        registry::add_reaper(&shared.wake);
        let owned = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("reaper".to_owned())
            .stack_size(256 << 10)
            .spawn(move || owned.run(&*sink))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    pub(crate) fn watch(&self, token: u64, tree: &Arc<TreeImp>) -> io::Result<()> {
        let mut table = lock(&self.shared.table);
        if table.by_token.contains_key(&token) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the token is watched already",
            ));
        }
        let key = table.next_key;
        // A pidfd of a process that has ended is readable at once, waited for or not.
        self.shared.epoll.add(tree.pidfd(), key)?;
        table.next_key += 1;
        table.by_token.insert(token, key);
        table.by_key.insert(
            key,
            Watched {
                tree: Arc::clone(tree),
                token: Some(token),
                ended: false,
            },
        );
        Ok(())
    }

    pub(crate) fn forget(&self, token: u64) {
        let mut table = lock(&self.shared.table);
        let Some(key) = table.by_token.remove(&token) else {
            return;
        };
        let ended = table.by_key.get_mut(&key).is_some_and(|watched| {
            watched.token = None;
            watched.ended
        });
        let removed = if ended { table.by_key.remove(&key) } else { None };
        drop(table);
        drop(removed);
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.shared.wake.wake();
        crate::linux::join(self.thread.take());
    }
}

impl Shared {
    fn run(&self, sink: &dyn Fn(ReaperEvent)) {
        let mut events = Events::new();
        // The end of a child is heard between two looks, once however many ended.
        let Ok(taking) = Mask::block(libc::SIGCHLD) else {
            return;
        };
        let mut told = Vec::new();
        while !self.stop.load(Ordering::Acquire) {
            // Nothing but a bug closes our own descriptor; without it there is nothing to wait for.
            let Ok(ready) = self.epoll.wait_taking(&mut events, &taking) else {
                return;
            };
            let mut ready: Vec<u64> = ready.collect();
            // Drained before looking, so that what happens meanwhile wakes us again.
            self.signals.drain();
            self.wake.drain();
            // Those that ended in the meantime share the look.
            if let Ok(more) = self.epoll.wait(&mut events, false) {
                ready.extend(more);
            }
            ready.sort_unstable();
            ready.dedup();
            loop {
                let rest = ready.split_off(ready.len().min(PORTION));
                self.note_exits(&ready, &mut told);
                self.note_empty(&mut told);
                told.drain(..).for_each(sink);
                if rest.is_empty() {
                    break;
                }
                ready = rest;
            }
        }
    }

    /// Waits for the main processes that ended.
    fn note_exits(&self, ready: &[u64], told: &mut Vec<ReaperEvent>) {
        for key in ready.iter().filter(|key| **key >= KEY_FIRST) {
            let mut table = lock(&self.table);
            let Some(watched) = table.by_key.get_mut(key) else {
                continue;
            };
            let status = match watched.tree.try_wait() {
                Ok(Some(status)) => status,
                Ok(None) => continue,
                // Somebody else has waited for it, against the contract: it has ended, but how is lost.
                Err(_) => ExitStatus::Code(-1),
            };
            self.epoll.remove(watched.tree.pidfd());
            watched.ended = true;
            let token = watched.token;
            let removed = if token.is_none() {
                table.by_key.remove(key)
            } else {
                None
            };
            drop(table);
            drop(removed);
            told.extend(token.map(|token| ReaperEvent::Exited { token, status }));
        }
    }

    /// Finds the trees whose main process has ended and of which nothing is left.
    fn note_empty(&self, told: &mut Vec<ReaperEvent>) {
        // Looked through even when no tree is ending: orphans of running services must not stay as zombies.
        let Ok(orphans) = registry::orphans(true) else {
            return;
        };
        let ending: Vec<(u64, Arc<TreeImp>)> = {
            let table = lock(&self.table);
            let ending = table.by_key.iter().filter(|(_, watched)| watched.ended);
            ending
                .map(|(key, watched)| (*key, Arc::clone(&watched.tree)))
                .collect()
        };
        let owners: HashSet<*const TreeImp> = orphans.iter().filter_map(owner).collect();
        for (key, tree) in ending {
            let alive = match tree.leaf() {
                // The cgroup knows; a failure to read it is no proof that nobody is there.
                Some(leaf) => leaf.members().map_or(true, |members| !members.is_empty()),
                None => false,
            } || owners.contains(&Arc::as_ptr(&tree));
            if !alive {
                self.emptied(key, told);
            } else if tree.was_killed() {
                // Somebody was born or orphaned after the tree was killed. A failure is for the daemon's deadline.
                let _ = tree.kill_all();
            }
        }
    }

    fn emptied(&self, key: u64, told: &mut Vec<ReaperEvent>) {
        let mut table = lock(&self.table);
        let removed = table.by_key.remove(&key);
        let token = removed.as_ref().and_then(|watched| watched.token);
        if let Some(token) = token {
            table.by_token.remove(&token);
        }
        drop(table);
        if let Some(leaf) = removed.as_ref().and_then(|watched| watched.tree.leaf()) {
            leaf.remove();
        }
        drop(removed);
        told.extend(token.map(|token| ReaperEvent::TreeEmptied { token }));
    }
}

fn owner(orphan: &Orphan) -> Option<*const TreeImp> {
    orphan.owner.as_ref().map(Arc::as_ptr)
}
