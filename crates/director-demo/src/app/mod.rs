//! The sample web application: ordinary, except that it goes wrong when asked to.

mod database;
mod gate;
mod http;
mod options;
mod page;
mod routes;
mod server;
mod state;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use director_sys::os_signals::{OsSignal, Watch};

pub use options::AppOptions;
use server::Server;

/// Runs the application until it is asked to end, and returns its exit code: 0 after a graceful stop, 1 when it could not start.
///
/// A stop by Ctrl-C, Ctrl-Break, SIGTERM or the end of the session finishes the requests that are open. A hung application
/// (`/do/hang`) finishes nothing and ignores the request, as a real one does.
pub fn run_app(options: AppOptions) -> i32 {
    match serve(&options) {
        Ok(()) => 0,
        Err(error) => {
            complain(&format!("demo application: {error}"));
            1
        }
    }
}

fn serve(options: &AppOptions) -> Result<(), String> {
    let server = Server::bind(options)?;
    let stopper = server.stopper();
    let _watch = Watch::start(move |signal| match signal {
        OsSignal::Interrupt | OsSignal::Terminate | OsSignal::Shutdown { .. } => {
            say("stopping: finishing open requests");
            stopper.stop();
        }
        OsSignal::Reload => say("nothing to reload"),
    })
    .map_err(|error| format!("cannot catch requests to stop: {error}"))?;
    say(&format!(
        "listening on http://{}/ (pid {})",
        server.address(),
        std::process::id()
    ));
    server.run();
    say("stopped");
    Ok(())
}

/// One line of output. A closed or full output is nobody's reason to stop serving.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// One line on standard error.
fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
