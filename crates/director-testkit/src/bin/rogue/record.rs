//! Small records that tests read: pids, rungs, requests.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use crate::options::Options;

/// Appends one line by a single write, so that lines of several processes never mix.
pub(crate) fn append(path: &Path, line: &str) {
    let written = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
    if let Err(error) = written {
        crate::die(
            crate::EXIT_SETUP,
            &format!("cannot append to {}: {error}", path.display()),
        );
    }
}

/// `ROLE PID` into the file of `--write-pid`.
pub(crate) fn own_pid(options: &Options, role: &str) {
    if let Some(path) = &options.write_pid {
        append(path, &format!("{role} {}", std::process::id()));
    }
}
