//! An interpreter that follows what a Django project executes while it starts, and knows only what concerns the database.
//!
//! It executes syntax trees in Python's order: statements, imports (each module once), class bodies, calls of functions
//! that the project defines. A value knows only what matters here; everything else is [`Value::Unknown`]. Where a condition
//! cannot be told, both branches are executed, so what is found may happen, and what may not happen is not found. It is bounded in
//! steps, calls and nesting, and what a bound cuts off makes the scan incomplete and says so.

mod argv;
mod attribute;
mod call;
mod class;
mod define;
mod exec;
mod expression;
mod external;
mod import;
mod interpreter;
mod iterate;
mod method;
mod orm;
mod value;

pub(crate) use argv::Command;
pub(crate) use interpreter::{Interpreter, Sources};
pub(crate) use value::{ClassId, Value};
