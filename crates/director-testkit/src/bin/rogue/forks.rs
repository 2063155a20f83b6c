//! Grandchildren. Each is this same program, started anew with a hidden flag, so that one way serves
//! both systems and its environment and session are really its own from the start.

use std::io::{self, PipeWriter, Read, Write};
use std::process::{Child, Command, Stdio};

use crate::options::{Options, Order, Rung};

/// How a grandchild misbehaves: words joined by `+`.
#[derive(Clone, Debug)]
pub(crate) struct Mode {
    /// As written on the command line; its role in the file of `--write-pid`.
    pub(crate) name: String,
    ignore: bool,
    session: bool,
    daemonise: bool,
    pipe: bool,
    clear_env: bool,
}

impl Mode {
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let mut mode = Self {
            name: name.into(),
            ignore: false,
            session: false,
            daemonise: false,
            pipe: false,
            clear_env: false,
        };
        for word in name.split('+') {
            match word {
                "child" => {}
                "ignore" => mode.ignore = true,
                "session" => mode.session = true,
                "daemonise" => (mode.daemonise, mode.session) = (true, true),
                "pipe" => mode.pipe = true,
                "clear-env" => (mode.clear_env, mode.session) = (true, true),
                other => return Err(format!("--fork: {other:?} is no mode, see --help")),
            }
        }
        Ok(mode)
    }
}

/// Starts the grandchildren one after the other; returns when each is up, rungs armed and pid written.
pub(crate) fn start_all(options: &Options) {
    for mode in &options.forks {
        if let Err(error) = start(mode, options) {
            crate::die(crate::EXIT_SETUP, &format!("cannot fork {}: {error}", mode.name));
        }
    }
}

fn start(mode: &Mode, options: &Options) -> io::Result<()> {
    let (mut ready, writer) = io::pipe()?;
    let flag = if mode.daemonise {
        "--launch"
    } else {
        "--grandchild"
    };
    let mut child = spawn(flag, mode, options, writer)?;
    if mode.daemonise {
        child.wait()?;
    }
    // One byte says ready; the end of the pipe without it says that the grandchild died.
    let mut byte = [0];
    ready
        .read_exact(&mut byte)
        .map_err(|_| io::Error::other("it ended before it was ready"))
}

/// Starts this program anew; `ready` stays open there only.
fn spawn(flag: &str, mode: &Mode, options: &Options, ready: PipeWriter) -> io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([flag, &mode.name, "--ready", &inherit::value(&ready).to_string()]);
    command.args(["--lifetime", &options.lifetime.as_secs().to_string()]);
    if let Some(path) = &options.write_pid {
        command.arg("--write-pid").arg(path);
    }
    command.stdin(Stdio::null());
    if mode.pipe {
        command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
    } else {
        inherit::let_go_of_stdio();
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    if mode.clear_env {
        command.env_clear();
    }
    inherit::spawn(command, mode.session, ready)
}

/// The middle process of `daemonise`: starts the real one and does not wait. Returns the exit code.
pub(crate) fn launch_and_leave(order: &Order, options: &Options) -> i32 {
    let started =
        inherit::adopt(order.ready).and_then(|ready| spawn("--grandchild", &order.mode, options, ready));
    if started.is_ok() { 0 } else { crate::EXIT_SETUP }
}

/// The life of a grandchild: it is there.
pub(crate) fn live_as_grandchild(order: &Order, options: &Options) -> ! {
    if order.mode.ignore {
        let all: Vec<Rung> = Rung::ALL.iter().map(|(_, rung)| *rung).collect();
        crate::rungs::arm(&all, &[], None);
    }
    crate::record::own_pid(options, &order.mode.name);
    let ready = inherit::adopt(order.ready).and_then(|mut ready| ready.write_all(b"r"));
    if let Err(error) = ready {
        crate::die(crate::EXIT_SETUP, &format!("cannot say ready: {error}"));
    }
    crate::ending::stay(options.lifetime)
}

#[cfg(unix)]
mod inherit {
    use std::io::{self, PipeWriter};
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};

    pub(super) fn value(ready: &PipeWriter) -> u64 {
        u64::from(ready.as_raw_fd().unsigned_abs())
    }

    /// The pipe end that this process was started with.
    pub(super) fn adopt(value: Option<u64>) -> io::Result<PipeWriter> {
        let value = value.and_then(|value| i32::try_from(value).ok());
        let fd = value.ok_or_else(|| io::Error::other("no --ready"))?;
        // SAFETY: the parent opened this descriptor for us and nothing else here knows it. Close-on-exec
        // keeps it out of whatever is started next.
        unsafe {
            if libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) != 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(PipeWriter::from(OwnedFd::from_raw_fd(fd)))
        }
    }

    pub(super) fn let_go_of_stdio() {}

    pub(super) fn spawn(mut command: Command, session: bool, ready: PipeWriter) -> io::Result<Child> {
        let inherited = move || {
            // SAFETY: between fork and exec, only async-signal-safe calls on a descriptor that the
            // closure owns.
            let failed = unsafe {
                libc::fcntl(ready.as_raw_fd(), libc::F_SETFD, 0) != 0 || (session && libc::setsid() < 0)
            };
            if failed {
                Err(io::Error::last_os_error())
            } else {
                Ok(())
            }
        };
        // SAFETY: see above; the closure allocates nothing.
        unsafe { command.pre_exec(inherited) };
        command.spawn()
    }
}

#[cfg(windows)]
mod inherit {
    use std::io::{self, PipeWriter};
    use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
    use std::os::windows::process::CommandExt;
    use std::process::{Child, Command};

    use windows_sys::Win32::Foundation::{HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation};
    use windows_sys::Win32::System::Console::{
        GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
    };
    use windows_sys::Win32::System::Threading::CREATE_NO_WINDOW;

    pub(super) fn value(ready: &PipeWriter) -> u64 {
        ready.as_raw_handle() as u64
    }

    fn set_inherited(handle: HANDLE, inherited: bool) -> io::Result<()> {
        let flag = if inherited { HANDLE_FLAG_INHERIT } else { 0 };
        // SAFETY: the call only changes a flag and fails cleanly for a value that is no handle.
        match unsafe { SetHandleInformation(handle, HANDLE_FLAG_INHERIT, flag) } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    /// The pipe end that this process was started with.
    pub(super) fn adopt(value: Option<u64>) -> io::Result<PipeWriter> {
        let value = value.and_then(|value| usize::try_from(value).ok());
        let handle = value.ok_or_else(|| io::Error::other("no --ready"))? as HANDLE;
        set_inherited(handle, false)?;
        // SAFETY: the parent opened this handle for us and nothing else here knows it.
        Ok(PipeWriter::from(unsafe { OwnedHandle::from_raw_handle(handle) }))
    }

    /// Our own stdio handles came to us by inheritance and would go on to every process that we start,
    /// whatever its own stdio is.
    pub(super) fn let_go_of_stdio() {
        for which in [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE] {
            // SAFETY: GetStdHandle has no preconditions. A missing or closed handle needs no change.
            let _ = set_inherited(unsafe { GetStdHandle(which) }, false);
        }
    }

    pub(super) fn spawn(mut command: Command, session: bool, ready: PipeWriter) -> io::Result<Child> {
        set_inherited(ready.as_raw_handle(), true)?;
        if session {
            command.creation_flags(CREATE_NO_WINDOW);
        }
        command.spawn()
    }
}
