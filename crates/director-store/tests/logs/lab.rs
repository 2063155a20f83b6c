//! Helpers of the log tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use director_core::spec::{LogSpec, ServiceName};
use director_store::logs::{Moment, Query, RotatingLog, Selection, Stream, Summary, read};

pub(crate) use Stream::{Stderr, Stdout};

pub(crate) fn web() -> ServiceName {
    ServiceName::new("web").unwrap()
}

pub(crate) fn spec(max_file_bytes: u64, max_total_bytes: u64) -> LogSpec {
    LogSpec {
        max_file_bytes,
        max_total_bytes,
        gzip: false,
        timestamps: false,
    }
}

/// A log and its clock, which only the test moves.
pub(crate) struct Lab {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) log: RotatingLog,
    pub(crate) now: Moment,
}

impl Lab {
    pub(crate) fn new(spec: LogSpec) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = RotatingLog::new(folder.path(), &web(), spec);
        Self {
            folder,
            log,
            now: Moment {
                wall_ms: 1_795_000_000_000,
                at: Instant::now(),
            },
        }
    }

    pub(crate) fn later(&mut self, ms: u64) {
        self.now.at += Duration::from_millis(ms);
        self.now.wall_ms += i64::try_from(ms).unwrap();
    }

    pub(crate) fn write(&mut self, stream: Stream, text: &str) {
        self.log.write(stream, text.as_bytes(), self.now).unwrap();
    }

    /// The director is killed, and another one writes the log.
    pub(crate) fn crash(&mut self, spec: LogSpec) {
        self.log = RotatingLog::new(self.folder.path(), &web(), spec);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("web").join(name)
    }

    pub(crate) fn current(&self) -> String {
        String::from_utf8(fs::read(self.path("current.log")).unwrap()).unwrap()
    }

    pub(crate) fn rotated(&self, suffix: &str) -> Vec<PathBuf> {
        files(&self.folder.path().join("web"), suffix)
            .into_iter()
            .filter(|path| !path.ends_with("current.log"))
            .collect()
    }

    pub(crate) fn read(&self, query: Query) -> (Vec<u8>, Summary) {
        read_bytes(self.folder.path(), query)
    }

    pub(crate) fn text(&self, query: Query) -> String {
        let (bytes, summary) = self.read(query);
        assert!(summary.warnings.is_empty(), "{summary:?}");
        String::from_utf8(bytes).unwrap()
    }
}

pub(crate) fn files(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().ends_with(suffix))
        .collect();
    found.sort();
    found
}

pub(crate) fn read_bytes(log_dir: &Path, query: Query) -> (Vec<u8>, Summary) {
    let mut bytes = Vec::new();
    let summary = read(log_dir, &web(), &query, |chunk| {
        bytes.extend_from_slice(chunk.bytes);
        Ok(())
    })
    .unwrap();
    (bytes, summary)
}

pub(crate) fn everything() -> Query {
    Query {
        last_lines: None,
        since_unix_ms: None,
        selection: Selection::ALL,
    }
}

pub(crate) fn only(stdout: bool, stderr: bool) -> Query {
    Query {
        selection: Selection {
            stdout,
            stderr,
            director: false,
        },
        ..everything()
    }
}

pub(crate) fn last(lines: u64) -> Query {
    Query {
        last_lines: Some(lines),
        ..everything()
    }
}

pub(crate) fn since(unix_ms: i64) -> Query {
    Query {
        since_unix_ms: Some(unix_ms),
        ..everything()
    }
}

/// Waits for a state, at most ten seconds.
pub(crate) fn wait_for(what: &str, mut reached: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !reached() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
