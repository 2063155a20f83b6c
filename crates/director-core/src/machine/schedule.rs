//! What the calendar says, as the daemon tells it.

use super::Core;
use crate::spec::ServiceName;
use crate::time::{Now, WallTime};

impl Core {
    /// A planned time of a service has come. `missed`: it passed unheeded, and this is the latest of those that did.
    pub fn schedule_due(&mut self, now: Now, name: &ServiceName, planned: WallTime, missed: bool) {
        if self.ending.is_some() {
            return;
        }
        let Some(service) = self.services.get_mut(name) else {
            return;
        };
        if service.time_came(now, &mut self.out, planned, missed) {
            let names = std::slice::from_ref(name);
            for along in self.required_by(names) {
                // What failed before and is needed now has its tries anew, as with an operator's start.
                if let Some(needed) = self.services.get_mut(&along).filter(|one| !one.is_up()) {
                    needed.throttle.clear();
                }
            }
            self.raise_all(now, names, "its schedule asks for a run");
        }
        self.settle(now);
    }

    /// Maintenance windows of a service are open until then; none: no window is open.
    pub fn window(&mut self, now: Now, name: &ServiceName, until: Option<WallTime>) {
        let Some(service) = self.services.get_mut(name) else {
            return;
        };
        if service.set_window(now, &mut self.out, until) {
            self.ripple(now, name);
        }
        self.settle(now);
    }

    /// When the next planned time of a service comes; shown, and nothing else.
    pub fn next_scheduled(&mut self, name: &ServiceName, at: Option<WallTime>) {
        if let Some(service) = self.services.get_mut(name)
            && service.next_scheduled != at
        {
            service.next_scheduled = at;
            self.out.revision += 1;
        }
    }
}
