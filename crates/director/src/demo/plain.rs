//! The demonstration where there is no terminal: one line per event.

use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::channel;

use director_core::command::Request;
use director_core::journal::JournalEntry;
use director_demo::view::{PlainView, UtcOffset};

use super::Stage;

/// Prints until the director ends (Ctrl-C, SIGTERM).
pub(crate) fn show(stage: &Stage, url: &str, folder: &Path) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "The sample application: {url} (try POST {url}do/crash, do/hang, do/lock …)"
    )?;
    writeln!(
        out,
        "From another terminal: director status -c {}",
        folder.join("director.toml").display()
    )?;
    let mut view = PlainView::new(UtcOffset(0));
    let (mut seen, mut revision) = (0, 0);
    loop {
        let events: Vec<(u64, JournalEntry)> = stage
            .events(seen)
            .into_iter()
            .map(|numbered| (numbered.seq, numbered.entry))
            .collect();
        seen = events.last().map_or(seen, |(seq, _)| *seq);
        out.write_all(view.apply(&events).as_bytes())?;
        out.flush()?;
        match stage.report() {
            Some(report) if !report.shutting_down => {}
            Some(_) | None => return Ok(()),
        }
        let (reply, changed) = channel();
        let reply = Box::new(move |revision| {
            let _ = reply.send(revision);
        });
        stage.ask(Request::Changed {
            from: revision,
            reply,
        });
        match changed.recv() {
            Ok(new) => revision = new,
            Err(_) => return Ok(()),
        }
    }
}
