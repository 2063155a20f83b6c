//! One completion-port thread that reads all streams.
//!
//! An idle stream has one small read pending and nothing else. When it completes, whatever else the pipe holds is read into a
//! buffer of the sink, by reads that do not wait, a bounded amount per turn; a stream with more goes to the end of the queue.

mod stream;

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::os::windows::io::OwnedHandle;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use windows_sys::Win32::System::Threading::CreateEventW;

use super::OutputSink;
use crate::windows::completion::CompletionPort;
use crate::windows::own;
use stream::{Stream, Turn};

/// The key of packets that say: look at the commands.
const WAKE: usize = 0;
/// How long the ends of cancelled reads are waited for, three times.
const LAST_WAIT: Duration = Duration::from_millis(500);

/// Our end of a pipe.
#[derive(Debug)]
pub(crate) struct OutputEnd {
    pipe: OwnedHandle,
}

impl OutputEnd {
    pub(crate) fn new(pipe: OwnedHandle) -> Self {
        Self { pipe }
    }
}

#[derive(Debug)]
pub(crate) struct Pump {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    port: CompletionPort,
    inbox: Mutex<Inbox>,
}

#[derive(Debug, Default)]
struct Inbox {
    last_key: usize,
    tokens: HashSet<u64>,
    commands: VecDeque<Command>,
}

#[derive(Debug)]
enum Command {
    Add {
        key: usize,
        token: u64,
        pipe: OwnedHandle,
    },
    Finish {
        token: u64,
    },
    Quit,
}

impl Pump {
    pub(crate) fn start(sink: Box<dyn OutputSink>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            port: CompletionPort::new()?,
            inbox: Mutex::default(),
        });
        let for_thread = Arc::clone(&shared);
        // SAFETY: no attributes, manual reset, not signalled, no name; the fresh handle is owned at once.
        let event = unsafe { own(CreateEventW(std::ptr::null(), 1, 0, std::ptr::null()))? };
        let thread = std::thread::Builder::new()
            .name("output pump".to_owned())
            .stack_size(256 * 1024)
            .spawn(move || {
                let (streams, keys) = (HashMap::new(), HashMap::new());
                Worker {
                    shared: &for_thread,
                    sink,
                    event,
                    streams,
                    keys,
                }
                .run();
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    pub(crate) fn add(&self, token: u64, end: OutputEnd) -> io::Result<()> {
        let mut inbox = self.shared.inbox();
        if inbox.tokens.contains(&token) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the token is in use",
            ));
        }
        let key = inbox.last_key + 1;
        self.shared.port.associate(&end.pipe, key)?;
        self.shared.port.post(WAKE)?;
        inbox.last_key = key;
        inbox.tokens.insert(token);
        inbox.commands.push_back(Command::Add {
            key,
            token,
            pipe: end.pipe,
        });
        Ok(())
    }

    pub(crate) fn finish(&self, token: u64) {
        self.shared.command(Command::Finish { token });
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        let woken = self.shared.command(Command::Quit);
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
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn command(&self, command: Command) -> bool {
        self.inbox().commands.push_back(command);
        self.port.post(WAKE).is_ok()
    }
}

struct Worker<'a> {
    shared: &'a Shared,
    sink: Box<dyn OutputSink>,
    /// For reads that do not wait.
    event: OwnedHandle,
    streams: HashMap<usize, Stream>,
    keys: HashMap<u64, usize>,
}

impl Worker<'_> {
    fn run(mut self) {
        let mut ready = VecDeque::new();
        loop {
            let limit = (!ready.is_empty()).then_some(Duration::ZERO);
            let Ok(packets) = self.shared.port.wait(limit) else {
                break;
            };
            if packets.is_empty() && limit.is_none() {
                continue;
            }
            for packet in &packets {
                if packet.key == WAKE {
                    if self.obey(&mut ready) {
                        self.close_all();
                        return;
                    }
                } else if packet.is_operation
                    && let Some(stream) = self.streams.get_mut(&packet.key)
                {
                    stream.completed(packet.bytes);
                    ready.push_back(packet.key);
                }
            }
            // One turn for each stream that is ready now; those with more come after the packets that arrive meanwhile.
            for _ in 0..ready.len() {
                let Some(key) = ready.pop_front() else { break };
                let Some(stream) = self.streams.get_mut(&key) else {
                    continue;
                };
                match stream.turn(&mut *self.sink, &self.event) {
                    Turn::Waiting => {}
                    Turn::More => ready.push_back(key),
                    Turn::Closed => self.close(key),
                }
            }
            if ready.is_empty() {
                self.sink.idle();
            }
        }
        self.close_all();
    }

    /// Carries out the commands; `true`: to quit.
    fn obey(&mut self, ready: &mut VecDeque<usize>) -> bool {
        loop {
            let command = self.shared.inbox().commands.pop_front();
            match command {
                None => return false,
                Some(Command::Quit) => return true,
                Some(Command::Add { key, token, pipe }) => {
                    self.keys.insert(token, key);
                    self.streams.insert(key, Stream::new(token, pipe));
                    ready.push_back(key);
                }
                Some(Command::Finish { token }) => {
                    if let Some(key) = self.keys.get(&token)
                        && let Some(stream) = self.streams.get_mut(key)
                        && stream.finish()
                    {
                        ready.push_back(*key);
                    }
                }
            }
        }
    }

    fn close(&mut self, key: usize) {
        if let Some(stream) = self.streams.remove(&key) {
            let token = stream.token();
            self.keys.remove(&token);
            drop(stream);
            self.shared.inbox().tokens.remove(&token);
            self.sink.closed(token);
        }
    }

    /// Ends every pending read before its stream is freed, and reports each stream closed; also those only just added.
    fn close_all(&mut self) {
        let mut pending: HashSet<usize> = HashSet::new();
        for (key, stream) in &mut self.streams {
            if !stream.cancel() {
                pending.insert(*key);
            }
        }
        let mut silences = 0;
        while !pending.is_empty() {
            let packets = self.shared.port.wait(Some(LAST_WAIT)).unwrap_or_default();
            silences += u32::from(packets.is_empty());
            for packet in packets.iter().filter(|packet| packet.is_operation) {
                if let Some(stream) = self.streams.get_mut(&packet.key) {
                    stream.completed(packet.bytes);
                }
            }
            pending.retain(|key| self.streams.get_mut(key).is_some_and(|stream| !stream.settle()));
            if silences > 2 {
                break;
            }
        }
        for key in pending {
            // The system never ended this read: losing the memory is better than freeing what it may write to.
            if let Some(stream) = self.streams.remove(&key) {
                let token = stream.token();
                std::mem::forget(stream);
                self.sink.closed(token);
            }
        }
        let keys: Vec<usize> = self.streams.keys().copied().collect();
        keys.into_iter().for_each(|key| self.close(key));
        let late: Vec<Command> = self.shared.inbox().commands.drain(..).collect();
        for command in late {
            if let Command::Add { token, pipe, .. } = command {
                drop(pipe);
                self.sink.closed(token);
            }
        }
    }
}
