//! Tests of `sys.argv`, and what they answer for the command that is configured.

use std::path::Path;

use tree_sitter::Node;

use super::interpreter::Interpreter;
use super::value::Value;
use crate::django::{Finding, Rule, Step, reason};
use crate::place::Place;

/// Programs that serve; a test for one of them means to tell a server from a command.
const SERVERS: &[&str] = &[
    "daphne",
    "gunicorn",
    "hypercorn",
    "runserver",
    "runserver_plus",
    "uvicorn",
    "uwsgi",
    "waitress",
    "waitress-serve",
];

/// The command that starts the application.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    /// As the configuration has it, for sentences.
    pub(super) shown: String,
    /// What Python puts into `sys.argv`. The first word is a path, so it is never equal to the name of a program.
    argv: Vec<String>,
}

impl Command {
    /// Nothing when the command is empty.
    pub(crate) fn new(words: &[String]) -> Option<Self> {
        let shown = words.join(" ");
        let mut rest = words;
        // `uv run`, `poetry run` and the like start what follows.
        if let [_, run, tail @ ..] = rest
            && run == "run"
        {
            rest = tail;
        }
        let (program, arguments) = rest.split_first()?;
        let argv = if is_python(program) {
            after_python(arguments)
        } else {
            let mut argv = vec![format!("bin/{}", stem(program))];
            argv.extend(arguments.iter().cloned());
            argv
        };
        Some(Self { shown, argv })
    }
}

fn stem(program: &str) -> String {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    let name = Path::new(name)
        .file_stem()
        .map_or(name.into(), |stem| stem.to_string_lossy());
    name.into_owned()
}

fn is_python(program: &str) -> bool {
    let name = stem(program).to_ascii_lowercase();
    name == "py" || name.starts_with("python") || name.starts_with("pypy")
}

/// `sys.argv` after the interpreter's own options.
fn after_python(arguments: &[String]) -> Vec<String> {
    let mut at = 0;
    while let Some(word) = arguments.get(at) {
        match word.as_str() {
            "-m" => {
                let module = arguments.get(at + 1).map_or("", String::as_str).replace('.', "/");
                let mut argv = vec![format!("site-packages/{module}/__main__.py")];
                argv.extend(arguments.iter().skip(at + 2).cloned());
                return argv;
            }
            "-X" | "-W" => at += 2,
            option if option.starts_with('-') => at += 1,
            _ => break,
        }
    }
    arguments.get(at..).unwrap_or_default().to_vec()
}

/// A test for a server that came before an access, perhaps.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    place: Place,
    code: String,
    chain: Vec<Step>,
    words: Vec<String>,
    /// How many accesses there were before it.
    pub(super) accesses: usize,
}

/// How a word is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Equal,
    Within,
    AtStart,
    AtEnd,
}

impl<'a> Interpreter<'a> {
    /// Whether one of `words` is in `sys.argv`, or in one of its words.
    ///
    /// Without a command a test for a management command answers no, since it is the server that is asked about, and a test for
    /// a server has no answer.
    pub(super) fn argv_test(
        &mut self,
        argv: &Value,
        how: Match,
        words: &[String],
        node: Node<'a>,
    ) -> Option<bool> {
        let is_server = words
            .iter()
            .any(|word| SERVERS.iter().any(|server| word.contains(server)));
        let answer = match self.command {
            Some(command) => {
                let within: &[String] = match argv {
                    Value::ArgvWord(index) => command.argv.get(*index..=*index).unwrap_or_default(),
                    _ => &command.argv,
                };
                let fits = |given: &String, word: &String| match how {
                    Match::Equal => given == word,
                    Match::Within => given.contains(word.as_str()),
                    Match::AtStart => given.starts_with(word.as_str()),
                    Match::AtEnd => given.ends_with(word.as_str()),
                };
                Some(
                    within
                        .iter()
                        .any(|given| words.iter().any(|word| fits(given, word))),
                )
            }
            None if is_server => None,
            None => Some(false),
        };
        if is_server && answer != Some(true) {
            self.remember_guard(words, node);
        }
        answer
    }

    fn remember_guard(&mut self, words: &[String], node: Node<'a>) {
        // Only the start of the application is guarded; a guard at the level of a module is none of it.
        if self.chain.is_empty() {
            return;
        }
        let Some(place) = self.place(node) else { return };
        let guard = Guard {
            place,
            code: self.line_of(node),
            chain: self.chain.clone(),
            words: words.to_vec(),
            accesses: self.accesses,
        };
        if let Some(frame) = self.frames.last_mut() {
            // The tests of one line are one guard.
            let same = frame
                .guards
                .iter_mut()
                .find(|known| known.place.line == guard.place.line);
            match same {
                Some(known) => known.words.extend(guard.words),
                None => frame.guards.push(guard),
            }
        }
    }

    pub(super) fn note_guard(&mut self, guard: Guard) {
        let command = self.command.map(|command| command.shown.as_str());
        let finding = Finding {
            rule: Rule::ArgvGuard,
            access: None,
            place: guard.place.clone(),
            code: guard.code,
            chain: guard.chain,
            reason: reason::of_guard(&guard.words, command),
        };
        self.guards_found.entry(guard.place).or_insert(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::Command;

    fn argv(line: &str) -> Vec<String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Command::new(&words)
            .map(|command| command.argv)
            .unwrap_or_default()
    }

    #[test]
    fn argv_is_what_python_makes_of_the_command() {
        assert_eq!(
            argv("python -m uvicorn a:b")[0],
            "site-packages/uvicorn/__main__.py"
        );
        assert_eq!(argv("python -m uvicorn a:b")[1..], ["a:b"]);
        assert_eq!(
            argv("C:\\py\\python.exe -X utf8 manage.py runserver"),
            ["manage.py", "runserver"]
        );
        assert_eq!(argv("uv run gunicorn a"), ["bin/gunicorn", "a"]);
        assert_eq!(argv("/venv/bin/uvicorn.exe a"), ["bin/uvicorn", "a"]);
        assert!(Command::new(&[]).is_none());
    }
}
