//! Who gets the new run it asks for, and when.
//!
//! Instances of one service are renewed one after the other: each must be healthy before the next. So a new state that does not
//! work costs one instance, and the others go on as they are.

use std::collections::BTreeMap;

use super::Core;
use crate::report::RenewalWait;
use crate::service::Service;
use crate::spec::ServiceName;
use crate::time::Now;
use crate::words::{Goal, StopReason};

impl Core {
    /// Grants every new run that is asked for and that nothing holds back.
    pub(super) fn grant_renewals(&mut self, now: Now) {
        if self.out.renewals.is_empty() {
            return;
        }
        let mut wishing: Vec<ServiceName> = std::mem::take(&mut self.out.renewals).into_iter().collect();
        // A name sorts its index as text.
        wishing.sort_by_key(|name| self.index_of(name));
        for name in &wishing {
            let held = self.is_held_back(name);
            let Some(service) = self.services.get_mut(name) else {
                continue;
            };
            if self.ending.is_some() || service.goal == Goal::Down {
                service.renewal = None;
            }
            let Some(reason) = service.renewal else {
                continue;
            };
            if service.waits_for_window(reason) {
                // The wish stands: the end of the window brings it back.
                continue;
            }
            if held {
                self.out.renewals.insert(name.clone());
                continue;
            }
            service.renewal = None;
            service.renew(now, &mut self.out, reason);
            self.ripple(now, name);
        }
        self.tell_who_holds(&wishing);
    }

    /// Keeps with each wish which other instance it waits for.
    fn tell_who_holds(&mut self, wishing: &[ServiceName]) {
        // One that is held is available itself, so that the same one holds all of its group.
        let mut holders: BTreeMap<ServiceName, Option<RenewalWait>> = BTreeMap::new();
        for name in wishing {
            let group = self.services.get(name).and_then(|s| s.spec.instance.as_ref());
            let holder = match group {
                Some(instance) if self.out.renewals.contains(name) => holders
                    .entry(instance.of.clone())
                    .or_insert_with_key(|of| self.holder_in(of))
                    .as_ref()
                    .filter(|wait| wait.service != *name),
                Some(_) | None => None,
            };
            let Some(service) = self.services.get_mut(name) else {
                continue;
            };
            if service.renewal_held_by.as_ref() != holder {
                service.renewal_held_by = holder.cloned();
                self.out.revision += 1;
            }
        }
    }

    /// Who holds up the others of its group: rather one that does not come by itself than one that does.
    fn holder_in(&self, of: &ServiceName) -> Option<RenewalWait> {
        let members = self.groups.members(of).iter();
        let mut lacking = members
            .filter_map(|other| self.services.get(other))
            .filter(|other| is_lacking(other))
            .map(Service::as_renewal_wait);
        let first = lacking.next()?;
        if first.stuck {
            return Some(first);
        }
        Some(lacking.find(|other| other.stuck).unwrap_or(first))
    }

    fn index_of(&self, name: &ServiceName) -> u32 {
        let instance = self.services.get(name).and_then(|s| s.spec.instance.as_ref());
        instance.map_or(0, |instance| instance.index)
    }

    /// Whether a new run of this one would leave its group with fewer instances than it lacks already. One that is not available
    /// itself takes nothing away.
    fn is_held_back(&self, name: &ServiceName) -> bool {
        let Some(service) = self.services.get(name) else {
            return false;
        };
        let Some(instance) = &service.spec.instance else {
            return false;
        };
        service.is_available()
            && self
                .groups
                .members(&instance.of)
                .iter()
                .filter_map(|other| self.services.get(other))
                .any(is_lacking)
    }

    /// A restart of these services: those that are one of several that are restarted together ask for it, so that they go one
    /// after the other; the rest is answered.
    pub(super) fn ask_in_turn(&mut self, names: &[ServiceName], reason: StopReason) -> Vec<ServiceName> {
        let mut rest = Vec::new();
        for name in names {
            let group = self.services.get(name).and_then(|s| s.spec.instance.as_ref());
            let members = group.map_or(&[][..], |instance| self.groups.members(&instance.of));
            let together = members.iter().filter(|member| names.contains(member)).count() > 1;
            match self.services.get_mut(name) {
                Some(service) if together && service.goal == Goal::Up && service.can_wait_to_stop() => {
                    service.ask_renewal(&mut self.out, reason);
                }
                Some(_) => rest.push(name.clone()),
                None => {}
            }
        }
        rest
    }
}

/// Whether an instance is to be available and is not.
fn is_lacking(instance: &Service) -> bool {
    instance.goal == Goal::Up && !instance.is_available()
}
