//! docs/cli.md, from the grammar.

use std::fmt::Write;

use clap::{Command, CommandFactory};

use crate::args::Cli;
use crate::exit;

const HEAD: &str = "\
# The command line

Written from the grammar itself by `DIRECTOR_WRITE_DOCS=1 cargo test -p director-cli`; a test compares.

Results go to the standard output; progress, warnings, `error:` and `hint:` lines to the standard error. With `--json` the standard
output holds JSON and nothing else; errors are still told on the standard error and by the exit code. The shapes are in
[api.md](api.md); they only ever grow. `director --status` is the same as `director status`.

Commands find their director through the configuration: its `data_dir` names the endpoint. When the file is invalid now, they say
so and use what ran last, so that a running director can always be seen and stopped. `status`, `why`, `logs` and `events` tell what
the records on disk say when no director runs; `status` exits 4 then all the same.

`status` exits 0 when every goal is met. Otherwise: 1 if a service failed, else 6 if one is blocked, else 1.
`start`, `stop` and `restart` of several services exit with the code of the one that most needs a person: 1 before 6 before 8.
";

/// The text of docs/cli.md.
#[must_use]
pub fn reference() -> String {
    let mut text = format!("{HEAD}\n```text\n{}\n```\n", exit::TABLE);
    let mut root = Cli::command().term_width(100);
    root.build();
    section(&mut text, "director", root.clone());
    for command in root.get_subcommands() {
        section(
            &mut text,
            &format!("director {}", command.get_name()),
            command.clone(),
        );
        for inner in command.get_subcommands() {
            let name = format!("director {} {}", command.get_name(), inner.get_name());
            section(&mut text, &name, inner.clone());
        }
    }
    text
}

fn section(text: &mut String, title: &str, command: Command) {
    let help = command.term_width(100).render_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "\n## {title}\n\n```text\n{}\n```\n",
        lines.join("\n").trim_end()
    );
}
