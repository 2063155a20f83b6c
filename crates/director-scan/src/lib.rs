//! What the source of an application says about it, read and never run.
//!
//! This crate exists so that the parser of a foreign language stays out of the supervisor: the daemon must not depend on it.
//! Everything here is bounded in files, bytes and depth, and a file that cannot be understood is named and skipped.
//!
//! [`source::facts`] looks at each file by itself. [`django::scan`] follows the code that a Django project executes while it
//! starts: an interpreter (`run`) walks the syntax trees in the order of execution, with values that know only what matters
//! here (this is a model, that is a queryset nobody has looked at yet), and notes each point where the database would be asked.

pub mod django;
mod files;
mod modules;
mod place;
pub mod project;
mod run;
pub mod source;
mod syntax;

pub use place::{Place, Skipped};
