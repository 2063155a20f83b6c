//! What goes to stdout and stderr, unbuffered and byte for byte; and what comes from stdin.

use std::fs::File;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::exit;
use std::time::Duration;

use director_testkit::flood::{Lines, Unbroken};

use crate::inspect;
use crate::options::{FloodTo, Options, Step};

#[derive(Clone, Copy)]
enum To {
    Stdout,
    Stderr,
}

/// The stream itself, below the line buffer of std: a partial line must really leave the process.
fn open(to: To) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let fd = match to {
            To::Stdout => io::stdout().as_fd().try_clone_to_owned()?,
            To::Stderr => io::stderr().as_fd().try_clone_to_owned()?,
        };
        Ok(File::from(fd))
    }
    #[cfg(windows)]
    {
        use std::os::windows::io::AsHandle;
        let handle = match to {
            To::Stdout => io::stdout().as_handle().try_clone_to_owned()?,
            To::Stderr => io::stderr().as_handle().try_clone_to_owned()?,
        };
        Ok(File::from(handle))
    }
}

fn write(to: To, bytes: &[u8]) {
    checked(open(to).and_then(|mut file| file.write_all(bytes)));
}

fn checked(result: io::Result<()>) {
    if result.is_err() {
        // Stderr is likely gone as well: only the exit code can tell.
        exit(crate::EXIT_OUTPUT);
    }
}

fn write_line(to: To, text: &[u8]) {
    write(to, &[text, b"\n"].concat());
}

/// A line on stdout.
pub(crate) fn line(text: &[u8]) {
    write_line(To::Stdout, text);
}

/// All output that was asked for, in the order of the command line.
pub(crate) fn perform(options: &Options) {
    if let Some(every) = options.tick {
        std::thread::spawn(move || tick(every));
    }
    for step in &options.steps {
        match step {
            Step::Say(text) => line(text.as_encoded_bytes()),
            Step::Complain(text) => write_line(To::Stderr, text.as_encoded_bytes()),
            Step::Partial(text) => write(To::Stdout, text.as_encoded_bytes()),
            Step::Env(name) => line(&inspect::variable(name)),
            Step::Cwd => line(&inspect::current_folder()),
            Step::Fds => inspect::inherited()
                .iter()
                .for_each(|found| line(found.as_bytes())),
            Step::Args(arguments) => arguments.iter().for_each(|text| line(&inspect::exactly(text))),
            Step::Flood(bytes) => flood(options, *bytes),
            Step::NoNewline(bytes) => no_newline(*bytes),
            Step::Binary => {
                let mut all: Vec<u8> = (0..=255).collect();
                all.push(b'\n');
                write(To::Stdout, &all);
            }
            Step::Pause(pause) => std::thread::sleep(*pause),
            Step::Note(path) => crate::record::append(path, &inspect::told_by_director()),
            Step::Need(path) => need(path),
            Step::WaitFor(path) => wait_for(path),
        }
    }
}

fn flood(options: &Options, bytes: u64) {
    let (out, err) = match options.flood_to {
        FloodTo::Stdout => (true, false),
        FloodTo::Stderr => (false, true),
        FloodTo::Both => (true, true),
    };
    let length = options.line;
    std::thread::scope(|scope| {
        if out {
            scope.spawn(move || {
                checked(open(To::Stdout).and_then(|file| Lines::new(length).write(file, bytes)))
            });
        }
        if err {
            scope.spawn(move || {
                checked(open(To::Stderr).and_then(|file| Lines::new(length).write(file, bytes)))
            });
        }
    });
}

fn no_newline(bytes: u64) {
    checked(open(To::Stdout).and_then(|file| Unbroken::default().write(file, bytes)));
}

fn need(path: &Path) {
    if !path.exists() {
        let text = format!("there is no {}", path.display());
        write_line(To::Stderr, text.as_bytes());
        exit(crate::EXIT_MISSING);
    }
}

fn wait_for(path: &Path) {
    while !path.exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn tick(every: Duration) {
    for number in 0_u64.. {
        line(format!("tick {number}").as_bytes());
        std::thread::sleep(every);
    }
}

/// `--stdin-quit`.
pub(crate) fn watch_stdin(options: &Options) {
    if options.stdin_quit {
        std::thread::spawn(|| {
            for line in io::stdin().lock().lines() {
                if line.is_ok_and(|line| line.trim_end() == "quit") {
                    break;
                }
            }
            exit(0);
        });
    }
}
