//! Signals to the director, read from a stream by a thread of its own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use super::OsSignal;
use crate::linux::epoll::{Epoll, Events, Wake};
use crate::linux::signals::SignalStream;

static EXISTS: AtomicBool = AtomicBool::new(false);

const KEY_SIGNAL: u64 = 0;
const KEY_WAKE: u64 = 1;

/// The thread and how to end it.
#[derive(Debug)]
pub(crate) struct Watch {
    wake: Arc<Wake>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Gives the process's one watch back, also when starting it fails half-way.
struct Claim;

impl Drop for Claim {
    fn drop(&mut self) {
        EXISTS.store(false, Ordering::Release);
    }
}

impl Watch {
    pub(crate) fn start(sink: Box<dyn Fn(OsSignal) + Send>) -> io::Result<Self> {
        if EXISTS.swap(true, Ordering::AcqRel) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "signals are watched already",
            ));
        }
        let claim = Claim;
        let signals = SignalStream::new(&[libc::SIGINT, libc::SIGTERM, libc::SIGHUP])?;
        let epoll = Epoll::new()?;
        let wake = Arc::new(Wake::new()?);
        let stop = Arc::new(AtomicBool::new(false));
        epoll.add(signals.fd(), KEY_SIGNAL)?;
        epoll.add(wake.fd(), KEY_WAKE)?;
        let (thread_wake, thread_stop) = (Arc::clone(&wake), Arc::clone(&stop));
        let thread = thread::Builder::new()
            .name("signals".to_owned())
            .stack_size(128 << 10)
            .spawn(move || {
                let _claim = claim;
                let mut events = Events::new();
                while !thread_stop.load(Ordering::Acquire) {
                    if epoll.wait(&mut events, true).is_err() {
                        return;
                    }
                    thread_wake.drain();
                    signals.drain().into_iter().filter_map(translate).for_each(&sink);
                }
            })?;
        Ok(Self {
            wake,
            stop,
            thread: Some(thread),
        })
    }
}

fn translate(signal: u8) -> Option<OsSignal> {
    match i32::from(signal) {
        libc::SIGINT => Some(OsSignal::Interrupt),
        libc::SIGTERM => Some(OsSignal::Terminate),
        libc::SIGHUP => Some(OsSignal::Reload),
        _ => None,
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.wake.wake();
        crate::linux::join(self.thread.take());
    }
}
