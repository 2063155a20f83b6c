//! Whether an application has a health route, and what it answers.

use super::files::{file_name, parent, stem};
use super::modules::{Module, seen};
use super::{Around, Route, Says, text};

/// The last part of a path that means health.
const NAMES: [&str; 6] = [
    "health",
    "healthz",
    "healthcheck",
    "health-check",
    "health_check",
    "livez",
];

/// How far behind a route its answer is looked for.
const LINES: usize = 40;

/// Of FastAPI and Flask.
pub(super) fn of_python(around: &Around<'_>, cwd: &str, main: &Module) -> Option<Route> {
    let own = std::iter::once(main);
    let others = around
        .modules
        .within(cwd)
        .filter(|module| module.file != main.file);
    own.chain(others).find_map(|module| {
        let route = route_in(main, module)?;
        // Asked last, since it looks at every module.
        (module.file == main.file || is_imported(around, module)).then_some(route)
    })
}

/// The first health route of a module.
fn route_in(main: &Module, module: &Module) -> Option<Route> {
    [".get(", ".route(", ".api_route("].iter().find_map(|way| {
        text::after(&module.code, way).find_map(|(at, behind)| {
            let path = text::literal(behind).filter(|path| means_health(path))?;
            let decorator = text::line_at(&module.code, at);
            decorator.starts_with('@').then(|| Route {
                path: format!("{}{path}", prefix(main, module, &decorator)),
                seen: seen(module, at),
                says: says(&module.code[at..], "\ndef ", 2),
            })
        })
    })
}

/// Routes of a module that nothing imports are not there yet.
fn is_imported(around: &Around<'_>, module: &Module) -> bool {
    let name = match stem(&module.file) {
        "__init__" => file_name(parent(&module.file)),
        name => name,
    };
    let mentions = |code: &str| text::after(code, name).any(|(_, behind)| !behind.starts_with(text::is_word));
    let mut others = around.modules.iter().filter(|other| other.file != module.file);
    others.any(|other| mentions(&other.code))
}

/// What stands before a route of a router or blueprint: its own prefix, and the one it is included with.
fn prefix(main: &Module, module: &Module, decorator: &str) -> String {
    let keyed = |given: &str| {
        ["url_prefix", "prefix"].iter().find_map(|key| {
            let (_, behind) = text::after(given, key).next()?;
            text::literal(behind.trim_start().strip_prefix('=')?).map(str::to_owned)
        })
    };
    let name = text::name(decorator.trim_start_matches('@')).unwrap_or_default();
    let mut start = 0;
    let mut own = None;
    for line in module.code.split_inclusive('\n') {
        let right = line
            .strip_prefix(name)
            .and_then(|rest| rest.trim_start().strip_prefix('='));
        let class = ["APIRouter(", "Blueprint("]
            .iter()
            .find(|class| right.is_some_and(|right| right.contains(**class)));
        if let Some((_, behind)) = class.and_then(|class| module.code[start..].split_once(class)) {
            own = Some(keyed(text::arguments(behind)).unwrap_or_default());
            break;
        }
        start += line.len();
    }
    // Not a router: the application itself.
    let Some(own) = own else { return String::new() };
    let included = [".include_router(", ".register_blueprint("]
        .iter()
        .find_map(|way| {
            text::after(&main.code, way).find_map(|(_, behind)| {
                let given = text::arguments(behind);
                let first = given.split(',').next().unwrap_or_default().trim();
                let is_it = first == name || first.split('.').any(|part| part == stem(&module.file));
                is_it.then(|| keyed(given).unwrap_or_default())
            })
        });
    format!("{}{own}", included.unwrap_or_default())
}

/// Of Django: in the `urls.py` of the project.
pub(super) fn of_django(around: &Around<'_>, cwd: &str) -> Option<Route> {
    let modules = around.modules.within(cwd);
    modules
        .filter(|module| file_name(&module.file) == "urls.py")
        .find_map(|module| {
            ["path(", "re_path(", "url("].iter().find_map(|way| {
                text::after(&module.code, way).find_map(|(at, behind)| {
                    let written = text::literal(behind)?;
                    let path = format!(
                        "/{}",
                        written.trim_start_matches(['^', '/']).trim_end_matches('$')
                    );
                    if !means_health(&path) {
                        return None;
                    }
                    let view = behind
                        .split_once(',')
                        .map(|(_, view)| view.trim_start())
                        .unwrap_or_default();
                    let view = view.split([',', ')', '(']).next().unwrap_or_default();
                    let view = view.rsplit('.').next().unwrap_or_default().trim();
                    Some(Route {
                        path,
                        seen: seen(module, at),
                        says: view_says(around, cwd, view),
                    })
                })
            })
        })
}

/// What a view answers, wherever it is defined in the project.
fn view_says(around: &Around<'_>, cwd: &str, view: &str) -> Says {
    let defined = format!("def {view}(");
    around
        .modules
        .within(cwd)
        .find_map(|module| {
            let (at, _) = text::after(&module.code, &defined).next()?;
            Some(says(&module.code[at..], "\ndef ", 1))
        })
        .unwrap_or(Says::Nothing)
}

fn means_health(path: &str) -> bool {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    NAMES.contains(&last) && !path.contains(['{', '<', '(', '*'])
}

/// What the code says as `status`, up to the `nth` occurrence of `end`.
pub(super) fn says(code: &str, end: &str, nth: usize) -> Says {
    let ends = code
        .match_indices(end)
        .nth(nth - 1)
        .map_or(code.len(), |(at, _)| at);
    let mut lines = code[..ends].split_inclusive('\n').take(LINES);
    let body: String = std::iter::from_fn(|| lines.next()).collect();
    if ["healthy", "degraded"]
        .iter()
        .any(|word| text::literals(&body).contains(word))
    {
        return Says::Status;
    }
    let mut values: Vec<String> = Vec::new();
    for (_, behind) in text::after(&body, "status") {
        let behind = behind.trim_start_matches(['"', '\'']).trim_start();
        let value = behind.strip_prefix([':', '=']).and_then(text::literal);
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            values.push(value.to_owned());
        }
    }
    values.dedup();
    if values.is_empty() {
        Says::Nothing
    } else {
        Says::Other(values)
    }
}

/// Of a program in another language: a line that compares a path or registers a route.
pub(super) fn of_text(file: &str, code: &str, marks: &[&str]) -> Option<Route> {
    let mut start = 0;
    for line in code.split_inclusive('\n') {
        let comment = line.trim_start().starts_with("//");
        let found = text::literals(line)
            .into_iter()
            .find(|path| path.starts_with('/') && means_health(path));
        if let Some(path) = found.filter(|_| !comment && marks.iter().any(|mark| line.contains(mark))) {
            return Some(Route {
                path: path.to_owned(),
                seen: super::Seen {
                    file: file.to_owned(),
                    line: text::line_of(code, start),
                    what: text::line_at(code, start),
                },
                says: says(&code[start..], "\n}", 1),
            });
        }
        start += line.len();
    }
    None
}

/// Whether a file lies in the folder itself or one below it.
pub(super) fn near(file: &str, folder: &str) -> bool {
    parent(file) == folder || parent(parent(file)) == folder
}
