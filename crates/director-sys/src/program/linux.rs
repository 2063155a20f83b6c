//! Resolution of program names by `PATH` and execute permission.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{ResolveError, Resolved};

pub(crate) fn resolve(
    name: &OsStr,
    base: &Path,
    path_env: Option<&OsStr>,
    _pathext: Option<&OsStr>,
) -> Result<Resolved, ResolveError> {
    if name.as_bytes().contains(&b'/') {
        return resolve_path(name, base);
    }
    let folders: Vec<PathBuf> = path_env
        .map(|path| {
            std::env::split_paths(path)
                .filter(|folder| folder.is_absolute())
                .collect()
        })
        .unwrap_or_default();
    let mut refused = None;
    if !name.is_empty() && name != "." && name != ".." {
        for folder in &folders {
            let candidate = folder.join(name);
            match executable(&candidate) {
                Ok(true) => return Ok(found(candidate)),
                Ok(false) => {}
                Err(reason) => {
                    refused.get_or_insert(ResolveError::NotExecutable {
                        path: candidate,
                        reason,
                    });
                }
            }
        }
    }
    Err(refused.unwrap_or_else(|| ResolveError::NotFound {
        name: name.to_string_lossy().into_owned(),
        searched: folders,
    }))
}

fn resolve_path(name: &OsStr, base: &Path) -> Result<Resolved, ResolveError> {
    let joined = base.join(name);
    let absolute = std::path::absolute(&joined).unwrap_or(joined);
    match executable(&absolute) {
        Ok(true) => Ok(found(absolute)),
        Ok(false) => Err(ResolveError::NotFound {
            name: name.to_string_lossy().into_owned(),
            searched: vec![absolute],
        }),
        Err(reason) => Err(ResolveError::NotExecutable {
            path: absolute,
            reason,
        }),
    }
}

fn found(program: PathBuf) -> Resolved {
    Resolved {
        program,
        leading_args: Vec::new(),
    }
}

/// `Ok(false)`: not there. `Err`: there, but not executable, and why.
fn executable(path: &Path) -> Result<bool, String> {
    let Ok(metadata) = std::fs::metadata(path) else {
        return Ok(false);
    };
    if metadata.is_dir() {
        return Err("it is a folder".to_owned());
    }
    if !metadata.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let Ok(text) = CString::new(path.as_os_str().as_bytes()) else {
        return Ok(false);
    };
    // SAFETY: `text` is a NUL-terminated string that lives through the call.
    if unsafe { libc::faccessat(libc::AT_FDCWD, text.as_ptr(), libc::X_OK, libc::AT_EACCESS) } == 0 {
        Ok(true)
    } else {
        Err("execute permission is missing".to_owned())
    }
}
