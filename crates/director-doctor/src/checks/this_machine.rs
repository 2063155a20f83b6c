//! The machine that we are on.

use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use director_sys::volume::{self, VolumeKind};
use director_sys::{access, accounts, ports};

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
#[derive(Debug)]
pub struct ThisMachine {
    helper: fn(Help<'_>) -> Result<Vec<u8>, String>,
    /// Asked once: Windows needs a program for it.
    excluded: OnceLock<Vec<RangeInclusive<u16>>>,
}

impl ThisMachine {
    /// `helper` runs a helper, which is a hidden subcommand of our own program.
    #[must_use]
    pub fn new(helper: fn(Help<'_>) -> Result<Vec<u8>, String>) -> Self {
        Self {
            helper,
            excluded: OnceLock::new(),
        }
    }
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
        accounts::profile_dirs()
    }

    fn volume(&self, path: &Path) -> Volume {
        match volume::kind(path) {
            Ok(VolumeKind::Local) => Volume::Local,
            Ok(VolumeKind::Removable) => Volume::Removable,
            Ok(VolumeKind::Network { share }) => Volume::Network(share),
            Ok(VolumeKind::Unknown) | Err(_) => Volume::Unknown,
        }
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        let space = volume::space(path)?;
        Ok(Space {
            free_bytes: space.free_bytes,
            total_bytes: space.total_bytes,
        })
    }

    fn may_write(&self, folder: &Path) -> io::Result<bool> {
        access::may_write_dir(folder)
    }

    fn writable_by_others(&self, path: &Path) -> io::Result<Option<String>> {
        access::writable_by_others(path)
    }

    fn readable_by_others(&self, path: &Path) -> io::Result<Option<String>> {
        access::readable_by_others(path)
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
        // Not to know them is as if there were none: the bind itself finds out.
        let ask = || ports::excluded_ranges().unwrap_or_default();
        self.excluded.get_or_init(ask).clone()
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
