//! Node: package.json, or a server.js that stands alone.

use serde_json::Value;

use super::apps::whole;
use super::files::{depth, file_name, join, parent};
use super::{Around, Candidate, Framework, Launch, Port, Route, Says, Seen, Word, route, text};

/// Entry files when nothing names one.
const ENTRIES: [&str; 5] = ["server.js", "server.mjs", "app.js", "index.js", "src/index.js"];

/// Words of a start script that belong to development, not to a server.
const DEVELOPMENT: [&str; 8] = [
    "vite",
    "react-scripts",
    "ng",
    "webpack",
    "webpack-dev-server",
    "parcel",
    "expo",
    "electron",
];

/// A script that starts another package's program.
enum Start {
    /// `node FILE ARGUMENTS`.
    Node(Vec<String>),
    /// Whatever npm makes of it.
    Npm,
    /// Nothing that serves.
    None,
}

pub(super) fn find(around: &Around<'_>) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = around
        .files
        .named("package.json")
        .filter_map(|file| package(around, file))
        .collect();
    // Where a package.json starts something else, its word counts.
    if !around.files.has("package.json") {
        found.extend(alone(around));
    }
    found
}

fn package(around: &Around<'_>, file: &str) -> Option<Candidate> {
    let cwd = parent(file);
    let json: Value = serde_json::from_str(&around.files.read(file)?).ok()?;
    let start = json["scripts"]["start"].as_str();
    let (launch, words, seen) = match start.map_or(Start::None, |script| start_of(around, cwd, script)) {
        Start::Node(words) => {
            let what = format!("\"start\": \"{}\"", text::shortened(start.unwrap_or_default()));
            (node(), words, in_file(around, file, "\"start\"", &what))
        }
        Start::Npm => {
            let what = format!("\"start\": \"{}\"", text::shortened(start.unwrap_or_default()));
            let npm = Launch::Search(vec!["npm".to_owned()]);
            (
                npm,
                vec!["start".to_owned()],
                in_file(around, file, "\"start\"", &what),
            )
        }
        Start::None if start.is_some() => return None,
        Start::None => {
            let named = json["main"]
                .as_str()
                .map(|main| main.trim_start_matches("./").to_owned());
            let named =
                named.filter(|main| around.files.has(&join(cwd, main)) && serves(around, &join(cwd, main)));
            let usual = || ENTRIES.iter().map(|entry| (*entry).to_owned());
            let entry = named.or_else(|| usual().find(|entry| serves(around, &join(cwd, entry))))?;
            let seen = whole(file.to_owned(), &format!("belongs to {}", join(cwd, &entry)));
            (node(), vec![entry], seen)
        }
    };
    let mut candidate = describe(around, cwd, seen, launch, words);
    if candidate.launch == Launch::Search(vec!["npm".to_owned()]) {
        candidate.notes.push(
            "npm stands between the director and the program: name the program itself where you can, so that its exit code and signals are its own".to_owned(),
        );
    }
    Some(candidate)
}

fn alone(around: &Around<'_>) -> Option<Candidate> {
    let entry = ENTRIES.iter().find(|entry| serves(around, entry))?;
    let seen = whole((*entry).to_owned(), "listens on a port");
    Some(describe(around, "", seen, node(), vec![(*entry).to_owned()]))
}

fn node() -> Launch {
    Launch::Search(vec!["node".to_owned()])
}

fn in_file(around: &Around<'_>, file: &str, mark: &str, what: &str) -> Seen {
    let content = around.files.read(file).unwrap_or_default();
    Seen {
        file: file.to_owned(),
        line: content.find(mark).map_or(0, |at| text::line_of(&content, at)),
        what: what.to_owned(),
    }
}

/// What the script named `start` comes to.
fn start_of(around: &Around<'_>, cwd: &str, script: &str) -> Start {
    let words: Vec<&str> = script.split_whitespace().collect();
    // Variables before the command, as a shell has them.
    let command: Vec<&str> = words
        .iter()
        .copied()
        .skip_while(|word| word.contains('=') || *word == "cross-env")
        .collect();
    let Some((program, rest)) = command.split_first() else {
        return Start::None;
    };
    if DEVELOPMENT.contains(program) && !rest.contains(&"preview") {
        return Start::None;
    }
    let shell = script.contains(['&', '|', ';', '>', '<', '$', '"', '\'']) || command.len() != words.len();
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    if shell {
        return Start::Npm;
    }
    if *program == "node" && !rest.is_empty() {
        return Start::Node(owned(rest));
    }
    // The program of an installed package, which is a script that node runs.
    match binary(around, cwd, program) {
        Some(file) => Start::Node(std::iter::once(file).chain(owned(rest)).collect()),
        None => Start::Npm,
    }
}

fn binary(around: &Around<'_>, cwd: &str, program: &str) -> Option<String> {
    let folder = format!("node_modules/{program}");
    let json: Value =
        serde_json::from_str(&around.files.read(&join(cwd, &format!("{folder}/package.json")))?).ok()?;
    let file = json["bin"].as_str().or_else(|| json["bin"][program].as_str())?;
    let file = format!("{folder}/{}", file.trim_start_matches("./"));
    around.files.has(&join(cwd, &file)).then_some(file)
}

/// Whether a file listens.
fn serves(around: &Around<'_>, file: &str) -> bool {
    let code = around.files.read(file).unwrap_or_default();
    code.contains(".listen(") || code.contains("serve(")
}

fn describe(around: &Around<'_>, cwd: &str, seen: Seen, launch: Launch, words: Vec<String>) -> Candidate {
    let entry = words
        .iter()
        .find(|word| !word.starts_with('-'))
        .map(|word| join(cwd, word));
    let code = entry
        .as_ref()
        .and_then(|entry| around.files.read(entry))
        .unwrap_or_default();
    let mut found = Candidate::new(Framework::Node, seen, launch);
    found
        .env
        .push(("NODE_ENV".to_owned(), Word::Text("production".to_owned())));
    let by_variable = code.contains("process.env.PORT") || code.contains("env[\"PORT\"]");
    let named = around.hints.plain_port(cwd).filter(|_| by_variable);
    let port = named.or_else(|| port_in_source(entry.as_deref().unwrap_or_default(), &code));
    found.port = port.or_else(|| {
        by_variable.then_some(Port {
            number: super::apps::DEFAULT_PORT,
            named: None,
        })
    });
    if by_variable {
        found.env.push(("PORT".to_owned(), Word::Port));
    }
    found.health = health(around, entry.as_deref().unwrap_or_default(), &code);
    found.likelihood = 80 - 3 * depth(&join(cwd, "x"));
    found.arguments = words.into_iter().map(Word::Text).collect();
    found.cwd = cwd.to_owned();
    found
}

/// `process.env.PORT || 3000`, `listen(3000`, `const port = 3000`.
fn port_in_source(file: &str, code: &str) -> Option<Port> {
    let marks = ["process.env.PORT", ".listen(", "PORT =", "port =", "port:"];
    marks.iter().find_map(|mark| {
        text::after(code, mark).find_map(|(at, behind)| {
            let rest = behind.lines().next()?.split([';', ',']).next()?;
            let number = rest
                .trim_start()
                .trim_start_matches(['|', '?', '(', ' ', '"', '\''])
                .split(|letter: char| !letter.is_ascii_digit())
                .next()
                .and_then(text::port)?;
            Some(Port {
                number,
                named: Some(Seen {
                    file: file.to_owned(),
                    line: text::line_of(code, at),
                    what: text::line_at(code, at),
                }),
            })
        })
    })
}

fn health(around: &Around<'_>, entry: &str, code: &str) -> Option<Route> {
    const MARKS: [&str; 6] = [".get(", ".use(", "==", "startsWith", "case ", ".all("];
    let own = route::of_text(entry, code, &MARKS);
    own.or_else(|| {
        let beside = around.files.iter().filter(|file| {
            let source = [".js", ".mjs", ".cjs", ".ts"]
                .iter()
                .any(|end| file.ends_with(end));
            source && *file != entry && route::near(file, parent(entry)) && !file_name(file).contains("test")
        });
        beside.take(200).find_map(|file| {
            let code = around.files.read(file)?;
            // A route of another file may be mounted below any path; one that is compared with the whole path is not.
            route::of_text(file, &code, &["=="])
        })
    })
    .map(|mut found| {
        if found.says == Says::Nothing && found.seen.what.contains("json") {
            found.says = route::says(&found.seen.what, "\n", 1);
        }
        found
    })
}
