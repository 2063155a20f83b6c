//! `rogue`, the misbehaving test program.
//!
//! Every way in which a supervised program can be difficult is one flag, and flags combine. The same
//! command line works on Linux and Windows; names that belong to the other system are accepted and
//! have no effect, so that one test can serve both. `rogue --help` lists everything.
//!
//! A run goes through fixed stages: rungs are armed first, then the program records itself, forks,
//! takes its locks and its port, produces output in the order of the command line, and at last ends
//! or stays. So whoever reads a `--say ready` knows that all the rest stands. Nothing outlives
//! `--lifetime`: a failed test leaves no process behind for long.
#![expect(
    unsafe_code,
    reason = "signals, crashes and console events have no safe interface; dev-only program"
)]

mod ending;
mod forks;
mod health;
mod help;
mod holds;
mod http;
mod inspect;
mod locks;
mod memory;
mod options;
mod output;
mod parse;
mod record;
mod rungs;
mod window;

use std::ffi::OsString;
use std::process::exit;

use options::Options;

/// The command line was wrong.
const EXIT_USAGE: i32 = 2;
/// Something that a flag asked for could not be set up.
const EXIT_SETUP: i32 = 96;
/// A file that `--need` names is missing.
const EXIT_MISSING: i32 = 95;
/// A lock that a flag asked for is held by somebody else.
const EXIT_LOCK_HELD: i32 = 97;
/// The port could not be listened on.
const EXIT_PORT: i32 = 98;
/// Writing to stdout or stderr failed.
const EXIT_OUTPUT: i32 = 99;
/// The lifetime was over.
const EXIT_LIFETIME: i32 = 124;

fn main() {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let [flag, code] = arguments.as_slice()
        && flag == "--fast-exit"
    {
        exit(parse::exit_code(code).unwrap_or(EXIT_USAGE));
    }
    if arguments
        .iter()
        .take_while(|a| *a != "--args")
        .any(|a| a == "--help" || a == "-h")
    {
        print!("{}", help::TEXT);
        exit(0);
    }
    match parse::parse(arguments) {
        Ok(options) => run(options),
        Err(message) => die(EXIT_USAGE, &message),
    }
}

fn run(options: Options) -> ! {
    if let Some(pid) = options.suspend_pid {
        exit(ending::suspend_other(pid));
    }
    if let Some((pid, rung)) = options.console_event {
        exit(rungs::send_to_console(pid, rung));
    }
    if let Some(order) = &options.launch {
        exit(forks::launch_and_leave(order, &options));
    }
    ending::bound_lifetime(options.lifetime);
    rungs::arm(&options.ignored, &options.answers, options.record.as_deref());
    if let Some(order) = &options.grandchild {
        forks::live_as_grandchild(order, &options);
    }
    let _held = locks::take(&options);
    let _open = holds::take(&options);
    record::own_pid(&options, "main");
    forks::start_all(&options);
    if let Some(server) = &options.server {
        http::start(server, options.record.as_deref());
    }
    window::open(&options);
    memory::eat(&options);
    output::watch_stdin(&options);
    output::perform(&options);
    ending::end(&options)
}

/// Says on stderr why rogue gives up, and ends with `code`.
fn die(code: i32, message: &str) -> ! {
    eprintln!("rogue: {message}");
    exit(code)
}
