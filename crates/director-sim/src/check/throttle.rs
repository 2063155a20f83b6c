//! A second throttle, written from the contract's words alone, to compare the core's with.

use director_core::spec::{RestartSpec, ThrottleWindow};
use director_core::time::{Instant, Millis};

/// Unlike the core's it forgets no restart.
#[derive(Default)]
pub(super) struct Model {
    pub(super) count: u32,
    pub(super) times: Vec<Instant>,
}

impl Model {
    /// The wait before a restart after a run of `uptime_ms`.
    pub(super) fn restart(&mut self, spec: &RestartSpec, now: Instant, uptime_ms: Millis) -> Millis {
        if uptime_ms >= spec.stable_after_ms {
            self.count = 0;
        }
        let last = spec.backoff_ms.len() - 1;
        let recent = |at: &&Instant| now.0 < at.0 || now.0 - at.0 < spec.stable_after_ms;
        let wait_ms = match spec.window {
            ThrottleWindow::Run => spec.backoff_ms[last.min(self.count as usize)],
            ThrottleWindow::Sliding => match self.times.iter().filter(recent).count() {
                0 => 0,
                recently => spec.backoff_ms[last.min(recently)],
            },
        };
        self.count += 1;
        self.times.push(Instant(now.0 + wait_ms));
        wait_ms
    }
}
