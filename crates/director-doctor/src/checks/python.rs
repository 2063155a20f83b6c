//! The interpreter of a service, asked itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use director_core::spec::ServiceSpec;

use super::ground::Ground;
use super::verdict::{Problem, Verdict};
use super::words::{is_node, is_python};

/// A cold interpreter on a slow disk with a virus scanner in between takes seconds.
const LIMIT: Duration = Duration::from_secs(20);

/// Prints the modules that cannot be found. A module within a package makes Python import the package, which may say and
/// do anything, hence the marker.
const FIND: &str = "\
import sys, importlib.util
missing = []
for name in sys.argv[1:]:
    try:
        found = importlib.util.find_spec(name) is not None
    except BaseException:
        found = False
    if not found:
        missing.append(name)
print('missing=' + ','.join(missing))
";

/// The interpreter starts and says its version.
pub(super) fn runs(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Ok(program) = ground.program(service) else {
        return Verdict::Irrelevant;
    };
    let Some(interpreter) = interpreter(&program) else {
        return Verdict::Irrelevant;
    };
    let ask = if is_node(&interpreter) { "--version" } else { "-V" };
    let shown = format!("{} {ask}", interpreter.display());
    let seen = match ground.run(service, &interpreter, &[ask], LIMIT) {
        Ok(ended) if ended.code == Some(0) => {
            let words = ended.last_words();
            let version = if words.is_empty() {
                "it says no version".to_owned()
            } else {
                words
            };
            return Verdict::Pass(format!("the interpreter runs: {version}"));
        }
        Ok(ended) => {
            let code = ended
                .code
                .map_or_else(|| "by a signal".to_owned(), |code| format!("with code {code}"));
            format!("`{shown}` ended {code}: {}", ended.last_words())
        }
        Err(why) => format!("`{shown}`: {why}"),
    };
    Problem::new(
        "the interpreter does not run",
        seen,
        "run the same command by hand under the service's account, and mend or reinstall what it complains of",
    )
    .remedy("a virtual environment that was copied or whose Python was updated has to be made anew")
    .into()
}

/// The modules of `python.requires` are there.
pub(super) fn imports(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let wanted = &service.python_requires;
    if wanted.is_empty() {
        return Verdict::Irrelevant;
    }
    let Ok(program) = ground.program(service) else {
        return Verdict::Irrelevant;
    };
    let Some(python) = interpreter(&program).filter(|found| is_python(found)) else {
        return Verdict::Unknown(format!(
            "no Python is known that belongs to {}",
            program.display()
        ));
    };
    let mut args = vec!["-c", FIND];
    args.extend(wanted.iter().map(String::as_str));
    let ended = match ground.run(service, &python, &args, LIMIT) {
        Ok(ended) => ended,
        Err(why) => return Verdict::Unknown(format!("{} could not be asked: {why}", python.display())),
    };
    let text = String::from_utf8_lossy(&ended.out).into_owned();
    let Some(missing) = text
        .lines()
        .rev()
        .find_map(|line| line.trim_end().strip_prefix("missing="))
    else {
        return Verdict::Unknown(format!(
            "{} gave no answer: {}",
            python.display(),
            ended.last_words()
        ));
    };
    if missing.is_empty() {
        return Verdict::Pass(format!("all modules are there: {}", wanted.join(", ")));
    }
    Problem::new(
        format!("modules are missing: {}", missing.replace(',', ", ")),
        format!("{} cannot import them in {}", python.display(), service.cwd.display()),
        format!("install what provides them: \"{}\" -m pip install PACKAGE", python.display()),
    )
    .remedy("`python.requires` has the names that `import` knows, which may differ from a package's: `dotenv` comes with python-dotenv")
    .remedy("an embedded Python finds only what its ._pth file lists")
    .into()
}

/// The interpreter behind a program: itself, or for a script such as venv/bin/uvicorn the one that lies beside it or that its first
/// line names.
fn interpreter(program: &Path) -> Option<PathBuf> {
    if is_python(program) || is_node(program) {
        return Some(program.to_path_buf());
    }
    let first_line = first_line(program);
    if let Some(named) = first_line.as_deref().and_then(|line| line.strip_prefix("#!")) {
        let named = PathBuf::from(named.split_whitespace().next().unwrap_or_default());
        return is_python(&named).then_some(named);
    }
    // The launchers in a Scripts folder on Windows are programs; their interpreter lies beside them, or one folder up.
    let folder = program.parent()?;
    let beside = [folder.join("python.exe"), folder.parent()?.join("python.exe")];
    let is_scripts = folder
        .file_name()
        .is_some_and(|name| name.eq_ignore_ascii_case("Scripts"));
    beside.into_iter().find(|found| is_scripts && found.is_file())
}

fn first_line(program: &Path) -> Option<String> {
    use std::io::Read;
    let mut head = Vec::new();
    std::fs::File::open(program)
        .ok()?
        .take(256)
        .read_to_end(&mut head)
        .ok()?;
    let text = String::from_utf8_lossy(&head).into_owned();
    text.lines().next().map(str::to_owned)
}
