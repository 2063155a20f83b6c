//! .NET: what `dotnet publish` has made, or a project file that it can be made from.

use serde_json::Value;

use super::apps::whole;
use super::files::{below, depth, file_name, join, parent, stem};
use super::{Around, Candidate, Framework, Launch, Port, Says, Seen, Word, route, text};

/// Kestrel's port when nothing names one.
const KESTREL: u16 = 5000;

pub(super) fn find(around: &Around<'_>) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = around
        .files
        .iter()
        .filter_map(|file| published(around, file.strip_suffix(".runtimeconfig.json")?))
        .collect();
    // A published application lies beside others that only were built: what was published last into a folder of that name counts.
    found.sort_by_key(|candidate| !candidate.cwd.split('/').any(|part| part == "publish"));
    let mut seen: Vec<String> = Vec::new();
    found.retain(|candidate| {
        let name = stem(stem(&candidate.seen.file)).to_owned();
        let fresh = !seen.contains(&name);
        seen.push(name);
        fresh
    });
    let projects = around
        .files
        .iter()
        .filter(|file| file.ends_with(".csproj") || file.ends_with(".fsproj"));
    let unpublished: Vec<Candidate> = projects
        .filter(|file| !seen.iter().any(|name| name == stem(file)))
        .filter_map(|file| project(around, file))
        .collect();
    found.extend(unpublished);
    found
}

/// `path` without `.runtimeconfig.json`.
fn published(around: &Around<'_>, path: &str) -> Option<Candidate> {
    let (cwd, name) = (parent(path), file_name(path));
    let host = format!("{path}{}", if around.windows { ".exe" } else { "" });
    let library = format!("{path}.dll");
    let config = format!("{path}.runtimeconfig.json");
    let seen = |what: &str| whole(config.clone(), what);
    let mut found = if around.files.has(&host) {
        Candidate::new(
            Framework::DotNet,
            seen("lies beside its program"),
            Launch::File(host),
        )
    } else if around.files.has(&library) {
        let mut found = Candidate::new(
            Framework::DotNet,
            seen("lies beside its library"),
            Launch::Search(vec!["dotnet".to_owned()]),
        );
        found.arguments.push(Word::Text(format!("{name}.dll")));
        found
    } else {
        return None;
    };
    let text = around.files.read(&config)?;
    let web = text.contains("Microsoft.AspNetCore.App");
    found.cwd = cwd.to_owned();
    found.likelihood = 85 - depth(path);
    complete(around, &mut found, web, cwd);
    Some(found)
}

fn project(around: &Around<'_>, file: &str) -> Option<Candidate> {
    let text = around.files.read(file)?;
    let web = text.contains("Microsoft.NET.Sdk.Web");
    let runs = web
        || text.contains("<OutputType>Exe")
        || text.contains("<OutputType>WinExe")
        || text.contains("Microsoft.NET.Sdk.Worker");
    let test = text.contains("Microsoft.NET.Test.Sdk");
    if !runs || test {
        return None;
    }
    let name = between(&text, "<AssemblyName>", "</AssemblyName>").unwrap_or(stem(file));
    let folder = join(parent(file), "publish");
    let host = format!("{folder}/{name}{}", if around.windows { ".exe" } else { "" });
    let mut found = Candidate::new(
        Framework::DotNet,
        whole(file.to_owned(), "is a project that makes a program"),
        Launch::File(host),
    );
    found.cwd = folder.clone();
    found.likelihood = 75 - depth(file);
    found.notes.push(format!(
        "there is no published output yet: `dotnet publish {file} -c Release -o {folder}` makes what is started here"
    ));
    complete(around, &mut found, web, parent(file));
    Some(found)
}

/// Port and health of what serves; `source` has its settings.
fn complete(around: &Around<'_>, found: &mut Candidate, web: bool, source: &str) {
    if !web {
        return;
    }
    // The publish folder lies below the project's.
    let folders: Vec<&str> = super::files::upwards(source).collect();
    let named = folders.iter().find_map(|folder| configured_port(around, folder));
    found.port = Some(named.unwrap_or(Port {
        number: KESTREL,
        named: None,
    }));
    found.env.push(("ASPNETCORE_URLS".to_owned(), Word::Url));
    let sources = around.files.iter().filter(|file| {
        file.ends_with(".cs") && folders.iter().take(5).any(|folder| below(file, folder).is_some())
    });
    found.health = sources.take(500).find_map(|file| {
        let code = around.files.read(file)?;
        let mut route = route::of_text(file, &code, &["MapGet(", "MapHealthChecks(", "UseHealthChecks("])?;
        if route.seen.what.contains("HealthChecks(") {
            // The framework answers with a plain word.
            route.says = Says::Nothing;
        }
        Some(route)
    });
}

fn configured_port(around: &Around<'_>, folder: &str) -> Option<Port> {
    let named = |file: String, url: &str, what: String| {
        let number = url
            .split(';')
            .find(|url| url.starts_with("http:"))?
            .rsplit(':')
            .next()?;
        let number = text::port(number.trim_end_matches('/'))?;
        Some(Port {
            number,
            named: Some(Seen { file, line: 0, what }),
        })
    };
    let settings = join(folder, "appsettings.json");
    let json = || -> Option<Value> { serde_json::from_str(&around.files.read(&settings)?).ok() };
    if let Some(json) = json() {
        let url = json["Urls"]
            .as_str()
            .or_else(|| json["Kestrel"]["Endpoints"]["Http"]["Url"].as_str());
        if let Some(port) = url.and_then(|url| named(settings.clone(), url, "names the port".to_owned())) {
            return Some(port);
        }
    }
    let launch = join(folder, "Properties/launchSettings.json");
    let content = around.files.read(&launch)?;
    text::after(&content, "\"applicationUrl\"").find_map(|(_, behind)| {
        let url = text::literal(behind.trim_start().strip_prefix(':')?)?;
        named(launch.clone(), url, "names the port of development".to_owned())
    })
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, behind) = text.split_once(start)?;
    let (inner, _) = behind.split_once(end)?;
    Some(inner.trim())
}
