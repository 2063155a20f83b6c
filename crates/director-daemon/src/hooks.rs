//! Running the hooks of a service.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use director_core::event::{Fact, HookCall};
use director_core::spec::ServiceSpec;
use director_core::words::RunNumber;

use crate::driver::{Driver, panic_text};
use crate::environment::Variable;
use crate::hands::Hands;
use crate::input::Input;
use crate::words;

impl Driver {
    /// Has a hook run. Whatever becomes of it, it is answered: the core waits for that.
    pub(crate) fn run_hook(&self, spec: &Arc<ServiceSpec>, run: RunNumber, step: u32, call: Box<HookCall>) {
        let (hands, spec) = (self.hands.clone(), Arc::clone(spec));
        self.hands.hooks(call.hook).submit(move || {
            let error = catch_unwind(AssertUnwindSafe(|| carry_out(&hands, &spec, run, &call)))
                .unwrap_or_else(|fault| Some(format!("a fault in the director: {}", panic_text(&*fault))));
            let outcome = error.map_or(Ok(()), Err);
            hands.tell(Input::Fact {
                service: spec.name.clone(),
                run,
                fact: Fact::HookFinished { step, outcome },
            });
        });
    }
}

/// Runs a hook to its end or its limit. Why it failed, if it did.
fn carry_out(hands: &Hands, spec: &ServiceSpec, run: RunNumber, call: &HookCall) -> Option<String> {
    let command = &call.spec.command;
    let limit = Duration::from_millis(call.spec.timeout_ms);
    let variables = variables(spec, run, call);
    words::failure(command, hands.run_helper_with(spec, command, &variables, limit))
}

/// What a hook is told. What does not apply is not there, whatever the director's own environment says.
fn variables(spec: &ServiceSpec, run: RunNumber, call: &HookCall) -> [Variable; 6] {
    [
        ("DIRECTOR_SERVICE", Some(spec.name.to_string())),
        ("DIRECTOR_RUN", Some(run.0.to_string())),
        ("DIRECTOR_HOOK", Some(call.hook.to_string())),
        ("DIRECTOR_REASON", Some(call.reason.clone())),
        ("DIRECTOR_EXIT", call.exit.map(|exit| exit.word())),
        ("DIRECTOR_PID", call.pid.map(|pid| pid.to_string())),
    ]
}
