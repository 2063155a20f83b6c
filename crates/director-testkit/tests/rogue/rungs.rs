use std::path::Path;
use std::time::{Duration, Instant};

use director_testkit::{Sandbox, eventually, records};

use crate::{BOUND, Running, command};

#[cfg(windows)]
use console::send;
#[cfg(unix)]
use signals::send;

/// The rungs that can be sent here without special windows.
#[cfg(unix)]
const HERE: [&str; 6] = ["term", "int", "hup", "quit", "usr1", "usr2"];
/// Wine delivers no Ctrl-Break to a handler.
#[cfg(windows)]
const HERE: [&str; 1] = ["ctrl-c"];

#[cfg(unix)]
mod signals {
    pub(super) fn send(pid: u32, rung: &str) {
        let signal = match rung {
            "term" => libc::SIGTERM,
            "int" => libc::SIGINT,
            "hup" => libc::SIGHUP,
            "quit" => libc::SIGQUIT,
            "usr1" => libc::SIGUSR1,
            "usr2" => libc::SIGUSR2,
            other => panic!("{other} is no signal"),
        };
        // SAFETY: the pid is a process of this test.
        assert_eq!(unsafe { libc::kill(pid.cast_signed(), signal) }, 0);
    }
}

#[cfg(windows)]
mod console {
    use std::os::windows::process::CommandExt;
    use std::process::Command;
    use windows_sys::Win32::System::Threading::CREATE_NO_WINDOW;

    pub(super) fn send(pid: u32, rung: &str) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rogue"));
        command
            .args(["--console-event", rung, &pid.to_string()])
            .creation_flags(CREATE_NO_WINDOW);
        assert!(command.status().unwrap().success());
    }
}

/// With a console of its own on Windows, so that events do not reach the tests.
fn start(record: &Path, arguments: &[&str]) -> Running {
    let mut command = command(arguments);
    command.arg("--record").arg(record);
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(
        &mut command,
        windows_sys::Win32::System::Threading::CREATE_NO_WINDOW,
    );
    Running::start_command(command)
}

#[test]
fn ignored_rungs_are_recorded_and_survived() {
    let sandbox = Sandbox::new("rungs");
    let record = sandbox.file("record");
    let mut running = start(&record, &["--ignore", "all"]);
    for (count, rung) in HERE.iter().enumerate() {
        send(running.pid(), rung);
        eventually(BOUND, "the rung is recorded", || {
            let seen = records::recorded(&record);
            if seen.len() == count + 1 {
                Ok(())
            } else {
                Err(seen)
            }
        });
    }
    assert_eq!(
        records::recorded(&record),
        HERE.map(|rung| format!("rung {rung}"))
    );
    assert!(running.is_alive());
}

#[test]
fn rung_that_is_not_named_ends_it() {
    let sandbox = Sandbox::new("rungs");
    // Armed for another one, so that a handler exists.
    let mut running = start(&sandbox.file("record"), &["--ignore", "usr1,ctrl-break"]);
    send(running.pid(), HERE[0]);
    assert!(!running.ended().success());
    assert_eq!(sandbox.read("record"), "");
}

#[test]
fn polite_answer_with_and_without_delay() {
    for rung in HERE {
        let sandbox = Sandbox::new("rungs");
        let mut running = start(
            &sandbox.file("record"),
            &["--ignore", "all", &format!("--on-{rung}"), "exit 3"],
        );
        send(running.pid(), rung);
        assert_eq!(running.ended().code(), Some(3), "{rung}");
        assert_eq!(sandbox.read("record"), format!("rung {rung}\n"));
    }
    let sandbox = Sandbox::new("rungs");
    let mut running = start(
        &sandbox.file("record"),
        &[&format!("--on-{}", HERE[0]), "exit 4 after 300"],
    );
    let sent = Instant::now();
    send(running.pid(), HERE[0]);
    assert_eq!(running.ended().code(), Some(4));
    assert!(sent.elapsed() >= Duration::from_millis(300));
}

#[cfg(windows)]
mod windows {
    use super::*;
    use windows_sys::Win32::Foundation::{HWND, LPARAM};
    use windows_sys::Win32::UI::WindowsAndMessaging::{
        EnumWindows, GetWindowThreadProcessId, PostMessageW, WM_CLOSE,
    };
    use windows_sys::core::BOOL;

    /// Asks every top-level window of the process to close; how many there were.
    fn close_windows(pid: u32) -> u32 {
        unsafe extern "system" fn visit(window: HWND, search: LPARAM) -> BOOL {
            // SAFETY: the parameter is the pair that the caller keeps through the enumeration.
            unsafe {
                let (wanted, found) = &mut *(search as *mut (u32, u32));
                let mut owner = 0;
                GetWindowThreadProcessId(window, &mut owner);
                if owner == *wanted && PostMessageW(window, WM_CLOSE, 0, 0) != 0 {
                    *found += 1;
                }
            }
            1
        }
        let mut search = (pid, 0);
        // SAFETY: the pair lives through the call.
        unsafe { EnumWindows(Some(visit), (&raw mut search) as LPARAM) };
        search.1
    }

    /// Wine opens windows only where it has a display or its null driver.
    fn windows_exist() -> bool {
        let output = crate::output(["--window", "--exit", "0"]);
        if director_testkit::under_wine() && output.status.code() == Some(96) {
            eprintln!(
                "SKIPPED: this Wine cannot open windows; set HKCU\\Software\\Wine\\Drivers Graphics=null. {}",
                String::from_utf8_lossy(&output.stderr)
            );
            return false;
        }
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        true
    }

    #[test]
    fn window_closes_with_seven() {
        if !windows_exist() {
            return;
        }
        let sandbox = Sandbox::new("rungs");
        let mut running = start(&sandbox.file("record"), &["--window"]);
        assert!(close_windows(running.pid()) >= 1);
        assert_eq!(running.ended().code(), Some(7));
    }

    #[test]
    fn window_ignores_or_answers_close() {
        if !windows_exist() {
            return;
        }
        let sandbox = Sandbox::new("rungs");
        let record = sandbox.file("record");
        let mut running = start(&record, &["--window", "--ignore", "close"]);
        assert!(close_windows(running.pid()) >= 1);
        eventually(BOUND, "close is recorded", || {
            records::recorded(&record) == ["rung close"]
        });
        assert!(running.is_alive());
        let mut running = start(
            &sandbox.file("other"),
            &["--window", "--on-close", "exit 12 after 10"],
        );
        assert!(close_windows(running.pid()) >= 1);
        assert_eq!(running.ended().code(), Some(12));
    }
}

#[cfg(unix)]
#[test]
fn window_is_refused_on_linux() {
    assert_eq!(crate::output(["--window"]).status.code(), Some(2));
}
