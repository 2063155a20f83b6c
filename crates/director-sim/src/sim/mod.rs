//! The simulation: a clock, a queue of what happens when, and one director at a time.
//!
//! `outside` is the world that does as it likes, `programs` what runs in it, `threads` the director's threads with their
//! delays, `calendar` what is planned, `driver` its one deciding thread, `boot` its beginning and its end, `blockers`
//! what stands in the way of a start.

mod blockers;
mod boot;
mod calendar;
mod driver;
mod hands;
mod history;
mod hooks;
mod keeping;
mod limits;
mod outside;
mod programs;
mod queue;
mod reaper;
mod rest;
mod spawner;
mod threads;

pub(crate) use history::Sim;
