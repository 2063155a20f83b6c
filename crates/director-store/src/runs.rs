//! `runs/<service>.json`: who a run's process is, so that the next director finds what a killed one left behind.
//!
//! Before a spawn the intent is written (the invocation mark that the child will bear in its environment), after it the
//! identity (pid and start time), and the record goes once the tree is empty. No moment is left in which a child exists
//! that no record leads to. Records are not synced to the disk: they must survive the death of the director, and a power
//! cut ends every process they could name; a record of another boot is void ([`Record::is_of_boot`]).

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use director_core::spec::ServiceName;
use serde::{Deserialize, Serialize};

use crate::files::{
    BadFile, FileError, Loaded, OnBad, bad, load_json, remove_if_there, rename_over, with_suffix,
};

/// The version of the format.
pub const VERSION: u32 = 1;

/// A process: its id, and its start time as the system counts it, which together name one process of a boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// The process id.
    pub pid: u32,
    /// Linux: clock ticks since boot; Windows: creation time in 100 ns.
    pub start: u64,
}

/// How far a start came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordPhase {
    /// A spawn was about to happen; a process may exist.
    Intent,
    /// It happened; `process` says who.
    Spawned,
}

/// One run that has, or may have, processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// [`VERSION`].
    pub version: u32,
    /// Whose.
    pub service: ServiceName,
    /// The run's number.
    pub run: u64,
    /// The mark in the environment of its processes.
    pub invocation: String,
    /// The boot it belongs to.
    pub boot_id: String,
    /// When it was written first, in Unix milliseconds.
    pub started_unix_ms: i64,
    /// How far the start came.
    pub phase: RecordPhase,
    /// The first process; set in [`RecordPhase::Spawned`].
    pub process: Option<Identity>,
    /// The director that started it.
    pub director: Identity,
    /// Set for a helper of the service, such as a hook: a number that is its own in this director.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helper: Option<u64>,
}

impl Record {
    /// The file's name without its end. No service has a `~` in its name.
    fn stem(&self) -> String {
        match self.helper {
            Some(number) => format!("{}{HELPER}{number:x}", self.service),
            None => self.service.to_string(),
        }
    }

    /// Whether the record was written in the boot `boot_id`; if not, nothing it names can be alive.
    #[must_use]
    pub fn is_of_boot(&self, boot_id: &str) -> bool {
        self.boot_id == boot_id
    }
}

/// Parts a service's name from the number of its helper.
const HELPER: char = '~';
/// From so many records on, one rename is cheaper than their removal.
const MANY: usize = 8;

/// The folder `runs`, for the one director that writes it.
#[derive(Debug)]
pub struct RunStore {
    folder: PathBuf,
    buffer: Vec<u8>,
}

impl RunStore {
    /// Makes the folder if needed.
    ///
    /// # Errors
    /// It is not there and cannot be made.
    pub fn open(data_dir: &Path) -> Result<Self, FileError> {
        let folder = folder(data_dir);
        fs::create_dir_all(&folder).map_err(|source| FileError::new("create folder", &folder, source))?;
        Ok(Self {
            folder,
            buffer: Vec::with_capacity(512),
        })
    }

    /// Writes that `record`'s run is about to be spawned. To be called before the spawn.
    ///
    /// # Errors
    /// The record could not be written: the spawn must not happen.
    pub fn write_intent(&mut self, record: &Record) -> Result<(), FileError> {
        let intent = Record {
            phase: RecordPhase::Intent,
            process: None,
            ..record.clone()
        };
        self.write(&intent)
    }

    /// Writes who the spawned process is.
    ///
    /// # Errors
    /// The record could not be written; the intent is still there.
    pub fn write_identity(&mut self, record: &Record, process: Identity) -> Result<(), FileError> {
        let spawned = Record {
            phase: RecordPhase::Spawned,
            process: Some(process),
            ..record.clone()
        };
        self.write(&spawned)
    }

    /// Removes the record of `service`. To be called once its tree is empty. None there is no error.
    ///
    /// # Errors
    /// It is there and cannot be removed.
    pub fn remove(&mut self, service: &ServiceName) -> Result<(), FileError> {
        let path = self.path(service);
        remove_if_there(&path).map_err(|source| FileError::new("remove", &path, source))
    }

    /// Removes this record, of a run or of a helper. None there is no error.
    ///
    /// # Errors
    /// It is there and cannot be removed.
    pub fn remove_record(&mut self, record: &Record) -> Result<(), FileError> {
        let path = self.folder.join(format!("{}.json", record.stem()));
        remove_if_there(&path).map_err(|source| FileError::new("remove", &path, source))
    }

    /// Lets the records of `services`, and of all helpers, go at the end of a director. Many that are the only ones there are put aside together, as
    /// the folder `runs.ended`; [`RunStore::remove_ended`] of the next director removes them.
    ///
    /// # Errors
    /// The first record that is there and cannot be removed; the others are removed all the same.
    pub fn retire(&mut self, services: &[ServiceName]) -> Result<(), FileError> {
        if services.len() >= MANY
            && self.holds_nothing_but(services)
            && fs::rename(&self.folder, self.ended()).is_ok()
        {
            return Ok(());
        }
        let helpers = self.remove_helpers();
        let removed: Vec<_> = services.iter().map(|service| self.remove(service)).collect();
        removed.into_iter().collect::<Result<(), _>>().and(helpers)
    }

    fn remove_helpers(&self) -> Result<(), FileError> {
        let listing = fs::read_dir(&self.folder);
        let listing = listing.map_err(|source| FileError::new("list folder", &self.folder, source))?;
        for entry in listing.flatten().filter(|entry| is_of_helper(&entry.file_name())) {
            let path = entry.path();
            remove_if_there(&path).map_err(|source| FileError::new("remove", &path, source))?;
        }
        Ok(())
    }

    /// Removes what [`RunStore::retire`] put aside. None there is no error.
    ///
    /// # Errors
    /// It is there and cannot be removed; the records of live runs are not concerned.
    pub fn remove_ended(&mut self) -> Result<(), FileError> {
        let ended = self.ended();
        match fs::remove_dir_all(&ended) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(FileError::new("remove", &ended, source))
            }
            _ => Ok(()),
        }
    }

    fn ended(&self) -> PathBuf {
        with_suffix(&self.folder, ".ended")
    }

    /// Files that were kept aside must stay where a person looks for them.
    fn holds_nothing_but(&self, services: &[ServiceName]) -> bool {
        let known: HashSet<String> = services.iter().map(|service| format!("{service}.json")).collect();
        let is_known = |entry: io::Result<fs::DirEntry>| {
            entry.is_ok_and(|entry| {
                let name = entry.file_name();
                is_of_helper(&name) || name.to_str().is_some_and(|name| known.contains(name))
            })
        };
        fs::read_dir(&self.folder).is_ok_and(|mut listing| listing.all(is_known))
    }

    fn path(&self, service: &ServiceName) -> PathBuf {
        self.folder.join(format!("{service}.json"))
    }

    /// On the way of every start: one small write and one rename, nothing waited for.
    fn write(&mut self, record: &Record) -> Result<(), FileError> {
        let stem = record.stem();
        let path = self.folder.join(format!("{stem}.json"));
        let temporary = self.folder.join(format!("{stem}.json.tmp"));
        self.buffer.clear();
        serde_json::to_writer(&mut self.buffer, record)
            .map_err(|error| FileError::new("serialise", &path, io::Error::other(error)))?;
        self.buffer.push(b'\n');
        File::create(&temporary)
            .and_then(|mut file| file.write_all(&self.buffer))
            .map_err(|source| FileError::new("write", &temporary, source))?;
        rename_over(&temporary, &path).map_err(|source| FileError::new("replace", &path, source))
    }
}

fn is_of_helper(name: &OsStr) -> bool {
    let name = name.to_str();
    name.is_some_and(|name| name.contains(HELPER) && name.ends_with(".json"))
}

/// Reads every record. One that cannot be understood is a [`BadFile`], never a guess; with [`OnBad::KeepAside`] it is
/// renamed, so that the next start does not meet it again. An absent folder has no records.
///
/// # Errors
/// The folder cannot be listed.
pub fn load_all(data_dir: &Path, on_bad: OnBad) -> Result<Vec<Result<Record, BadFile>>, FileError> {
    let folder = folder(data_dir);
    let listing = match fs::read_dir(&folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(FileError::new("list folder", &folder, source)),
    };
    let mut names = Vec::new();
    for entry in listing {
        let entry = entry.map_err(|source| FileError::new("list folder", &folder, source))?;
        if let Some(stem) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.strip_suffix(".json"))
        {
            names.push(stem.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names
        .iter()
        .filter_map(|stem| load_one(&folder, stem, on_bad))
        .collect())
}

fn load_one(folder: &Path, stem: &str, on_bad: OnBad) -> Option<Result<Record, BadFile>> {
    let path = folder.join(format!("{stem}.json"));
    let record: Record = match load_json(&path, VERSION, on_bad) {
        Loaded::Absent => return None,
        Loaded::Bad(report) => return Some(Err(report)),
        Loaded::Good(record) => record,
    };
    let reason = if record.stem() != stem || ServiceName::new(record.service.as_str()).is_err() {
        "it does not belong to the service it is named after"
    } else if (record.phase == RecordPhase::Spawned) != record.process.is_some() {
        "its phase and its process contradict each other"
    } else if record.invocation.is_empty() || record.boot_id.is_empty() {
        "its invocation or boot is empty"
    } else {
        return Some(Ok(record));
    };
    Some(Err(bad(&path, reason.to_owned(), on_bad)))
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("runs")
}
