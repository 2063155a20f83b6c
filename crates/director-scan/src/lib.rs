//! What the source of an application says about it, read and never run.
//!
//! This crate exists so that the parser of a foreign language stays out of the supervisor: the daemon must not depend on it.
//! Everything here is bounded in files, bytes and depth, and a file that cannot be understood is named and skipped.

pub mod django;
pub mod project;
pub mod source;
