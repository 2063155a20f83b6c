//! Limits on their way from the configuration to the system, and what the system says of them.

use director_core::event::{Fact, Unenforced};
use director_core::spec::{self, LimitsSpec, ServiceName};
use director_core::words::RunNumber;
use director_sys::limits::{self, Limits};

use crate::driver::Driver;
use crate::input::Input;

/// What a start asks of the system.
pub(crate) fn of(spec: &LimitsSpec) -> Limits {
    Limits {
        memory_bytes: spec.memory_bytes,
        cpu_percent: spec.cpu_percent,
        priority: spec.priority.map(priority),
        affinity: spec.affinity.clone(),
    }
}

fn priority(priority: spec::Priority) -> limits::Priority {
    match priority {
        spec::Priority::Idle => limits::Priority::Idle,
        spec::Priority::BelowNormal => limits::Priority::BelowNormal,
        spec::Priority::Normal => limits::Priority::Normal,
        spec::Priority::AboveNormal => limits::Priority::AboveNormal,
        spec::Priority::High => limits::Priority::High,
    }
}

/// What the system does not keep, in the core's words.
pub(crate) fn told(unenforced: Vec<limits::Unenforced>) -> Vec<Unenforced> {
    let one = |one: limits::Unenforced| Unenforced {
        limit: match one.what {
            limits::Limit::Memory => spec::Limit::Memory,
            limits::Limit::Cpu => spec::Limit::Cpu,
            limits::Limit::Priority => spec::Limit::Priority,
            limits::Limit::Affinity => spec::Limit::Affinity,
            limits::Limit::OpenFiles => spec::Limit::OpenFiles,
        },
        error: one.why,
    };
    unenforced.into_iter().map(one).collect()
}

impl Driver {
    /// Looks how much memory a run takes.
    pub(crate) fn measure(&self, service: &ServiceName, run: RunNumber, sample: u64) {
        // A run that is gone is not measured any more.
        let Some(live) = self.live_run(service, run) else {
            return;
        };
        let (tree, hands, service) = (live.tree.clone(), self.hands.clone(), service.clone());
        self.hands.pool().submit(move || {
            let usage = tree.usage().map(|usage| usage.memory_bytes);
            hands.tell(Input::Fact {
                service,
                run,
                fact: Fact::Measured {
                    sample,
                    outcome: usage.map_err(|error| error.to_string()),
                },
            });
        });
    }

    /// Tells before an end whether the system brought it about for the run's memory.
    pub(crate) fn tell_memory_limit(&mut self, service: &ServiceName, run: RunNumber) {
        let limited = |spec: &spec::ServiceSpec| spec.limits.memory_bytes.is_some();
        if !self.specs.get(service).is_some_and(|spec| limited(spec)) {
            return;
        }
        let hit = self
            .live_run(service, run)
            .is_some_and(|live| live.tree.hit_memory_limit());
        if hit {
            self.fact(service.clone(), run, Fact::MemoryLimitHit);
        }
    }
}
