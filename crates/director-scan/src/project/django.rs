//! Django: manage.py, the settings, the WSGI and ASGI modules.

use super::apps::{DEFAULT_PORT, whole};
use super::files::{below, depth, file_name, join, parent};
use super::interpreter::Interpreter;
use super::modules::Module;
use super::{Around, Candidate, Framework, Migration, Port, Word, database, route, servers, settings, text};

const SETTINGS: &str = "DJANGO_SETTINGS_MODULE";

pub(super) fn find(around: &Around<'_>) -> Vec<Candidate> {
    around
        .files
        .named("manage.py")
        .filter_map(|manage| project(around, manage))
        .collect()
}

fn project(around: &Around<'_>, manage: &str) -> Option<Candidate> {
    let cwd = parent(manage).to_owned();
    let code = &around.modules.of_file(manage)?.code;
    let by_manage = settings_named(code)?;
    let wsgi = entry(around, &cwd, "wsgi.py");
    let asgi = entry(around, &cwd, "asgi.py");
    let by_entry = [wsgi, asgi]
        .into_iter()
        .flatten()
        .find_map(|module| settings_named(&module.code));
    // What the server is started with counts; manage.py often names the settings of development.
    let named = by_entry.unwrap_or(by_manage).to_owned();
    let own = settings::read(around, &cwd, &named);
    let interpreter = Interpreter::near(around.files, &cwd, around.windows);
    let dotted = |module: Option<&Module>| module.map(|module| module.import_from(&cwd).module);
    let (wsgi_name, asgi_name) = (dotted(wsgi), dotted(asgi));
    let needs_asgi = own.iter().any(|module| {
        ["\"channels\"", "'channels'", "\"daphne\"", "'daphne'"]
            .iter()
            .any(|app| module.code.contains(app))
    });
    let mut found = Candidate::new(
        Framework::Django,
        whole(manage.to_owned(), &format!("names the settings {named}")),
        interpreter.launch(around.windows),
    );
    let (arguments, note) = servers::for_django(
        around,
        &interpreter,
        wsgi_name.as_deref(),
        asgi_name.as_deref(),
        needs_asgi,
    );
    let target = arguments.iter().find_map(|word| match word {
        Word::Text(text) if text.ends_with(":application") => Some(text.clone()),
        Word::Text(_) | Word::Port | Word::Bind | Word::Url => None,
    });
    found.arguments = arguments;
    found.notes.extend(note);
    found.notes.extend(servers::path_note(&interpreter));
    found.notes.extend(hosts_note(&own));
    found.env.push((SETTINGS.to_owned(), Word::Text(named.clone())));
    let port = around.hints.port(target.as_deref().unwrap_or_default(), &cwd);
    found.port = Some(port.unwrap_or(Port {
        number: DEFAULT_PORT,
        named: None,
    }));
    found.health = route::of_django(around, &cwd);
    let sqlite = settings::sqlite(&own);
    found.database = sqlite.or_else(|| database::in_texts(around, &cwd, own.iter().copied(), ""));
    found.migration = Some(Migration {
        arguments: ["manage.py", "migrate", "--noinput"].map(str::to_owned).to_vec(),
        seen: whole(manage.to_owned(), "belongs to Django"),
    });
    found.likelihood = 110 - 3 * depth(manage);
    found.place = place(&cwd, &named, &own);
    found.target = target;
    found.cwd = cwd;
    Some(found)
}

/// The literal that is the default of the variable.
fn settings_named(code: &str) -> Option<&str> {
    let (_, behind) = code.split_once(SETTINGS)?;
    let behind = behind.trim_start_matches(['"', '\'']).trim_start();
    let value = behind
        .strip_prefix(',')
        .or_else(|| behind.strip_prefix(']')?.trim_start().strip_prefix('='))?;
    text::literal(value).filter(|name| !name.is_empty())
}

/// The shallowest such module of the project.
fn entry<'a>(around: &Around<'a>, cwd: &str, name: &str) -> Option<&'a Module> {
    around
        .modules
        .iter()
        .filter(|module| below(&module.file, cwd).is_some() && file_name(&module.file) == name)
        .find(|module| module.code.contains("application"))
}

/// The folder of the project's own package, where its `urls.py` is.
fn place(cwd: &str, named: &str, own: &[&Module]) -> Option<(String, String)> {
    own.first()?;
    let package = named.split('.').next().filter(|first| *first != named);
    Some(match package {
        Some(package) => (join(cwd, package), package.to_owned()),
        None => (cwd.to_owned(), String::new()),
    })
}

/// With DEBUG off Django refuses requests for hosts that are not listed, also those of a probe.
fn hosts_note(own: &[&Module]) -> Option<String> {
    let named = own.iter().any(|module| {
        text::after(&module.code, "ALLOWED_HOSTS").any(|(_, behind)| {
            ["127.0.0.1", "'*'", "\"*\""]
                .iter()
                .any(|host| behind.split(']').next().unwrap_or_default().contains(host))
        })
    });
    (!named).then(|| "with DEBUG = False, ALLOWED_HOSTS in the settings must have \"127.0.0.1\", or Django refuses the probe".to_owned())
}
