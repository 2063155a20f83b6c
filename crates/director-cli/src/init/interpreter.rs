//! From what the scan found to a program that also a boot account finds.

use std::ffi::OsStr;
use std::path::Path;

use director_scan::project::Launch;

use super::quote::remark;

/// The first words of a command, and what is said about them.
pub(super) struct Program {
    pub(super) words: Vec<String>,
    pub(super) remark: String,
}

pub(super) fn program(launch: &Launch, root: &Path) -> Program {
    match launch {
        Launch::File(file) => Program {
            // A bare name would be searched for on PATH.
            words: vec![if file.contains('/') {
                file.clone()
            } else {
                format!("./{file}")
            }],
            remark: "The program lies in this folder.".to_owned(),
        },
        Launch::Search(names) => names
            .iter()
            .find_map(|name| on_path(name, root))
            .unwrap_or_else(|| missing(names)),
    }
}

/// By its absolute path: the account that starts it at boot may have another PATH.
fn on_path(name: &str, root: &Path) -> Option<Program> {
    let variable = |name: &str| std::env::var_os(name);
    let (path, extensions) = (variable("PATH"), variable("PATHEXT"));
    let found =
        director_sys::program::resolve(OsStr::new(name), root, path.as_deref(), extensions.as_deref())
            .ok()?;
    // The Microsoft Store's stand-ins work for the person who is logged on, and not for the account at boot.
    let stand_in = found
        .program
        .components()
        .any(|part| part.as_os_str().eq_ignore_ascii_case("WindowsApps"));
    if stand_in {
        return None;
    }
    let mut words = vec![found.program.to_str()?.to_owned()];
    for argument in found.leading_args {
        words.push(argument.into_string().ok()?);
    }
    Some(Program {
        words,
        remark: format!(
            "`{}` was found on PATH; it is written in full, since the account at boot may have another PATH.",
            remark(name)
        ),
    })
}

fn missing(names: &[String]) -> Program {
    let name = names.first().cloned().unwrap_or_default();
    Program {
        remark: format!("`{}` is not on PATH here: write where it is.", remark(&name)),
        words: vec![name],
    }
}
