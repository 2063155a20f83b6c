//! Reads the spanned tree, table by table, against the table of keys.

mod ctx;
mod dependencies;
mod director;
mod health;
mod hooks;
mod item;
mod limits;
mod lists;
mod quantities;
mod reader;
mod schedule;
mod service;
mod services;
mod values;
mod watch;

pub(crate) use ctx::{Ctx, Fault};
pub(crate) use dependencies::Wish;
pub(crate) use director::read_director;
pub(crate) use item::Item;
pub(crate) use quantities::duration_help;
pub(crate) use reader::Reader;
pub(crate) use service::require;
pub(crate) use values::shown;
