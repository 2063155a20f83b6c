//! A folder per test.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long removal waits for processes of the test that still hold files (Windows).
const REMOVE_BOUND: Duration = Duration::from_secs(2);

/// A temporary folder, removed on drop; kept, and its path printed, when the test panics.
#[derive(Debug)]
pub struct Sandbox {
    path: PathBuf,
}

impl Sandbox {
    /// A new empty folder whose name begins with `name`; on Linux nobody else may enter it.
    ///
    /// # Panics
    /// When the folder cannot be made.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix(&format!("{name}-")).tempdir();
        let path = folder.expect("cannot make a sandbox folder").keep();
        let sandbox = Self { path };
        // Whatever the umask: a test that wants others in says so.
        sandbox.set_mode(0o700);
        sandbox
    }

    /// The folder, an absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path in the folder; nothing is made.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file, with the folders above it; returns its path.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("cannot make a folder in the sandbox");
        }
        fs::write(&path, contents).expect("cannot write a file in the sandbox");
        path
    }

    /// The file's text, bytes that are not UTF-8 replaced; empty when it does not exist (yet).
    #[must_use]
    pub fn read(&self, name: &str) -> String {
        fs::read(self.file(name))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Lets every user enter the folder and write in it. No effect on Windows.
    ///
    /// # Panics
    /// When the mode cannot be changed.
    pub fn open_to_all(&self) {
        self.set_mode(0o777);
    }

    #[cfg(unix)]
    fn set_mode(&self, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(&self.path, mode).expect("cannot set the mode of the sandbox");
    }

    #[cfg(windows)]
    fn set_mode(&self, _mode: u32) {}
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("sandbox kept: {}", self.path.display());
            return;
        }
        let start = Instant::now();
        while let Err(error) = fs::remove_dir_all(&self.path) {
            if error.kind() == std::io::ErrorKind::NotFound {
                return;
            }
            if start.elapsed() >= REMOVE_BOUND {
                eprintln!("sandbox {} cannot be removed: {error}", self.path.display());
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
