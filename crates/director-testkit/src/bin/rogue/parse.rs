//! From arguments to [`Options`]. Written by hand: rogue is used in latency tests, where an argument
//! parser's own start would be measured.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use crate::forks::Mode;
use crate::holds::Hold;
use crate::options::{Ending, FloodTo, Options, Order, Rung, RungAnswer, Server, Step};

/// The arguments that are still to be read; `--name=value` and `--name value` mean the same.
struct Arguments {
    rest: std::vec::IntoIter<OsString>,
    flag: String,
    inline: Option<OsString>,
}

impl Arguments {
    fn next_flag(&mut self) -> Result<bool, String> {
        if self.inline.take().is_some() {
            return Err(format!("{} takes no value", self.flag));
        }
        let Some(argument) = self.rest.next() else {
            return Ok(false);
        };
        let text = argument.to_str().filter(|text| text.starts_with("--"));
        let text = text.ok_or_else(|| format!("unexpected argument {argument:?}, see --help"))?;
        match text.split_once('=') {
            Some((flag, value)) => (self.flag, self.inline) = (flag.into(), Some(value.into())),
            None => self.flag = text.into(),
        }
        Ok(true)
    }

    fn value(&mut self) -> Result<OsString, String> {
        self.inline
            .take()
            .or_else(|| self.rest.next())
            .ok_or_else(|| format!("{} needs a value", self.flag))
    }

    fn path(&mut self) -> Result<Option<PathBuf>, String> {
        Ok(Some(PathBuf::from(self.value()?)))
    }

    fn text(&mut self) -> Result<String, String> {
        self.value()?
            .into_string()
            .map_err(|value| format!("{}: {value:?} is not UTF-8", self.flag))
    }

    fn number<T: std::str::FromStr>(&mut self) -> Result<T, String> {
        let text = self.text()?;
        text.parse()
            .map_err(|_| format!("{}: {text:?} is not a number that fits", self.flag))
    }

    fn millis(&mut self) -> Result<Duration, String> {
        Ok(Duration::from_millis(self.number()?))
    }
}

/// Reads a whole command line (without the program's name).
pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Options, String> {
    let mut options = Options::default();
    let mut arguments = Arguments {
        rest: arguments.into_iter(),
        flag: String::new(),
        inline: None,
    };
    while arguments.next_flag()? {
        let known = behaviour(&mut options, &mut arguments)?
            || output(&mut options, &mut arguments)?
            || server(&mut options, &mut arguments)?
            || hidden(&mut options, &mut arguments)?;
        if !known {
            return Err(format!("unknown flag {}, see --help", arguments.flag));
        }
    }
    if options
        .server
        .as_ref()
        .is_some_and(|server| server.port.is_none())
    {
        return Err("a flag about HTTP answers needs --port".into());
    }
    Ok(options)
}

fn behaviour(options: &mut Options, arguments: &mut Arguments) -> Result<bool, String> {
    match arguments.flag.clone().as_str() {
        "--ignore" => options.ignored.extend(rungs(&arguments.text()?)?),
        "--record" => options.record = arguments.path()?,
        "--exit" => {
            let code = arguments.value()?;
            let code = exit_code(&code).ok_or_else(|| format!("--exit: {code:?} is no exit code"))?;
            set_ending(options, Ending::Exit(code))?;
        }
        "--after" => options.after = arguments.millis()?,
        "--abort" => set_ending(options, Ending::Abort)?,
        "--segfault" => set_ending(options, Ending::Segfault)?,
        "--suspend-self" => set_ending(options, Ending::Suspend)?,
        "--fork" => options.forks.push(Mode::parse(&arguments.text()?)?),
        "--main-exits-first" => options.main_exits_first = true,
        "--lifetime" => options.lifetime = Duration::from_secs(arguments.number()?),
        "--write-pid" => options.write_pid = arguments.path()?,
        "--lock" => options.lock = arguments.path()?,
        "--sqlite-lock" => options.sqlite_lock = arguments.path()?,
        "--hold" => options.holds.push(Hold::parse(&arguments.value()?)?),
        "--hold-in-child" => {
            let text = arguments.value()?;
            Hold::parse(&text)?;
            options.holds_in_child.push(text);
        }
        "--counter" => options.counter = arguments.path()?,
        "--eat" => options.eat_mb = Some(arguments.number()?),
        "--per-second" => options.eat_per_second = true,
        "--stdin-quit" => options.stdin_quit = true,
        "--window" => options.window = true,
        flag => match flag.strip_prefix("--on-") {
            Some(name) => {
                let rung = rung(name)?;
                let text = arguments.text()?;
                options.answers.push(answer(rung, &text).ok_or_else(|| {
                    format!("{flag}: {text:?} is not of the form \"exit CODE [after MS]\"")
                })?);
            }
            None => return Ok(false),
        },
    }
    Ok(true)
}

fn output(options: &mut Options, arguments: &mut Arguments) -> Result<bool, String> {
    let step = match arguments.flag.as_str() {
        "--say" => Step::Say(arguments.value()?),
        "--complain" => Step::Complain(arguments.value()?),
        "--partial" => Step::Partial(arguments.value()?),
        "--env" => Step::Env(arguments.value()?),
        "--cwd" => Step::Cwd,
        "--fds" => Step::Fds,
        "--args" => Step::Args(arguments.rest.by_ref().collect()),
        "--flood" => Step::Flood(size(&arguments.text()?)?),
        "--no-newline" => Step::NoNewline(size(&arguments.text()?)?),
        "--binary" => Step::Binary,
        "--pause" => Step::Pause(arguments.millis()?),
        "--note" => Step::Note(arguments.value()?.into()),
        "--need" => Step::Need(arguments.value()?.into()),
        "--wait-for" => Step::WaitFor(arguments.value()?.into()),
        "--tick" => {
            options.tick = Some(arguments.millis()?);
            return Ok(true);
        }
        "--line" => {
            options.line = arguments.number()?;
            let shortest = director_testkit::flood::SHORTEST_LINE;
            if options.line < shortest {
                return Err(format!(
                    "--line: at least {shortest} bytes are needed for the number"
                ));
            }
            return Ok(true);
        }
        "--flood-to" => {
            options.flood_to = match arguments.text()?.as_str() {
                "stdout" => FloodTo::Stdout,
                "stderr" => FloodTo::Stderr,
                "both" => FloodTo::Both,
                other => return Err(format!("--flood-to: {other:?} is not stdout, stderr or both")),
            };
            return Ok(true);
        }
        _ => return Ok(false),
    };
    options.steps.push(step);
    Ok(true)
}

fn server(options: &mut Options, arguments: &mut Arguments) -> Result<bool, String> {
    let known = [
        "--port",
        "--bind",
        "--body",
        "--status",
        "--slow",
        "--redirect",
        "--huge-body",
        "--huge-headers",
        "--drip",
        "--health-file",
    ];
    if !known.contains(&arguments.flag.as_str()) {
        return Ok(false);
    }
    let server = options.server.get_or_insert_with(Server::default);
    match arguments.flag.as_str() {
        "--port" => server.port = Some(arguments.number()?),
        "--bind" => server.bind = Some(arguments.text()?),
        "--body" => server.answer.body = arguments.value()?.into_encoded_bytes(),
        "--status" => server.answer.status = arguments.number()?,
        "--slow" => server.answer.slow = arguments.millis()?,
        "--redirect" => server.answer.redirect = Some(arguments.text()?),
        "--huge-body" => server.answer.huge_body = true,
        "--huge-headers" => server.answer.huge_headers = true,
        "--drip" => server.answer.drip = true,
        _ => server.health_file = arguments.path()?,
    }
    Ok(true)
}

/// Flags that rogue uses to start itself as a grandchild or helper; not in `--help`.
fn hidden(options: &mut Options, arguments: &mut Arguments) -> Result<bool, String> {
    match arguments.flag.as_str() {
        "--grandchild" => options.grandchild = Some(order(arguments)?),
        "--launch" => options.launch = Some(order(arguments)?),
        "--ready" => {
            let ready = Some(arguments.number()?);
            for order in options.grandchild.iter_mut().chain(options.launch.iter_mut()) {
                order.ready = ready;
            }
        }
        "--console-event" => {
            let rung = rung(&arguments.text()?)?;
            let pid = arguments.rest.next().and_then(|pid| pid.to_str()?.parse().ok());
            options.console_event = Some((pid.ok_or("--console-event RUNG PID")?, rung));
        }
        "--suspend-pid" => options.suspend_pid = Some(arguments.number()?),
        _ => return Ok(false),
    }
    Ok(true)
}

fn order(arguments: &mut Arguments) -> Result<Order, String> {
    Ok(Order {
        mode: Mode::parse(&arguments.text()?)?,
        ready: None,
    })
}

fn set_ending(options: &mut Options, ending: Ending) -> Result<(), String> {
    match options.ending.replace(ending) {
        Some(earlier) => Err(format!("two endings: {earlier:?} and {ending:?}")),
        None => Ok(()),
    }
}

fn rung(name: &str) -> Result<Rung, String> {
    let found = Rung::ALL.iter().find(|(known, _)| *known == name);
    found
        .map(|(_, rung)| *rung)
        .ok_or_else(|| format!("{name:?} is no rung, see --help"))
}

fn rungs(list: &str) -> Result<Vec<Rung>, String> {
    if list == "all" {
        return Ok(Rung::ALL.iter().map(|(_, rung)| *rung).collect());
    }
    list.split(',').map(rung).collect()
}

/// `exit CODE [after MS]`.
fn answer(rung: Rung, text: &str) -> Option<RungAnswer> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (code, after_ms) = match words.as_slice() {
        ["exit", code] => (*code, 0),
        ["exit", code, "after", ms] => (*code, ms.parse().ok()?),
        _ => return None,
    };
    Some(RungAnswer {
        rung,
        code: exit_code(OsStr::new(code))?,
        after: Duration::from_millis(after_ms),
    })
}

/// An exit code: decimal or 0x…, up to 32 bits wide as on Windows.
pub(crate) fn exit_code(text: &OsStr) -> Option<i32> {
    let text = text.to_str()?;
    let code = match text.strip_prefix("0x") {
        Some(hex) => i64::from(u32::from_str_radix(hex, 16).ok()?),
        None => text.parse().ok()?,
    };
    i32::try_from(code)
        .ok()
        .or_else(|| u32::try_from(code).ok().map(u32::cast_signed))
}

/// A count of bytes with an optional suffix k, m or g (powers of 1024), or `forever`.
fn size(text: &str) -> Result<u64, String> {
    let shift = match text.as_bytes().last() {
        _ if text == "forever" => return Ok(u64::MAX),
        Some(b'k') => 10,
        Some(b'm') => 20,
        Some(b'g') => 30,
        _ => 0,
    };
    let digits = if shift == 0 { text } else { &text[..text.len() - 1] };
    let count: Option<u64> = digits.parse().ok();
    let count = count.and_then(|count| count.checked_mul(1 << shift));
    count.ok_or_else(|| format!("{text:?} is no size: use a number with an optional k, m or g, or forever"))
}
