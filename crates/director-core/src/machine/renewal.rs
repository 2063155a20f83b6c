//! Who gets the new run it asks for, and when.

use super::Core;
use crate::time::Now;
use crate::words::Goal;

impl Core {
    /// Grants every new run that is asked for and that nothing holds back.
    pub(super) fn grant_renewals(&mut self, now: Now) {
        if self.out.renewals.is_empty() {
            return;
        }
        for name in std::mem::take(&mut self.out.renewals) {
            let Some(service) = self.services.get_mut(&name) else {
                continue;
            };
            if service.is_held() {
                // The wish stands: the end of the maintenance window brings it back.
                continue;
            }
            let Some(reason) = service.renewal.take() else {
                continue;
            };
            if self.ending.is_some() || service.goal == Goal::Down {
                continue;
            }
            service.renew(now, &mut self.out, reason);
            self.ripple(now, &name);
        }
    }
}
