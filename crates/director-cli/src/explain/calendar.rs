//! Planned times and maintenance windows.

use super::explanation::{Explanation, Known};

/// What its schedule has to do with it.
pub(super) fn fill(known: &Known<'_>, explanation: &mut Explanation) {
    let Known { service, clock, .. } = known;
    if let Some(until) = service.maintenance_until {
        explanation.next.push(format!(
            "a maintenance window holds automatic restarts until {}; an operator's word counts at once",
            clock.at(until)
        ));
    }
    if let Some(at) = service.next_scheduled {
        let next = format!("its schedule comes next at {}", clock.at(at));
        let idle = service.stopped_by_operator.is_some();
        explanation.next.push(if idle {
            format!("{next}, and does nothing while it is stopped")
        } else {
            next
        });
    }
}

#[cfg(test)]
mod tests;
