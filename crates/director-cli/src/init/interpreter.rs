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
    if is_stand_in(&found.program) {
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

/// The Microsoft Store's stand-ins work for the person who is logged on, and not for the account at boot.
fn is_stand_in(program: &Path) -> bool {
    program
        .components()
        .any(|part| part.as_os_str().eq_ignore_ascii_case("WindowsApps"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stores_stand_in_is_no_interpreter() {
        assert!(is_stand_in(Path::new(
            "C:/Users/x/AppData/Local/Microsoft/windowsapps/python.exe"
        )));
        assert!(!is_stand_in(Path::new("C:/Program Files/Python312/python.exe")));
    }

    #[test]
    fn a_program_beside_the_configuration_is_no_bare_name() {
        let words = |launch: &Launch| program(launch, Path::new("/")).words;
        assert_eq!(words(&Launch::File("hub".to_owned())), ["./hub"]);
        assert_eq!(words(&Launch::File("bin/hub".to_owned())), ["bin/hub"]);
    }

    #[test]
    fn one_that_is_nowhere_keeps_its_name_and_says_so() {
        let nowhere = program(
            &Launch::Search(vec!["no-such-program-at-all".to_owned()]),
            Path::new("/"),
        );
        assert_eq!(nowhere.words, ["no-such-program-at-all"]);
        assert!(
            nowhere.remark.contains("is not on PATH here"),
            "{}",
            nowhere.remark
        );
    }
}
