//! A running supervisor of either kind with the same services.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::programs::Programs;
use crate::process;

/// Whom we measure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Director,
    Supervisord,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Director => "director",
            Self::Supervisord => "supervisord",
        }
    }
}

/// Program and arguments of one service; its output is captured and rotated at 10 MiB.
pub(super) type Service = Vec<String>;

/// Killed with all its descendants when dropped before [`Running::shutdown`].
pub(super) struct Running {
    kind: Kind,
    child: Child,
    config: PathBuf,
    /// Just before the supervisor was started.
    pub(super) launched: Instant,
    programs: (PathBuf, PathBuf),
}

impl Running {
    /// Starts a supervisor in `folder` with these services.
    pub(super) fn start(
        programs: &Programs,
        kind: Kind,
        folder: &Path,
        services: &[Service],
    ) -> Result<Self> {
        let (config, text) = match kind {
            Kind::Director => (folder.join("director.toml"), director_config(services)),
            Kind::Supervisord => (
                folder.join("supervisord.conf"),
                supervisord_config(folder, services),
            ),
        };
        Self::launch(programs, kind, folder, config, &text)
    }

    /// Starts a director in `folder` with this configuration.
    pub(super) fn start_with(programs: &Programs, folder: &Path, text: &str) -> Result<Self> {
        Self::launch(
            programs,
            Kind::Director,
            folder,
            folder.join("director.toml"),
            text,
        )
    }

    fn launch(programs: &Programs, kind: Kind, folder: &Path, config: PathBuf, text: &str) -> Result<Self> {
        fs::write(&config, text)?;
        let mut command = match kind {
            Kind::Director => {
                let mut command = Command::new(&programs.director);
                command.arg("run").arg("-c").arg(&config);
                command
            }
            Kind::Supervisord => {
                let mut command = Command::new(programs.supervisor.join("supervisord"));
                command.arg("-n").arg("-c").arg(&config);
                command
            }
        };
        let said = File::create(folder.join("output.txt"))?;
        command
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said);
        let launched = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", process::describe(&command)))?;
        let programs = (programs.director.clone(), programs.supervisor.clone());
        Ok(Self {
            kind,
            child,
            config,
            launched,
            programs,
        })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A command to the running supervisor.
    pub(super) fn control(&self, word: &str) -> Command {
        let mut command = match self.kind {
            Kind::Director => Command::new(&self.programs.0),
            Kind::Supervisord => Command::new(self.programs.1.join("supervisorctl")),
        };
        match self.kind {
            Kind::Director => command.arg(word).arg("-c").arg(&self.config),
            Kind::Supervisord => command.arg("-c").arg(&self.config).arg(word),
        };
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Ends it in good order; the time from the command to the supervisor's own end.
    pub(super) fn shutdown(mut self) -> Result<Duration> {
        let began = Instant::now();
        let status = self.control("shutdown").status()?;
        anyhow::ensure!(status.success(), "shutdown of {}: {status}", self.kind.name());
        let deadline = began + Duration::from_secs(60);
        while self.child.try_wait()?.is_none() {
            anyhow::ensure!(Instant::now() < deadline, "{} has not ended", self.kind.name());
            // Finer than what is measured.
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(began.elapsed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            process::kill_tree(&self.child);
            let _ = self.child.wait();
        }
    }
}

/// The director's configuration; also for Windows, where paths hold backslashes.
pub(super) fn director_config(services: &[Service]) -> String {
    let mut text = String::from("[director]\nname = \"bench\"\n");
    for (index, service) in services.iter().enumerate() {
        let _ = write!(
            text,
            "\n[service.s{index:03}]\ncommand = {}\nrestart = {{ backoff = [\"0s\"] }}\n\
             log = {{ max_file = \"10MiB\", max_total = \"2GiB\" }}\n",
            toml::Value::from(service.clone())
        );
    }
    text
}

fn supervisord_config(folder: &Path, services: &[Service]) -> String {
    let folder = folder.display();
    let mut text = format!(
        "[unix_http_server]\nfile={folder}/s.sock\n[supervisord]\nlogfile={folder}/s.log\npidfile={folder}/s.pid\n\
         [rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n\
         [supervisorctl]\nserverurl=unix://{folder}/s.sock\n"
    );
    for (index, service) in services.iter().enumerate() {
        let _ = write!(
            text,
            "[program:s{index:03}]\ncommand={}\nautorestart=true\nstartsecs=0\nstartretries=1000000\n\
             stdout_logfile={folder}/logs/s{index:03}/current.log\nstdout_logfile_maxbytes=10MB\n\
             stdout_logfile_backups=200\nredirect_stderr=true\n",
            service.join(" ")
        );
        let _ = fs::create_dir_all(format!("{folder}/logs/s{index:03}"));
    }
    text
}
