//! The instances of a service that is declared once.

use std::collections::BTreeMap;

use crate::service::Service;
use crate::spec::ServiceName;

/// By the declared name, in the order of their index.
#[derive(Default)]
pub(super) struct Groups(BTreeMap<ServiceName, Vec<ServiceName>>);

impl Groups {
    pub(super) fn new(services: &BTreeMap<ServiceName, Service>) -> Self {
        let mut found: BTreeMap<ServiceName, Vec<(u32, ServiceName)>> = BTreeMap::new();
        for (name, service) in services {
            if let Some(instance) = &service.spec.instance {
                let members = found.entry(instance.of.clone()).or_default();
                members.push((instance.index, name.clone()));
            }
        }
        let ordered = found.into_iter().map(|(of, mut members)| {
            members.sort();
            (of, members.into_iter().map(|(_, name)| name).collect())
        });
        Self(ordered.collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The instances of a declared service; none for any other name.
    pub(super) fn members(&self, of: &ServiceName) -> &[ServiceName] {
        self.0.get(of).map_or(&[], Vec::as_slice)
    }
}
