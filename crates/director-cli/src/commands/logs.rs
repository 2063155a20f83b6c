//! `director logs`: the files on disk, whether a director runs or not.

use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use director_core::spec::ServiceName;
use director_store::files::FileError;
use director_store::logs::{Chunk, Follower, Query, Selection, read};
use serde::Serialize;

use self::lines::Lines;
use crate::args::Logs;
use crate::client::unknown_service;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::human::Clock;
use crate::locate::Place;
use crate::since;
use crate::ui::Ui;

mod lines;

/// So many lines when nobody says.
const DEFAULT_LINES: usize = 100;
/// The most lines of each of several services that are merged by time.
const MERGED_LINES: usize = 10_000;
/// Between two looks at the files of several services.
const LOOK: Duration = Duration::from_millis(250);
/// One service is waited for in its follower.
const LONG: Duration = Duration::from_secs(3600);

pub(crate) fn logs(config: Option<&Path>, wanted: &Logs, ui: &mut Ui) -> Result<Exit, Failure> {
    let place = Place::find(config)?;
    place.warn(ui);
    let services = services(&place, wanted.service.as_deref())?;
    let since = match &wanted.since {
        Some(text) => Some(since::parse(text, &Clock::system())?.0),
        None => None,
    };
    let lines = match (wanted.lines, since) {
        (Some(lines), _) => Some(lines),
        (None, None) => Some(DEFAULT_LINES),
        (None, Some(_)) if services.len() > 1 => Some(MERGED_LINES),
        (None, Some(_)) => None,
    };
    let query = Query {
        last_lines: lines.map(|lines| lines as u64),
        since_unix_ms: since,
        selection: if wanted.stderr {
            Selection::STDERR
        } else {
            Selection::ALL
        },
    };
    let mut followers = match services.as_slice() {
        [one] if !wanted.json => vec![copy(&place, one, &query, ui)?],
        _ => merge(&place, &services, &query, lines, wanted.json, ui)?,
    };
    if !wanted.follow {
        return Ok(Exit::Done);
    }
    let named = services.len() > 1;
    loop {
        let mut any = false;
        for (name, follower) in services.iter().zip(&mut followers) {
            any |= follow(name, follower, named, wanted.json, ui)?;
        }
        if !any && named {
            thread::sleep(LOOK);
        }
    }
}

/// The one named, or all. One that left the configuration still has its files.
fn services(place: &Place, wanted: Option<&str>) -> Result<Vec<ServiceName>, Failure> {
    let Some(text) = wanted else {
        let known = place.spec.iter().flat_map(|spec| spec.services.keys().cloned());
        return Ok(known.collect());
    };
    let unknown = || unknown_service(text, place.service_names());
    let name = ServiceName::new(text).map_err(|_| unknown())?;
    let meant = place.meant_by(text);
    if !meant.is_empty() {
        Ok(meant)
    } else if place.log_dir.join(text).is_dir() {
        Ok(vec![name])
    } else {
        Err(unknown())
    }
}

/// One service's output, byte for byte.
fn copy(place: &Place, name: &ServiceName, query: &Query, ui: &mut Ui) -> Result<Follower, Failure> {
    let outcome = read(&place.log_dir, name, query, |chunk| {
        written(ui.print_bytes(chunk.bytes))
    });
    let summary = outcome.map_err(|error| unreadable(&error, place))?;
    for warning in &summary.warnings {
        ui.warn(warning);
    }
    Ok(Follower::new(
        &place.log_dir,
        name,
        query.selection,
        summary.position,
    ))
}

/// The lines of several services in the order of their times, or of one as JSON.
fn merge(
    place: &Place,
    services: &[ServiceName],
    query: &Query,
    lines: Option<usize>,
    json: bool,
    ui: &mut Ui,
) -> Result<Vec<Follower>, Failure> {
    let mut all: Vec<Line> = Vec::new();
    let mut followers = Vec::new();
    for name in services {
        let mut splitter = Lines::default();
        let mut keep = |line: lines::Found| all.push(Line::new(name, line));
        let outcome = read(&place.log_dir, name, query, |chunk| {
            splitter.push(&chunk, &mut keep);
            Ok(())
        });
        splitter.finish(&mut keep);
        let summary = outcome.map_err(|error| unreadable(&error, place))?;
        for warning in &summary.warnings {
            ui.warn(warning);
        }
        followers.push(Follower::new(
            &place.log_dir,
            name,
            query.selection,
            summary.position,
        ));
    }
    // Stable: lines of one service keep their order, also those whose time is not known.
    all.sort_by_key(|line| line.time);
    let from = lines.map_or(0, |lines| all.len().saturating_sub(lines));
    for line in &all[from..] {
        line.print(services.len() > 1, json, ui)?;
    }
    Ok(followers)
}

/// What has come since; false if nothing.
fn follow(
    name: &ServiceName,
    follower: &mut Follower,
    named: bool,
    json: bool,
    ui: &mut Ui,
) -> Result<bool, Failure> {
    let patience = if named { Duration::ZERO } else { LONG };
    let mut splitter = Lines::default();
    let outcome = follower.next_change(patience, |chunk: Chunk<'_>| {
        if !named && !json {
            return written(ui.print_bytes(chunk.bytes));
        }
        let mut told = Ok(());
        splitter.push(&chunk, &mut |line| {
            if told.is_ok() {
                told = written(Line::new(name, line).print(named, json, ui));
            }
        });
        told
    });
    let any = outcome.map_err(|error| stopped(&error))?;
    let mut told = Ok(());
    splitter.finish(&mut |line| {
        if told.is_ok() {
            told = Line::new(name, line).print(named, json, ui);
        }
    });
    told?;
    for warning in follower.take_warnings() {
        ui.warn(&warning);
    }
    Ok(any)
}

/// One line of output.
#[derive(Debug, Serialize)]
struct Line {
    /// When it came, in Unix milliseconds; none if the index was lost.
    time: Option<i64>,
    service: String,
    stream: &'static str,
    /// Without its line end; bytes that are no UTF-8 are replaced.
    text: String,
}

impl Line {
    fn new(name: &ServiceName, found: lines::Found) -> Self {
        Self {
            time: found.unix_ms,
            service: name.to_string(),
            stream: found.stream,
            text: String::from_utf8_lossy(&found.bytes).into_owned(),
        }
    }

    fn print(&self, named: bool, json: bool, ui: &mut Ui) -> Result<(), Failure> {
        if json {
            return ui.print_json_line(self);
        }
        if named {
            return ui.print(&format!("{} | {}\n", self.service, self.text));
        }
        ui.print(&format!("{}\n", self.text))
    }
}

/// Our own output failing, as the reader of files wants to hear it.
fn written(outcome: Result<(), Failure>) -> io::Result<()> {
    outcome.map_err(|failure| {
        let kind = if failure.exit == Exit::Done {
            io::ErrorKind::BrokenPipe
        } else {
            io::ErrorKind::Other
        };
        io::Error::new(kind, failure.message)
    })
}

fn unreadable(error: &FileError, place: &Place) -> Failure {
    let failure = stopped(error);
    match error.source.kind() {
        io::ErrorKind::PermissionDenied => Failure {
            exit: Exit::Refused,
            ..failure
        }
        .hint(format!(
            "the logs in {} belong to another user",
            place.log_dir.display()
        )),
        _ => failure,
    }
}

fn stopped(error: &FileError) -> Failure {
    if error.source.kind() == io::ErrorKind::BrokenPipe {
        return Failure::silent(Exit::Done);
    }
    Failure::new(Exit::Failed, error.to_string())
}
