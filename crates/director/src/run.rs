//! `director run`: supervises in the foreground.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use director_api::Edge;
use director_cli::{Exit, Failure, RunArgs};
use director_config::{Diagnostics, Environment, Source};
use director_core::spec::DirectorSpec;
use director_daemon::{Daemon, Loader, Options, StartError};
use director_store::director_log::{Level, Log, LogOptions};
use director_store::pid_file::PidFile;
use director_sys::ipc::Endpoint;

/// What a director is to run.
struct Plan {
    spec: DirectorSpec,
    good_text: Option<(PathBuf, String)>,
    fallback: Option<String>,
}

/// Supervises until every service is down after a shutdown.
pub(crate) fn run(args: RunArgs) -> Result<u8, Failure> {
    let plan = plan(&args)?;
    let log = open_log(&plan.spec, args.verbose)?;
    let names: Vec<String> = plan.spec.services.keys().map(ToString::to_string).collect();
    let (data_dir, name) = (plan.spec.data_dir.clone(), plan.spec.name.clone());
    let daemon = Daemon::prepare(Options {
        spec: plan.spec,
        good_text: plan.good_text,
        config: args.config.clone(),
        fallback: plan.fallback,
        log: log.clone(),
        own_exe: own_exe()?,
        force: args.force,
        signals: true,
        loader: loader(&args.config),
    })
    .map_err(|error| {
        log.error(&error);
        refused(&error, &args.config)
    })?;
    let served = serve(&daemon, &data_dir, &args.config, &name, &log);
    eprintln!(
        "director {}: supervises {} from {}; Ctrl-C stops all of it",
        env!("CARGO_PKG_VERSION"),
        names.join(", "),
        args.config.display()
    );
    // The config reader and the command line are not needed again: their pages go back.
    if let Err(error) = director_sys::memory::release_start_pages() {
        log.debug(format_args!("the pages of the start stay: {error}"));
    }
    let remains = daemon.run();
    if let Some(edge) = served {
        edge.stop();
        if let Err(error) = PidFile::remove(&data_dir) {
            log.warn(error);
        }
    }
    // Nothing of it needs an orderly end any more, and the process ends next.
    std::mem::forget(remains);
    Ok(Exit::Done.code())
}

/// This executable, for the hidden subcommands.
pub(crate) fn own_exe() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("cannot find the director's own executable: {error}"),
        )
    })
}

/// Reads and validates a config file.
pub(crate) fn load(path: &Path) -> Result<(DirectorSpec, String), Diagnostics> {
    let source = Source::read(path)?;
    let environment = Environment {
        vars: &|name| std::env::var(name).ok(),
        windows: std::env::consts::FAMILY == "windows",
        read_file: &|path| std::fs::read_to_string(path),
    };
    let loaded = director_config::load(&source, &environment)?;
    Ok((loaded.spec, source.text))
}

/// Reads the file again, for a reload.
pub(crate) fn loader(path: &Path) -> Loader {
    let path = path.to_owned();
    Arc::new(move || load(&path).map_err(|found| found.render(false)))
}

/// The file's config; at boot, when the file is invalid, the last one that ran well (guarantee 9).
fn plan(args: &RunArgs) -> Result<Plan, Failure> {
    match load(&args.config) {
        Ok((spec, text)) => Ok(Plan {
            spec,
            good_text: Some((args.config.clone(), text)),
            fallback: None,
        }),
        Err(diagnostics) => {
            eprint!("{}", diagnostics.render(args.color));
            let kept = if args.boot {
                director_cli::last_good(&args.config)
            } else {
                None
            };
            let Some(spec) = kept else {
                return Err(Failure::silent(Exit::ConfigInvalid));
            };
            let fallback = diagnostics.summary();
            eprintln!("warning: {fallback}; starts the last config that ran well");
            Ok(Plan {
                spec,
                good_text: None,
                fallback: Some(fallback),
            })
        }
    }
}

fn open_log(spec: &DirectorSpec, verbose: bool) -> Result<Log, Failure> {
    let level = if verbose { Level::Debug } else { Level::Info };
    let options = LogOptions { level, echo: verbose };
    let opened = Log::open(&spec.log_dir, &std::env::temp_dir(), &spec.name, options).map_err(|error| {
        Failure::new(Exit::Failed, error.to_string()).hint("check director.log_dir and its rights")
    })?;
    if let Some(error) = opened.fell_back {
        let place = opened.log.path();
        eprintln!("warning: {error}; the director's log goes to {}", place.display());
        opened.log.warn(error);
    }
    Ok(opened.log)
}

/// Opens the endpoint. Without it the services are supervised all the same: a person sees why in the log.
fn serve(daemon: &Daemon, data_dir: &Path, config: &Path, name: &str, log: &Log) -> Option<Edge> {
    let endpoint = match Endpoint::for_data_dir(data_dir) {
        Ok(endpoint) => endpoint,
        Err(error) => return unserved(log, &error),
    };
    let edge = match Edge::start(&endpoint, daemon.asker()) {
        Ok(edge) => edge,
        Err(error) => return unserved(log, &error),
    };
    let me = director_sys::identity::current().ok();
    let saved = PidFile {
        version: director_store::pid_file::VERSION,
        pid: std::process::id(),
        start: me.map_or(0, |me| me.start),
        director_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_unix_ms: director_sys::clock::unix_ms(),
        config: config.to_owned(),
        name: name.to_owned(),
        endpoint: endpoint.to_string(),
    }
    .save(data_dir);
    if let Err(error) = saved {
        log.warn(error);
    }
    Some(edge)
}

fn unserved(log: &Log, error: &io::Error) -> Option<Edge> {
    log.error(format_args!("cannot open the endpoint: {error}"));
    eprintln!(
        "warning: cannot open the endpoint, so `director status` and the like will not reach this director: {error}"
    );
    None
}

/// The exit code and words of a director that does not start.
fn refused(error: &StartError, config: &Path) -> Failure {
    let exit = match error {
        StartError::AlreadyRuns { .. } => Exit::AlreadyRuns,
        StartError::ShutDown { .. } => Exit::Refused,
        StartError::Folder { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
            Exit::Refused
        }
        StartError::Folder { .. } | StartError::System { .. } => Exit::Failed,
    };
    let failure = Failure::new(exit, error.to_string());
    let config = config.display();
    match error {
        StartError::AlreadyRuns { .. } => failure.hint(format!("look at it: director status -c {config}")),
        StartError::ShutDown { .. } => failure.hint(format!(
            "to start it all the same: director run --force -c {config}"
        )),
        StartError::Folder { .. } => {
            failure.hint("run as an account that may write there, or set director.data_dir")
        }
        StartError::System { .. } => failure,
    }
}
