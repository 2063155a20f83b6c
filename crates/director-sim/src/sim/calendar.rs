//! The calendar: the world decides when planned times come and windows are open, and tells the core as the daemon would.

use director_core::report::ServiceReport;
use director_core::spec::{Kind, ServiceSpec};
use director_core::time::{Millis, WallTime};
use director_core::words::{Goal, PhaseName};

use super::Sim;
use super::queue::Happening;
use crate::mutation::Mutation;
use crate::rng::Rng;

impl Sim<'_> {
    /// Fixes what the calendar says, with a generator of its own.
    pub(super) fn plan_calendar(&mut self) {
        let mut rng = Rng::new(self.seed, 6);
        for service in 0..self.specs.len() {
            if self.specs[service].schedule.is_none() {
                continue;
            }
            let end = rng.pick(&[2_000, 20_000, self.knobs.bad_ms]);
            for _ in 0..rng.below(6) {
                let missed = rng.chance(30);
                let at = rng.below(end);
                self.queue.push(at, Happening::TimeComes { service, missed });
            }
            for _ in 0..rng.below(4) {
                let at = rng.below(end);
                let lasts: Millis = rng.pick(&[50, 3_000, 60_000, 900_000]);
                self.queue.push(at, Happening::Window { service, opens: true });
                self.queue.push(
                    at + lasts,
                    Happening::Window {
                        service,
                        opens: false,
                    },
                );
            }
        }
    }

    /// A planned time comes.
    pub(super) fn time_comes(&mut self, service: usize, missed: bool) -> bool {
        let now = self.now();
        let spec = self.specs[service].clone();
        let Some(core) = self.core.as_mut().filter(|core| !core.is_ending()) else {
            return false;
        };
        let reports = core.report(now);
        let heeded = heeds(&spec, &reports[service], missed);
        self.check.time_comes(service, heeded);
        if heeded == Some(true) && spec.kind == Kind::Oneshot {
            self.check.asked_along(&[service], &reports);
        }
        // Younger than any run: nothing here may depend on the wall clock.
        core.schedule_due(now, &spec.name, WallTime(i64::MAX), missed);
        self.show(|_| format!("s{service}: a planned time comes (missed: {missed})"));
        self.drain();
        self.check.time_has_come(service);
        true
    }

    /// A window opens or closes. Windows may overlap.
    pub(super) fn window(&mut self, service: usize, opens: bool) -> bool {
        let open = &mut self.windows[service];
        let before = *open;
        *open = if opens {
            before + 1
        } else {
            before.saturating_sub(1)
        };
        if (before > 0) == (*open > 0) {
            return false;
        }
        self.tell_window(service)
    }

    /// The core hears how it is.
    pub(super) fn tell_window(&mut self, service: usize) -> bool {
        let open = self.windows[service] > 0;
        let (t, now) = (self.t, self.now());
        let name = self.specs[service].name.clone();
        let lost = match self.options.mutation {
            Some(Mutation::NoWindows) => open,
            Some(Mutation::EndlessWindows) => !open,
            _ => false,
        };
        let Some(core) = &mut self.core else { return false };
        self.check.window(t, service, open);
        if !lost {
            core.window(now, &name, open.then_some(WallTime(i64::MAX)));
        }
        self.show(|_| format!("s{service}: its maintenance window is open: {open}"));
        self.drain();
        self.check.window_told(service);
        true
    }

    /// A new director looks at the calendar first of all.
    pub(super) fn tell_open_windows(&mut self) {
        for service in 0..self.specs.len() {
            if self.windows[service] > 0 {
                self.tell_window(service);
            }
        }
    }

    /// No window outlasts the bad time.
    pub(super) fn close_windows(&mut self) {
        for service in 0..self.specs.len() {
            if std::mem::take(&mut self.windows[service]) > 0 {
                self.tell_window(service);
            }
        }
    }
}

/// Whether the contract wants a run for a planned time; none: that depends on what a report does not tell.
fn heeds(spec: &ServiceSpec, report: &ServiceReport, missed: bool) -> Option<bool> {
    let schedule = spec.schedule.as_ref()?;
    if report.stopped_by_operator.is_some() || missed && !schedule.run_missed {
        return Some(false);
    }
    match spec.kind {
        Kind::Oneshot => Some(matches!(
            report.phase,
            PhaseName::Idle | PhaseName::Backoff | PhaseName::Failed | PhaseName::Completed
        )),
        Kind::Daemon if missed && report.phase == PhaseName::Starting => None,
        Kind::Daemon => Some(report.goal == Goal::Up),
    }
}
