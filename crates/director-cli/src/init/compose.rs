//! The text of a configuration, with a comment for each choice.

use std::fmt::Write as _;
use std::path::Path;

use director_scan::project::{Candidate, Framework, Says, Word};

use super::interpreter::program;
use super::quote::{array, quoted, remark};

/// What every such file begins with.
const HEAD: &str = "\
# How Service Director keeps this application running. Every key: docs/config.md; `director schema` is for editors.
# `director check` says what is wrong with this file, `director run` starts what it names. Relative paths begin at its folder.
";

/// What the person who asks decides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wishes<'a> {
    /// The folder of the configuration.
    pub(crate) root: &'a Path,
    /// `director.name`.
    pub(crate) name: &'a str,
    /// Instead of the port that was found.
    pub(crate) port: Option<u16>,
    /// A health endpoint is being written.
    pub(crate) health: bool,
}

/// A configuration for the first candidate, with the others as comments.
pub(crate) fn compose(candidates: &[Candidate], wishes: &Wishes<'_>) -> String {
    let mut text = head(wishes.name);
    for (index, candidate) in candidates.iter().enumerate() {
        let number = if index == 0 {
            String::new()
        } else {
            (index + 1).to_string()
        };
        let services = services(candidate, &number, wishes);
        if index == 0 {
            text.push('\n');
            text.push_str(&services);
            continue;
        }
        let _ = writeln!(
            text,
            "\n# Also found: {}. Take the first `#` off each line to have it too.",
            about(candidate)
        );
        for line in services.lines() {
            text.push_str(if line.is_empty() { "#" } else { "# " });
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// A configuration to be completed by a person.
pub(crate) fn nothing_found(wishes: &Wishes<'_>) -> String {
    let port = wishes.port.unwrap_or(8000);
    let mut text = head(wishes.name);
    let _ = write!(
        text,
        "
# Nothing was recognised here: write the command of the application.
[service.app]
# Program and arguments, each a text of its own; no shell. A program with a slash is relative to this folder.
command = [\"bin/app\", \"--port\", \"{port}\"]
# A daemon runs until it is stopped; \"oneshot\" is set-up work that ends.
kind = \"daemon\"
# Must be free before each start.
port = {port}

[service.app.health]
# Sees that the port is open. With a health route: http = \"http://127.0.0.1:{port}/health\"
tcp = \"127.0.0.1:{port}\"

# [service.app.env]
# NAME = \"value\"

# [service.app.database]
# sqlite = \"app.db\"    # must not be locked before each start
# wal = true           # readers and the writer do not wait for each other

# [service.app.watch]
# enabled = true       # a change of files restarts the service
"
    );
    text
}

fn head(name: &str) -> String {
    format!(
        "{HEAD}\n[director]\n# Names the boot entry, the endpoint and the data folder.\nname = {}\n",
        quoted(name)
    )
}

/// What was found and where, as a sentence without its end.
fn about(candidate: &Candidate) -> String {
    remark(&format!("{}: {}", candidate.framework.said(), candidate.seen))
}

/// The words of the command; for tables and JSON.
pub(crate) fn command_line(candidate: &Candidate, wishes: &Wishes<'_>) -> Vec<String> {
    let port = wishes
        .port
        .or(candidate.port.as_ref().map(|port| port.number))
        .unwrap_or_default();
    let mut words = program(&candidate.launch, wishes.root).words;
    words.extend(candidate.arguments.iter().map(|word| word.with(port)));
    words
}

fn services(candidate: &Candidate, number: &str, wishes: &Wishes<'_>) -> String {
    let mut text = String::new();
    let port = wishes.port.or(candidate.port.as_ref().map(|port| port.number));
    let name = format!("{}{number}", if port.is_some() { "web" } else { "app" });
    let migrate = format!("migrate{number}");
    if candidate.migration.is_some() {
        migration(&mut text, candidate, &migrate, wishes);
    }
    let _ = writeln!(text, "# This is {}.", about(candidate));
    let _ = writeln!(text, "[service.{name}]");
    let _ = writeln!(text, "# {}", program(&candidate.launch, wishes.root).remark);
    for note in &candidate.notes {
        let _ = writeln!(text, "# Note: {}.", remark(note));
    }
    let _ = writeln!(text, "command = {}", array(&command_line(candidate, wishes)));
    text.push_str(
        "# A daemon runs until it is stopped; \"oneshot\" is set-up work that ends.\nkind = \"daemon\"\n",
    );
    folder(&mut text, candidate);
    if candidate.migration.is_some() {
        let _ = writeln!(
            text,
            "# Starts when the migrations are done.\nrequires = [\"{migrate}:completed\"]"
        );
    }
    if let Some(port) = port {
        let _ = writeln!(
            text,
            "# Must be free before each start. {}\nport = {port}",
            why_port(candidate, wishes)
        );
    }
    text.push_str(
        "# A stop asks politely and waits before it kills; written, this is: stop = { grace = \"30s\" }\n",
    );
    environment(&mut text, candidate, &name, port);
    if let Some(port) = port {
        // Only the first candidate gets the endpoint that is being written.
        health(
            &mut text,
            candidate,
            &name,
            port,
            wishes.health && number.is_empty(),
        );
    }
    database(&mut text, candidate, &name);
    watch(&mut text, candidate, &name);
    text
}

fn folder(text: &mut String, candidate: &Candidate) {
    if !candidate.cwd.is_empty() {
        let _ = writeln!(
            text,
            "# Working folder; without it, the folder of this file.\ncwd = {}",
            quoted(&candidate.cwd)
        );
    }
}

fn why_port(candidate: &Candidate, wishes: &Wishes<'_>) -> String {
    match &candidate.port {
        _ if wishes.port.is_some() => "It was asked for.".to_owned(),
        Some(port) => match &port.named {
            Some(seen) => remark(&format!("{seen}.")),
            None => "Nothing names one, so any free port will do.".to_owned(),
        },
        None => String::new(),
    }
}

fn migration(text: &mut String, candidate: &Candidate, name: &str, wishes: &Wishes<'_>) {
    let Some(migration) = &candidate.migration else {
        return;
    };
    let mut words = program(&candidate.launch, wishes.root).words;
    words.extend(migration.arguments.iter().cloned());
    let _ = writeln!(
        text,
        "# Brings the database up to date, once and before the server starts: {}.\n[service.{name}]\ncommand = {}\nkind = \"oneshot\"",
        remark(&migration.seen.to_string()),
        array(&words),
    );
    folder(text, candidate);
    environment(text, candidate, name, None);
    if let Some(sqlite) = &candidate.database {
        let _ = writeln!(
            text,
            "\n[service.{name}.database]\n# Must not be locked by anybody when the migrations begin.\nsqlite = {}",
            quoted(sqlite)
        );
    }
    text.push('\n');
}

/// The variables; without a port those that do not depend on one.
fn environment(text: &mut String, candidate: &Candidate, name: &str, port: Option<u16>) {
    let mut lines = String::new();
    if candidate.framework.is_python() {
        lines.push_str("PYTHONUNBUFFERED = \"1\"    # each line reaches the log at once\n");
        lines.push_str("PYTHONUTF8 = \"1\"          # texts and files are UTF-8, on Windows too\n");
    }
    for (variable, value) in &candidate.env {
        let value = match (value, port) {
            (Word::Text(value), _) => Some(value.clone()),
            (Word::Port | Word::Bind | Word::Url, Some(port)) => Some(value.with(port)),
            (Word::Port | Word::Bind | Word::Url, None) => None,
        };
        if let Some(value) = value {
            let _ = writeln!(lines, "{variable} = {}", quoted(&value));
        }
    }
    if !lines.is_empty() {
        let _ = write!(text, "\n[service.{name}.env]\n{lines}");
    }
}

fn health(text: &mut String, candidate: &Candidate, name: &str, port: u16, promised: bool) {
    let _ = writeln!(text, "\n[service.{name}.health]");
    match &candidate.health {
        Some(route) => {
            let _ = writeln!(
                text,
                "# {}.\nhttp = {}",
                remark(&route.seen.to_string()),
                quoted(&format!("http://127.0.0.1:{port}{}", route.path))
            );
            match &route.says {
                Says::Status => {}
                Says::Other(values) => {
                    let mut accept = vec!["healthy".to_owned(), "degraded".to_owned()];
                    accept.extend(values.iter().cloned());
                    let _ = writeln!(
                        text,
                        "# What its `status` may be; of all others three in a row restart the service.\naccept = {}",
                        array(&accept)
                    );
                }
                Says::Nothing => {
                    text.push_str("# No `status` of it was found in the source, so any answer with code 200 will do.\njson = false\n");
                }
            }
        }
        None if promised => {
            let _ = writeln!(
                text,
                "# Answered by director_health.py, once the application includes it.\nhttp = \"http://127.0.0.1:{port}/health\""
            );
        }
        None => {
            let offer = match candidate.framework {
                Framework::FastApi | Framework::Flask | Framework::Django => {
                    " `director init --health` writes a route that looks at the database too; then:"
                }
                Framework::Node | Framework::DotNet | Framework::Script | Framework::Program => {
                    " With a route that says more:"
                }
            };
            let _ = writeln!(
                text,
                "# No health route was found. This sees that the port is open, which a program that hangs keeps open too.\n\
                 #{offer}\n# http = \"http://127.0.0.1:{port}/health\"\ntcp = \"127.0.0.1:{port}\""
            );
        }
    }
}

fn database(text: &mut String, candidate: &Candidate, name: &str) {
    let Some(sqlite) = &candidate.database else { return };
    let _ = writeln!(
        text,
        "\n[service.{name}.database]\n# Must not be locked by anybody before a start.\nsqlite = {}\n\
         # Readers and the writer do not wait for each other; set in the file itself, while nobody has it open.\nwal = true\n\
         # `synchronous` and `busy_timeout` belong to each connection: `director init --snippets` shows how the application sets them.",
        quoted(sqlite)
    );
}

fn watch(text: &mut String, candidate: &Candidate, name: &str) {
    let own = match candidate.framework {
        Framework::FastApi | Framework::Flask | Framework::Django | Framework::Script | Framework::Node => {
            true
        }
        Framework::DotNet | Framework::Program => false,
    };
    if own {
        let _ = writeln!(
            text,
            "\n# A change of *.py, *.html, *.js or *.css restarts the service by its ladder:\n# [service.{name}.watch]\n# enabled = true"
        );
    }
}
