//! The way in: from the process's arguments to an exit code.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Parser;
use director_core::spec::DirectorSpec;

use crate::args::{Cli, with_aliases};
use crate::commands;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::locate;
use crate::ui::Ui;

/// What the binary lends: the parts that must not be dependencies of the command line.
#[derive(Clone, Copy, Debug)]
pub struct Hooks {
    /// Supervises in the foreground; returns the exit code when it has ended.
    pub run: fn(RunArgs) -> Result<u8, Failure>,
    /// Runs the demonstration.
    pub demo: fn(DemoArgs) -> Result<u8, Failure>,
}

/// `director run`.
#[derive(Clone, Debug)]
pub struct RunArgs {
    /// The configuration, found and existing; not yet read.
    pub config: PathBuf,
    /// Clears the mark that `director shutdown` left.
    pub force: bool,
    /// Nobody watches: an invalid file starts the last configuration that ran well (guarantee 9).
    pub boot: bool,
    /// `-v`.
    pub verbose: bool,
    /// Whether colours may be used on the standard error.
    pub color: bool,
}

/// `director demo`.
#[derive(Clone, Debug)]
pub struct DemoArgs {
    /// The sample app's port; none: a free one.
    pub port: Option<u16>,
    /// `-v`.
    pub verbose: bool,
    /// Whether colours may be used.
    pub color: bool,
}

/// The last configuration that ran well from the invalid file `config`, unless it says `director.fallback = false`.
#[must_use]
pub fn last_good(config: &Path) -> Option<DirectorSpec> {
    locate::last_good_of(config).filter(|spec| spec.fallback)
}

/// Carries out the process's command line and returns its exit code.
#[must_use]
pub fn main(hooks: &Hooks) -> u8 {
    let cli = match Cli::try_parse_from(with_aliases(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let mut ui = Ui::standard(cli.global.no_color, cli.global.verbose);
    commands::dispatch(&cli, hooks, &mut ui)
}

/// Carries out `arguments` (the first is the program's name), writing to `ui`. For tests of the whole command line.
#[must_use]
pub fn main_with(arguments: impl IntoIterator<Item = OsString>, hooks: &Hooks, ui: &mut Ui) -> u8 {
    match Cli::try_parse_from(with_aliases(arguments.into_iter())) {
        Ok(cli) => commands::dispatch(&cli, hooks, ui),
        Err(error) => {
            let text = error.render().to_string();
            let told = if error.use_stderr() {
                ui.say(text.trim_end());
                Ok(())
            } else {
                ui.print(&text)
            };
            match told {
                Ok(()) => exit_of(&error),
                Err(failure) => failure.exit.code(),
            }
        }
    }
}

/// Help and version were asked for, or the command line is wrong.
fn usage(error: &clap::Error) -> u8 {
    // A closed standard output is no reason to fail.
    let _ = error.print();
    exit_of(error)
}

fn exit_of(error: &clap::Error) -> u8 {
    if error.use_stderr() {
        Exit::Usage.code()
    } else {
        Exit::Done.code()
    }
}

/// The grammar, for generated documents.
#[must_use]
pub fn grammar() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}
