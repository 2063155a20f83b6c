//! A running Wine for the length of a test run.
//!
//! Wine boots with its first program and ends seconds after its last. Tests start hundreds of short programs, so
//! one idle program keeps the session up. The prefix lies below `target/`: a test that ruins it ruins nobody else's.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use super::Tools;
use crate::{process, workspace};

const LIMIT: Duration = Duration::from_secs(5 * 60);
/// Without a display this driver lets programs have windows all the same, so that they can be asked to close.
const GRAPHICS: &str = "null";

/// Ends the Wine session of our prefix when dropped.
pub(crate) struct Session {
    prefix: PathBuf,
    wineserver: Option<PathBuf>,
    keeper: Option<Child>,
    /// One session at a time: starting and ending one ends every program of the prefix. Freed by the system.
    _lock: Option<File>,
}

impl Session {
    /// Boots Wine in the prefix of this checkout; on Windows there is nothing to boot.
    pub(crate) fn start(tools: &Tools) -> Result<Self> {
        let prefix = workspace::target("wine-prefix");
        let Some(wine) = tools.wine() else {
            return Ok(Self {
                prefix,
                wineserver: None,
                keeper: None,
                _lock: None,
            });
        };
        let lock = lock(&prefix.with_extension("lock"))?;
        let stamp = prefix.join("made-by");
        let maker = format!("{}, {GRAPHICS}", tools.origin());
        if fs::read_to_string(&stamp).is_ok_and(|text| text == maker) {
            clean_up_after_a_killed_run(tools, &prefix);
        } else {
            let _ = fs::remove_dir_all(&prefix);
            fs::create_dir_all(&prefix)?;
            let mut boot = Command::new(&wine);
            boot.args(["wineboot", "-i"])
                .env("WINEPREFIX", &prefix)
                .env("WINEDEBUG", "-all");
            process::quiet(boot, LIMIT).context("cannot make a Wine prefix")?;
            let mut graphics = Command::new(&wine);
            graphics
                .args(["reg", "add", r"HKCU\Software\Wine\Drivers", "/f", "/v"])
                .args(["Graphics", "/d", GRAPHICS])
                .env("WINEPREFIX", &prefix)
                .env("WINEDEBUG", "-all");
            process::quiet(graphics, LIMIT).context("cannot set Wine's display driver")?;
            fs::write(&stamp, maker)?;
        }
        let mut keeper = Command::new(&wine);
        // An hour is longer than any run; the session is ended explicitly.
        keeper
            .args(["cmd.exe", "/c", "ping -n 3600 127.0.0.1 >nul"])
            .env("WINEPREFIX", &prefix);
        keeper
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let keeper = keeper.spawn().context("cannot start wine")?;
        Ok(Self {
            prefix,
            wineserver: tools.wineserver(),
            keeper: Some(keeper),
            _lock: Some(lock),
        })
    }

    /// Lets a command's Wine programs run in this session.
    pub(crate) fn apply(&self, command: &mut Command) {
        if self.keeper.is_some() {
            command
                .env("WINEPREFIX", &self.prefix)
                .env("WINEDEBUG", "-all")
                .env_remove("SSL_CERT_FILE");
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(wineserver) = &self.wineserver {
            process::succeeds(Command::new(wineserver).arg("-k").env("WINEPREFIX", &self.prefix));
        }
        if let Some(keeper) = &mut self.keeper {
            let _ = keeper.kill();
            let _ = keeper.wait();
        }
    }
}

fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            println!("  another run uses Wine in this checkout; waiting for its end");
            file.lock()
                .with_context(|| format!("cannot lock {}", path.display()))?;
        }
        Err(TryLockError::Error(error)) => return Err(error).context("cannot lock the Wine prefix"),
    }
    Ok(file)
}

fn clean_up_after_a_killed_run(tools: &Tools, prefix: &Path) {
    if let Some(wineserver) = tools.wineserver() {
        // Fails when no session runs, which is the usual case.
        process::succeeds(Command::new(wineserver).arg("-k").env("WINEPREFIX", prefix));
    }
}

/// How Wine sees a file of this machine: `/a/b` is `Z:\a\b`. On Windows the path itself.
pub(crate) fn wine_path(path: &Path) -> String {
    let text = path.display().to_string();
    if text.starts_with('/') {
        format!("Z:{}", text.replace('/', "\\"))
    } else {
        text
    }
}
