//! `director status --watch`: the same at each change.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::thread::JoinHandle;
use std::time::Duration;

use director_core::report::DirectorReport;
use director_sys::terminal::{Key, Keys};
use tokio::sync::oneshot;

use super::status::{self, Wanted};
use crate::client::{self, Link, Trouble, converse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::human::Clock;
use crate::locate::Place;
use crate::ui::Ui;

/// Goes to the top left and clears what is below.
const CLEAR: &str = "\x1b[H\x1b[J";
/// The keyboard can be waited for only by its own channel, so its thread looks this often whether it is still wanted.
const KEY_LOOK: Duration = Duration::from_millis(250);

pub(crate) fn watch(config: Option<&Path>, wanted: &Wanted<'_>, ui: &mut Ui) -> Result<Exit, Failure> {
    let place = Place::find(config)?;
    let endpoint = client::endpoint(&place)?;
    let redraw = ui.out_terminal && !wanted.json && director_sys::terminal::enable_vt();
    converse(async {
        let fail = |trouble: Trouble| trouble.failure(&place);
        let mut link = Link::open(&endpoint).await.map_err(fail)?;
        let mut keyboard = if redraw { Keyboard::start() } else { None };
        loop {
            let report = link.report(wanted.service).await.map_err(fail)?;
            let text = frame(&report, wanted, &place, ui, redraw)?;
            ui.print(&text)?;
            tokio::select! {
                changed = settled(&mut link, report.revision) => { changed.map_err(fail)?; }
                () = quit(&mut keyboard) => return Ok(status::exit_of(&report, wanted.service)),
            }
        }
    })?
}

/// A long poll that ends without news is asked again without drawing anything.
async fn settled(link: &mut Link, from: u64) -> Result<(), Trouble> {
    while link.changed(from).await? == from {}
    Ok(())
}

fn frame(
    report: &DirectorReport,
    wanted: &Wanted<'_>,
    place: &Place,
    ui: &Ui,
    redraw: bool,
) -> Result<String, Failure> {
    if wanted.json {
        return Ok(serde_json::to_string(report).map_err(std::io::Error::other)? + "\n");
    }
    let clock = Clock::system();
    // The terminal may have another size by now.
    let width = ui
        .width
        .and_then(|_| director_sys::terminal::size())
        .map(|(columns, _)| usize::from(columns));
    let body = status::show(report, wanted, &place, &clock, width)?;
    let head = format!("{} (pid {}), {}", report.name, report.pid, clock.at(clock.now));
    Ok(if redraw {
        format!("{CLEAR}{head}, q ends\n\n{body}")
    } else {
        format!("{head}\n{body}\n")
    })
}

/// Waits for q; for ever when there is no keyboard.
async fn quit(keyboard: &mut Option<Keyboard>) {
    match keyboard {
        Some(keyboard) => drop((&mut keyboard.quit).await),
        None => std::future::pending().await,
    }
}

/// The thread that waits for q. Dropping it puts the terminal back as it was.
struct Keyboard {
    quit: oneshot::Receiver<()>,
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Keyboard {
    /// None when there are no keys to read; Ctrl-C then ends the process as usual.
    fn start() -> Option<Self> {
        if !std::io::stdin().is_terminal() {
            return None;
        }
        let keys = Keys::start().ok()?;
        let (pressed, quit) = oneshot::channel();
        let done = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&done);
        let thread = std::thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || {
                wait_for_q(&keys, &seen);
                drop(keys);
                let _ = pressed.send(());
            });
        Some(Self {
            quit,
            done,
            thread: thread.ok(),
        })
    }
}

fn wait_for_q(keys: &Keys, done: &AtomicBool) {
    while !done.load(Ordering::Relaxed) {
        match keys.receiver().recv_timeout(KEY_LOOK) {
            Ok(Key::Char('q' | 'Q') | Key::Escape | Key::CtrlC | Key::End)
            | Err(RecvTimeoutError::Disconnected) => return,
            Ok(Key::Char(_) | Key::Enter) | Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
