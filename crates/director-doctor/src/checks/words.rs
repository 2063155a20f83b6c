//! What the words of a command say.

use std::path::Path;

/// The port that a command names, with the word that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PortWord {
    /// Which; 0 asks the system for any.
    pub(super) port: u16,
    /// As it is written.
    pub(super) word: String,
}

/// Options whose value is a port, or an address that ends with one.
const OPTIONS: &[&str] = &[
    "--port",
    "--http-port",
    "--server.port",
    "--bind",
    "--listen",
    "--urls",
    "-b",
];

/// The first port that the command names.
pub(super) fn port(command: &[String]) -> Option<PortWord> {
    let mut words = command.iter().skip(1).peekable();
    let is_django = command.iter().any(|word| word == "runserver");
    while let Some(word) = words.next() {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (word.as_str(), words.peek().map(|next| next.as_str())),
        };
        let named = if OPTIONS.contains(&option) {
            value.and_then(last_number)
        } else if is_django && !word.starts_with('-') {
            last_number(word)
        } else {
            None
        };
        if let Some(port) = named {
            let shown = if word.contains('=') || !OPTIONS.contains(&option) {
                word.clone()
            } else {
                format!("{word} {}", value.unwrap_or_default())
            };
            return Some(PortWord { port, word: shown });
        }
    }
    None
}

/// The port at the end of `8004`, `0.0.0.0:8004`, `[::]:8004` or `http://*:8004`.
fn last_number(text: &str) -> Option<u16> {
    let tail = text.trim_end_matches('/').rsplit(':').next()?;
    tail.parse().ok()
}

/// Whether a program is a Python interpreter, by its name.
pub(super) fn is_python(program: &Path) -> bool {
    let Some(stem) = program
        .file_name()
        .map(|name| name.to_string_lossy().to_ascii_lowercase())
    else {
        return false;
    };
    let stem = stem.strip_suffix(".exe").unwrap_or(&stem);
    let version = stem
        .strip_prefix("pythonw")
        .or_else(|| stem.strip_prefix("python"))
        .or_else(|| stem.strip_prefix("pypy"));
    stem == "py"
        || version.is_some_and(|version| {
            version
                .chars()
                .all(|found| found.is_ascii_digit() || found == '.')
        })
}

/// Whether it is Node, by its name.
pub(super) fn is_node(program: &Path) -> bool {
    program
        .file_stem()
        .is_some_and(|stem| stem.eq_ignore_ascii_case("node") || stem.eq_ignore_ascii_case("nodejs"))
}

/// Whether a path lies below a folder. On Windows case and the kind of separator do not matter.
pub(super) fn is_below(path: &Path, folder: &Path, windows: bool) -> bool {
    if !windows {
        return path.starts_with(folder);
    }
    let plain = |path: &Path| path.to_string_lossy().replace('/', "\\").to_ascii_lowercase();
    let (path, folder) = (plain(path), plain(folder));
    let folder = folder.trim_end_matches('\\');
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
}

/// A size in words that a person compares.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let unit = UNITS.iter().find(|(_, unit)| bytes >= *unit);
    unit.map_or_else(
        || format!("{bytes} bytes"),
        |(name, unit)| format!("{} {name}", bytes / unit),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_command() {
        for (line, port_of) in [
            ("python -m uvicorn app:app --host 0.0.0.0 --port 8004", Some(8004)),
            ("python -m uvicorn app:app --port=0", Some(0)),
            ("gunicorn app:app --bind 127.0.0.1:8000", Some(8000)),
            ("gunicorn app:app -b [::]:8000", Some(8000)),
            ("python manage.py runserver 0.0.0.0:8001", Some(8001)),
            ("python manage.py runserver 8001", Some(8001)),
            ("hub.exe --urls http://*:5000/", Some(5000)),
            ("python -m worker 8004", None),
            ("python -m uvicorn app:app --port", None),
            ("gunicorn app:app --bind unix:/run/app.sock", None),
        ] {
            let command: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(port(&command).map(|found| found.port), port_of, "{line}");
        }
    }

    #[test]
    fn interpreters_by_name() {
        for (name, python) in [
            ("/usr/bin/python3.12", true),
            ("/hub/python/python.exe", true),
            ("/hub/python/pythonw.exe", true),
            ("/usr/bin/py", true),
            ("/usr/bin/python-config", false),
            ("/usr/bin/uvicorn", false),
        ] {
            assert_eq!(is_python(Path::new(name)), python, "{name}");
        }
        assert!(is_node(Path::new("/usr/bin/node")));
        assert!(!is_node(Path::new("/usr/bin/nodemon")));
    }

    #[test]
    fn below_a_folder() {
        let below = |path: &str, folder: &str, windows| is_below(Path::new(path), Path::new(folder), windows);
        assert!(below(r"c:\users\ann\app.db", r"C:\Users\Ann", true));
        assert!(below("C:/Users/Ann/app.db", r"C:\Users\Ann\", true));
        assert!(!below(r"C:\Users\Anna\app.db", r"C:\Users\Ann", true));
        assert!(below("/home/ann/app.db", "/home/ann", false));
        assert!(!below("/home/anna/app.db", "/home/ann", false));
    }
}
