//! FastAPI and Flask: the module-level application, or the function that makes one.

use super::files::{depth, file_name, join, parent, stem};
use super::interpreter::Interpreter;
use super::modules::{Import, Module, seen};
use super::{
    Around, Candidate, Framework, Migration, Port, Seen, Word, candidate, database, route, servers, text,
};

/// The port when nothing names one.
pub(super) const DEFAULT_PORT: u16 = 8000;

/// An application object.
struct Object<'a> {
    framework: Framework,
    module: &'a Module,
    name: String,
    /// Whether the name is a function that must be called.
    factory: bool,
    at: usize,
}

pub(super) fn find(around: &Around<'_>) -> Vec<Candidate> {
    let mut objects: Vec<Object<'_>> = around.modules.iter().flat_map(objects).collect();
    let factories: Vec<(String, Framework)> = objects
        .iter()
        .filter(|object| object.factory)
        .map(|object| (object.name.clone(), object.framework))
        .collect();
    for module in around.modules.iter() {
        objects.extend(made_by(module, &factories));
    }
    let mut found: Vec<Candidate> = Vec::new();
    for object in best_of_each_file(objects) {
        found.push(describe(around, &object));
    }
    found
}

/// The applications that a module makes, and its functions that make one.
fn objects(module: &Module) -> Vec<Object<'_>> {
    let mut found = Vec::new();
    for (framework, package, class) in [
        (Framework::FastApi, "fastapi", "FastAPI"),
        (Framework::Flask, "flask", "Flask"),
    ] {
        if !module.imports(package) {
            continue;
        }
        for (at, behind) in text::after(&module.code, class) {
            if !behind.trim_start().starts_with('(') {
                continue;
            }
            if let Some(name) = assigned_at(&module.code, at) {
                found.push(Object {
                    framework,
                    module,
                    name: name.to_owned(),
                    factory: false,
                    at,
                });
            } else if let Some((start, name)) = enclosing_factory(&module.code, at) {
                found.push(Object {
                    framework,
                    module,
                    name: name.to_owned(),
                    factory: true,
                    at: start,
                });
            }
        }
    }
    found
}

/// `app = create_app()` at module level, with a factory of this or another module.
fn made_by<'a>(module: &'a Module, factories: &[(String, Framework)]) -> Vec<Object<'a>> {
    let mut found = Vec::new();
    for (factory, framework) in factories {
        for (at, behind) in text::after(&module.code, factory) {
            let called = behind.trim_start().starts_with('(');
            if let Some(name) = assigned_at(&module.code, at).filter(|_| called) {
                found.push(Object {
                    framework: *framework,
                    module,
                    name: name.to_owned(),
                    factory: false,
                    at,
                });
            }
        }
    }
    found
}

/// The name on the left of an assignment that begins a line without indentation, and whose right side is at `at`.
fn assigned_at(code: &str, at: usize) -> Option<&str> {
    let start = code[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = &code[start..at];
    let name = text::name(line)?;
    let (left, right) = line.split_once('=')?;
    let typed = left[name.len()..].trim();
    let whole = typed.is_empty() || typed.starts_with(':');
    // `fastapi.FastAPI(` and nothing else before the class.
    let qualified = right
        .trim()
        .chars()
        .all(|letter| text::is_word(letter) || letter == '.');
    (whole && qualified).then_some(name)
}

/// The function at module level around `at`, when it can be called without arguments and its name says that it makes something.
fn enclosing_factory(code: &str, at: usize) -> Option<(usize, &str)> {
    let mut start = at;
    loop {
        start = code[..start].rfind('\n')?;
        let line = &code[start + 1..];
        if let Some(rest) = line.strip_prefix("def ") {
            let name = text::name(rest)?;
            let makes = ["create", "make", "get", "build", "init", "new"];
            let named = makes.iter().any(|verb| name.starts_with(verb)) && name.contains("app");
            let given = text::arguments(rest[name.len()..].trim_start().strip_prefix('(')?);
            let free = given.trim().is_empty()
                || given
                    .split(',')
                    .all(|one| one.trim().is_empty() || one.contains('='));
            return (named && free).then_some((start + 1, name));
        }
        // Another thing at module level: the text is not within a function.
        if line.starts_with(|first: char| !first.is_whitespace() && first != ')') {
            return None;
        }
    }
}

/// An object goes before a function that makes one, and the usual names before others.
fn best_of_each_file(mut objects: Vec<Object<'_>>) -> Vec<Object<'_>> {
    let rank = |object: &Object<'_>| {
        let usual = ["app", "application", "api"]
            .iter()
            .position(|name| object.name == *name);
        (object.factory, usual.unwrap_or(usize::MAX), object.at)
    };
    objects.sort_by_key(rank);
    let mut kept: Vec<Object<'_>> = Vec::new();
    for object in objects {
        let told = kept
            .iter()
            .any(|other| other.module.file == object.module.file && other.framework == object.framework);
        if !told {
            kept.push(object);
        }
    }
    // A function needs no line of its own when something calls it.
    let called: Vec<Framework> = kept
        .iter()
        .filter(|one| !one.factory)
        .map(|one| one.framework)
        .collect();
    kept.retain(|object| !(object.factory && called.contains(&object.framework)));
    kept
}

fn describe(around: &Around<'_>, object: &Object<'_>) -> Candidate {
    let files = around.files;
    let hinted = around.hints.base_of(&object.module.file, &object.name);
    let import = match hinted {
        Some(base) => object.module.import_from(base),
        None => object.module.import(files),
    };
    // A `src` folder is only where the modules are; people work in the folder above it.
    let in_src = file_name(&import.base) == "src";
    let cwd = if in_src {
        parent(&import.base)
    } else {
        &import.base
    }
    .to_owned();
    let target = format!("{}:{}", import.module, object.name);
    let interpreter = Interpreter::near(files, &cwd, around.windows);
    let mut found = Candidate::new(
        object.framework,
        seen(object.module, object.at),
        interpreter.launch(around.windows),
    );
    let (arguments, note) =
        servers::for_object(around, &interpreter, object.framework, &target, object.factory);
    found.arguments = arguments;
    found.notes.extend(note);
    found.notes.extend(servers::path_note(&interpreter));
    if in_src {
        found
            .env
            .push(("PYTHONPATH".to_owned(), Word::Text("src".to_owned())));
    }
    found.port = Some(port(around, object.module, &target, &cwd));
    found.health = route::of_python(around, &cwd, object.module);
    found.database = database::of_python(around, &cwd, &import);
    found.migration = migration(around, object.framework, &cwd, &target);
    found.likelihood = likelihood(object, hinted.is_some());
    found.place = Some(place(&import, object.module));
    found.cwd = cwd;
    found.target = Some(target);
    found
}

fn likelihood(object: &Object<'_>, hinted: bool) -> i32 {
    let kind = match object.framework {
        Framework::FastApi => 100,
        Framework::Flask | Framework::Django | Framework::Node | Framework::DotNet => 90,
        Framework::Script | Framework::Program => 10,
    };
    let usual_file =
        ["main", "app", "server", "api", "asgi", "wsgi", "__init__"].contains(&stem(&object.module.file));
    let usual_name = ["app", "application", "api"].contains(&object.name.as_str());
    kind - 3 * depth(&object.module.file)
        + if hinted { 30 } else { 0 }
        + if usual_file { 5 } else { 0 }
        + if usual_name { 5 } else { 0 }
        - if object.factory { 2 } else { 0 }
}

/// The folder beside the application's module, and the package there.
fn place(import: &Import, module: &Module) -> (String, String) {
    let folder = parent(&module.file).to_owned();
    let package = if file_name(&module.file) == "__init__.py" {
        import.module.clone()
    } else {
        import
            .module
            .rsplit_once('.')
            .map_or(String::new(), |(package, _)| package.to_owned())
    };
    (folder, package)
}

/// What a command beside the source says, else the source itself, else a variable or a container file.
fn port(around: &Around<'_>, module: &Module, target: &str, cwd: &str) -> Port {
    let by_source = || {
        ["uvicorn.run(", "app.run(", "serve("].iter().find_map(|call| {
            text::after(&module.code, call).find_map(|(at, behind)| {
                let given = text::arguments(behind);
                let (_, value) =
                    text::after(given, "port").find(|(_, rest)| rest.trim_start().starts_with('='))?;
                let number = text::port_in(value.lines().next()?)?;
                Some(Port {
                    number,
                    named: Some(Seen {
                        what: format!("port={number}"),
                        ..seen(module, at)
                    }),
                })
            })
        })
    };
    let hinted = around.hints.port(target, cwd);
    hinted.or_else(by_source).unwrap_or(Port {
        number: DEFAULT_PORT,
        named: None,
    })
}

/// Alembic by its file, Flask-Migrate by its folder.
fn migration(around: &Around<'_>, framework: Framework, cwd: &str, target: &str) -> Option<Migration> {
    let flask = join(cwd, "migrations/env.py");
    if framework == Framework::Flask && around.files.has(&flask) {
        let arguments = ["-m", "flask", "--app", target, "db", "upgrade"];
        return Some(Migration {
            arguments: arguments.map(str::to_owned).to_vec(),
            seen: whole(flask, "belongs to Flask-Migrate"),
        });
    }
    let alembic = join(cwd, "alembic.ini");
    around.files.has(&alembic).then(|| Migration {
        arguments: ["-m", "alembic", "upgrade", "head"].map(str::to_owned).to_vec(),
        seen: whole(alembic, "belongs to Alembic"),
    })
}

/// A file as a whole.
pub(super) fn whole(file: String, what: &str) -> Seen {
    Seen {
        file,
        line: 0,
        what: what.to_owned(),
    }
}

/// Texts as words, the last ones given as they are.
pub(super) fn line(texts: &[&str], rest: &[Word]) -> Vec<Word> {
    let mut words = candidate::words(texts);
    words.extend_from_slice(rest);
    words
}
