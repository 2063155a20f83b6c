//! The Python modules of an application: their text without comments, and the names they are imported by.

use super::files::{self, Files, below, file_name, join, parent, stem};
use super::text;

/// So much source is read.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Files that mark the folder in which a developer works.
const MARKS: &[&str] = &[
    "requirements.txt",
    "pyproject.toml",
    "Pipfile",
    "setup.py",
    ".env",
    "Procfile",
    "Dockerfile",
    "alembic.ini",
    "manage.py",
];

/// One module.
pub(super) struct Module {
    /// Its file.
    pub(super) file: String,
    /// Its text; comments and texts over several lines are blank, so that lines and columns stay.
    pub(super) code: String,
}

/// All of them, tests and examples left out.
pub(super) struct Modules {
    list: Vec<Module>,
}

/// Where a module is imported from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import {
    /// The folder that must be on Python's path.
    pub(super) base: String,
    /// The dotted name.
    pub(super) module: String,
}

impl Modules {
    pub(super) fn read(files: &Files) -> Self {
        let (mut list, mut left) = (Vec::new(), MOST_BYTES);
        for file in files.iter().filter(|file| is_source(file)) {
            let Some(source) = files.read(file) else { continue };
            left = left.saturating_sub(source.len());
            if left == 0 {
                break;
            }
            list.push(Module {
                file: file.to_owned(),
                code: blank(&source),
            });
        }
        Self { list }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Module> {
        self.list.iter()
    }

    /// Those within a folder.
    pub(super) fn within<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a Module> {
        self.iter()
            .filter(move |module| below(&module.file, folder).is_some())
    }

    pub(super) fn of_file(&self, file: &str) -> Option<&Module> {
        self.iter().find(|module| module.file == file)
    }
}

fn is_source(file: &str) -> bool {
    const ASIDE: &[&str] = &[
        "dist", "doc", "docs", "example", "examples", "sample", "samples", "test", "tests",
    ];
    let name = file_name(file);
    file.ends_with(".py")
        && !name.starts_with("test_")
        && !name.ends_with("_test.py")
        && name != "conftest.py"
        && !parent(file).split('/').any(|folder| ASIDE.contains(&folder))
}

impl Module {
    /// How it is imported. Packages tell it by their `__init__.py`; without one, what the module imports from beside it; else
    /// the nearest folder in which a developer seems to work.
    pub(super) fn import(&self, files: &Files) -> Import {
        let folder = parent(&self.file);
        let mut base = folder;
        while !base.is_empty() && files.has(&join(base, "__init__.py")) {
            base = parent(base);
        }
        if base == folder && !folder.is_empty() {
            base = self.base_without_package(files, folder);
        }
        self.import_from(base)
    }

    /// How it is imported from a folder above it.
    pub(super) fn import_from(&self, base: &str) -> Import {
        let path = below(&self.file, base).unwrap_or(&self.file);
        let path = path.strip_suffix(".py").unwrap_or(path);
        let path = path.strip_suffix("/__init__").unwrap_or(path);
        Import {
            base: base.to_owned(),
            module: path.replace('/', "."),
        }
    }

    fn base_without_package<'a>(&self, files: &Files, folder: &'a str) -> &'a str {
        let mut relative = false;
        for line in self.code.lines() {
            let Some(from) = imported(line) else { continue };
            let first = from.split('.').next().unwrap_or_default();
            if from.starts_with('.') {
                relative = true;
            } else if let Some(own) =
                files::upwards(folder).find(|above| !above.is_empty() && file_name(above) == first)
            {
                return parent(own);
            } else if first != stem(&self.file) && files.has(&join(folder, &format!("{first}.py")))
                || files.has_folder(&join(folder, first))
            {
                return folder;
            }
        }
        let start = if relative { parent(folder) } else { folder };
        let marked =
            |above: &&str| above.is_empty() || MARKS.iter().any(|mark| files.has(&join(above, mark)));
        files::upwards(start).find(marked).unwrap_or_default()
    }

    /// Whether it imports a package.
    pub(super) fn imports(&self, package: &str) -> bool {
        self.code
            .lines()
            .filter_map(imported)
            .any(|from| from.split('.').next() == Some(package))
    }
}

/// What a line imports from.
fn imported(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let from = line
        .strip_prefix("from ")
        .or_else(|| line.strip_prefix("import "))?;
    from.split([' ', ',', ';']).find(|word| !word.is_empty())
}

/// The text with comments and texts over several lines made blank.
pub(super) fn blank(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let triple = ["\"\"\"", "'''"]
            .into_iter()
            .find(|quote| rest.starts_with(quote));
        let (taken, keep) = if first == '#' {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if let Some(quote) = triple {
            (rest[3..].find(quote).map_or(rest.len(), |end| end + 6), false)
        } else if matches!(first, '"' | '\'') {
            (quoted_len(rest, first), true)
        } else {
            (first.len_utf8(), true)
        };
        let (now, later) = rest.split_at(taken);
        if keep {
            out.push_str(now);
        } else {
            out.extend(now.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }));
        }
        rest = later;
    }
    out
}

/// The length of the quoted text that `text` begins with; a line end ends it too.
fn quoted_len(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => return at,
            _ if letter == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A place in the module's code.
pub(super) fn seen(module: &Module, at: usize) -> super::Seen {
    super::Seen {
        file: module.file.clone(),
        line: text::line_of(&module.code, at),
        what: text::line_at(&module.code, at),
    }
}

#[cfg(test)]
mod tests {
    use super::blank;

    #[test]
    fn comments_and_long_texts_are_blank_and_nothing_moves() {
        let source = "a = '# no comment'  # one\n\"\"\"app = FastAPI()\n\"\"\"\nb = \"it's\"\nc = 'it\\'s # x'\nd = 'broken\ne = 1";
        let expected = format!(
            "a = '# no comment'  {}\n{}\n{}\nb = \"it's\"\nc = 'it\\'s # x'\nd = 'broken\ne = 1",
            " ".repeat(5),
            " ".repeat(18),
            " ".repeat(3)
        );
        assert_eq!(blank(source), expected);
    }
}
