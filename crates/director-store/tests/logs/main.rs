//! The output of services: written, rotated, repaired, and read.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test by panicking")]

mod files;
mod lab;
mod pressure;
mod writer;
