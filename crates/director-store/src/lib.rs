//! Every file that the director keeps: its formats, how they are written, and how they are read.
//!
//! This crate exists because the daemon writes and the command line reads the same files, also when no director runs,
//! and neither may depend on the other. `docs/files.md` lists the files.
//!
//! How it works:
//! - Small records ([`runs`], [`history`], [`operator`], [`last_good`], [`pid_file`], [`planned`]) are replaced whole, by a temporary
//!   file and a rename, so that a reader sees the old or the new one and never half of either. Each carries a version.
//!   One that cannot be understood is kept aside for a person and reported; it is never trusted.
//! - The output of services ([`logs`]) is appended by one thread for all services, behind queues of a stated size that
//!   never block whoever fills them. What cannot be kept is counted and marked in the file.
//! - The history of events ([`journal`]) is a SQLite database written by one thread; when it cannot be, supervision
//!   goes on and the latest entries stay in memory.
//!
//! Nothing here reads a configuration, knows a process, or depends on the operating system beyond the standard library.

pub mod director_log;
pub mod files;
pub mod history;
pub mod journal;
pub mod last_good;
pub mod logs;
pub mod operator;
pub mod pid_file;
pub mod planned;
pub mod runs;
pub mod stamp;
