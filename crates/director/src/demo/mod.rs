//! `director demo`: the sample application under a real director, in this process, with a live view.

mod live;
mod plain;

use std::io::{self, IsTerminal};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Duration;

use director_api::Edge;
use director_cli::{DemoArgs, Exit, Failure};
use director_core::command::{Command, Numbered, Request};
use director_core::report::DirectorReport;
use director_core::spec::ServiceName;
use director_daemon::{Daemon, Options};
use director_store::director_log::{Level, Log, LogOptions};
use director_sys::ipc::Endpoint;

use crate::run;

/// The director answers within microseconds; this is for one that is gone.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// A director of our own, and how to talk to it.
pub(crate) struct Stage {
    ask: Box<dyn Fn(Request) + Send + Sync>,
    /// The sample application's port.
    pub(crate) port: u16,
    /// Its name.
    pub(crate) web: ServiceName,
}

impl Stage {
    /// Hands a request to the director. Nobody answers once it has ended.
    pub(crate) fn ask(&self, request: Request) {
        (self.ask)(request);
    }

    fn answer<T: Send + 'static>(
        &self,
        request: impl FnOnce(director_core::command::Reply<T>) -> Request,
    ) -> Option<T> {
        let (reply, answer) = channel();
        (self.ask)(request(Box::new(move |value| {
            let _ = reply.send(value);
        })));
        answer.recv_timeout(ANSWER_LIMIT).ok()
    }

    /// The state of all; none once the director has ended.
    pub(crate) fn report(&self) -> Option<DirectorReport> {
        self.answer(|reply| Request::Report {
            usage_of: Some(self.web.clone()),
            reply,
        })
    }

    /// The journal after entry `after`, the latest 200 at most.
    pub(crate) fn events(&self, after: u64) -> Vec<Numbered> {
        self.answer(|reply| Request::Events {
            after,
            service: None,
            limit: 200,
            reply,
        })
        .unwrap_or_default()
    }

    /// The last lines of the application's output.
    pub(crate) fn tail(&self, lines: usize) -> Vec<String> {
        let bytes = self
            .answer(|reply| Request::Tail {
                service: self.web.clone(),
                reply,
            })
            .flatten()
            .unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..]
            .iter()
            .map(|line| (*line).to_owned())
            .collect()
    }

    /// Gives a command; what comes of it is seen in the view.
    pub(crate) fn command(&self, command: Command) {
        (self.ask)(Request::Command {
            command,
            reply: Box::new(|_| {}),
        });
    }
}

/// A folder that goes with the demonstration.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is in the temp folder, where it may stay.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

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
    let shown = if io::stdout().is_terminal() && io::stdin().is_terminal() {
        live::show(&stage, &url, args.color, &folder.0)
    } else {
        plain::show(&stage, &url, &folder.0)
    };
    stage.command(Command::Shutdown { now: false });
    daemon.wait();
    if let Some(edge) = edge {
        edge.stop();
    }
    shown.map_err(|error| Failure::new(Exit::Failed, format!("cannot show the demonstration: {error}")))?;
    println!("The demonstration has ended; nothing of it is left running.");
    Ok(Exit::Done.code())
}

fn failed(what: &str) -> Failure {
    Failure::new(Exit::Failed, what)
}

/// The wished port, or one that is free now.
fn free_port(wished: Option<u16>) -> Result<u16, Failure> {
    let listener = TcpListener::bind(("127.0.0.1", wished.unwrap_or(0))).map_err(|error| {
        let port = wished.map_or_else(|| "a free port".to_owned(), |port| format!("port {port}"));
        failed(&format!("cannot use {port} for the sample application: {error}"))
            .hint("choose another: director demo --port PORT")
    })?;
    let address = listener
        .local_addr()
        .map_err(|error| failed(&error.to_string()))?;
    Ok(address.port())
}

fn start(folder: &Path, port: u16, verbose: bool) -> Result<Daemon, Failure> {
    let cannot = |error: io::Error| failed(&format!("cannot write to {}: {error}", folder.display()));
    director_sys::fs_guard::create_private_dir(folder).map_err(cannot)?;
    let own_exe = run::own_exe()?;
    let config = folder.join("director.toml");
    std::fs::write(&config, director_demo::sample_config(&own_exe, port, folder)).map_err(cannot)?;
    let (spec, text) = run::load(&config).map_err(|diagnostics| failed(&diagnostics.render(false)))?;
    let level = if verbose { Level::Debug } else { Level::Info };
    let opened = Log::open(
        &spec.log_dir,
        folder,
        &spec.name,
        LogOptions { level, echo: false },
    )
    .map_err(|error| failed(&error.to_string()))?;
    let options = Options {
        spec,
        good_text: Some((config.clone(), text)),
        config,
        fallback: None,
        log: opened.log,
        own_exe,
        force: true,
        signals: true,
    };
    Daemon::start(options).map_err(|error| failed(&error.to_string()))
}

/// The endpoint, so that `director status -c …` reaches the demonstration too. It goes on without.
fn serve(folder: &Path, daemon: &Daemon) -> Option<Edge> {
    let endpoint = Endpoint::for_data_dir(&folder.join(".director")).ok()?;
    Edge::start(&endpoint, daemon.asker()).ok()
}
