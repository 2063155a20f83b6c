//! `[service.NAME.schedule]`.

use director_core::spec::{Kind, ScheduleSpec, WindowSpec};
use director_core::time::Millis;
use director_schedule::{CronFault, Times, Window, Windows, Zone};

use super::service::alone;
use super::{Ctx, Fault, Item, Reader};
use crate::codes::Code;
use crate::keys::Shape;
use crate::units;

/// Names of zones this many slips apart are taken for each other.
const SLIPS: usize = 3;

pub(super) fn read_schedule(service: &Reader<'_>, kind: Kind) -> Option<ScheduleSpec> {
    let own = &service.table("schedule")?;
    let (mine, other) = match kind {
        Kind::Daemon => ("restart", "run"),
        Kind::Oneshot => ("run", "restart"),
    };
    let times = cron(own, mine);
    if cron(own, other).is_some() {
        of_other_kind(own, other);
    }
    let maintenance = windows(own).unwrap_or_default();
    let has_times = own.has("restart") || own.has("run");
    if !has_times && !own.has("maintenance") {
        warn_of_nothing(own);
    }
    alone(own, "missed", mine, has_times);
    let missed = own.choice::<String>("missed");
    let timezone = own.item("timezone").and_then(|item| zone(own.ctx, &item));
    let is_empty = times.is_none() && maintenance.is_empty();
    (!is_empty).then_some(ScheduleSpec {
        times,
        timezone,
        run_missed: missed.map_or(kind == Kind::Oneshot, |missed| missed == "run"),
        maintenance,
    })
}

fn of_other_kind(own: &Reader<'_>, name: &str) {
    let (kind, written) = match name {
        "run" => ("a daemon has no `schedule.run`", "oneshot"),
        _ => ("a oneshot has no `schedule.restart`", "daemon"),
    };
    own.ctx.error(
        Fault::new(
            Code::ConflictingKeys,
            own.key(name),
            own.span_of(name),
            kind.to_owned(),
        )
        .found(format!("`{name}` in its schedule"))
        .allowed(format!("`{name}` with kind = \"{written}\""))
        .help("`restart` gives a daemon a new run, `run` lets a oneshot run"),
    );
}

fn warn_of_nothing(own: &Reader<'_>) {
    own.ctx.warn(
        Fault::new(
            Code::WithoutEffect,
            own.path.clone(),
            own.span.clone(),
            format!("`{}` plans nothing", own.path),
        )
        .found("a table `schedule` without times and windows")
        .allowed("`restart`, `run` or `maintenance` in it"),
    );
}

fn cron(own: &Reader<'_>, name: &str) -> Option<String> {
    let item = own.item(name)?;
    let text = own.ctx.filled_text(&item)?;
    is_cron(own.ctx, &item, &text, Code::BadSchedule, Shape::Cron).then_some(text)
}

/// Whether a text is a cron expression whose time comes; records it when not.
fn is_cron(ctx: &Ctx<'_>, item: &Item<'_>, text: &str, code: Code, shape: Shape) -> bool {
    let Err(fault) = Times::parse(text) else {
        return true;
    };
    let what = match fault {
        CronFault::Unreadable(_) => "is no cron expression",
        CronFault::Never => "names a time that never comes",
    };
    let bad = ctx.bad(code, item, what, shape);
    ctx.error(match fault {
        CronFault::Unreadable(why) => bad.help(why),
        CronFault::Never => bad.help("look at the day and the month"),
    });
    false
}

fn zone(ctx: &Ctx<'_>, item: &Item<'_>) -> Option<String> {
    let text = ctx.filled_text(item)?;
    if Zone::named(&text).is_some() {
        return Some(text);
    }
    let bad = ctx.bad(Code::BadTimeZone, item, "is no time zone", Shape::Zone);
    ctx.error(match like(&text) {
        Some(name) => bad.help(format!("did you mean \"{name}\"?")),
        None => bad.help("the names are those of the IANA database, such as \"Europe/Berlin\" or \"UTC\""),
    });
    None
}

/// The zone that was meant: the nearest name, or the one of this city.
fn like(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase().replace(' ', "_");
    let slips = |name: &str| {
        let name = name.to_ascii_lowercase();
        let city = name.rsplit('/').next().unwrap_or(&name);
        let distance = |other: &str| strsim::damerau_levenshtein(other, &text);
        distance(&name).min(distance(city))
    };
    Zone::names()
        .into_iter()
        .map(|name| (slips(&name), name.len(), name))
        .filter(|(slips, _, _)| *slips <= SLIPS && *slips < text.len() / 2)
        .min()
        .map(|(_, _, name)| name)
}

/// All windows, of which some instant must be free.
fn windows(own: &Reader<'_>) -> Option<Vec<WindowSpec>> {
    let item = own.item("maintenance")?;
    let specs = own.ctx.each(&item, 32, window)?;
    let known = specs.iter().filter_map(|spec| {
        Some(Window {
            begins: Times::parse(&spec.begins).ok()?,
            lasts_ms: i64::try_from(spec.lasts_ms).unwrap_or(i64::MAX),
        })
    });
    if Windows(known.collect()).never_end() {
        own.ctx.error(
            Fault::new(
                Code::BadWindow,
                &item.key,
                item.span.clone(),
                format!("the windows of `{}` never end", item.key),
            )
            .found("no gap between them")
            .allowed("windows that last shorter or begin more rarely")
            .help("within a window automatic restarts wait: a service that crashes would stay down for ever"),
        );
    }
    Some(specs)
}

/// `"CRON for DURATION"`.
fn window(ctx: &Ctx<'_>, item: &Item<'_>) -> Option<WindowSpec> {
    let shape = Shape::Windows { most: 32 };
    let text = ctx.filled_text(item)?;
    let Some((begins, lasts)) = text.rsplit_once(" for ") else {
        ctx.error(
            ctx.bad(Code::BadWindow, item, "is no window", shape)
                .help("write when it begins, then `for`, then how long it lasts"),
        );
        return None;
    };
    let (begins, lasts) = (begins.trim(), lasts.trim());
    let known = is_cron(ctx, item, begins, Code::BadWindow, shape);
    let lasts_ms = length(ctx, item, lasts, shape)?;
    known.then(|| WindowSpec {
        begins: begins.to_owned(),
        lasts_ms,
    })
}

fn length(ctx: &Ctx<'_>, item: &Item<'_>, text: &str, shape: Shape) -> Option<Millis> {
    match units::parse_duration(text) {
        Ok(0) => {
            ctx.error(ctx.bad(Code::OutOfRange, item, "lasts no time at all", shape));
            None
        }
        Ok(ms) => Some(ms),
        Err(fault) => {
            ctx.error(ctx.duration_fault(item, text, &fault, shape));
            None
        }
    }
}
