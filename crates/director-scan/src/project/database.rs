//! The SQLite file of an application, as its source and its `.env` name it.

use super::files::{Files, below, file_name, join, parent};
use super::modules::{Import, Module};
use super::{Around, text};

/// What every SQLite file begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Of a FastAPI or Flask application, or a script; below the root or absolute.
pub(super) fn of_python(around: &Around<'_>, cwd: &str, import: &Import) -> Option<String> {
    let extension = "SQLALCHEMY_DATABASE_URI";
    let own = || around.modules.within(cwd);
    // Flask-SQLAlchemy means the instance folder, beside the package.
    let instance = own().any(|module| module.code.contains(extension) && module.imports("flask"))
        || own().any(|module| module.imports("flask_sqlalchemy"));
    let folder = if instance {
        join(&import.base, "instance")
    } else {
        String::new()
    };
    in_texts(around, cwd, own(), &folder).or_else(|| only_file(around.files, cwd))
}

/// The first URL in `.env`, else in the source; relative ones are below `folder`, or where it is empty below `cwd`.
pub(super) fn in_texts<'a>(
    around: &Around<'_>,
    cwd: &str,
    modules: impl Iterator<Item = &'a Module>,
    folder: &str,
) -> Option<String> {
    let folder = if folder.is_empty() { cwd } else { folder };
    let variables = around.files.read(&join(cwd, ".env")).unwrap_or_default();
    let by_variables = variables
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .find_map(|line| in_text(line, folder));
    by_variables.or_else(|| {
        modules
            .into_iter()
            .find_map(|module| in_text(&module.code, folder))
    })
}

fn in_text(content: &str, folder: &str) -> Option<String> {
    by_url(content, folder).or_else(|| by_connect(content, folder))
}

/// `sqlite:///file`, `sqlite+aiosqlite:////absolute`.
fn by_url(content: &str, folder: &str) -> Option<String> {
    text::after(content, "sqlite").find_map(|(_, behind)| {
        let behind = match behind.strip_prefix('+') {
            Some(driver) => driver.trim_start_matches(text::is_word),
            None => behind,
        };
        let path = behind.strip_prefix(":///")?;
        let end = path
            .find(['"', '\'', '`', '\n', '\r', '?', ' '])
            .unwrap_or(path.len());
        usable(&path[..end], folder)
    })
}

/// `sqlite3.connect("file")`.
fn by_connect(content: &str, folder: &str) -> Option<String> {
    ["sqlite3.connect(", "aiosqlite.connect("]
        .iter()
        .find_map(|call| {
            text::after(content, call).find_map(|(_, behind)| usable(text::literal(behind)?, folder))
        })
}

/// A path that can be written into a configuration: a file, and none that is put together while the program runs.
pub(super) fn usable(path: &str, folder: &str) -> Option<String> {
    let path = path.trim();
    let put_together = path.contains(['{', '}', '%', '$', '<', '>']) || path.contains("\\\\");
    if path.is_empty() || put_together || path.starts_with(":memory:") || path.starts_with("file:") {
        return None;
    }
    let path = path.replace('\\', "/");
    let drive = path.as_bytes().get(1) == Some(&b':');
    if path.starts_with('/') || drive {
        return Some(path);
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The one SQLite file that lies in the application's folder, when there is exactly one.
fn only_file(files: &Files, cwd: &str) -> Option<String> {
    let mut found = files.iter().filter(|file| {
        let name = file_name(file).to_ascii_lowercase();
        let named = [".db", ".sqlite", ".sqlite3"]
            .iter()
            .any(|end| name.ends_with(end));
        let near =
            below(parent(file), cwd).is_some_and(|folder| !folder.contains('/')) || parent(file) == cwd;
        let magic = u64::try_from(MAGIC.len()).unwrap_or_default();
        named && near && files.bytes(file, magic).is_some_and(|bytes| bytes == MAGIC)
    });
    let first = found.next()?;
    found.next().is_none().then(|| first.to_owned())
}
