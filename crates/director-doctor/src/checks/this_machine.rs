//! The machine that we are on.

use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use director_sys::{access, accounts, fs_guard};

use super::machine::{Machine, Space, Volume};
use crate::bounded::{self, Ended, Task};
use crate::preflight::Help;

/// Units larger than this are none.
const MOST_UNIT_BYTES: u64 = 64 * 1024;
/// Where systemd looks for units that people write.
const UNIT_FOLDERS: &[&str] = &[
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/etc/systemd/user",
];

/// What the operating system says.
#[derive(Clone, Copy, Debug)]
pub struct ThisMachine {
    /// Runs a helper, which is a hidden subcommand of our own program.
    pub helper: fn(Help<'_>) -> Result<Vec<u8>, String>,
}

impl Machine for ThisMachine {
    fn is_windows(&self) -> bool {
        std::env::consts::OS == "windows"
    }

    fn is_elevated(&self) -> bool {
        accounts::is_elevated()
    }

    fn now_ms(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn profiles(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn volume(&self, path: &Path) -> Volume {
        match fs_guard::hides_changes(path) {
            Ok(Some(kind)) => Volume::Network(kind.to_owned()),
            Ok(None) => Volume::Local,
            Err(_) => Volume::Unknown,
        }
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        let free_bytes = fs_guard::free_space(path)?;
        Ok(Space {
            free_bytes,
            total_bytes: u64::MAX,
        })
    }

    fn may_write(&self, folder: &Path) -> io::Result<bool> {
        access::may_write_dir(folder)
    }

    fn writable_by_others(&self, path: &Path) -> io::Result<Option<String>> {
        let _ = path;
        Err(io::ErrorKind::Unsupported.into())
    }

    fn readable_by_others(&self, path: &Path) -> io::Result<Option<String>> {
        let _ = path;
        Err(io::ErrorKind::Unsupported.into())
    }

    fn ephemeral_ports(&self) -> Option<RangeInclusive<u16>> {
        if self.is_windows() {
            // The default since Windows Vista; `netsh` would have to be asked for another, in the language of the machine.
            return Some(49_152..=65_535);
        }
        let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
        let mut bounds = text.split_whitespace().map(str::parse);
        let (Some(Ok(first)), Some(Ok(last))) = (bounds.next(), bounds.next()) else {
            return None;
        };
        Some(first..=last)
    }

    fn excluded_ports(&self) -> Vec<RangeInclusive<u16>> {
        Vec::new()
    }

    fn helper(&self, help: Help<'_>) -> Result<Vec<u8>, String> {
        (self.helper)(help)
    }

    fn run(&self, task: Task) -> Result<Ended, String> {
        bounded::run(task).map_err(|error| error.to_string())
    }

    fn units(&self) -> Vec<(PathBuf, String)> {
        let mut units = Vec::new();
        for folder in UNIT_FOLDERS {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let files = entries.map(|entry| entry.path());
            for file in files.filter(|file| file.extension().is_some_and(|end| end == "service")) {
                let is_small = std::fs::metadata(&file)
                    .is_ok_and(|meta| meta.is_file() && meta.len() <= MOST_UNIT_BYTES);
                if let Some(text) = is_small.then(|| std::fs::read_to_string(&file).ok()).flatten() {
                    units.push((file, text));
                }
            }
        }
        units.sort();
        units
    }
}
