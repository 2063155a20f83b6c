//! `director shutdown`: ask, then wait until the process is gone.

use std::cell::LazyCell;
use std::path::Path;
use std::time::Duration;

use director_core::command::{Command, Refusal};
use director_core::describe::{duration, phase_name};
use director_core::report::DirectorReport;
use director_core::words::PhaseName;
use director_sys::identity::{self, ProcessId};
use tokio::time::{Instant, sleep, timeout_at};

use crate::client::{self, Link, Trouble, converse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::locate::{Found, Place};
use crate::ui::Ui;

/// How long the director may take beyond the ladders of its services.
const MARGIN: Duration = Duration::from_secs(15);
/// A wait shorter than this needs no explanation.
const QUIET: Duration = Duration::from_secs(1);
/// A process that has closed its endpoint is waited for so long without a look at the time limit of the command.
const ENDING: Duration = Duration::from_secs(2);
/// Between two looks at one that takes longer.
const LOOK: Duration = Duration::from_millis(20);

pub(crate) fn shutdown(config: Option<&Path>, now: bool, ui: &mut Ui) -> Result<Exit, Failure> {
    let found = Found::find(config)?;
    // The director has its own copy: what the file says besides is looked at while it stops.
    let place = LazyCell::new(|| found.read());
    let data_dir = found.plain_data_dir().unwrap_or_else(|| place.data_dir.clone());
    let endpoint = client::endpoint_of(&data_dir)?;
    converse(async {
        let fail = |trouble: Trouble| trouble.failure(&place);
        let mut link = Link::open(&endpoint).await.map_err(fail)?;
        let pid = link.pid().await.map_err(fail)?;
        let process = identity::lookup(pid).ok().flatten();
        match link.command(&Command::Shutdown { now }).await {
            // Somebody else has asked for it: this one waits for the end as well.
            Ok(_) | Err(Trouble::Refused(Refusal::ShuttingDown)) => {}
            Err(trouble) => return Err(fail(trouble)),
        }
        place.warn(ui);
        let limit = limit(&place, now);
        let ended = async {
            follow(&mut link, ui).await?;
            gone(process).await;
            Ok::<(), Trouble>(())
        };
        let ended = timeout_at(Instant::now() + limit, ended).await;
        ui.say_over("");
        match ended {
            Err(_) => Err(Failure::new(
                Exit::TimedOut,
                format!("the director has not ended after {}", duration(limit.as_millis() as u64)),
            )
            .hint("it goes on with it; `director status` shows what it waits for, `director shutdown --now` ends it hard")),
            Ok(Err(trouble)) => Err(fail(trouble)),
            Ok(Ok(())) => {
                ui.print("the director has ended\n")?;
                Ok(Exit::Done)
            }
        }
    })?
}

/// All stops one after the other: services stop in reverse order.
fn limit(place: &Place, now: bool) -> Duration {
    let services = place.spec.iter().flat_map(|spec| spec.services.values());
    let stops: Duration = services.map(super::act::stop_total).sum();
    if now { MARGIN } else { stops + MARGIN }
}

/// Shows what is stopped until the director closes its endpoint.
async fn follow(link: &mut Link, ui: &mut Ui) -> Result<(), Trouble> {
    // A short stop is not watched: reports of what ends within the second would only hold it up.
    let began = Instant::now();
    let _ = timeout_at(began + QUIET, link.closed()).await;
    let mut shown = String::new();
    loop {
        let report = match link.report(None).await {
            Ok(report) => report,
            Err(trouble) if trouble.is_absence() => return Ok(()),
            Err(trouble) => return Err(trouble),
        };
        let text = remaining(&report);
        if began.elapsed() >= QUIET && text != shown {
            if ui.err_terminal {
                ui.say_over(&text)
            } else {
                ui.say(&text)
            }
            shown = text;
        }
        match link.changed(report.revision).await {
            Ok(_) => {}
            Err(trouble) if trouble.is_absence() => return Ok(()),
            Err(trouble) => return Err(trouble),
        }
    }
}

fn remaining(report: &DirectorReport) -> String {
    let alive = report.services.iter().filter(|service| match service.phase {
        PhaseName::Idle | PhaseName::Failed | PhaseName::Completed => false,
        PhaseName::Waiting
        | PhaseName::Blocked
        | PhaseName::Starting
        | PhaseName::Running
        | PhaseName::Stopping
        | PhaseName::Backoff => true,
    });
    let alive: Vec<String> = alive
        .map(|service| format!("{} ({})", service.name, phase_name(service.phase)))
        .collect();
    if alive.is_empty() {
        return "all services are stopped; the director ends".to_owned();
    }
    format!("stopping: {}", alive.join(", "))
}

/// Waits for the end of the process itself, which follows its endpoint's within moments.
async fn gone(process: Option<ProcessId>) {
    let Some(process) = process else { return };
    // Nothing else is left to be done in this thread.
    if matches!(identity::wait_end(process, ENDING), Ok(true)) {
        return;
    }
    // It may not be watched, or takes long: it is looked at.
    while identity::is_alive(process).unwrap_or(false) {
        sleep(LOOK).await;
    }
}
