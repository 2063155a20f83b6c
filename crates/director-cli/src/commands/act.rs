//! `director start`, `stop` and `restart`: ask, then show what happens until it is settled.

use std::collections::BTreeMap;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use director_core::command::Command;
use director_core::report::DirectorReport;
use director_core::spec::{DirectorSpec, HookName, ServiceName, ServiceSpec};
use director_core::time::{Millis, WallTime};
use director_core::words::PhaseName;
use director_store::files::OnBad;
use director_store::operator::Operator;
use director_sys::ipc::Endpoint;
use tokio::time::Instant;

use super::finding;
use crate::args::Act;
use crate::client::{self, Link, Trouble, converse, unknown_service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::human::Clock;
use crate::locate::Place;
use crate::progress::{self, Before, Line, Verdict, Wish};
use crate::ui::Ui;

/// A wait shorter than this needs no explanation.
const QUIET: Duration = Duration::from_secs(1);
/// How often the seconds on a terminal go on.
const TICK: Duration = Duration::from_secs(1);
/// How long a start may take when nothing says more.
const START_LEAST: Duration = Duration::from_secs(120);
/// What a start may take beyond its grace, and a stop beyond its ladder.
const MARGIN: Duration = Duration::from_secs(10);
/// So many journal entries hold the last rung of every service that is being stopped.
const EVENTS: usize = 500;

pub(crate) fn act(wish: Wish, config: Option<&Path>, act: &Act, ui: &mut Ui) -> Result<Exit, Failure> {
    let place = Place::find(config)?;
    let services = names(&act.services, place.spec.as_ref())?;
    let endpoint = client::endpoint(&place)?;
    let conversation = async {
        let mut link = Link::open(&endpoint).await?;
        let before = Before::new(wish, now(), &link.report(None).await?);
        let accepted = link.command(&command(wish, services)).await?;
        Ok((link, before, accepted))
    };
    converse(async {
        let (link, before, accepted) = conversation.await.map_err(|trouble: Trouble| {
            if wish == Wish::Start && trouble.is_absence() {
                clear_shutdown(&place, ui);
            }
            trouble.failure(&place)
        })?;
        place.warn(ui);
        if accepted.services.is_empty() {
            ui.say(&format!("nothing to {}", wish.word()));
            return Ok(Exit::Done);
        }
        if act.no_wait {
            for name in &accepted.services {
                ui.print(&format!("{name}: asked to {}\n", wish.word()))?;
            }
            return Ok(Exit::Done);
        }
        let limit = act
            .timeout
            .unwrap_or_else(|| default_timeout(wish, &accepted.services, place.spec.as_ref()));
        let mut waiting = Waiting::new(&place, &endpoint, link, before, accepted.services);
        waiting.until_settled(accepted.revision, limit, ui).await
    })?
}

pub(super) fn now() -> WallTime {
    WallTime(director_sys::clock::unix_ms())
}

fn command(wish: Wish, services: Vec<ServiceName>) -> Command {
    match wish {
        Wish::Start => Command::Start { services },
        Wish::Stop => Command::Stop { services },
        Wish::Restart => Command::Restart { services },
    }
}

/// The names as typed. One that cannot be a name is an unknown service; any other is the director's to know, whose
/// configuration may differ from the file.
fn names(typed: &[String], spec: Option<&DirectorSpec>) -> Result<Vec<ServiceName>, Failure> {
    let known = || {
        spec.iter()
            .flat_map(|spec| spec.services.keys())
            .map(ServiceName::as_str)
    };
    let parse = |text: &String| ServiceName::new(text).map_err(|_| unknown_service(text, known()));
    typed.iter().map(parse).collect()
}

/// A start means that the director is wanted again, so its watchdog may revive it, also when none runs to be told.
fn clear_shutdown(place: &Place, ui: &mut Ui) {
    let (mut operator, bad) = Operator::load(&place.data_dir, OnBad::Leave);
    if bad.is_none() && operator.clear_shutdown() {
        match operator.save(&place.data_dir) {
            Ok(()) => ui.say(
                "the mark left by `director shutdown` is cleared: a watchdog may start the director again",
            ),
            Err(error) => ui.warn(&format!("the mark left by `director shutdown` stays: {error}")),
        }
    }
}

/// As long as the configuration lets the slowest of the services take.
pub(super) fn default_timeout(wish: Wish, services: &[ServiceName], spec: Option<&DirectorSpec>) -> Duration {
    let specs = services.iter().filter_map(|name| spec?.services.get(name));
    let start = |service: &ServiceSpec| {
        let grace = service.health.as_ref().map_or(0, |health| health.start_grace_ms);
        let hook = service.hooks.timeout_ms(HookName::PreStart);
        START_LEAST.max(Duration::from_millis(grace) + 3 * MARGIN) + Duration::from_millis(hook)
    };
    let stop = |service: &ServiceSpec| stop_total(service) + MARGIN;
    let one = |service: &ServiceSpec| match wish {
        Wish::Start => start(service),
        Wish::Stop => stop(service),
        Wish::Restart => start(service) + stop(service),
    };
    // Instances that are restarted together go one after the other.
    let mut turns: BTreeMap<&ServiceName, Duration> = BTreeMap::new();
    for service in specs {
        let turn = turns.entry(service.declared_name()).or_default();
        *turn = match wish {
            Wish::Restart => *turn + one(service),
            Wish::Start | Wish::Stop => (*turn).max(one(service)),
        };
    }
    turns.into_values().max().unwrap_or(START_LEAST)
}

/// The graces of all rungs, and the hooks before and after them; or the end of a start's hook, if that takes longer.
pub(super) fn stop_total(service: &ServiceSpec) -> Duration {
    let hook = |name| service.hooks.timeout_ms(name);
    let ladder: Millis = service.stop.ladder.iter().map(|rung| rung.grace_ms).sum();
    let stop = hook(HookName::PreStop) + ladder + hook(HookName::PostExit);
    Duration::from_millis(stop.max(hook(HookName::PreStart)))
}

/// The wait for some services.
pub(super) struct Waiting<'a> {
    place: &'a Place,
    endpoint: &'a Endpoint,
    /// For questions; the long poll has a connection of its own.
    link: Link,
    before: Before,
    pending: Vec<ServiceName>,
    /// What was last said of each, so that nothing is said twice.
    shown: BTreeMap<ServiceName, String>,
    began: Instant,
}

impl<'a> Waiting<'a> {
    pub(super) fn new(
        place: &'a Place,
        endpoint: &'a Endpoint,
        link: Link,
        before: Before,
        pending: Vec<ServiceName>,
    ) -> Self {
        Self {
            place,
            endpoint,
            link,
            before,
            pending,
            shown: BTreeMap::new(),
            began: Instant::now(),
        }
    }
}

impl Waiting<'_> {
    pub(super) async fn until_settled(
        &mut self,
        from: u64,
        limit: Duration,
        ui: &mut Ui,
    ) -> Result<Exit, Failure> {
        let place = self.place;
        let fail = |trouble: Trouble| trouble.failure(place);
        let deadline = self.began + limit;
        let mut poll = Link::open(self.endpoint).await.map_err(fail)?;
        let mut exit = Exit::Done;
        let mut revision = from;
        loop {
            let report = self.link.report(None).await.map_err(fail)?;
            exit = exit.worse(self.settle(&report, ui)?);
            if self.pending.is_empty() {
                return Ok(exit);
            }
            revision = report.revision.max(revision);
            let mut lines = self.lines(&report).await.map_err(fail)?;
            let mut changed = pin!(poll.changed(revision));
            loop {
                self.show(&lines, ui);
                let next = self.wake_at(deadline, ui);
                tokio::select! {
                    changed = &mut changed => {
                        changed.map_err(fail)?;
                        break;
                    }
                    () = tokio::time::sleep_until(next) => {
                        if Instant::now() >= deadline {
                            ui.say_over("");
                            return Err(self.too_late(limit, &lines, exit));
                        }
                        lines = self.lines(&report).await.map_err(fail)?;
                    }
                }
            }
        }
    }

    /// When to look at the clock again: for the first words, for the seconds on a terminal, or to give up.
    fn wake_at(&self, deadline: Instant, ui: &Ui) -> Instant {
        let first = self.began + QUIET;
        let now = Instant::now();
        if now < first {
            first.min(deadline)
        } else if ui.err_terminal {
            (now + TICK).min(deadline)
        } else {
            deadline
        }
    }

    /// Says what has come to an end, and takes it off the list.
    fn settle(&mut self, report: &DirectorReport, ui: &mut Ui) -> Result<Exit, Failure> {
        let mut exit = Exit::Done;
        for name in std::mem::take(&mut self.pending) {
            let verdict = self.before.judge(&name, report);
            match &verdict {
                Verdict::Pending => {
                    self.pending.push(name);
                    continue;
                }
                Verdict::Done(text) => {
                    ui.say_over("");
                    ui.print(&format!("{name}: {text}\n"))?;
                }
                Verdict::Failed(text) => {
                    ui.say_over("");
                    ui.say(&format!(
                        "error: {name}: {text}\nhint: `director why {name}` explains it"
                    ));
                }
                Verdict::Blocked(text) => {
                    ui.say_over("");
                    ui.say(&format!("error: {name} is blocked: {text}"));
                    let service = report.services.iter().find(|service| service.name == name);
                    if let Some(found) = service.and_then(|service| service.blocker.as_ref()) {
                        ui.say(finding::lines(found, &Clock::system(), "  ").trim_end());
                    }
                }
            }
            exit = exit.worse(verdict.exit());
        }
        Ok(exit)
    }

    /// What is going on; the journal is asked only when somebody has waited long enough to want to know the rung.
    async fn lines(&mut self, report: &DirectorReport) -> Result<Vec<(ServiceName, Line)>, Trouble> {
        if self.began.elapsed() < QUIET {
            return Ok(Vec::new());
        }
        let services: Vec<_> = report
            .services
            .iter()
            .filter(|service| self.pending.contains(&service.name))
            .collect();
        let stopping = services
            .iter()
            .any(|service| service.phase == PhaseName::Stopping);
        let events = if stopping {
            self.link.events(0, None, EVENTS).await?
        } else {
            Vec::new()
        };
        let specs = self.place.spec.as_ref();
        let line = |service: &director_core::report::ServiceReport| {
            let spec = specs.and_then(|spec| spec.services.get(&service.name));
            let ladder = spec.map_or(&[][..], |spec| &spec.stop.ladder);
            let rung = progress::last_rung(&service.name, self.before.asked(), &events, ladder);
            progress::line(service, rung.as_ref(), now())
        };
        Ok(services
            .into_iter()
            .map(|service| (service.name.clone(), line(service)))
            .collect())
    }

    /// One updating line on a terminal; otherwise a line for each piece of news.
    fn show(&mut self, lines: &[(ServiceName, Line)], ui: &mut Ui) {
        if ui.err_terminal {
            if let Some((_, first)) = lines.first() {
                let others = match lines.len() - 1 {
                    0 => String::new(),
                    others => format!(" (and {others} more)"),
                };
                let columns =
                    director_sys::terminal::size().map(|(columns, _)| usize::from(columns).saturating_sub(1));
                ui.say_over(&crate::table::cut(&format!("{}{others}", first.text), columns));
            }
            return;
        }
        for (name, line) in lines {
            if self.shown.get(name) != Some(&line.key) {
                ui.say(&line.text);
                self.shown.insert(name.clone(), line.key.clone());
            }
        }
    }

    fn too_late(&self, limit: Duration, lines: &[(ServiceName, Line)], exit: Exit) -> Failure {
        let pending: Vec<&str> = self.pending.iter().map(ServiceName::as_str).collect();
        let limit = director_core::describe::duration(limit.as_millis() as u64);
        let failure = Failure::new(
            exit.worse(Exit::TimedOut),
            format!("not settled after {limit}: {}", pending.join(", ")),
        );
        let failure = lines
            .iter()
            .fold(failure, |failure, (_, line)| failure.hint(&line.text));
        failure.hint("the director goes on with it; `director status --watch` shows it")
    }
}
