//! The sample application of `director demo`, and the view in which a person watches it being supervised.
//!
//! **Why it exists.** A supervisor can only be judged by what it does when things go wrong. This crate is a small web
//! application that goes wrong on request: it crashes, hangs, locks its own database, leaks, answers nonsense. It is built
//! into the director's binary, so that the demonstration needs nothing else.
//!
//! **Theory of operation.** [`app`] is an ordinary program: a blocking HTTP server with a thread per connection, a SQLite
//! database, a graceful stop. It knows nothing of the director; the hidden subcommand runs it through [`app::run_app`].
//! [`config`] writes the configuration that supervises it, [`client`] presses its buttons from outside, and [`view`] draws
//! what the director reports: pure text from plain values, so that each frame can be tested.

pub mod action;
pub mod app;
pub mod client;
pub mod config;
pub mod view;

pub use action::Action;
pub use app::{AppOptions, run_app};
pub use client::post;
pub use config::sample_config;
