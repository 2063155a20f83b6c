//! How the main process ends, or does not.

use std::process::exit;
use std::time::{Duration, Instant};

use crate::options::{Ending, Options};

/// The last stage: ends as asked, or stays until the lifetime is over.
pub(crate) fn end(options: &Options) -> ! {
    let ending = options
        .ending
        .or(options.main_exits_first.then_some(Ending::Exit(0)));
    if let Some(ending) = ending {
        sleep_fully(options.after);
        match ending {
            Ending::Exit(code) => exit(code),
            Ending::Abort => {
                quiet_crash();
                std::process::abort()
            }
            Ending::Segfault => segfault(),
            Ending::Suspend => suspend_self(),
        }
    }
    stay(options.lifetime)
}

/// Does nothing until the lifetime is over.
pub(crate) fn stay(lifetime: Duration) -> ! {
    sleep_fully(lifetime);
    crate::die(crate::EXIT_LIFETIME, "the lifetime is over")
}

fn sleep_fully(duration: Duration) {
    if duration.is_zero() {
        return;
    }
    // A sleep returns late, never early; but a stop and continue of the process must not count twice.
    let end = Instant::now() + duration;
    while let Some(left) = end
        .checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
    {
        std::thread::sleep(left);
    }
}

fn segfault() -> ! {
    quiet_crash();
    // The first page is never mapped, so the processor itself refuses this.
    let nowhere = std::ptr::without_provenance::<u32>(0x10);
    // SAFETY: not sound on purpose: the fault is what was asked for, and nothing runs after it.
    let value = unsafe { nowhere.read_volatile() };
    crate::die(
        crate::EXIT_SETUP,
        &format!("reading an unmapped page gave {value}"),
    )
}

#[cfg(unix)]
fn quiet_crash() {}

#[cfg(windows)]
fn quiet_crash() {
    use windows_sys::Win32::System::Diagnostics::Debug::{
        SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SetErrorMode,
    };
    // SAFETY: SetErrorMode takes any combination of its flags.
    unsafe { SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX) };
}

/// The bound for what the main thread cannot keep by itself: a write that blocks for ever, a stopped process.
#[cfg(target_os = "linux")]
pub(crate) fn bound_lifetime(lifetime: Duration) {
    // A kernel timer costs no thread, and SIGKILL ends a stopped process too.
    let seconds = i64::try_from(lifetime.as_secs())
        .unwrap_or(i64::MAX / 2)
        .saturating_add(2);
    // SAFETY: both structures are plain data for which zero is valid; the kernel copies them.
    unsafe {
        let mut event: libc::sigevent = std::mem::zeroed();
        event.sigev_notify = libc::SIGEV_SIGNAL;
        event.sigev_signo = libc::SIGKILL;
        let mut timer: libc::timer_t = std::mem::zeroed();
        let mut when: libc::itimerspec = std::mem::zeroed();
        when.it_value.tv_sec = seconds;
        if libc::timer_create(libc::CLOCK_MONOTONIC, &mut event, &mut timer) != 0
            || libc::timer_settime(timer, 0, &when, std::ptr::null_mut()) != 0
        {
            let error = std::io::Error::last_os_error();
            crate::die(crate::EXIT_SETUP, &format!("cannot bound the lifetime: {error}"));
        }
    }
}

/// The bound for a write that blocks for ever. A suspended process is beyond it on Windows.
#[cfg(windows)]
pub(crate) fn bound_lifetime(lifetime: Duration) {
    std::thread::spawn(move || stay(lifetime + Duration::from_secs(2)));
}

#[cfg(unix)]
fn suspend_self() {
    // SAFETY: raise has no preconditions.
    unsafe { libc::kill(libc::getpid(), libc::SIGSTOP) };
}

/// A process cannot suspend all of its own threads, so a short-lived second one does it.
#[cfg(windows)]
fn suspend_self() {
    let done = std::env::current_exe().and_then(|program| {
        let mut command = std::process::Command::new(program);
        command
            .arg("--suspend-pid")
            .arg(std::process::id().to_string())
            .status()
    });
    match done {
        Ok(status) if status.success() => {}
        other => crate::die(crate::EXIT_SETUP, &format!("cannot suspend: {other:?}")),
    }
}

#[cfg(unix)]
pub(crate) fn suspend_other(_pid: u32) -> i32 {
    crate::EXIT_USAGE
}

/// The helper's side of [`suspend_self`]; the exit code.
#[cfg(windows)]
pub(crate) fn suspend_other(pid: u32) -> i32 {
    use windows_sys::Win32::Foundation::{CloseHandle, HANDLE};
    use windows_sys::Win32::System::Threading::{OpenProcess, PROCESS_SUSPEND_RESUME};
    #[link(name = "ntdll")]
    unsafe extern "system" {
        fn NtSuspendProcess(process: HANDLE) -> i32;
    }
    // SAFETY: the handle is checked, used for its one purpose and closed.
    unsafe {
        let process = OpenProcess(PROCESS_SUSPEND_RESUME, 0, pid);
        if process.is_null() {
            return crate::EXIT_SETUP;
        }
        let status = NtSuspendProcess(process);
        CloseHandle(process);
        if status == 0 { 0 } else { crate::EXIT_SETUP }
    }
}
