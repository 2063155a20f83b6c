//! Development tasks, called as `cargo xtask COMMAND`.
//!
//! Everything that a person or a build server does with this repository beyond plain cargo lives here, in
//! Rust, so that it is the same on every machine: one command for all tests, the environment in which
//! Windows binaries are built and run on a Linux machine, the rules of the source tree, the simulation,
//! the measurements and the release files. The programs it drives (cargo, apt-get, wine, pip, npm, cc) are
//! called directly, never through a shell.

mod bench;
mod dist;
mod e2e_env;
mod files;
mod help;
mod metadata;
mod process;
mod sim;
mod test;
mod tidy;
mod windows;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if words.is_empty() {
        eprint!("{}", help::OVERVIEW);
        return ExitCode::from(2);
    }
    let command = words.remove(0);
    if matches!(command.as_str(), "-h" | "--help" | "help") {
        print!(
            "{}",
            words
                .first()
                .map_or(help::OVERVIEW, |topic| help::of(topic).unwrap_or(help::OVERVIEW))
        );
        return ExitCode::SUCCESS;
    }
    let Some(text) = help::of(&command) else {
        eprintln!("xtask: no command `{command}`\n\n{}", help::OVERVIEW);
        return ExitCode::from(2);
    };
    if words.iter().any(|word| matches!(word.as_str(), "-h" | "--help")) {
        print!("{text}");
        return ExitCode::SUCCESS;
    }
    match dispatch(&command, &words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) if error.is::<help::Usage>() => {
            eprintln!("xtask {command}: {error}\n\n{text}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("xtask {command}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `Ok(false)` means: the command did its work and found something wrong, which it has already printed.
fn dispatch(command: &str, words: &[String]) -> anyhow::Result<bool> {
    match command {
        "test" => test::main(words),
        "tidy" => tidy::main(words),
        "sim" => sim::main(words),
        "windows-env" => windows::main(words),
        "bench" => bench::main(words),
        "dist" => dist::main(words),
        other => Err(help::Usage::new(format!("no command `{other}`")).into()),
    }
}
