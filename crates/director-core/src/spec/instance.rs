//! `instances`: services that are declared together.

use serde::{Deserialize, Serialize};

use super::{ServiceName, ServiceSpec};

/// Which of the instances of a declared service one is. Its own name is `NAME-INDEX`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Instance {
    /// The declared service.
    pub of: ServiceName,
    /// From 0.
    pub index: u32,
}

impl ServiceSpec {
    /// The name it is declared by: that of all its instances, where it is one of several.
    #[must_use]
    pub fn declared_name(&self) -> &ServiceName {
        self.instance.as_ref().map_or(&self.name, |instance| &instance.of)
    }

    /// Whether `name` means it: its own name, or the declared one.
    #[must_use]
    pub fn is_meant_by(&self, name: &str) -> bool {
        self.name.as_str() == name || self.declared_name().as_str() == name
    }
}
