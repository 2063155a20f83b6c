//! Signals.

use std::io::{self, Read};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use super::{Plan, arrived};
use crate::options::Rung;

/// The write end of the pipe that carries signal numbers out of the handler; -1: nobody wants them.
static SIGNALLED: AtomicI32 = AtomicI32::new(-1);

fn signal_of(rung: Rung) -> Option<i32> {
    match rung {
        Rung::Term => Some(libc::SIGTERM),
        Rung::Int => Some(libc::SIGINT),
        Rung::Hup => Some(libc::SIGHUP),
        Rung::Quit => Some(libc::SIGQUIT),
        Rung::Usr1 => Some(libc::SIGUSR1),
        Rung::Usr2 => Some(libc::SIGUSR2),
        Rung::CtrlC | Rung::CtrlBreak | Rung::Close => None,
    }
}

pub(super) fn install(plan: &'static Plan) -> io::Result<()> {
    if !plan.answers.is_empty() || plan.record.is_some() {
        start_listener()?;
    }
    let rungs = plan
        .ignored
        .iter()
        .copied()
        .chain(plan.answers.iter().map(|answer| answer.rung));
    for signal in rungs.filter_map(signal_of) {
        // A handler rather than SIG_IGN: an exec resets it, so that plain grandchildren stay plain.
        let handler = on_signal as extern "C" fn(libc::c_int);
        // SAFETY: the structure is plain data for which zero is valid; the handler uses only an atomic
        // and write(2), both async-signal-safe.
        let result = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as usize;
            action.sa_flags = libc::SA_RESTART;
            libc::sigaction(signal, &action, std::ptr::null_mut())
        };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

fn start_listener() -> io::Result<()> {
    let (mut reader, writer) = io::pipe()?;
    // SAFETY: the descriptor is open; a full pipe must not block the handler.
    if unsafe { libc::fcntl(writer.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) } != 0 {
        return Err(io::Error::last_os_error());
    }
    SIGNALLED.store(writer.into_raw_fd(), Ordering::SeqCst);
    std::thread::spawn(move || {
        let mut signal = [0];
        while reader.read_exact(&mut signal).is_ok() {
            let signal = i32::from(signal[0]);
            if let Some((_, rung)) = Rung::ALL
                .iter()
                .find(|(_, rung)| signal_of(*rung) == Some(signal))
            {
                arrived(*rung);
            }
        }
    });
    Ok(())
}

pub(super) fn send_to_console(_pid: u32, _rung: Rung) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

extern "C" fn on_signal(signal: libc::c_int) {
    let pipe = SIGNALLED.load(Ordering::SeqCst);
    if pipe >= 0 {
        let byte = signal as u8;
        // SAFETY: errno is the thread's own; write(2) reads one byte of a local variable.
        unsafe {
            let errno = libc::__errno_location();
            let saved = *errno;
            libc::write(pipe, (&raw const byte).cast(), 1);
            *errno = saved;
        }
    }
}
