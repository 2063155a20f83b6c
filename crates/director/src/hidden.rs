//! Subcommands that only the director itself uses; they are looked at before the command line is parsed, so that none of
//! them shows in the help and a helper starts as fast as it can.

use std::ffi::OsString;

use director_demo::AppOptions;

/// Delivers a console event (Windows).
const CONSOLE_EVENT: &str = "__console-event";
/// The sample application of `director demo`.
pub(crate) const DEMO_APP: &str = "__demo-app";

/// Runs a hidden subcommand, when the arguments name one; returns its exit code.
pub(crate) fn dispatch() -> Option<u8> {
    let mut args = std::env::args_os().skip(1);
    let first = args.next()?;
    let rest: Vec<OsString> = args.collect();
    let code = match first.to_str()? {
        CONSOLE_EVENT => director_sys::tree::console_helper_main(&rest),
        director_doctor::database::SUBCOMMAND => director_doctor::database::helper_main(&rest),
        director_doctor::holders::SUBCOMMAND => director_doctor::holders::helper_main(&rest),
        DEMO_APP => demo_app(&rest),
        _ => return None,
    };
    Some(u8::try_from(code).unwrap_or(1))
}

fn demo_app(args: &[OsString]) -> i32 {
    match AppOptions::from_args(args.iter().cloned(), env!("CARGO_PKG_VERSION")) {
        Ok(options) => director_demo::run_app(options),
        Err(usage) => {
            eprintln!("{usage}");
            2
        }
    }
}
