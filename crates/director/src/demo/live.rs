//! The demonstration in a terminal: a view that follows the director, and keys that make trouble.

use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use director_core::command::{Command, Request};
use director_core::journal::JournalEntry;
use director_core::report::DirectorReport;
use director_demo::Action;
use director_demo::view::{self, Command as Wish, View};
use director_sys::identity;
use director_sys::terminal::{self, Key, Keys};

use super::Stage;

/// Countdowns are redrawn this often while somebody looks.
const REDRAW: Duration = Duration::from_secs(1);
const TAIL_LINES: usize = 40;
const EVENTS_KEPT: usize = 200;

enum Turn {
    Key(Key),
    Changed(u64),
    Notice(String),
}

/// The terminal as it was, also after an error or a panic.
struct Restore;

impl Drop for Restore {
    fn drop(&mut self) {
        print!("{}", view::LEAVE);
        // A terminal that is gone needs no restoring.
        let _ = io::stdout().flush();
    }
}

/// Shows the view until a person quits or the director ends.
pub(crate) fn show(stage: &Stage, url: &str, color: bool, folder: &Path) -> io::Result<()> {
    terminal::enable_vt();
    let keys = Keys::start()?;
    let _restore = Restore;
    print!("{}", view::ENTER);
    let size = terminal::size().unwrap_or((80, 24));
    let title = format!("Service Director {}", env!("CARGO_PKG_VERSION"));
    let mut view = View::new(size, color && view::color_allowed(), &title, url);
    view.set_notice(&format!("config: {}", folder.join("director.toml").display()));
    let (turns, inbox) = channel();
    let mut looker = Looker {
        stage,
        turns,
        seen: 0,
        entries: Vec::new(),
    };
    looker.wait_for_change(0);
    loop {
        forward_keys(&keys, &looker.turns);
        let Some(report) = stage.report() else {
            return Ok(());
        };
        looker.refresh(&mut view, &report)?;
        if report.shutting_down {
            return Ok(());
        }
        if let Some(size) = terminal::size() {
            view.resize(size);
        }
        if !looker.take(&inbox, &keys, &mut view, &report) {
            view.set_notice("stopping all of it …");
            return looker.refresh(&mut view, &report);
        }
    }
}

/// Keys that came meanwhile.
fn forward_keys(keys: &Keys, turns: &Sender<Turn>) {
    while let Ok(key) = keys.receiver().try_recv() {
        let _ = turns.send(Turn::Key(key));
    }
}

struct Looker<'a> {
    stage: &'a Stage,
    turns: Sender<Turn>,
    seen: u64,
    entries: Vec<(u64, JournalEntry)>,
}

impl Looker<'_> {
    fn wait_for_change(&self, from: u64) {
        let turns = self.turns.clone();
        let reply = Box::new(move |revision| {
            let _ = turns.send(Turn::Changed(revision));
        });
        self.stage.ask(Request::Changed { from, reply });
    }

    fn refresh(&mut self, view: &mut View, report: &DirectorReport) -> io::Result<()> {
        for numbered in self.stage.events(self.seen) {
            self.seen = numbered.seq;
            self.entries.push((numbered.seq, numbered.entry));
        }
        let surplus = self.entries.len().saturating_sub(EVENTS_KEPT);
        self.entries.drain(..surplus);
        view.apply(report, &self.entries, &self.stage.tail(TAIL_LINES));
        let mut out = io::stdout().lock();
        out.write_all(view.render().as_bytes())?;
        out.flush()
    }

    /// Waits for something to happen; false when a person wants to quit.
    fn take(&self, inbox: &Receiver<Turn>, keys: &Keys, view: &mut View, report: &DirectorReport) -> bool {
        // Keys and changes come from two sides; a twentieth of a second is quick enough for a person's keys.
        let until = std::time::Instant::now() + REDRAW;
        loop {
            if let Ok(key) = keys.receiver().try_recv() {
                return self.key(view, key, report);
            }
            match inbox.recv_timeout(Duration::from_millis(50)) {
                Ok(Turn::Key(key)) => return self.key(view, key, report),
                Ok(Turn::Changed(revision)) => {
                    self.wait_for_change(revision);
                    return true;
                }
                Ok(Turn::Notice(notice)) => {
                    view.set_notice(&notice);
                    return true;
                }
                Err(RecvTimeoutError::Timeout) if std::time::Instant::now() < until => {}
                Err(_) => return true,
            }
        }
    }

    /// Presses a button of the application, in a thread: a hung one does not answer.
    fn post(&self, action: Action) {
        let (turns, port) = (self.turns.clone(), self.stage.port);
        std::thread::spawn(move || {
            let notice = match director_demo::post(port, action) {
                Ok(()) => format!("the application was asked to {}", action.name()),
                Err(error) => format!("the application could not be asked to {}: {error}", action.name()),
            };
            let _ = turns.send(Turn::Notice(notice));
        });
    }

    /// Does what the key says; false to quit.
    fn key(&self, view: &mut View, key: Key, report: &DirectorReport) -> bool {
        let Some(wish) = view.key(key) else { return true };
        if let Some(action) = wish.action() {
            self.post(action);
            view.set_notice(&format!("asks the application to {} …", action.name()));
            return true;
        }
        let services = vec![self.stage.web.clone()];
        match wish {
            Wish::Quit => return false,
            Wish::Kill9 => view.set_notice(&kill(report)),
            Wish::Stop => self.stage.command(Command::Stop { services }),
            Wish::Start => self.stage.command(Command::Start { services }),
            Wish::Restart => self.stage.command(Command::Restart { services }),
            _ => {}
        }
        true
    }
}

/// Ends the application from outside, as a person with a task manager does.
fn kill(report: &DirectorReport) -> String {
    let pid = report
        .services
        .first()
        .and_then(|service| service.run.as_ref())
        .and_then(|run| run.pid);
    let Some(pid) = pid else {
        return "there is no process to kill".to_owned();
    };
    let killed =
        identity::lookup(pid).and_then(|id| id.map_or(Ok(identity::Killed::AlreadyGone), identity::kill));
    match killed {
        Ok(_) => format!("killed pid {pid}"),
        Err(error) => format!("cannot kill pid {pid}: {error}"),
    }
}
