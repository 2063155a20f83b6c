//! What the settings of a Django project say about its database.

use super::files::{file_name, join, parent};
use super::modules::Module;
use super::{Around, text};

/// The modules of the settings: the one that is named, then those beside it in a package, which it usually builds upon.
pub(super) fn read<'a>(around: &Around<'a>, cwd: &str, named: &str) -> Vec<&'a Module> {
    let path = join(cwd, &named.replace('.', "/"));
    let own = [format!("{path}.py"), format!("{path}/__init__.py")];
    let mut found: Vec<&Module> = around
        .modules
        .iter()
        .filter(|module| own.contains(&module.file))
        .collect();
    let Some(first) = found.first().copied() else {
        return found;
    };
    let folder = parent(&first.file);
    if file_name(folder) == "settings" {
        let others = around.modules.iter();
        found.extend(others.filter(|module| parent(&module.file) == folder && module.file != first.file));
    }
    found
}

/// The SQLite file that `DATABASES` names, below the root or absolute.
pub(super) fn sqlite(own: &[&Module]) -> Option<String> {
    own.iter().find_map(|module| {
        let (_, behind) = text::after(&module.code, "DATABASES").next()?;
        let (_, behind) = behind.split_once("django.db.backends.sqlite3")?;
        let (at, _) = ["\"NAME\"", "'NAME'"]
            .iter()
            .find_map(|key| behind.find(key).map(|at| (at, key)))?;
        let value = behind.get(at + 6..)?.trim_start().strip_prefix(':')?;
        path_of(own, value)
    })
}

/// The path of an expression: a literal, a folder with `/` and literals, or `os.path.join` of them.
fn path_of(own: &[&Module], value: &str) -> Option<String> {
    let value = value.trim_start();
    if let Some(plain) = text::literal(value) {
        return super::database::usable(plain, &folder_of_work(own)?);
    }
    if let Some(inner) = ["str(", "os.path.join(", "Path(", "join("]
        .iter()
        .find_map(|call| value.strip_prefix(call))
    {
        let inner = text::arguments(inner);
        return match text::literal(inner) {
            Some(_) => path_of(own, inner),
            None => from_variable(own, inner),
        };
    }
    // What follows the expression belongs to the next entry.
    from_variable(own, value.split([',', '}', '\n']).next()?)
}

/// A variable that holds a folder, followed by literals.
fn from_variable(own: &[&Module], value: &str) -> Option<String> {
    let name = text::name(value.trim_start())?;
    let folder = own.iter().find_map(|module| folder_in(module, name))?;
    let parts = text::literals(value.trim_start().get(name.len()..)?);
    (!parts.is_empty()).then(|| parts.iter().fold(folder, |path, part| join(&path, part)))
}

/// The folder that `NAME = Path(__file__)…` means: one up for each `.parent` or `dirname`.
fn folder_in(module: &Module, name: &str) -> Option<String> {
    let value = module.code.lines().find_map(|line| {
        let rest = line.strip_prefix(name)?.trim_start().strip_prefix('=')?;
        rest.contains("__file__").then_some(rest)
    })?;
    let ups = value.matches(".parent").count() + value.matches("dirname(").count();
    let ups = match value.split_once(".parents[") {
        Some((_, index)) => 1 + index.split(']').next()?.trim().parse::<usize>().ok()?,
        None => ups,
    };
    let mut folder = module.file.as_str();
    for _ in 0..ups {
        // Above the root there is nothing that we know.
        if folder.is_empty() {
            return None;
        }
        folder = parent(folder);
    }
    (ups > 0).then(|| folder.to_owned())
}

/// A relative literal is relative to where Django is started: the folder of manage.py, above the package.
fn folder_of_work(own: &[&Module]) -> Option<String> {
    let mut folder = parent(&own.first()?.file);
    if file_name(folder) == "settings" {
        folder = parent(folder);
    }
    Some(parent(folder).to_owned())
}
