//! Which server runs a Python application: one that the project has, and that exists on the system.

use super::apps::line;
use super::interpreter::Interpreter;
use super::{Around, Framework, Word};

/// A server's arguments behind the interpreter, and what a person should know.
type Served = (Vec<Word>, Option<String>);

/// `["--host", "0.0.0.0", "--port", PORT]`.
fn host_and_port() -> [Word; 4] {
    [
        Word::Text("--host".to_owned()),
        Word::Text("0.0.0.0".to_owned()),
        Word::Text("--port".to_owned()),
        Word::Port,
    ]
}

/// For an application object, or a function that makes one.
pub(super) fn for_object(
    around: &Around<'_>,
    interpreter: &Interpreter,
    framework: Framework,
    target: &str,
    factory: bool,
) -> Served {
    let knows = |package| interpreter.knows(around.files, package);
    if framework == Framework::FastApi {
        if knows("hypercorn") && !knows("uvicorn") {
            let called = if factory {
                format!("{target}()")
            } else {
                target.to_owned()
            };
            return (
                line(
                    &["-m", "hypercorn", &called],
                    &[Word::Text("--bind".to_owned()), Word::Bind],
                ),
                None,
            );
        }
        let mut words = line(&["-m", "uvicorn", target], &host_and_port());
        if factory {
            words.push(Word::Text("--factory".to_owned()));
        }
        let known = knows("uvicorn") || knows("fastapi");
        return (words, (!known).then(|| missing("uvicorn")));
    }
    if let Some(words) = wsgi(around, interpreter, target, factory) {
        return (words, None);
    }
    let note = format!(
        "this is Flask's development server: `pip install {}` for one that is made for production, then write this anew",
        if around.windows { "waitress" } else { "gunicorn" }
    );
    (
        line(&["-m", "flask", "--app", target, "run"], &host_and_port()),
        Some(note),
    )
}

/// For the modules of a Django project; `asgi` says that it needs the asynchronous one.
pub(super) fn for_django(
    around: &Around<'_>,
    interpreter: &Interpreter,
    wsgi_module: Option<&str>,
    asgi_module: Option<&str>,
    needs_asgi: bool,
) -> Served {
    let knows = |package| interpreter.knows(around.files, package);
    let by_wsgi = || {
        let target = format!("{}:application", wsgi_module?);
        wsgi(around, interpreter, &target, false)
    };
    let by_asgi = || {
        let target = format!("{}:application", asgi_module?);
        if knows("uvicorn") {
            Some(line(&["-m", "uvicorn", &target], &host_and_port()))
        } else if knows("daphne") {
            let rest = [
                Word::Text("-b".to_owned()),
                Word::Text("0.0.0.0".to_owned()),
                Word::Text("-p".to_owned()),
                Word::Port,
                Word::Text(target),
            ];
            Some(line(&["-m", "daphne"], &rest))
        } else if knows("hypercorn") {
            let rest = [Word::Text("--bind".to_owned()), Word::Bind];
            Some(line(&["-m", "hypercorn", &target], &rest))
        } else {
            None
        }
    };
    let found = if needs_asgi {
        by_asgi().or_else(by_wsgi)
    } else {
        by_wsgi().or_else(by_asgi)
    };
    if let Some(words) = found {
        return (words, None);
    }
    let note = format!(
        "this is Django's development server: `pip install {}` for one that is made for production, then write this anew",
        if around.windows { "waitress" } else { "gunicorn" }
    );
    (
        line(&["manage.py", "runserver", "--noreload"], &[Word::Bind]),
        Some(note),
    )
}

/// Gunicorn does not exist on Windows.
fn wsgi(around: &Around<'_>, interpreter: &Interpreter, target: &str, factory: bool) -> Option<Vec<Word>> {
    let knows = |package| interpreter.knows(around.files, package);
    if !around.windows && knows("gunicorn") {
        let called = if factory {
            format!("{target}()")
        } else {
            target.to_owned()
        };
        let rest = [Word::Text("--bind".to_owned()), Word::Bind];
        return Some(line(&["-m", "gunicorn", &called], &rest));
    }
    if knows("waitress") {
        let mut words = line(&["-m", "waitress"], &host_and_port());
        if factory {
            words.push(Word::Text("--call".to_owned()));
        }
        words.push(Word::Text(target.to_owned()));
        return Some(words);
    }
    None
}

fn missing(package: &str) -> String {
    format!(
        "{package} is named by no requirement and found in no virtual environment here: `pip install {package}` if it is missing"
    )
}

/// The trap of the embeddable Python.
pub(super) fn path_note(interpreter: &Interpreter) -> Option<String> {
    let file = interpreter.path_file.as_ref()?;
    Some(format!(
        "{file} alone decides where this Python looks for modules: it must name the application's folder, since PYTHONPATH does not count"
    ))
}
