//! One module per command.

mod act;
mod check;
mod completions;
mod doctor;
mod events;
pub(crate) mod finding;
mod logs;
mod preflight;
mod reload;
mod shutdown;
mod sqlite;
mod status;
mod watch;
mod why;

use crate::args::{Cli, Sub};
use crate::entry::{DemoArgs, Hooks, RunArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::locate;
use crate::progress::Wish;
use crate::ui::Ui;

/// Carries out a command, says what went wrong, and returns the exit code.
pub(crate) fn dispatch(cli: &Cli, hooks: &Hooks, ui: &mut Ui) -> u8 {
    match carry_out(cli, hooks, ui) {
        Ok(code) => code,
        Err(failure) => {
            ui.fail(&failure);
            failure.exit.code()
        }
    }
}

fn carry_out(cli: &Cli, hooks: &Hooks, ui: &mut Ui) -> Result<u8, Failure> {
    let config = cli.global.config.as_deref();
    let exit = match &cli.command {
        Sub::Demo { port } => {
            return (hooks.demo)(DemoArgs {
                port: *port,
                verbose: ui.verbose,
                color: ui.color,
            });
        }
        Sub::Run { force, boot } => {
            return (hooks.run)(RunArgs {
                config: locate::find_config(config)?,
                force: *force,
                boot: *boot,
                verbose: ui.verbose,
                color: ui.err_color,
            });
        }
        Sub::Shutdown { now } => shutdown::shutdown(config, *now, ui)?,
        Sub::Status { service, json, watch } => {
            let wanted = status::Wanted {
                service: service.as_deref(),
                json: *json,
            };
            if *watch {
                watch::watch(config, &wanted, ui)?
            } else {
                status::status(config, &wanted, ui)?
            }
        }
        Sub::Why { service, json } => why::why(config, service, *json, ui)?,
        Sub::Start(act) => act::act(Wish::Start, config, act, ui)?,
        Sub::Stop(act) => act::act(Wish::Stop, config, act, ui)?,
        Sub::Restart(act) => act::act(Wish::Restart, config, act, ui)?,
        Sub::Reload(args) => reload::reload(config, args, ui)?,
        Sub::Logs(logs) => logs::logs(config, logs, ui)?,
        Sub::Events(events) => events::events(config, events, ui)?,
        Sub::Preflight { services, json } => preflight::preflight(config, services, *json, ui)?,
        Sub::Sqlite { what } => sqlite::sqlite(what, ui)?,
        Sub::Check { json } => check::check(config, *json, ui)?,
        Sub::Doctor(args) => doctor::doctor(config, args, ui)?,
        Sub::Schema => {
            ui.print_json(&director_config::schema())?;
            Exit::Done
        }
        Sub::Completions { shell } => completions::completions(*shell, ui)?,
    };
    Ok(exit.code())
}
