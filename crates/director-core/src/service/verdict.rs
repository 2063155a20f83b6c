//! What the answers of probes mean, by the role of each: the proof of a start, the way down, or a word for others.

use super::phase::{Phase, Starting};
use super::{Outbox, Service};
use crate::event::ProbeOutcome;
use crate::journal::JournalEvent;
use crate::lot;
use crate::report::{HealthAnswer, ProbeReport, WaitReport};
use crate::spec::{AnyProbe, HealthSpec, ProbeRole, Samples, ServiceSpec};
use crate::time::{Instant, Millis, Now};
use crate::words::{Health, StopReason};

/// A probe as it is while its answer is judged.
struct Judged {
    index: usize,
    /// None: that of `health`, which needs no name.
    name: Option<String>,
    role: ProbeRole,
    spec: HealthSpec,
}

impl Service {
    /// The answer of a probe under way has come.
    pub(super) fn judge_probe(&mut self, now: Now, out: &mut Outbox, index: usize, outcome: ProbeOutcome) {
        let Some(probe) = self.spec.all_probes().nth(index) else {
            return;
        };
        let judged = Judged {
            index,
            name: (probe.name != ServiceSpec::HEALTH).then(|| probe.name.to_owned()),
            role: probe.role,
            spec: probe.spec.clone(),
        };
        match outcome {
            ProbeOutcome::Healthy(answer) => self.probe_passed(now, out, judged, Health::Healthy, answer),
            ProbeOutcome::Degraded(answer) => self.probe_passed(now, out, judged, Health::Degraded, answer),
            ProbeOutcome::Failed { detail, answer } => self.probe_failed(now, out, judged, detail, answer),
        }
    }

    fn probe_passed(
        &mut self,
        now: Now,
        out: &mut Outbox,
        probe: Judged,
        health: Health,
        answer: HealthAnswer,
    ) {
        let detail = match (&answer.status, &answer.database) {
            (Some(status), Some(database)) => format!("status \"{status}\", database \"{database}\""),
            (Some(status), None) => format!("status \"{status}\""),
            (None, Some(database)) => format!("database {database}"),
            (None, None) => "answered".to_owned(),
        };
        let wait_ms = self.next_wait(&probe);
        let account = &mut self.probes.all[probe.index];
        match probe.spec.failures {
            Some(enough) if account.failures() < enough.above => account.note(false, enough),
            // It breaks what must be in a row, and what was enough once has been overcome.
            Some(_) | None => account.failed.clear(),
        }
        account.passed = true;
        account.grace_until = None;
        account.told_held = false;
        account.next = match probe.role {
            ProbeRole::Startup => None,
            ProbeRole::Liveness | ProbeRole::Readiness => Some(now.at.plus(wait_ms)),
        };
        let role = probe.role;
        self.change_health(now, out, probe, health, detail, Some(answer));
        if role == ProbeRole::Startup && self.has_started() {
            self.begin_other_probes(now.at);
        }
        if self.has_proven_itself() {
            self.prove(now, out, "its probe found it healthy");
        }
    }

    /// How long it is until the next probe, after one that succeeded.
    fn next_wait(&self, probe: &Judged) -> Millis {
        let name = self.spec.name.as_str();
        let percent = probe.spec.jitter_percent;
        lot::shortened(probe.spec.interval_ms, percent, name, self.probes.last_id)
    }

    fn probe_failed(
        &mut self,
        now: Now,
        out: &mut Outbox,
        probe: Judged,
        detail: String,
        answer: Option<HealthAnswer>,
    ) {
        let account = &mut self.probes.all[probe.index];
        // What does not answer may be another process when it answers again.
        account.owner_known = false;
        if account.grace_until.is_some_and(|until| now.at < until) {
            account.next = Some(now.at.plus(probe.spec.start_interval_ms));
            account.detail = Some(detail);
            return;
        }
        account.grace_until = None;
        let enough = probe.spec.enough();
        // Enough of them are counted already while something holds the restart, and where none follows.
        let counts = account.failures() < enough.above;
        if counts {
            account.note(true, enough);
        }
        let failures = account.failures();
        account.next = Some(
            now.at
                .plus(probe.spec.retry_interval_ms.min(probe.spec.interval_ms)),
        );
        let is_enough = failures >= enough.above;
        let (name, role, index) = (probe.name.clone(), probe.role, probe.index);
        if role == ProbeRole::Readiness && !is_enough {
            account.detail = Some(detail.clone());
        } else {
            self.change_health(now, out, probe, Health::Unhealthy, detail.clone(), answer);
        }
        if counts {
            self.tell_failure(now, out, name, failures, enough, detail);
        }
        if is_enough {
            self.enough_failed(now, out, role, index);
        }
    }

    fn tell_failure(
        &self,
        now: Now,
        out: &mut Outbox,
        probe: Option<String>,
        failures: u32,
        enough: Samples,
        detail: String,
    ) {
        let Samples { above, of } = enough;
        let failed = JournalEvent::ProbeFailed {
            failures,
            max_failures: above,
            of: (above != of).then_some(of),
            detail,
            probe,
        };
        self.journal(now, out, failed);
    }

    /// Enough probes failed: the run ends, unless its restart has to wait.
    fn enough_failed(&mut self, now: Now, out: &mut Outbox, role: ProbeRole, index: usize) {
        match role {
            ProbeRole::Readiness => return,
            ProbeRole::Startup | ProbeRole::Liveness => {}
        }
        if self.is_held() {
            return;
        }
        let Some(by) = self.missing_requirement() else {
            return self.begin_stop(now, out, StopReason::Unhealthy, false);
        };
        let account = &mut self.probes.all[index];
        if !std::mem::replace(&mut account.told_held, true) {
            self.journal(now, out, JournalEvent::RestartHeld { by });
        }
    }

    /// What it requires and is not there: no new run could begin, so that the present one is left to live.
    fn missing_requirement(&self) -> Option<WaitReport> {
        let by = &self.gate.closed.as_ref()?.by;
        let required = self.spec.requires.iter().any(|one| one.service == by.service);
        required.then(|| by.clone())
    }

    /// The service that a restart for failed probes waits for.
    pub(crate) fn restart_held_by(&self) -> Option<WaitReport> {
        let by = self.missing_requirement()?;
        (self.phase.is_probed() && self.has_failed_enough()).then_some(by)
    }

    /// Whether so many probes have failed that it is to be restarted.
    pub(crate) fn has_failed_enough(&self) -> bool {
        let enough = |(probe, account): (AnyProbe<'_>, &super::probe::ProbeAccount)| {
            probe.role != ProbeRole::Readiness && account.failures() >= probe.spec.enough().above
        };
        self.probe_pairs().any(enough)
    }

    fn change_health(
        &mut self,
        now: Now,
        out: &mut Outbox,
        probe: Judged,
        to: Health,
        detail: String,
        answer: Option<HealthAnswer>,
    ) {
        let from = self.probes.health();
        let account = &mut self.probes.all[probe.index];
        account.health = to;
        account.detail = Some(detail.clone());
        if answer.is_some() {
            account.answer.clone_from(&answer);
        }
        let to = self.probes.health();
        if from != to {
            let changed = JournalEvent::HealthChanged {
                from,
                to,
                detail,
                answer,
                probe: probe.name,
            };
            self.journal(now, out, changed);
        }
    }

    /// Whether every probe of the start has succeeded.
    fn has_started(&self) -> bool {
        self.have_passed(|role| role == ProbeRole::Startup)
    }

    /// Whether every probe that proves a run has succeeded.
    fn has_proven_itself(&self) -> bool {
        self.have_passed(|role| role != ProbeRole::Readiness)
    }

    fn have_passed(&self, of: fn(ProbeRole) -> bool) -> bool {
        let mut meant = self.probe_pairs().filter(|(probe, _)| of(probe.role));
        meant.all(|(_, account)| account.passed)
    }

    /// Whether its readiness probes say that others may rely on it.
    pub(crate) fn is_ready(&self) -> bool {
        let mut said = self.readiness();
        said.all(|health| matches!(health, Health::Healthy | Health::Degraded))
    }

    /// Whether a readiness probe has not said anything yet.
    pub(crate) fn awaits_readiness(&self) -> bool {
        self.readiness().any(|health| health == Health::Unknown)
    }

    fn readiness(&self) -> impl Iterator<Item = Health> {
        self.probe_pairs()
            .filter(|(probe, _)| probe.role == ProbeRole::Readiness)
            .map(|(_, account)| account.health)
    }

    /// Until when failures do not count, while a start is being proven.
    pub(crate) fn grace_left(&self, now: Instant) -> Option<Millis> {
        match &self.phase {
            Phase::Starting(Starting::Proving { .. }) => {
                let graces = self.probes.all.iter().filter_map(|one| one.grace_until);
                let left = graces.filter(|until| now < *until).map(|until| until.since(now));
                left.max()
            }
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => None,
        }
    }

    pub(crate) fn probe_reports(&self, now: Now) -> Vec<ProbeReport> {
        let told = |(probe, account): (AnyProbe<'_>, &super::probe::ProbeAccount)| {
            let Samples { above, of } = probe.spec.enough();
            ProbeReport {
                name: probe.name.to_owned(),
                role: probe.role,
                health: account.health,
                passed: account.passed,
                failures: account.failures(),
                max_failures: above,
                of: (above != of).then_some(of),
                detail: account.detail.clone(),
                at: account.at,
                next_ms: account.next.map(|at| at.since(now.at)),
            }
        };
        self.probe_pairs().map(told).collect()
    }
}
