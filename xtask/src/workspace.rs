//! Where things are: the workspace root, its target folder, programs on PATH.

use std::path::{Path, PathBuf};

/// The folder with the workspace's Cargo.toml.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_path_buf()
}

/// A path below `target/`, which is where everything this program makes goes.
pub(crate) fn target(relative: &str) -> PathBuf {
    let base = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    base.join(relative)
}

/// The first file of that name in a folder of PATH.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(&file))
        .find(|path| path.is_file())
}

/// The cargo that runs us, so that a toolchain override stays in force.
pub(crate) fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// `--locked` on a build server: there a stale Cargo.lock is an error, not something to mend silently.
pub(crate) fn locked() -> Option<&'static str> {
    std::env::var("CI")
        .is_ok_and(|value| value == "true" || value == "1")
        .then_some("--locked")
}

/// Whether this process may install system packages.
pub(crate) fn is_root() -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // The owner of our own entry in /proc is our effective user; no foreign call needed.
        std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
    }
    #[cfg(not(unix))]
    {
        false
    }
}
