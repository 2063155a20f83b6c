//! What the files beside the source say about how the application is started: scripts, a Procfile, container files.

use super::files::{Files, below, depth, file_name, parent};
use super::{Port, Seen, text};

/// Programs whose command lines are understood.
const SERVERS: [&str; 7] = [
    "uvicorn",
    "gunicorn",
    "hypercorn",
    "waitress",
    "daphne",
    "runserver",
    "flask",
];

/// A command line of a server.
struct Started {
    seen: Seen,
    target: Option<String>,
    port: Option<u16>,
}

/// All of them, the most telling first.
pub(super) struct Hints {
    started: Vec<Started>,
    /// Ports that no command names: variables and exposed ports.
    ports: Vec<(u16, Seen)>,
}

/// Reads them.
pub(super) fn read(files: &Files) -> Hints {
    let mut hints = Hints {
        started: Vec::new(),
        ports: Vec::new(),
    };
    let mut paths: Vec<&str> = files.iter().filter(|path| depth(path) <= 2).collect();
    paths.retain(|path| rank(file_name(path)).is_some());
    paths.sort_by_key(|path| rank(file_name(path)));
    for path in paths {
        let Some(content) = files.read(path) else { continue };
        for (index, line) in content.lines().enumerate() {
            let seen = || Seen {
                file: path.to_owned(),
                line: index + 1,
                what: text::shortened(line),
            };
            let bare = line.trim_start();
            if bare.starts_with('#')
                || bare.to_ascii_lowercase().starts_with("rem ")
                || bare.starts_with("::")
            {
                continue;
            }
            if SERVERS
                .iter()
                .any(|server| text::after(line, server).next().is_some())
            {
                let (target, port) = command(line);
                hints.started.push(Started {
                    seen: seen(),
                    target,
                    port,
                });
            } else if let Some(port) = plain_port(file_name(path), bare) {
                hints.ports.push((port, seen()));
            }
        }
    }
    hints
}

/// Scripts that a person starts come before files of containers; none: not looked at.
fn rank(name: &str) -> Option<u8> {
    let name = name.to_ascii_lowercase();
    let script = [".bat", ".cmd", ".ps1", ".sh"]
        .iter()
        .any(|end| name.ends_with(end));
    if name == "procfile" || script {
        Some(0)
    } else if matches!(
        name.as_str(),
        ".env" | "makefile" | "justfile" | "package.json" | "pyproject.toml"
    ) {
        Some(1)
    } else if name.starts_with("dockerfile") || name.ends_with(".dockerfile") {
        Some(2)
    } else if name.contains("compose") && (name.ends_with(".yml") || name.ends_with(".yaml")) {
        Some(3)
    } else {
        None
    }
}

/// The application and the port of a command line, in whatever way it is quoted.
fn command(line: &str) -> (Option<String>, Option<u16>) {
    let words: Vec<&str> = line
        .split(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | ',' | '[' | ']' | '='))
        .filter(|word| !word.is_empty())
        .collect();
    let target = words
        .iter()
        .find(|word| is_target(word))
        .map(|word| (*word).to_owned());
    let mut port = None;
    for (word, next) in words.iter().zip(words.iter().skip(1)) {
        port = port.or_else(|| match *word {
            "--port" | "-p" | "--http-port" => text::port(next),
            "-b" | "--bind" | "--listen" | "runserver" => next.rsplit(':').next().and_then(text::port),
            _ => None,
        });
    }
    (target, port)
}

/// `module.name:application`.
fn is_target(word: &str) -> bool {
    let Some((module, name)) = word.split_once(':') else {
        return false;
    };
    let name = name.strip_suffix("()").unwrap_or(name);
    let is_name = |part: &str| text::name(part) == Some(part);
    module.split('.').all(is_name) && is_name(name)
}

fn plain_port(file: &str, line: &str) -> Option<u16> {
    let lower = file.to_ascii_lowercase();
    if lower == ".env" {
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=')?;
        let known = [
            "PORT",
            "APP_PORT",
            "SERVER_PORT",
            "HTTP_PORT",
            "UVICORN_PORT",
            "FLASK_RUN_PORT",
        ];
        let value = value.trim().trim_matches(['"', '\'']);
        return known.contains(&name.trim()).then(|| text::port(value)).flatten();
    }
    if lower.contains("dockerfile") {
        let exposed = line.strip_prefix("EXPOSE ")?;
        return text::port(exposed.trim().split(['/', ' ']).next()?);
    }
    if lower.contains("compose") {
        // `- "8080:80"`: the container's own port is the last one.
        let mapped = line.strip_prefix("- ")?.trim().trim_matches(['"', '\'']);
        let (_, inner) = mapped.rsplit_once(':')?;
        return text::port(inner.split('/').next()?);
    }
    None
}

impl Hints {
    /// Whether a command starts `module:name` from some folder, and the folder that leads to `file`.
    pub(super) fn base_of<'a>(&self, file: &'a str, name: &str) -> Option<&'a str> {
        let without = file.strip_suffix(".py")?;
        let path = without.strip_suffix("/__init__").unwrap_or(without);
        path.match_indices('/')
            .map(|(at, _)| at + 1)
            .chain([0])
            .find_map(|at| {
                // The whole dotted name must fit: `main:app` in a folder `app` is not `app.main:app`.
                let dotted = path[at..].replace('/', ".");
                let is_it = |started: &&Started| {
                    let target = started.target.as_deref().unwrap_or_default();
                    target.strip_suffix("()").unwrap_or(target) == format!("{dotted}:{name}")
                        && below(file, parent(&started.seen.file)).is_some()
                };
                let found = self.started.iter().any(|started| is_it(&started));
                found.then(|| path[..at].trim_end_matches('/'))
            })
    }

    /// The port for an application in `cwd` that is started as `target`.
    pub(super) fn port(&self, target: &str, cwd: &str) -> Option<Port> {
        let near = |seen: &Seen| {
            let folder = parent(&seen.file);
            folder == cwd || below(cwd, folder).is_some() || folder.is_empty()
        };
        let meant = |started: &&Started| started.target.as_deref().is_none_or(|named| named == target);
        let named = self
            .started
            .iter()
            .filter(|started| near(&started.seen) && meant(started))
            .find_map(|started| Some((started.port?, &started.seen)));
        let plain = || {
            let (port, seen) = self.ports.iter().find(|(_, seen)| near(seen))?;
            Some((*port, seen))
        };
        let (number, seen) = named.or_else(plain)?;
        Some(Port {
            number,
            named: Some(seen.clone()),
        })
    }

    /// A port that a variable or a container file names, and no command.
    pub(super) fn plain_port(&self, cwd: &str) -> Option<Port> {
        let near =
            |seen: &&(u16, Seen)| below(cwd, parent(&seen.1.file)).is_some() || parent(&seen.1.file) == cwd;
        let (number, seen) = self.ports.iter().find(near)?;
        Some(Port {
            number: *number,
            named: Some(seen.clone()),
        })
    }
}
