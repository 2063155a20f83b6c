//! The sentences of `director why`: from what is known of a service to cause, evidence, what is next and what to do.
//!
//! Pure: it neither asks the director nor reads a file.

mod calendar;
mod exits;
mod explanation;
mod phases;
mod probes;
mod text;

pub(crate) use explanation::{Explanation, Known, explain, explain_offline};
pub(crate) use text::render;

#[cfg(test)]
mod tests;
