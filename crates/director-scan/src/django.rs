//! Database access that a Django project makes while it starts.

mod patterns;
mod report;

pub use patterns::{FIRST_REQUEST, MANAGEMENT_COMMAND};
pub use report::{Access, Finding, Report, Rule, Severity, Step};
