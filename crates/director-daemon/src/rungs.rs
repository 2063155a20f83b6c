//! Delivering the rungs of the ladder.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use director_core::event::Fact;
use director_core::spec::{Rung, RungKind, ServiceSpec, StopTarget};
use director_core::words::RunNumber;
use director_sys::reaper::ExitStatus;
use director_sys::spawn::InputEnd;
use director_sys::tree::{self, Look, Target, Tree};

use crate::driver::panic_text;
use crate::hands::Hands;
use crate::input::Input;

/// A program that does not read its standard input gets this long.
const STDIN_LIMIT: Duration = Duration::from_secs(2);

/// The run's standard input, shared between the driver and whoever delivers a rung.
pub(crate) type SharedInput = Arc<Mutex<Option<InputEnd>>>;

/// Everything a delivery needs.
pub(crate) struct Delivering {
    pub(crate) hands: Hands,
    pub(crate) spec: Arc<ServiceSpec>,
    pub(crate) tree: Tree,
    pub(crate) stdin: SharedInput,
}

/// One rung of one run that is to be delivered.
pub(crate) struct Delivery {
    pub(crate) by: Delivering,
    pub(crate) run: RunNumber,
    pub(crate) step: u32,
    pub(crate) rung: Rung,
    pub(crate) to: StopTarget,
}

impl Delivery {
    /// Whether it waits for nobody.
    pub(crate) fn is_quick(&self) -> bool {
        matches!(self.rung.kind, RungKind::Signal(_))
    }

    /// Delivers several, with one look at what concerns all their runs.
    pub(crate) fn carry_out_all(all: Vec<Self>) {
        let mut look = Look::begin().ok();
        for one in all {
            // What fails for one is looked at again by itself, and told there.
            let frozen = look.as_mut().and_then(|look| look.at(&one.by.tree).ok());
            one.finish(frozen);
        }
    }

    /// Delivers, and tells the driver what became of it.
    pub(crate) fn carry_out(self) {
        self.finish(None);
    }

    /// A panic over one run must not cost another its signal. `frozen`: if the tree was looked at already.
    fn finish(self, frozen: Option<bool>) {
        let Self {
            by,
            run,
            step,
            rung,
            to,
        } = self;
        let delivered = catch_unwind(AssertUnwindSafe(|| by.deliver(step, &rung, to, frozen)));
        let fact = delivered.unwrap_or_else(|fault| Fact::RungDelivered {
            step,
            outcome: Err(format!("a fault in the director: {}", panic_text(&*fault))),
        });
        let service = by.spec.name.clone();
        by.hands.tell(Input::Fact { service, run, fact });
    }
}

impl Delivering {
    /// Delivers `rung` and says what became of it. Blocks for an `http` or `exec` rung's grace at most.
    fn deliver(&self, step: u32, rung: &Rung, to: StopTarget, frozen: Option<bool>) -> Fact {
        // Who descends from the run is remembered before the run may fall apart.
        let recorded = match frozen {
            Some(_) => Ok(()),
            None => self.tree.record_descent(),
        };
        if frozen.unwrap_or_else(|| self.tree.is_frozen().unwrap_or(false)) {
            return Fact::FoundFrozen { step };
        }
        let outcome = recorded
            .map_err(|error| error.to_string())
            .and_then(|()| self.send(rung, to));
        Fact::RungDelivered { step, outcome }
    }

    fn send(&self, rung: &Rung, to: StopTarget) -> Result<(), String> {
        let limit = Duration::from_millis(rung.grace_ms);
        match &rung.kind {
            RungKind::Signal(name) => self.signal(signal(name)?, to),
            RungKind::CtrlC => self.signal(tree::Rung::CtrlC, to),
            RungKind::CtrlBreak => self.signal(tree::Rung::CtrlBreak, to),
            RungKind::Close => self.signal(tree::Rung::Close, to),
            RungKind::Http(url) => crate::probe::http::post(url, limit),
            RungKind::Exec(command) => self.exec(command, limit),
            RungKind::Stdin(text) => self.write(text),
            RungKind::Terminate => self.tree.kill_all().map_err(|error| error.to_string()),
        }
    }

    fn signal(&self, rung: tree::Rung, to: StopTarget) -> Result<(), String> {
        let target = match to {
            StopTarget::Group => Target::Group,
            StopTarget::Main => Target::Main,
        };
        match self.tree.deliver(rung, target) {
            Ok(tree::Delivery::Delivered) => Ok(()),
            Ok(tree::Delivery::NobodyThere) => Err("nobody was there to receive it".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn exec(&self, command: &[String], limit: Duration) -> Result<(), String> {
        let outcome = self
            .hands
            .run_helper(&self.spec, command, limit)
            .map_err(|error| error.to_string())?;
        match outcome.status {
            ExitStatus::Code(0) => Ok(()),
            ExitStatus::Code(code) => Err(format!("the command ended with exit code {code}")),
            ExitStatus::Signal { number, .. } => Err(format!("the command was ended by signal {number}")),
        }
    }

    /// Writes the text; an empty one closes the input.
    fn write(&self, text: &str) -> Result<(), String> {
        let mut stdin = self.stdin.lock().unwrap_or_else(PoisonError::into_inner);
        if text.is_empty() {
            return stdin
                .take()
                .map(InputEnd::close)
                .ok_or_else(|| "its input is closed already".to_owned());
        }
        let input = stdin.as_mut().ok_or("its input is closed already")?;
        input
            .write_all_bounded(text.as_bytes(), STDIN_LIMIT)
            .map_err(|error| error.to_string())
    }
}

fn signal(name: &str) -> Result<tree::Rung, String> {
    Ok(match name {
        "term" => tree::Rung::Term,
        "int" => tree::Rung::Int,
        "quit" => tree::Rung::Quit,
        "hup" => tree::Rung::Hup,
        "usr1" => tree::Rung::Usr1,
        "usr2" => tree::Rung::Usr2,
        other => return Err(format!("there is no signal `{other}`")),
    })
}
