//! Is it settled yet, and what to show meanwhile: for `start`, `stop` and `restart`. Pure: reports in, lines and verdicts out.

use std::collections::BTreeMap;

use director_core::command::Numbered;
use director_core::describe::duration;
use director_core::journal::JournalEvent;
use director_core::report::{DirectorReport, ServiceReport};
use director_core::spec::{Rung, RungKind, ServiceName};
use director_core::time::{Millis, WallTime};
use director_core::words::{Goal, PhaseName};

use crate::exit::Exit;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Start,
    Stop,
    Restart,
}

impl Wish {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }
}

/// Where one service has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// On its way.
    Pending,
    /// There.
    Done(String),
    /// It will not get there by itself soon.
    Failed(String),
    /// A person must act; the finding is in the report.
    Blocked(String),
}

impl Verdict {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Pending => Exit::TimedOut,
            Self::Done(_) => Exit::Done,
            Self::Failed(_) => Exit::Failed,
            Self::Blocked(_) => Exit::Blocked,
        }
    }
}

/// What was before, against which the outcome is judged.
#[derive(Clone, Debug)]
pub(crate) struct Before {
    wish: Wish,
    /// When it was asked for.
    asked: WallTime,
    /// The numbers of the runs that lived or had lived then.
    runs: BTreeMap<ServiceName, u64>,
}

impl Before {
    pub(crate) fn new(wish: Wish, asked: WallTime, report: &DirectorReport) -> Self {
        let number = |service: &ServiceReport| service.run.as_ref().map_or(0, |run| run.number.0);
        let runs = report
            .services
            .iter()
            .map(|service| (service.name.clone(), number(service)));
        Self {
            wish,
            asked,
            runs: runs.collect(),
        }
    }

    /// When it was asked for: what happened earlier belongs to something else.
    pub(crate) const fn asked(&self) -> WallTime {
        self.asked
    }

    /// Judges one service by a report made after the director took the wish on.
    pub(crate) fn judge(&self, name: &ServiceName, report: &DirectorReport) -> Verdict {
        let Some(service) = report.services.iter().find(|service| service.name == *name) else {
            return Verdict::Failed("it left the configuration meanwhile".to_owned());
        };
        match self.wish {
            Wish::Stop => judge_stop(service),
            Wish::Start | Wish::Restart => self.judge_start(service, report),
        }
    }

    fn judge_start(&self, service: &ServiceReport, report: &DirectorReport) -> Verdict {
        if service.goal == Goal::Down {
            return Verdict::Failed(format!("it was stopped meanwhile: {}", service.because));
        }
        match service.phase {
            PhaseName::Running | PhaseName::Completed if self.is_old_run(service) => held(service, report),
            PhaseName::Running => Verdict::Done(running(service)),
            PhaseName::Completed => Verdict::Done(format!("completed: {}", service.because)),
            // The hook that failed is being tried again: that is what was asked for.
            PhaseName::Blocked if service.hook.is_some() => Verdict::Pending,
            PhaseName::Blocked => Verdict::Blocked(service.because.clone()),
            PhaseName::Failed => Verdict::Failed(format!("failed: {}", service.because)),
            // A wait that began before is over as soon as the director acts on the wish.
            PhaseName::Backoff if service.phase_since >= self.asked => {
                let next = service
                    .next
                    .as_ref()
                    .map(|next| format!("; {next}"))
                    .unwrap_or_default();
                Verdict::Failed(format!("crashed: {}{next}", service.because))
            }
            PhaseName::Waiting if service.waits_for.as_ref().is_some_and(|wait| wait.stuck) => {
                Verdict::Failed(format!("waiting: {}", service.because))
            }
            PhaseName::Idle
            | PhaseName::Waiting
            | PhaseName::Starting
            | PhaseName::Stopping
            | PhaseName::Backoff => Verdict::Pending,
        }
    }

    /// Whether a restart is wanted and the run shown is still the one to be replaced.
    fn is_old_run(&self, service: &ServiceReport) -> bool {
        let number = service.run.as_ref().map_or(0, |run| run.number.0);
        self.wish == Wish::Restart
            && self
                .runs
                .get(&service.name)
                .is_some_and(|old| *old == number && number > 0)
    }
}

/// An old run that waits for its turn, which does not come while another instance is not well.
fn held(service: &ServiceReport, report: &DirectorReport) -> Verdict {
    let Some(wait) = service.renewal_waits_for.as_ref().filter(|wait| wait.stuck) else {
        return Verdict::Pending;
    };
    let why = format!("held: {} is {}", wait.service, wait.state);
    let other = report.services.iter().find(|other| other.name == wait.service);
    match other.map(|other| other.phase) {
        Some(PhaseName::Blocked) => Verdict::Blocked(why),
        _ => Verdict::Failed(why),
    }
}

fn running(service: &ServiceReport) -> String {
    let Some(run) = &service.run else {
        return "running".to_owned();
    };
    match run.pid {
        Some(pid) => format!("running (run {}, pid {pid})", run.number.0),
        None => format!("running (run {})", run.number.0),
    }
}

fn judge_stop(service: &ServiceReport) -> Verdict {
    if service.goal == Goal::Up {
        return Verdict::Failed("it was started again meanwhile".to_owned());
    }
    match service.phase {
        PhaseName::Idle | PhaseName::Failed | PhaseName::Completed => Verdict::Done("stopped".to_owned()),
        PhaseName::Blocked => Verdict::Blocked(service.because.clone()),
        PhaseName::Waiting
        | PhaseName::Starting
        | PhaseName::Running
        | PhaseName::Stopping
        | PhaseName::Backoff => Verdict::Pending,
    }
}

/// The rung of the ladder that a service is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OnRung {
    /// Such as `term`.
    pub(crate) name: String,
    /// When it was tried.
    pub(crate) since: WallTime,
    /// Why it did not reach the service, if it did not.
    pub(crate) error: Option<String>,
    /// How long the ladder waits on it, when that is known; none for the last rung too.
    pub(crate) grace_ms: Option<Millis>,
}

/// The last rung tried on `name` since `asked`.
pub(crate) fn last_rung(
    name: &ServiceName,
    asked: WallTime,
    events: &[Numbered],
    ladder: &[Rung],
) -> Option<OnRung> {
    events
        .iter()
        .rev()
        .map(|numbered| &numbered.entry)
        .find_map(|entry| {
            if entry.service.as_ref() != Some(name) || entry.wall < asked {
                return None;
            }
            match &entry.event {
                JournalEvent::RungTried { rung, error } => Some(OnRung {
                    name: rung_name(rung),
                    since: entry.wall,
                    error: error.clone(),
                    grace_ms: ladder
                        .iter()
                        .find(|step| step.kind == *rung && step.kind != RungKind::Terminate)
                        .map(|step| step.grace_ms),
                }),
                JournalEvent::TreeKilled { .. } => Some(OnRung {
                    name: "kill".to_owned(),
                    since: entry.wall,
                    error: None,
                    grace_ms: None,
                }),
                _ => None,
            }
        })
}

/// A rung as the configuration writes it.
fn rung_name(rung: &RungKind) -> String {
    match rung {
        RungKind::Signal(name) => name.clone(),
        RungKind::CtrlC => "ctrl-c".to_owned(),
        RungKind::CtrlBreak => "break".to_owned(),
        RungKind::Close => "close".to_owned(),
        RungKind::Http(url) => format!("http {url}"),
        RungKind::Exec(command) => format!("exec {}", command.first().map_or("", String::as_str)),
        RungKind::Stdin(_) => "stdin".to_owned(),
        RungKind::Terminate => "kill".to_owned(),
    }
}

/// A line of progress. `key` changes only when there is news; `text` counts the seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) key: String,
    pub(crate) text: String,
}

/// What is going on with a service that is not there yet.
pub(crate) fn line(service: &ServiceReport, rung: Option<&OnRung>, now: WallTime) -> Line {
    let since = |from: WallTime| u64::try_from(now.0.saturating_sub(from.0)).unwrap_or(0) / 1000;
    let name = &service.name;
    let gone = |from: WallTime| duration(since(from) * 1000);
    if let Some(hook) = service.hook {
        let phase = director_core::describe::phase_name(service.phase);
        let key = format!("{phase} {name}: the hook {hook} is running");
        let text = format!("{key}, {} gone", gone(service.phase_since));
        return Line { key, text };
    }
    match (service.phase, rung) {
        (PhaseName::Stopping, Some(rung)) => {
            let did = match &rung.error {
                None => format!("{} sent", rung.name),
                Some(error) => format!("{} did not reach it ({error})", rung.name),
            };
            let waits = match rung.grace_ms {
                Some(grace) => format!("waits up to {}", duration(grace)),
                None => "waits for its processes to end".to_owned(),
            };
            let key = format!("stopping {name}: {did}, {waits}");
            let text = format!("{key}, {} gone", gone(rung.since));
            Line { key, text }
        }
        _ => {
            let phase = director_core::describe::phase_name(service.phase);
            let key = format!("{phase} {name}: {}", service.because);
            let text = format!("{key}, {} gone", gone(service.phase_since));
            Line { key, text }
        }
    }
}

#[cfg(test)]
mod tests;
