//! What happens when a rung of the ladder arrives: ignored, or answered by an exit.

#[cfg_attr(unix, path = "rungs/unix.rs")]
#[cfg_attr(windows, path = "rungs/windows.rs")]
mod system;

use std::path::{Path, PathBuf};
use std::process::exit;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::options::{Rung, RungAnswer};

/// All that a handler needs; set once, before the handlers are installed.
struct Plan {
    ignored: Vec<Rung>,
    answers: Vec<RungAnswer>,
    record: Option<PathBuf>,
}

static PLAN: OnceLock<Plan> = OnceLock::new();
static ANSWERING: AtomicBool = AtomicBool::new(false);

/// Installs what is needed for the given rungs, and nothing for others: those keep the system's default.
pub(crate) fn arm(ignored: &[Rung], answers: &[RungAnswer], record: Option<&Path>) {
    if ignored.is_empty() && answers.is_empty() {
        return;
    }
    let plan = Plan {
        ignored: ignored.to_vec(),
        answers: answers.to_vec(),
        record: record.map(Path::to_path_buf),
    };
    let plan = PLAN.get_or_init(|| plan);
    if let Err(error) = system::install(plan) {
        crate::die(crate::EXIT_SETUP, &format!("cannot arm the rungs: {error}"));
    }
}

/// A rung has arrived, on a thread that may block. False: it is none of ours.
fn arrived(rung: Rung) -> bool {
    let Some(plan) = PLAN.get() else { return false };
    let answer = plan.answers.iter().rfind(|answer| answer.rung == rung);
    if answer.is_none() && !plan.ignored.contains(&rung) {
        return false;
    }
    if let Some(path) = &plan.record {
        crate::record::append(path, &format!("rung {}", rung.name()));
    }
    if let Some(answer) = answer.copied()
        && !ANSWERING.swap(true, Ordering::SeqCst)
    {
        // Beside the handler, so that a rung during the wait is still taken and recorded.
        std::thread::spawn(move || {
            std::thread::sleep(answer.after);
            exit(answer.code);
        });
    }
    true
}

/// WM_CLOSE arrived at the window. False: the window's own default applies.
#[cfg(windows)]
pub(crate) fn window_close_arrived() -> bool {
    arrived(Rung::Close)
}

/// Raises an event in the console of another process, as its only act: the exit code.
pub(crate) fn send_to_console(pid: u32, rung: Rung) -> i32 {
    match system::send_to_console(pid, rung) {
        Ok(()) => 0,
        Err(error) => crate::die(
            crate::EXIT_SETUP,
            &format!("cannot raise {} for {pid}: {error}", rung.name()),
        ),
    }
}
