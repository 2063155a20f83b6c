//! Who waits for whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::service::Service;
use crate::spec::ServiceName;

/// The edges of `requires` and `after` in both directions, and an order in which nobody comes before what it waits for.
#[derive(Default)]
pub(super) struct Graph {
    dependents: BTreeMap<ServiceName, Vec<ServiceName>>,
    dependencies: BTreeMap<ServiceName, Vec<ServiceName>>,
    rank: BTreeMap<ServiceName, usize>,
}

impl Graph {
    /// An edge to an unknown service is left out.
    pub(super) fn new(services: &BTreeMap<ServiceName, Service>) -> Self {
        let mut graph = Self::default();
        for (name, service) in services {
            let spec = &service.spec;
            let wanted: BTreeSet<&ServiceName> = spec
                .requires
                .iter()
                .chain(&spec.after)
                .map(|dependency| &dependency.service)
                .filter(|other| *other != name && services.contains_key(*other))
                .collect();
            for other in wanted {
                graph
                    .dependents
                    .entry(other.clone())
                    .or_default()
                    .push(name.clone());
                graph
                    .dependencies
                    .entry(name.clone())
                    .or_default()
                    .push(other.clone());
            }
        }
        if !graph.is_empty() {
            graph.rank_all(services);
        }
        graph
    }

    /// Takes whoever waits for nobody that is left, again and again. What is in a cycle, which a valid configuration does not
    /// have, comes last.
    fn rank_all(&mut self, services: &BTreeMap<ServiceName, Service>) {
        let mut open: BTreeMap<&ServiceName, usize> = services
            .keys()
            .map(|name| (name, self.dependencies_of(name).len()))
            .collect();
        let mut ready: BTreeSet<&ServiceName> = open
            .iter()
            .filter_map(|(name, count)| (*count == 0).then_some(*name))
            .collect();
        let mut rank = BTreeMap::new();
        while let Some(name) = ready.pop_first() {
            rank.insert(name.clone(), rank.len());
            for dependent in self.dependents.get(name).into_iter().flatten() {
                if let Some(count) = open.get_mut(dependent) {
                    *count -= 1;
                    if *count == 0 {
                        ready.insert(dependent);
                    }
                }
            }
        }
        self.rank = rank;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.dependents.is_empty()
    }

    pub(super) fn dependents_of(&self, name: &ServiceName) -> &[ServiceName] {
        self.dependents.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn dependencies_of(&self, name: &ServiceName) -> &[ServiceName] {
        self.dependencies.get(name).map_or(&[], Vec::as_slice)
    }

    /// Puts whatever is waited for first.
    pub(super) fn sort(&self, names: &mut [ServiceName]) {
        names.sort_by_key(|name| self.rank.get(name).copied().unwrap_or(usize::MAX));
    }
}
