//! The texts that `director init` writes: a configuration, a health endpoint, and what an application should set on its database.
//!
//! What a folder holds is found by `director-scan`; here it becomes text, with a line of explanation for each choice.

mod compose;
mod health;
mod interpreter;
mod quote;
mod snippets;

pub(crate) use compose::{Wishes, command_line, compose, nothing_found};
pub(crate) use health::{HealthFile, health_file};
pub(crate) use snippets::snippet;
