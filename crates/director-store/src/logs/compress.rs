//! Compressing rotated files with gzip, beside the writing.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::files::{FileError, rename_over, with_suffix};

/// Compresses the rotated file `path` to `<path>.gz` and removes it. The index beside it stays valid. A crash at any point
/// leaves at least one whole copy.
///
/// # Errors
/// The plain file is then still there.
pub fn compress(path: &Path) -> Result<PathBuf, FileError> {
    let target = with_suffix(path, ".gz");
    let temporary = with_suffix(&target, ".tmp");
    let attempt = || -> io::Result<()> {
        let mut plain = File::open(path)?;
        let file = BufWriter::with_capacity(64 << 10, File::create(&temporary)?);
        let mut encoder = GzEncoder::new(file, Compression::fast());
        io::copy(&mut plain, &mut encoder)?;
        encoder
            .finish()?
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .flush()?;
        rename_over(&temporary, &target)?;
        fs::remove_file(path)
    };
    match attempt() {
        Ok(()) => Ok(target),
        Err(source) => {
            let _ = fs::remove_file(&temporary);
            Err(FileError::new("compress", path, source))
        }
    }
}

/// Compresses in a thread that lives only while there is something to do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compressor {
    queue: Arc<Mutex<Queue>>,
}

#[derive(Debug, Default)]
struct Queue {
    paths: VecDeque<PathBuf>,
    running: bool,
}

/// Files that wait; further ones stay plain until the log is opened next.
const MAX_WAITING: usize = 256;

impl Compressor {
    /// Compresses `path` soon. Failures are left for the next opening of the log: a plain file reads as well.
    pub(crate) fn add(&self, path: PathBuf) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.paths.len() >= MAX_WAITING || queue.paths.contains(&path) {
            return;
        }
        queue.paths.push_back(path);
        if queue.running {
            return;
        }
        let shared = Arc::clone(&self.queue);
        queue.running = thread::Builder::new()
            .name("log-gzip".to_owned())
            .spawn(move || work(&shared))
            .is_ok();
    }
}

fn work(queue: &Mutex<Queue>) {
    loop {
        let next = {
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            let next = queue.paths.pop_front();
            queue.running = next.is_some();
            next
        };
        let Some(path) = next else { return };
        let _ = compress(&path);
    }
}
