//! From the text of `director.toml` to the core's validated values.
//!
//! This crate exists so that nothing else in the product ever sees an unchecked setting: what [`load`] returns is
//! complete, every default filled in, every path absolute, every bound kept. What it refuses, it refuses with the place,
//! the finding, what is allowed and, where it can guess, what was meant; all faults of a file at once.
//!
//! # Theory of operation
//!
//! ```text
//!   bytes ─ Source ─▶ toml's recoverable parser ─▶ spanned tree + syntax faults
//!                                                      │
//!        keys (one table: shape, bounds, default) ─▶ read::Reader walks it ─▶ DirectorSpec
//!                     │                                │
//!                     ├─▶ schema(), reference()        └─▶ Diagnostics (rendered or JSON)
//!                     └─▶ suggestions for unknown keys
//! ```
//!
//! Every key is declared once, in the module `keys`: the reader takes its shape and bounds from there, the JSON
//! schema and the written reference are generated from it, and an unknown key is compared with it. A value of the
//! environment is never repeated by a diagnostic, neither in words nor in the quoted line.

mod check;
mod codes;
mod defaults;
mod dependencies;
mod diagnostic;
mod discover;
mod dotenv;
mod effective;
mod expand;
mod keys;
mod ladder;
mod load;
mod mask;
mod net;
mod paths;
mod position;
mod read;
mod reference;
mod render;
mod schema;
mod source;
mod syntax;
mod units;

pub use codes::Code;
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use discover::{NotFound, discover, machine_wide_path};
pub use effective::effective_json;
pub use load::{Loaded, load};
pub use reference::reference;
pub use schema::schema;
pub use source::{Environment, Source};
pub use units::{DurationFault, SizeFault, duration_text, parse_duration, parse_size, size_text};
