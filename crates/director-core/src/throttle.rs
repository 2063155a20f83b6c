//! The restart throttle: how long to wait before the next run.

use serde::{Deserialize, Serialize};

use crate::spec::{RestartSpec, ThrottleWindow};
use crate::time::{Instant, Millis};

/// The restarts that count. Survives a restart of the director within the same boot of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttle {
    /// Consecutive restarts since a run stayed up for `stable_after`.
    count: u32,
    /// When the latest restarts were due, oldest first; only as many as the algorithm can tell apart.
    times: Vec<Instant>,
}

impl Throttle {
    /// Counts one restart that becomes due at `now`, after a run that lived `uptime_ms`, and says how long to wait.
    pub fn restart(&mut self, spec: &RestartSpec, now: Instant, uptime_ms: Millis) -> Millis {
        if uptime_ms >= spec.stable_after_ms {
            self.count = 0;
        }
        let wait = match spec.window {
            ThrottleWindow::Run => pick(&spec.backoff_ms, self.count as usize),
            ThrottleWindow::Sliding => self.sliding_wait(spec, now),
        };
        self.count = self.count.saturating_add(1);
        // The original algorithm records a restart when it happens, that is after the wait.
        // A wait that something cut short leaves a time behind that is later than the next restart's.
        let due = now.plus(wait);
        let place = self.times.partition_point(|at| *at <= due);
        self.times.insert(place, due);
        let keep = spec.backoff_ms.len();
        if self.times.len() > keep {
            self.times.drain(..self.times.len() - keep);
        }
        wait
    }

    /// The original specification's `get_wait_time`, to the letter: nothing recent means no wait at all, else the
    /// list is indexed by the number of recent restarts.
    fn sliding_wait(&mut self, spec: &RestartSpec, now: Instant) -> Millis {
        self.times.retain(|at| now.since(*at) < spec.stable_after_ms);
        if self.times.is_empty() {
            0
        } else {
            pick(&spec.backoff_ms, self.times.len())
        }
    }

    /// How many consecutive restarts there have been.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// When the latest counted restarts were due, oldest first.
    #[must_use]
    pub fn times(&self) -> &[Instant] {
        &self.times
    }

    /// As an earlier director of the same boot left it.
    #[must_use]
    pub fn restore(count: u32, times: Vec<Instant>) -> Self {
        Self { count, times }
    }

    /// Forgets all: an operator's start is a new beginning.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The wait at `index`; the last repeats.
fn pick(backoff_ms: &[Millis], index: usize) -> Millis {
    backoff_ms.get(index).or(backoff_ms.last()).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
