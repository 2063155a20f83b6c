//! Planned times are heeded, and within a maintenance window no restart begins that nobody asked for.

use director_core::spec::Kind;
use director_core::time::Millis;
use director_core::words::{PhaseName, StopReason};

use super::Checker;
use super::book::Book;

impl Book {
    /// A new attempt may begin without having been scheduled by a crash.
    fn may_renew(&mut self) {
        if self.held {
            self.wished = true;
        } else {
            (self.touched, self.due) = (true, None);
        }
    }
}

impl Checker {
    /// Files of a service that shall be up changed: a new attempt may begin.
    pub(crate) fn files_changed(&mut self, service: usize) {
        self.books[service].may_renew();
    }

    /// A planned time is about to come; `heeded`: whether there must be a run for it, if that is known.
    pub(crate) fn time_comes(&mut self, service: usize, heeded: Option<bool>) {
        let book = &mut self.books[service];
        (book.heeds, book.heeded) = (heeded, false);
    }

    /// The core says that it heeds it.
    pub(super) fn schedule_came(&mut self, service: usize) {
        let book = &mut self.books[service];
        book.heeded = true;
        match book.spec.kind {
            Kind::Daemon => book.may_renew(),
            // A planned run is no restart, and has its tries anew.
            Kind::Oneshot => {
                (book.touched, book.due) = (true, None);
                book.throttle = super::throttle::Model::default();
            }
        }
        if book.heeds == Some(false) {
            self.fail(service, "a planned time is heeded that must not be");
        }
    }

    /// The core has been told of it.
    pub(crate) fn time_has_come(&mut self, service: usize) {
        let book = &self.books[service];
        if book.heeds == Some(true) && !book.heeded {
            self.fail(service, "a planned time is not heeded");
        }
    }

    /// Windows open or close.
    pub(crate) fn window(&mut self, t: Millis, service: usize, open: bool) {
        let book = &mut self.books[service];
        book.held = open;
        if open {
            return;
        }
        // What waited for the end is due now.
        book.due = book.due.map(|due| due.max(t));
        if book.wished {
            (book.touched, book.due) = (true, None);
        }
    }

    /// The core has been told of it: at a window's end what was wished for is granted.
    pub(crate) fn window_told(&mut self, service: usize) {
        let ending = self.ending;
        let book = &mut self.books[service];
        if book.held {
            return;
        }
        let wished = std::mem::take(&mut book.wished);
        if wished && book.phase == PhaseName::Running && !book.put_off && !ending {
            self.fail(service, "a wish is not granted at the end of the window");
        }
    }

    /// A way down begins.
    pub(super) fn goes_down_in_a_window(&mut self, service: usize, reason: StopReason) {
        let automatic = match reason {
            StopReason::FilesChanged
            | StopReason::DependencyRestarted
            | StopReason::Schedule
            | StopReason::MaxAge
            | StopReason::MemoryAbove
            | StopReason::Unhealthy
            | StopReason::StaleTwin => true,
            StopReason::Operator
            | StopReason::OperatorRestart
            | StopReason::MemoryLimit
            | StopReason::Reload
            | StopReason::Removed
            | StopReason::Shutdown
            | StopReason::SystemShutdown
            | StopReason::MainExited
            | StopReason::SpawnAborted => false,
        };
        if automatic && self.books[service].held {
            self.fail(
                service,
                format_args!("stopped within a maintenance window: {reason:?}"),
            );
        }
    }
}
