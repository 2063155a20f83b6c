//! The `director` binary: leads each subcommand to the crate that does it. Little else.

mod demo;
mod hidden;
mod run;

use std::process::ExitCode;

use director_cli::Hooks;

fn main() -> ExitCode {
    if let Some(code) = hidden::dispatch() {
        return ExitCode::from(code);
    }
    let hooks = Hooks {
        run: run::run,
        demo: demo::demo,
    };
    ExitCode::from(director_cli::main(&hooks))
}
