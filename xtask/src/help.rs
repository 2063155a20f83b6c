//! The text of `--help`, and the error that makes it appear.

use std::fmt;

/// Printed for `cargo xtask --help`.
pub(crate) const OVERVIEW: &str = "\
Development tasks of Service Director.

Usage: cargo xtask COMMAND [OPTIONS]

Commands:
  test         run every check and every test, on Linux and, under Wine, on Windows
  tidy         check the rules of the source tree (sizes, unsafe, platform code, dependency graph)
  sim          drive the core from random seeds with injected faults
  windows-env  prepare this machine to build and test for Windows
  bench        measure against bare loops in C and against supervisord
  dist         build release files for Linux and Windows with checksums

`cargo xtask COMMAND --help` tells more. Exit codes: 0 done, 1 failed, 2 usage.
";

const TEST: &str = "\
Run every check and every test; print a table and one last line `N passed, N failed, N skipped`.

Usage: cargo xtask test [--linux-only | --windows-only] [FILTER...]

  --linux-only    leave out the Windows half; the table says so
  --windows-only  leave out the Linux tests; the table says so
  FILTER          run only tests whose name contains one of these; the checks (fmt, clippy, tidy,
                  licences, simulation) are then left out and the table says so

All stages run even when one fails. Uses `cargo nextest` and `cargo deny` where they are installed. As root
it installs what the Windows half needs (see `cargo xtask windows-env --help`), else it names what is
missing and that stage fails. Whole output of each stage: target/xtask/NAME.log.
Exit code 1 when any stage failed.
";

const TIDY: &str = "\
Check the rules of the source tree in under a second.

Usage: cargo xtask tidy

Rules: file size (400 lines noted, 600 refused), `lib.rs` and `mod.rs` at most 80 lines of
code, functions at most 70 lines, module documentation first, `unsafe` and platform `cfg` only where they belong, no left-over macros,
no path of one machine, and the direction of dependencies between the crates, followed transitively.
Exceptions stand in xtask/tidy-exceptions.toml; an exception that is no longer needed is an error.
";

const SIM: &str = "\
Drive the core with a virtual machine that loses events, refuses spawns and jumps clocks.

Usage: cargo xtask sim [--seeds N] [--seed S]

  --seeds N   how many random histories to run (default 1000)
  --seed S    the first seed; with `--seeds 1` this replays one history
";

const WINDOWS_ENV: &str = "\
Prepare this machine to build for x86_64-pc-windows-gnu and to run the result under Wine.

Usage: cargo xtask windows-env [--dest DIR] [--check]

  --dest DIR   where to put it (default: $DIRECTOR_WINLAB, else /opt/director-winlab for root,
               else ~/.cache/director/winlab)
  --check      change nothing; say what would be used or what is missing

Nothing is done where it is not needed: on Windows itself; where rustup has the target
x86_64-pc-windows-gnu, a MinGW linker exists and a `wine` of version 9 or later is on PATH; or where DIR is
complete already. Otherwise, on Debian 12, it installs Debian's own Rust and MinGW packages (root only),
unpacks Wine 10 of the next release beside the system, makes a Wine prefix and builds the Windows standard
library once: about three minutes and 1.6 GB. Afterwards `. DIR/env.sh` and plain
`/usr/bin/cargo test --target x86_64-pc-windows-gnu` work in any shell.
";

const BENCH: &str = "\
Measure this build against bare loops in C and against supervisord, in one run, as ratios.

Usage: cargo xtask bench [--quick] [--director FILE] [--list] [NAME...]

  --quick          fewer repetitions; for a look, not for a statement
  --director FILE  measure this binary on Linux instead of building one
  --list           print the names of the benches
  NAME             run only these

Builds the director in release, the C programs of benches/ with cc (and x86_64-w64-mingw32-gcc), and installs
supervisord into target/bench/venv. Prints measured value, spread, reference, ratio, bar and verdict.
Exit code 1 when a bar is missed.
";

const DIST: &str = "\
Build release files into target/dist, with SHA-256 sums.

Usage: cargo xtask dist [--linux-only | --windows-only]

Files are named director-VERSION-TARGET[.exe]; SHA256SUMS lists them all.
";

/// The help of one command, `None` for an unknown one.
pub(crate) fn of(command: &str) -> Option<&'static str> {
    Some(match command {
        "test" => TEST,
        "tidy" => TIDY,
        "sim" => SIM,
        "windows-env" => WINDOWS_ENV,
        "bench" => BENCH,
        "dist" => DIST,
        _ => return None,
    })
}

/// The command line was wrong: exit code 2, followed by the command's help.
#[derive(Debug)]
pub(crate) struct Usage(String);

impl Usage {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// For a word that no option or argument takes.
    pub(crate) fn unexpected(word: &str) -> anyhow::Error {
        Self(format!("unexpected argument `{word}`")).into()
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}
