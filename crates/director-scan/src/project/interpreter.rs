//! Which Python runs an application, and which packages it has.

use super::Launch;
use super::files::{Files, join, upwards};
use super::text::is_word;

/// Folders in which a Python is put beside an application: one of its own first, then virtual environments.
const FOLDERS: [&str; 6] = ["python", "runtime/python", ".venv", "venv", "env", ".virtualenv"];

/// A Python and what is said about its packages.
pub(super) struct Interpreter {
    /// Its file below the root; none: it is searched for.
    file: Option<String>,
    /// Its `site-packages`.
    packages: Vec<String>,
    /// The text of the files that list requirements, in small letters.
    declared: String,
    /// Where the module search path of an embedded Python is written.
    pub(super) path_file: Option<String>,
}

impl Interpreter {
    /// The one nearest to `folder`.
    pub(super) fn near(files: &Files, folder: &str, windows: bool) -> Self {
        let mut found = Self {
            file: None,
            packages: Vec::new(),
            declared: declared(files, folder),
            path_file: None,
        };
        let places = upwards(folder).flat_map(|above| FOLDERS.iter().map(move |name| join(above, name)));
        for place in places {
            let names: &[&str] = if windows {
                &["python.exe", "Scripts/python.exe"]
            } else {
                &["bin/python3", "bin/python"]
            };
            let file = names
                .iter()
                .map(|name| join(&place, name))
                .find(|file| files.has(file));
            if let Some(file) = file {
                found.packages = packages(files, &place);
                found.path_file = path_file(files, &place).filter(|_| file.ends_with("/python.exe"));
                found.file = Some(file);
                break;
            }
        }
        found
    }

    pub(super) fn launch(&self, windows: bool) -> Launch {
        match &self.file {
            Some(file) => Launch::File(file.clone()),
            None if windows => Launch::Search(vec!["python".to_owned(), "python3".to_owned()]),
            None => Launch::Search(vec!["python3".to_owned(), "python".to_owned()]),
        }
    }

    /// Whether a package is installed beside the application, or named by it as a requirement.
    pub(super) fn knows(&self, files: &Files, package: &str) -> bool {
        self.packages
            .iter()
            .any(|folder| files.has_folder(&join(folder, package)))
            || self
                .declared
                .split(|letter: char| !(is_word(letter) || matches!(letter, '-' | '.')))
                .any(|word| word == package)
    }
}

fn declared(files: &Files, folder: &str) -> String {
    let mut text = String::new();
    for above in upwards(folder) {
        let listed = files.iter().filter(|file| {
            let below = super::files::below(file, above).unwrap_or("//");
            let name = super::files::file_name(file);
            below.matches('/').count() <= 1 && name.starts_with("requirements") && name.ends_with(".txt")
                || below.starts_with("requirements/") && name.ends_with(".txt")
        });
        let others = ["pyproject.toml", "Pipfile", "setup.py", "setup.cfg"].map(|name| join(above, name));
        for file in listed.map(str::to_owned).chain(others) {
            // A comment names what is not wanted as often as what is.
            for line in files.read(&file).unwrap_or_default().lines() {
                text.push_str(line.split('#').next().unwrap_or_default());
                text.push('\n');
            }
        }
    }
    text.to_ascii_lowercase()
}

fn packages(files: &Files, python: &str) -> Vec<String> {
    let library = join(python, "lib");
    let versions = files.folders_in(&library);
    let mut folders: Vec<String> = versions
        .iter()
        .map(|version| format!("{library}/{version}/site-packages"))
        .collect();
    folders.push(join(python, "Lib/site-packages"));
    folders.retain(|folder| files.has_folder(folder));
    folders
}

/// `python312._pth` and its like.
fn path_file(files: &Files, python: &str) -> Option<String> {
    let entries = std::fs::read_dir(files.path(python)).ok()?;
    let mut names = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok());
    names
        .find(|name| name.ends_with("._pth"))
        .map(|name| join(python, &name))
}
