//! Whole command lines: against a real edge with a fake director behind it, against strangers, and without any director.
#![expect(clippy::expect_used, reason = "helpers of tests fail by panicking")]

mod commands;
mod doctor;
mod fake;
mod following;
mod init;
mod logs;
mod strangers;
mod usage;
