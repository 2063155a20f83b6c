//! What is told about a service.

use super::phase::{NextCheck, Phase, Stage, Starting};
use super::{Service, sentence};
use crate::describe::duration;
use crate::report::{RenewalWait, RunReport, ServiceReport};
use crate::time::{Millis, Now};
use crate::words::{PhaseName, RunNumber};

impl Service {
    pub(crate) fn report(&self, now: Now) -> ServiceReport {
        ServiceReport {
            name: self.spec.name.clone(),
            goal: self.goal,
            phase: self.phase.name(),
            phase_since: self.since.wall,
            health: self.probe.health,
            because: self.since.because.clone(),
            next: self.next_sentence(now),
            run: self.run_report(now),
            restart_count: self.throttle.count(),
            restarts_total: self.restarts_total,
            backoff_left_ms: self.backoff_left(now),
            probe_failures: self.probe.failures,
            probe_detail: self.probe.detail.clone(),
            probed: self.probe.at,
            answer: self.probe.answer.clone(),
            blocker: match &self.phase {
                Phase::Blocked { finding, .. } => Some(finding.clone()),
                Phase::Idle
                | Phase::Waiting
                | Phase::Starting(_)
                | Phase::Running
                | Phase::Stopping(_)
                | Phase::Backoff { .. }
                | Phase::Failed
                | Phase::Completed => None,
            },
            stopped_by_operator: self.operator_stop,
            port: self.spec.port,
            last_exit: self.last_exit.clone(),
            log_lines_dropped: self.lines_dropped,
            usage: None,
            command: self.spec.command.clone(),
            watched: self.spec.watch.is_some(),
            watch_paused: self.changes.paused.clone(),
            instance: self.spec.instance.clone(),
            limits: self.spec.limits.clone(),
            limits_unenforced: self.unenforced_sentences(),
            renewal_due_ms: self.renewal_due().map(|at| at.since(now.at)),
            waits_for: match (&self.phase, &self.gate.closed) {
                (Phase::Waiting, Some(closed)) => Some(closed.by.clone()),
                _ => None,
            },
            renewal_waits_for: self.renewal_held_by.clone(),
            maintenance_until: self.held_until,
            next_scheduled: self.next_scheduled,
            hook: self.hook(),
            findings: self.doubts.findings.clone().unwrap_or_default(),
        }
    }

    fn run_report(&self, now: Now) -> Option<RunReport> {
        if let Some(run) = &self.run {
            let alive = run.exited.is_none();
            return Some(RunReport {
                number: run.number,
                pid: alive.then_some(run.pid),
                started: run.started_wall,
                uptime_ms: alive.then(|| now.at.since(run.started)),
            });
        }
        let (number, started) = self.last_run?;
        Some(RunReport {
            number,
            pid: None,
            started,
            uptime_ms: None,
        })
    }

    fn backoff_left(&self, now: Now) -> Option<Millis> {
        if self.phase.name() != PhaseName::Backoff {
            return None;
        }
        self.deadline().map(|at| at.since(now.at))
    }

    /// What happens next.
    fn next_sentence(&self, now: Now) -> Option<String> {
        let left = |at: crate::time::Instant| at.since(now.at).div_ceil(1_000);
        if self.later.is_some() {
            return Some("stops as soon as what depends on it has stopped".to_owned());
        }
        if let Some(held) = self.held_sentence() {
            return Some(held);
        }
        if let Some(reason) = self.renewal {
            let why = sentence(reason);
            return Some(match &self.renewal_held_by {
                Some(RenewalWait { service, state, .. }) => {
                    format!("gets a new run ({why}) as soon as {service} is healthy; {service} is {state}")
                }
                None => format!("gets a new run: {why}"),
            });
        }
        match &self.phase {
            Phase::Idle | Phase::Failed | Phase::Completed => None,
            Phase::Waiting => Some("starts by itself as soon as that is so".to_owned()),
            Phase::Blocked { next, .. } => Some(match next {
                NextCheck::At(at) => format!(
                    "looks again in {} s and starts by itself when the way is clear",
                    left(*at)
                ),
                NextCheck::UnderWay => "is looking again just now".to_owned(),
                NextCheck::Hook => return self.hook_sentence(now),
                NextCheck::OnTreeEmpty { .. } => {
                    "starts by itself as soon as the old processes are gone".to_owned()
                }
            }),
            Phase::Starting(Starting::Checking {
                next: NextCheck::At(at),
                ..
            }) => Some(format!("looks again in {} s", left(*at))),
            Phase::Starting(Starting::Checking { .. }) => {
                Some("the checks before the start are under way".to_owned())
            }
            Phase::Starting(Starting::Preparing) => self.hook_sentence(now),
            Phase::Starting(Starting::Spawning) => Some("the program is being started".to_owned()),
            Phase::Starting(Starting::Proving { .. }) => Some(self.proof_sentence(now)),
            Phase::Running => self.post_start_sentence(now).or_else(|| {
                let probe = self.probe.next.map(|at| format!("next probe in {} s", left(at)));
                let age = self.renewal_due().map(|at| {
                    let left = duration(at.since(now.at));
                    format!("restarts at its greatest age in {left}")
                });
                let parts: Vec<String> = probe.into_iter().chain(age).collect();
                (!parts.is_empty()).then(|| parts.join("; "))
            }),
            Phase::Stopping(stopping) => Some(match stopping.stage {
                Stage::AwaitingSpawn => "waits for the start to finish, then stops it".to_owned(),
                Stage::OnRung { until, .. } => format!("next rung of the ladder in {} s", left(until)),
                Stage::Leftovers { until } => format!("what is left is killed in {} s", left(until)),
                Stage::PreStop | Stage::AfterRun(_) => return self.hook_sentence(now),
                Stage::Killing { .. } => "waits for the killed processes to be gone".to_owned(),
            }),
            Phase::Backoff { until } => {
                let RunNumber(number) = self.last_number;
                Some(format!("run {} starts in {} s", number + 1, left(*until)))
            }
        }
    }

    /// What waits for the end of a maintenance window.
    fn held_sentence(&self) -> Option<String> {
        if !self.is_held() {
            return None;
        }
        let when = "when the maintenance window ends";
        if matches!(self.phase, Phase::Backoff { .. }) {
            let RunNumber(next) = self.last_number;
            return Some(format!("run {} starts {when}", next + 1));
        }
        if let Some(reason) = self.renewal {
            // A person's wish waits for something else.
            if !self.waits_for_window(reason) {
                return None;
            }
            return Some(format!("a new run begins {when}: {}", sentence(reason)));
        }
        let health = self.spec.health.as_ref()?;
        let enough = self.phase.is_probed() && self.probe.failures >= health.max_failures;
        enough.then(|| format!("is restarted {when}, if it still fails its probe"))
    }

    fn proof_sentence(&self, now: Now) -> String {
        match (self.spec.health.is_some(), self.grace_left(now.at)) {
            (true, Some(left)) => {
                format!("failures do not count for another {} s", left.div_ceil(1_000))
            }
            (true, None) => "failed probes count now".to_owned(),
            (false, _) => "counts as running after one second alive".to_owned(),
        }
    }
}
