//! The folder, the config and the director of the demonstration.

use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use director_api::Edge;
use director_cli::{Exit, Failure};
use director_daemon::{Daemon, Options};
use director_store::director_log::{Level, Log, LogOptions};
use director_sys::ipc::Endpoint;

use crate::run;

/// A folder that goes with the demonstration.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is in the temp folder, where it may stay.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn failed(what: &str) -> Failure {
    Failure::new(Exit::Failed, what)
}

/// The wished port, or one that is free now.
pub(crate) fn free_port(wished: Option<u16>) -> Result<u16, Failure> {
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

pub(crate) fn start(folder: &Path, port: u16, verbose: bool) -> Result<Daemon, Failure> {
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
        loader: run::loader(&config),
        config,
        fallback: None,
        log: opened.log,
        own_exe,
        force: true,
        signals: true,
    };
    Daemon::prepare(options).map_err(|error| failed(&error.to_string()))
}

/// The endpoint, so that `director status -c …` reaches the demonstration too. It goes on without.
pub(crate) fn serve(folder: &Path, daemon: &Daemon) -> Option<Edge> {
    let endpoint = Endpoint::for_data_dir(&folder.join(".director")).ok()?;
    Edge::start(&endpoint, daemon.asker()).ok()
}
