//! Resolution of program names by `PATH` and `PATHEXT`, without the places that `CreateProcessW` would add.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::os::windows::ffi::{OsStrExt, OsStringExt};
use std::os::windows::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use windows_sys::Win32::Storage::FileSystem::FILE_ATTRIBUTE_REPARSE_POINT;

use super::shim::{self, Shim};
use super::{ResolveError, Resolved};

/// What `CreateProcessW` can start, in the order of a system's own `PATHEXT`.
const RUNNABLE: [&str; 4] = ["com", "exe", "bat", "cmd"];
/// Shims are small; a larger file is none.
const MAX_SHIM_BYTES: u64 = 16 * 1024;

pub(crate) fn resolve(
    name: &OsStr,
    base: &Path,
    path_env: Option<&OsStr>,
    pathext: Option<&OsStr>,
) -> Result<Resolved, ResolveError> {
    let extensions = extensions(pathext);
    let program = find(name, base, path_env, &extensions)?;
    Ok(
        look_through(&program, path_env, &extensions).unwrap_or_else(|| Resolved {
            program,
            leading_args: Vec::new(),
        }),
    )
}

/// The extensions to try, lower-case with no dot; those that the system cannot start by itself are kept, for a clear error.
fn extensions(pathext: Option<&OsStr>) -> Vec<String> {
    let list: Vec<String> = pathext
        .map(|text| text.to_string_lossy().into_owned())
        .unwrap_or_default()
        .split(';')
        .map(|extension| extension.trim().trim_start_matches('.').to_ascii_lowercase())
        .filter(|extension| !extension.is_empty())
        .collect();
    if list.is_empty() {
        RUNNABLE.iter().map(ToString::to_string).collect()
    } else {
        list
    }
}

fn not_executable(path: &Path, reason: &str) -> ResolveError {
    ResolveError::NotExecutable {
        path: path.to_path_buf(),
        reason: reason.to_owned(),
    }
}

fn find(
    name: &OsStr,
    base: &Path,
    path_env: Option<&OsStr>,
    extensions: &[String],
) -> Result<PathBuf, ResolveError> {
    let path = Path::new(name);
    if name
        .encode_wide()
        .last()
        .is_some_and(|unit| unit == u16::from(b'.') || unit == u16::from(b' '))
    {
        return Err(not_executable(
            path,
            "a name that ends in a dot or a blank means another file on Windows",
        ));
    }
    let mut components = path.components();
    let bare = matches!(
        (components.next(), components.next()),
        (Some(Component::Normal(_)), None)
    ) && !name
        .encode_wide()
        .any(|unit| [b'\\', b'/', b':'].map(u16::from).contains(&unit));
    let folders: Vec<PathBuf> = if bare {
        path_env
            .map(|text| {
                std::env::split_paths(text)
                    .filter(|folder| folder.is_absolute())
                    .collect()
            })
            .unwrap_or_default()
    } else {
        if matches!(path.components().next(), Some(Component::Prefix(_))) && !path.is_absolute() {
            return Err(not_executable(
                path,
                "it is relative to the current folder of a drive; write the whole path",
            ));
        }
        Vec::new()
    };
    let mut search = Search {
        extensions,
        refused: None,
        alias: None,
        searched: Vec::new(),
    };
    if bare {
        for folder in &folders {
            if let Some(found) = search.in_place(&folder.join(path)) {
                return Ok(found);
            }
        }
        search.searched = folders;
    } else if !name.is_empty() {
        let joined = base.join(path);
        let absolute = std::path::absolute(&joined).unwrap_or(joined);
        if let Some(found) = search.in_place(&absolute) {
            return Ok(found);
        }
    }
    if let Some(alias) = search.alias {
        return Ok(alias);
    }
    Err(search.refused.unwrap_or_else(|| ResolveError::NotFound {
        name: name.to_string_lossy().into_owned(),
        searched: search.searched,
    }))
}

/// One search: what was found that will not do, for the error.
struct Search<'a> {
    extensions: &'a [String],
    refused: Option<ResolveError>,
    /// An app execution alias (a link of length 0 in the `WindowsApps` folder). The one that Windows ships for `python` only
    /// opens the Store, so a real program anywhere else wins.
    alias: Option<PathBuf>,
    searched: Vec<PathBuf>,
}

impl Search<'_> {
    /// The file of this name, or of this name with an extension.
    fn in_place(&mut self, path: &Path) -> Option<PathBuf> {
        let own = path
            .extension()
            .map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        let runnable = own
            .as_deref()
            .is_some_and(|extension| RUNNABLE.contains(&extension));
        let known = own
            .as_deref()
            .is_some_and(|extension| self.extensions.iter().any(|known| known == extension));
        if runnable && self.accept(path, true) {
            return Some(path.to_path_buf());
        }
        for extension in self.extensions {
            let mut with_extension = OsString::from(path);
            with_extension.push(".");
            with_extension.push(extension);
            let candidate = PathBuf::from(with_extension);
            if self.accept(&candidate, RUNNABLE.contains(&extension.as_str())) {
                return Some(candidate);
            }
        }
        // A program file may have any name; a script with no extension, like those beside npm's shims, is none.
        if !runnable && self.accept(path, !known && is_program_image(path)) {
            return Some(path.to_path_buf());
        }
        None
    }

    fn accept(&mut self, path: &Path, startable: bool) -> bool {
        self.searched.push(path.to_path_buf());
        let reason = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => "it is a folder".to_owned(),
            Ok(_) if startable => return true,
            Ok(_) => match path.extension() {
                Some(extension) => format!(
                    "Windows cannot start .{} files by themselves; name the interpreter before it",
                    extension.to_string_lossy()
                ),
                None => "it is no Windows program".to_owned(),
            },
            Err(_) => {
                let alias = startable
                    && fs::symlink_metadata(path)
                        .is_ok_and(|metadata| metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0);
                if alias {
                    self.alias.get_or_insert_with(|| path.to_path_buf());
                }
                return false;
            }
        };
        self.refused.get_or_insert_with(|| ResolveError::NotExecutable {
            path: path.to_path_buf(),
            reason,
        });
        false
    }
}

fn is_program_image(path: &Path) -> bool {
    let mut magic = [0_u8; 2];
    fs::File::open(path).is_ok_and(|mut file| file.read_exact(&mut magic).is_ok()) && magic == *b"MZ"
}

/// What a shim starts; `None` when `program` is none.
fn look_through(program: &Path, path_env: Option<&OsStr>, extensions: &[String]) -> Option<Resolved> {
    if !program.extension()?.eq_ignore_ascii_case("cmd") || fs::metadata(program).ok()?.len() > MAX_SHIM_BYTES
    {
        return None;
    }
    let text = fs::read_to_string(program).ok()?;
    let folder = program.parent()?.to_str()?;
    let Shim { program, args } = shim::parse(&text, folder, &|path| Path::new(path).is_file())?;
    let program = if program.contains('\\') {
        PathBuf::from(program)
    } else {
        find(OsStr::new(&program), Path::new(folder), path_env, extensions).ok()?
    };
    // Only a real program ends the chain; a shim of a shim is left to cmd.exe.
    let is_exe = program.extension()?.eq_ignore_ascii_case("exe");
    is_exe.then(|| Resolved {
        program,
        leading_args: args.into_iter().map(OsString::from).collect(),
    })
}

/// The path without the `\\?\` that canonical paths carry, when it means the same without: many programs, `cmd.exe` among them,
/// cannot work in such a folder.
pub(crate) fn without_verbatim(path: &Path) -> PathBuf {
    let units: Vec<u16> = path.as_os_str().encode_wide().collect();
    let prefix: Vec<u16> = r"\\?\".encode_utf16().collect();
    let Some(rest) = units.strip_prefix(prefix.as_slice()) else {
        return path.to_path_buf();
    };
    let is_drive = rest.get(1) == Some(&u16::from(b':')) && rest.get(2) == Some(&u16::from(b'\\'));
    let plain = PathBuf::from(OsString::from_wide(rest));
    // 260 is MAX_PATH; a part with a trailing dot or blank means another file without the prefix.
    let unambiguous = plain.components().all(|part| {
        !part
            .as_os_str()
            .encode_wide()
            .last()
            .is_some_and(|unit| unit == u16::from(b'.') || unit == u16::from(b' '))
    });
    if is_drive && rest.len() < 260 && unambiguous {
        plain
    } else {
        path.to_path_buf()
    }
}
