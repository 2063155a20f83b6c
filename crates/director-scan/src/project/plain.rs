//! What is left when no framework is found: a program, or a Python script.

use super::apps::whole;
use super::files::{depth, file_name, parent, stem};
use super::interpreter::Interpreter;
use super::modules::seen;
use super::{Around, Candidate, Framework, Launch, Word, database, servers};

/// Programs that are never the application: installers, and what is put beside one.
const ASIDE: [&str; 12] = [
    "unins",
    "uninst",
    "setup",
    "install",
    "vc_redist",
    "vcredist",
    "update",
    "crashpad",
    "python",
    "node",
    "director",
    "elevate",
];

/// Scripts that people start.
const SCRIPTS: [&str; 8] = [
    "main", "app", "server", "run", "bot", "worker", "service", "__main__",
];

pub(super) fn find(around: &Around<'_>) -> Vec<Candidate> {
    let mut found = scripts(around);
    found.extend(programs(around));
    found
}

fn scripts(around: &Around<'_>) -> Vec<Candidate> {
    let starts = around.modules.iter().filter(|module| {
        module.code.contains("__name__ ==") && depth(&module.file) <= 1
            || SCRIPTS.contains(&stem(&module.file))
    });
    let mut found = Vec::new();
    for module in
        starts.filter(|module| depth(&module.file) <= 1 && !file_name(&module.file).starts_with("setup"))
    {
        let interpreter = Interpreter::near(around.files, parent(&module.file), around.windows);
        let at = module.code.find("__name__ ==").unwrap_or_default();
        let place = if at == 0 {
            whole(module.file.clone(), "has the name of a script that is started")
        } else {
            seen(module, at)
        };
        let mut script = Candidate::new(Framework::Script, place, interpreter.launch(around.windows));
        script.cwd = parent(&module.file).to_owned();
        script.arguments = vec![Word::Text(file_name(&module.file).to_owned())];
        script.notes.extend(servers::path_note(&interpreter));
        script.database = database::of_python(around, &script.cwd, &module.import_from(&script.cwd));
        let usual = SCRIPTS.iter().position(|name| *name == stem(&module.file));
        let rank = usual.and_then(|rank| i32::try_from(rank).ok()).unwrap_or(15);
        script.likelihood = 40 - rank - 5 * depth(&module.file);
        found.push(script);
    }
    found
}

fn programs(around: &Around<'_>) -> Vec<Candidate> {
    let folder = around.files.path("");
    let own = folder
        .file_name()
        .map(|name| name.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    let near = around.files.iter().filter(|file| depth(file) <= 2);
    let mut found = Vec::new();
    for file in near {
        let name = stem(file).to_ascii_lowercase();
        if ASIDE.iter().any(|aside| name.starts_with(aside)) || !is_program(around, file) {
            continue;
        }
        let place = whole(file.to_owned(), "is a program");
        let mut program = Candidate::new(Framework::Program, place, Launch::File(file.to_owned()));
        program.cwd = String::new();
        program.likelihood = 30 - 5 * depth(file) + if name == own { 10 } else { 0 };
        found.push(program);
    }
    found
}

/// By what the file begins with: the name says it on one system only, the permission on the other.
fn is_program(around: &Around<'_>, file: &str) -> bool {
    if around.windows {
        return file.to_ascii_lowercase().ends_with(".exe")
            && around.files.bytes(file, 2).is_some_and(|bytes| bytes == b"MZ");
    }
    // An ELF file of the kinds "executable" and "position independent", the latter told from a library by its name.
    let library = file_name(file).contains(".so");
    let head = around.files.bytes(file, 18).unwrap_or_default();
    let kind = head.get(16).copied();
    head.starts_with(b"\x7fELF") && matches!(kind, Some(2 | 3)) && !library
}
