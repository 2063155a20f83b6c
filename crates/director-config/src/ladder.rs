//! `[service.NAME.stop]`: rungs as texts and tables, and the automatic ladder.

use director_core::spec::{Rung, RungKind, StopSpec};
use director_core::time::Millis;

use crate::codes::Code;
use crate::defaults::{SECOND_GRACE_MS, STOP_GRACE_MS};
use crate::keys::{Section, Shape};
use crate::read::{Ctx, Fault, Item, Reader};
use crate::units::parse_duration;

/// No ladder has more rungs.
const MAX_RUNGS: usize = 8;

/// Ways that are one word: the word, the way, and where it works (on Windows, on Linux).
const WAYS: [(&str, bool, bool); 11] = [
    ("term", false, true),
    ("int", false, true),
    ("quit", false, true),
    ("hup", false, true),
    ("usr1", false, true),
    ("usr2", false, true),
    ("ctrl-c", true, false),
    ("break", true, false),
    ("close", true, false),
    ("kill", true, true),
    ("terminate", true, true),
];

const TERMINATE: Rung = Rung {
    kind: RungKind::Terminate,
    grace_ms: 0,
};

/// Reads `stop` of a service, or builds the automatic ladder for its command.
pub(crate) fn read_stop(service: &Reader<'_>, command: &[String]) -> StopSpec {
    let windows = service.ctx.env.windows;
    let Some(own) = service.table("stop") else {
        return StopSpec {
            ladder: automatic(command, windows, STOP_GRACE_MS),
            to: Default::default(),
        };
    };
    if own.has("grace") && own.has("ladder") {
        own.ctx.error(
            Fault::new(
                Code::ConflictingKeys,
                own.key("grace"),
                own.span_of("grace"),
                format!("`{}` means nothing beside `ladder`", own.key("grace")),
            )
            .found("`grace` and `ladder`")
            .allowed("one of them")
            .help("write the grace into the first rung"),
        );
    }
    let grace = own.duration("grace").unwrap_or(STOP_GRACE_MS);
    let written = own.item("ladder").and_then(|item| read_ladder(own.ctx, &item));
    StopSpec {
        ladder: written.unwrap_or_else(|| automatic(command, windows, grace)),
        to: own.choice("to").unwrap_or_default(),
    }
}

/// The ladder of a service that names none.
pub(crate) fn automatic(command: &[String], windows: bool, grace_ms: Millis) -> Vec<Rung> {
    let rung = |kind: RungKind, grace_ms: Millis| Rung { kind, grace_ms };
    let signal = |name: &str| RungKind::Signal(name.to_owned());
    let mut ladder = match windows {
        false => vec![
            rung(signal("term"), grace_ms),
            rung(signal("int"), SECOND_GRACE_MS),
        ],
        true if runs(command, &["uvicorn", "hypercorn"]) => {
            vec![
                rung(RungKind::CtrlBreak, grace_ms),
                rung(RungKind::CtrlC, SECOND_GRACE_MS),
            ]
        }
        // A Java program answers Ctrl-Break with a thread dump and goes on.
        true if runs(command, &["java", "javaw"]) => vec![rung(RungKind::CtrlC, grace_ms)],
        true => vec![
            rung(RungKind::CtrlC, grace_ms),
            rung(RungKind::CtrlBreak, SECOND_GRACE_MS),
        ],
    };
    ladder.push(TERMINATE);
    ladder
}

/// Whether the program is one of these, or a Python that runs one of them with `-m`.
fn runs(command: &[String], programs: &[&str]) -> bool {
    let stem = |word: &str| {
        let file = word
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or(word)
            .to_ascii_lowercase();
        file.strip_suffix(".exe").map(str::to_owned).unwrap_or(file)
    };
    let program = command.first().map(|word| stem(word)).unwrap_or_default();
    let module = command
        .windows(2)
        .find(|pair| pair[0] == "-m")
        .map(|pair| pair[1].to_ascii_lowercase());
    programs.contains(&program.as_str()) || module.is_some_and(|module| programs.contains(&module.as_str()))
}

fn read_ladder<'a>(ctx: &'a Ctx<'a>, item: &Item<'a>) -> Option<Vec<Rung>> {
    let mut ladder = ctx.each(item, MAX_RUNGS, |_, entry| read_rung(ctx, entry))?;
    let end = ladder.iter().position(|rung| rung.kind == RungKind::Terminate);
    match end {
        Some(end) if end + 1 < ladder.len() => {
            let span = item
                .value
                .get(end + 1)
                .map_or_else(|| item.span.clone(), toml::Spanned::span);
            ctx.error(
                Fault::new(
                    Code::BadRung,
                    format!("{}[{}]", item.key, end + 1),
                    span,
                    "no rung can follow `kill`".to_owned(),
                )
                .found("another rung after the end")
                .allowed("`kill` or `terminate` as the last rung"),
            );
            return None;
        }
        Some(_) => {}
        None => ladder.push(TERMINATE),
    }
    Some(ladder)
}

fn read_rung<'a>(ctx: &'a Ctx<'a>, item: &Item<'a>) -> Option<Rung> {
    if let Some(table) = item.value.as_table() {
        let own = Reader::open(ctx, Section::Rung, item.key.clone(), item.span.clone(), table);
        return read_rung_table(&own);
    }
    let text = ctx.expanded(item, Shape::Text)?;
    match parse_rung(&text, ctx.env.windows) {
        Ok((kind, grace_ms)) => {
            let kind = match kind {
                // The URL is checked where all are.
                RungKind::Http(_) => RungKind::Http(crate::net::read_url_text(
                    ctx,
                    item,
                    text.split_whitespace().nth(1)?,
                )?),
                kind => kind,
            };
            Some(Rung { kind, grace_ms })
        }
        Err((code, why, help)) => {
            let fault = Fault::new(
                code,
                &item.key,
                item.span.clone(),
                format!("`{}` is no rung: {why}", item.key),
            )
            .found(item.found())
            .allowed(allowed(ctx.env.windows));
            ctx.error(match help {
                Some(help) => fault.help(help),
                None => fault,
            });
            None
        }
    }
}

fn allowed(windows: bool) -> &'static str {
    match windows {
        true => {
            "here: \"break 30s\", \"ctrl-c 5s\", \"close 5s\", \"http URL 10s\", \"kill\", { exec = […], grace = \"10s\" }, { stdin = \"…\", grace = \"10s\" }"
        }
        false => {
            "here: \"term 30s\", also int, quit, hup, usr1, usr2, \"http URL 10s\", \"kill\", { exec = […], grace = \"10s\" }, { stdin = \"…\", grace = \"10s\" }"
        }
    }
}

type RungFault = (Code, String, Option<String>);

/// `WAY [ARG] GRACE`.
fn parse_rung(text: &str, windows: bool) -> Result<(RungKind, Millis), RungFault> {
    let bad = |why: &str| (Code::BadRung, why.to_owned(), None);
    let words: Vec<&str> = text.split_whitespace().collect();
    let (way, rest) = match words.as_slice() {
        [] => return Err(bad("it is empty")),
        [way, rest @ ..] => (way.to_ascii_lowercase(), rest),
    };
    if way == "exec" || way == "stdin" {
        let example = if way == "exec" {
            "{ exec = [\"program\", \"argument\"], grace = \"10s\" }"
        } else {
            "{ stdin = \"quit\\n\", grace = \"10s\" }"
        };
        return Err((
            Code::BadRung,
            format!("`{way}` is written as a table"),
            Some(format!("write {example}")),
        ));
    }
    if way == "http" {
        let [url, grace] = rest else {
            return Err(bad("`http` needs a URL and a grace"));
        };
        return Ok((RungKind::Http((*url).to_owned()), parse_grace(grace)?));
    }
    let Some((word, on_windows, on_linux)) = WAYS.into_iter().find(|(word, ..)| *word == way) else {
        return Err((
            Code::BadRung,
            format!("`{}` is no way to stop a program", crate::read::shown(&way)),
            suggest_way(&way, windows),
        ));
    };
    if !(if windows { on_windows } else { on_linux }) {
        let other = if windows { "Linux" } else { "Windows" };
        return Err((Code::WrongSystem, format!("`{word}` works on {other} only"), None));
    }
    match (word, rest) {
        ("kill" | "terminate", []) => Ok((RungKind::Terminate, 0)),
        ("kill" | "terminate", _) => Err((
            Code::BadRung,
            format!("`{word}` is the end and has no grace"),
            Some(format!("write \"{word}\"")),
        )),
        (_, [grace]) => Ok((kind_of(word), parse_grace(grace)?)),
        (_, []) => Err((
            Code::BadRung,
            "its grace is missing".to_owned(),
            Some(format!("write \"{word} 30s\"")),
        )),
        (_, _) => Err(bad("there is too much in it")),
    }
}

fn parse_grace(text: &str) -> Result<Millis, RungFault> {
    parse_duration(text).map_err(|fault| {
        let why = format!("`{}` is no duration: {fault}", crate::read::shown(text));
        (Code::BadDuration, why, crate::read::duration_help(text, &fault))
    })
}

fn kind_of(word: &str) -> RungKind {
    match word {
        "ctrl-c" => RungKind::CtrlC,
        "break" => RungKind::CtrlBreak,
        "close" => RungKind::Close,
        signal => RungKind::Signal(signal.to_owned()),
    }
}

fn suggest_way(way: &str, windows: bool) -> Option<String> {
    let plain = way.strip_prefix("sig").unwrap_or(way);
    let plain = match plain {
        "ctrl-break" | "ctrl_break" | "ctrlbreak" => "break",
        "ctrl_c" | "ctrlc" | "c" => "ctrl-c",
        "wm_close" => "close",
        other => other,
    };
    let here = WAYS
        .into_iter()
        .filter(|(_, on_windows, on_linux)| if windows { *on_windows } else { *on_linux });
    let near = here
        .map(|(word, ..)| word)
        .find(|word| strsim::damerau_levenshtein(word, plain) <= 1);
    near.map(|word| format!("did you mean `{word}`?"))
}

fn read_rung_table(own: &Reader<'_>) -> Option<Rung> {
    let written: Vec<&str> = ["exec", "http", "stdin"]
        .into_iter()
        .filter(|name| own.has(name))
        .collect();
    if written.len() != 1 {
        own.ctx.error(
            Fault::new(
                Code::BadRung,
                own.path.clone(),
                own.span.clone(),
                format!("`{}` must have exactly one way", own.path),
            )
            .found(if written.is_empty() {
                "none".to_owned()
            } else {
                written.join(" and ")
            })
            .allowed("one of `exec`, `http`, `stdin`, and `grace`"),
        );
    }
    crate::read::require(own, "grace", "grace = \"10s\"");
    let exec = own.command("exec").map(RungKind::Exec);
    let http = own
        .item("http")
        .and_then(|item| crate::net::read_url(own.ctx, &item))
        .map(RungKind::Http);
    let stdin = own
        .item("stdin")
        .and_then(|item| own.ctx.any_text(&item))
        .map(RungKind::Stdin);
    let grace_ms = own.duration("grace");
    Some(Rung {
        kind: exec.or(http).or(stdin)?,
        grace_ms: grace_ms?,
    })
}
