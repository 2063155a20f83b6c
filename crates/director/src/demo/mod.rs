//! `director demo`: the sample application under a real director, in this process, with a live view.

mod live;
mod plain;
mod setup;
mod stage;

use std::io::{self, IsTerminal};
use std::thread;

use director_cli::{DemoArgs, Exit, Failure};
use director_core::command::Command;
use director_core::spec::ServiceName;

use setup::{Folder, failed, free_port, serve, start};
pub(crate) use stage::Stage;

/// Runs the demonstration until a person ends it.
pub(crate) fn demo(args: DemoArgs) -> Result<u8, Failure> {
    let port = free_port(args.port)?;
    let folder = Folder(std::env::temp_dir().join(format!("director-demo-{}", std::process::id())));
    let daemon = start(&folder.0, port, args.verbose)?;
    let edge = serve(&folder.0, &daemon);
    let web = ServiceName::new("web").map_err(|_| failed("the sample has a bad name"))?;
    let stage = Stage {
        ask: Box::new(daemon.asker()),
        port,
        web,
    };
    let url = format!("http://127.0.0.1:{port}/");
    // The view has this thread.
    let supervision = thread::Builder::new()
        .name("driver".to_owned())
        .spawn(move || daemon.run())
        .map_err(|error| failed(&format!("cannot start the director's thread: {error}")))?;
    let shown = if io::stdout().is_terminal() && io::stdin().is_terminal() {
        live::show(&stage, &url, args.color, &folder.0)
    } else {
        plain::show(&stage, &url, &folder.0)
    };
    stage.command(Command::Shutdown { now: false });
    // A panic was reported by the panic hook.
    let _ = supervision.join();
    if let Some(edge) = edge {
        edge.stop();
    }
    shown.map_err(|error| Failure::new(Exit::Failed, format!("cannot show the demonstration: {error}")))?;
    println!("The demonstration has ended; nothing of it is left running.");
    Ok(Exit::Done.code())
}
