//! Waiting for mains and for the emptiness of their jobs, with one completion port and no timer in the normal case.
//!
//! The system's wait threads post to our port when a main ends. What is left in its job then is waited for in the same way, one
//! member after the other, until the job's accounting says that nobody is active. The job's own messages shorten the way, but
//! they may be lost, so nothing depends on them; they are asked for only now, so that a service that starts many processes
//! does not wake us. Only a job whose members may not be opened is asked again after a pause.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{ExitStatus, ReaperEvent};
use crate::tree::imp::TreeImp;
use crate::windows::completion::CompletionPort;
use crate::windows::process;
use crate::windows::wait::PostedWait;

/// The key of packets that only wake the thread up.
const WAKE: usize = 0;
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

type Sink = Box<dyn Fn(ReaperEvent) + Send>;

#[derive(Debug)]
pub(crate) struct Reaper {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    port: Arc<CompletionPort>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    quit: bool,
    last_key: usize,
    watches: BTreeMap<usize, Watch>,
    keys: HashMap<u64, usize>,
}

#[derive(Debug)]
struct Watch {
    token: u64,
    tree: Arc<TreeImp>,
    exited: bool,
    hinted: bool,
    wait: Option<PostedWait>,
    retry_at: Option<Instant>,
    last_pause: Option<Duration>,
}

impl Reaper {
    pub(crate) fn start(sink: Sink) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            port: Arc::new(CompletionPort::new()?),
            state: Mutex::default(),
        });
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("reaper".to_owned())
            .stack_size(256 * 1024)
            .spawn(move || for_thread.run(&sink))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    pub(crate) fn watch(&self, token: u64, tree: &Arc<TreeImp>) -> io::Result<()> {
        let mut state = self.shared.lock();
        if state.keys.contains_key(&token) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the token is in use",
            ));
        }
        let key = state.last_key + 1;
        // Fires at once when the main has ended already; the thread then waits for our lock.
        let wait = PostedWait::new(Arc::clone(tree.process()), &self.shared.port, key)?;
        state.last_key = key;
        state.keys.insert(token, key);
        let tree = Arc::clone(tree);
        state.watches.insert(
            key,
            Watch {
                token,
                tree,
                exited: false,
                hinted: false,
                wait: Some(wait),
                retry_at: None,
                last_pause: None,
            },
        );
        Ok(())
    }

    pub(crate) fn forget(&self, token: u64) {
        let mut state = self.shared.lock();
        let forgotten = state
            .keys
            .remove(&token)
            .and_then(|key| state.watches.remove(&key));
        drop(state);
        // Outside the lock: ending the wait may have to wait for the system, and the job's last handle may be among it.
        drop(forgotten);
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        self.shared.lock().quit = true;
        let woken = self.shared.port.post(WAKE).is_ok();
        if let Some(thread) = self.thread.take()
            && woken
            && thread.thread().id() != std::thread::current().id()
        {
            // A panic of the sink has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, sink: &Sink) {
        loop {
            let next = self
                .lock()
                .watches
                .values()
                .filter_map(|watch| watch.retry_at)
                .min();
            let limit = next.map(|at| at.saturating_duration_since(Instant::now()));
            let Ok(packets) = self.port.wait(limit) else {
                return;
            };
            let mut events = Vec::new();
            let mut state = self.lock();
            if state.quit {
                return;
            }
            let now = Instant::now();
            let mut keys: BTreeSet<usize> = packets.iter().map(|packet| packet.key).collect();
            keys.extend(
                state
                    .watches
                    .iter()
                    .filter(|(_, watch)| watch.retry_at.is_some_and(|at| at <= now))
                    .map(|(key, _)| *key),
            );
            let mut done = Vec::new();
            for key in keys {
                let Some(watch) = state.watches.get_mut(&key) else {
                    continue;
                };
                let token = watch.token;
                if watch.examine(&self.port, key, &mut events) {
                    state.keys.remove(&token);
                    done.extend(state.watches.remove(&key));
                }
            }
            drop(state);
            drop(done);
            events.into_iter().for_each(sink);
        }
    }
}

impl Watch {
    /// Finds out what has happened. `true`: the tree is empty, all is reported.
    fn examine(&mut self, port: &Arc<CompletionPort>, key: usize, events: &mut Vec<ReaperEvent>) -> bool {
        self.retry_at = None;
        if !self.exited {
            match process::has_ended(self.tree.process()) {
                Ok(true) => {}
                Ok(false) => return false,
                Err(_) => return self.try_later(),
            }
            self.exited = true;
            self.wait = None;
            // The handle was opened by its creator with all rights, so the code can be read.
            let code = process::exit_code(self.tree.process()).unwrap_or(u32::MAX);
            events.push(ReaperEvent::Exited {
                token: self.token,
                status: ExitStatus::Code(code.into()),
            });
        }
        if self.is_empty() {
            events.push(ReaperEvent::TreeEmptied { token: self.token });
            return true;
        }
        if !self.hinted {
            self.hinted = true;
            // Without hints it works as well, and what ended before they were asked for is found by the question below.
            let _ = self.tree.job().send_hints(port, key);
        }
        let member = self.tree.some_member().ok().flatten();
        self.wait = member.and_then(|member| PostedWait::new(Arc::new(member), port, key).ok());
        if self.is_empty() {
            events.push(ReaperEvent::TreeEmptied { token: self.token });
            return true;
        }
        if self.wait.is_none() {
            self.try_later()
        } else {
            false
        }
    }

    fn is_empty(&self) -> bool {
        self.tree.is_empty().unwrap_or(false)
    }

    fn try_later(&mut self) -> bool {
        let pause = self
            .last_pause
            .map_or(FIRST_PAUSE, |last| (last * 2).min(LONGEST_PAUSE));
        self.last_pause = Some(pause);
        self.retry_at = Some(Instant::now() + pause);
        false
    }
}
