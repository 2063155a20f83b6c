//! A service to which nothing has happened yet.

use super::hook::HookAccount;
use super::limits::LimitAccount;
use super::phase::{Phase, Since};
use super::probe::ProbeAccount;
use super::watch::ChangeAccount;
use super::{Doubts, Gate, Service};
use crate::spec::ServiceSpec;
use crate::throttle::Throttle;
use crate::time::Now;
use crate::words::{Goal, RunNumber};

impl Service {
    pub(crate) fn new(spec: ServiceSpec, now: Now) -> Self {
        Self {
            spec,
            goal: Goal::Down,
            phase: Phase::Idle,
            since: Since::new(now, "not started yet".to_owned()),
            last_number: RunNumber(0),
            run: None,
            last_run: None,
            last_exit: None,
            throttle: Throttle::default(),
            restarts_total: 0,
            probe: ProbeAccount::default(),
            limits: LimitAccount::default(),
            operator_stop: None,
            last_step: 0,
            lines_dropped: 0,
            changes: ChangeAccount::default(),
            hooks: HookAccount::default(),
            doubts: Doubts::default(),
            renewal: None,
            renewal_held_by: None,
            held_until: None,
            next_scheduled: None,
            cut_at: None,
            gate: Gate::default(),
            beside: Some(Vec::new()),
            leaving: false,
            later: None,
        }
    }
}
