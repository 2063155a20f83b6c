//! Shows single capabilities to a person, for `docs/windows-verification.md`.
//!
//! ```text
//! probe boot-id                            prints the name of this boot
//! probe alarm SECONDS                      sleeps until the wall clock shows so much more, and says how long that took
//! probe watch FILE                         appends every request to end, until one says that the system ends us
//! probe deliver c|break|close PROGRAM ...  starts the program, sends the event after two seconds, prints what became of it
//! ```

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::mpsc::channel;
use std::time::Duration;

use director_sys::os_signals::{OsSignal, Watch};
use director_sys::reaper::Reaper;
use director_sys::spawn::{self, Output, SpawnRequest, Stdin};
use director_sys::tree::{self, Rung, Target};
use director_sys::wall_timer::{WallTimer, Woken};
use director_sys::{clock, identity, program};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let words: Vec<&OsStr> = args.iter().map(OsString::as_os_str).collect();
    match words.as_slice() {
        [word, rest @ ..] if *word == "__console-event" => {
            let rest: Vec<OsString> = rest.iter().map(|word| word.to_os_string()).collect();
            std::process::exit(tree::console_helper_main(&rest));
        }
        [word] if *word == "boot-id" => println!("{}", identity::boot_id()?),
        [word, seconds] if *word == "alarm" => alarm(seconds)?,
        [word, file] if *word == "watch" => watch(file)?,
        [word, event, name, rest @ ..] if *word == "deliver" => deliver(event, name, rest)?,
        _ => {
            return Err(
                "usage: probe boot-id | alarm SECONDS | watch FILE | deliver c|break|close PROGRAM [ARGS]"
                    .into(),
            );
        }
    }
    Ok(())
}

fn alarm(seconds: &OsStr) -> Result<(), Box<dyn Error>> {
    let seconds: i64 = seconds.to_str().unwrap_or_default().parse()?;
    let until = clock::unix_ms() + seconds * 1_000;
    let timer = WallTimer::new()?;
    let began = clock::awake_ms();
    println!("sleeping");
    while timer.sleep_until(Some(until))? != Woken::Due {}
    println!("woken after {} s", (clock::awake_ms() - began) / 1_000);
    Ok(())
}

fn watch(file: &OsStr) -> Result<(), Box<dyn Error>> {
    let (sender, received) = channel();
    let _watch = Watch::start(move |signal| {
        let _ = sender.send(signal);
    })?;
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    writeln!(file, "watching in process {}", std::process::id())?;
    while let Ok(signal) = received.recv() {
        writeln!(file, "{signal:?}")?;
        if matches!(signal, OsSignal::Shutdown { .. }) {
            // The time to stop services in. If this line is there, the system waited.
            std::thread::sleep(Duration::from_secs(2));
            writeln!(file, "two seconds later")?;
            break;
        }
    }
    Ok(())
}

fn deliver(event: &OsStr, name: &OsStr, args: &[&OsStr]) -> Result<(), Box<dyn Error>> {
    let rung = match event.to_str() {
        Some("c") => Rung::CtrlC,
        Some("break") => Rung::CtrlBreak,
        Some("close") => Rung::Close,
        _ => return Err("the event is c, break or close".into()),
    };
    spawn::prepare_director()?;
    tree::set_console_helper(std::env::current_exe()?, vec!["__console-event".into()]);
    let (sender, events) = channel();
    let reaper = Reaper::start(move |event| {
        let _ = sender.send(event);
    })?;
    let cwd = std::env::current_dir()?;
    let (path, pathext) = (std::env::var_os("PATH"), std::env::var_os("PATHEXT"));
    let resolved = program::resolve(name, &cwd, path.as_deref(), pathext.as_deref())?;
    println!("starting {}", resolved.program.display());
    let mut all = resolved.leading_args;
    all.extend(args.iter().map(|arg| arg.to_os_string()));
    let spawned = spawn::spawn(SpawnRequest {
        program: resolved.program,
        args: all,
        cwd,
        env: std::env::vars_os().collect(),
        invocation: identity::new_invocation_id()?,
        stdin: Stdin::Null,
        output: Output::Null,
        user: None,
        open_files: None,
        limits: Default::default(),
    })?;
    reaper.watch(1, &spawned.tree)?;
    std::thread::sleep(Duration::from_secs(2));
    println!("members {:?}", spawned.tree.members()?);
    println!("delivery {:?}", spawned.tree.deliver(rung, Target::Group));
    match events.recv_timeout(Duration::from_secs(10)) {
        Ok(event) => println!("ended by itself: {event:?}"),
        Err(_) => {
            println!("still running after 10 s; ending it");
            spawned.tree.kill_all()?;
        }
    }
    Ok(())
}
