//! Journal entries and spans of time as plain sentences, for people.
//!
//! The sentences are for reading only: they may be improved at any time, and no program should parse them. Programs read the
//! JSON form of the journal.

use crate::journal::{JournalEntry, JournalEvent};
use crate::reload::{ReloadAction, ReloadPlan};
use crate::report::{Finding, HealthAnswer, Holder};
use crate::spec::{HookName, RungKind, Samples};
use crate::time::Millis;
use crate::words::{ExitKind, Health, PhaseName, RunNumber, StopReason};

/// `entry` as one line without its time and its service, which every listing shows in columns of their own.
///
/// Texts that come from outside (errors, answers, file names) are kept, but line ends and other control characters in them
/// become spaces, so that nothing can pretend to be a line of its own or speak to the terminal.
#[must_use]
pub fn describe(entry: &JournalEntry) -> String {
    one_line(&sentence(entry))
}

fn sentence(entry: &JournalEntry) -> String {
    let run = entry.run;
    match &entry.event {
        JournalEvent::DirectorStarted {
            version,
            pid,
            after_crash,
        } => director_started(version, *pid, *after_crash),
        JournalEvent::FilesChanged { file, count } => files_changed(file, *count),
        JournalEvent::ChangeActed { file, count, error } => change_acted(file, *count, error.as_deref()),
        JournalEvent::ChangeRefused { file, error } => change_refused(file, error),
        JournalEvent::WatchPaused { file, restarts } => watch_paused(file, *restarts),
        JournalEvent::ScheduleCame { missed, .. } => schedule_came(*missed).to_owned(),
        JournalEvent::ScheduleSkipped { because, .. } => schedule_skipped(because),
        JournalEvent::MaintenanceBegan { .. } => MAINTENANCE_BEGAN.to_owned(),
        JournalEvent::MaintenanceEnded => "the maintenance window ended".to_owned(),
        JournalEvent::WatchTrouble { error } => format!("watching files: {error}"),
        JournalEvent::ConfigReloaded { plan } => config_reloaded(plan),
        JournalEvent::ReloadRefused { error } => reload_refused(error),
        JournalEvent::DirectorStopped => "the director stopped in good order".to_owned(),
        JournalEvent::ConfigFellBack { error } => config_fell_back(error),
        JournalEvent::PhaseChanged { from, to, because } => phase_changed(*from, *to, because),
        JournalEvent::ProcessStarted { pid } => format!("{} started as process {pid}", run_name(run)),
        JournalEvent::ProcessExited {
            status,
            uptime_ms,
            expected,
        } => process_exited(run, *status, *uptime_ms, *expected),
        JournalEvent::SpawnFailed { error } => format!("{} could not be started: {error}", run_name(run)),
        JournalEvent::TreeEmptied => format!("the last process of {} is gone", run_name(run)),
        JournalEvent::HealthChanged {
            from,
            to,
            detail,
            answer,
        } => health_changed(*from, *to, detail, answer.as_ref()),
        JournalEvent::ProbeFailed {
            failures,
            max_failures,
            detail,
        } => format!("health probe failed ({failures} of {max_failures}): {detail}"),
        JournalEvent::StopBegan { reason } => stop_began(run, *reason),
        JournalEvent::RungTried { rung, error } => rung_tried(rung, error.as_deref()),
        JournalEvent::TreeFrozen => FROZEN.to_owned(),
        JournalEvent::HookRan { hook, error, took_ms } => hook_ran(*hook, error.as_deref(), *took_ms),
        JournalEvent::TreeKilled { because } => tree_killed(run, because),
        JournalEvent::RestartScheduled { wait_ms, count } => restart_scheduled(*wait_ms, *count),
        JournalEvent::Blocked { finding } => blocked(finding),
        JournalEvent::Examined { runs, findings } => examined(*runs, findings),
        JournalEvent::Unblocked => "what blocked it is gone".to_owned(),
        JournalEvent::OperatorAsked { action } => format!("an operator asked for: {action}"),
        JournalEvent::LeftoverEnded { pid, .. } => leftover_ended(*pid),
        JournalEvent::LimitNotEnforced { limit, error } => format!("{limit} is not enforced: {error}"),
        JournalEvent::MemoryExceeded {
            bytes,
            limit_bytes,
            samples,
        } => memory_exceeded(run, *bytes, *limit_bytes, *samples),
        JournalEvent::MemoryLimitHit { limit_bytes } => memory_limit_hit(run, *limit_bytes),
        JournalEvent::LogLinesDropped {
            lines,
            bytes,
            because,
        } => lines_dropped(*lines, *bytes, because),
        JournalEvent::RecordFailed { error } => format!("a record could not be read or written: {error}"),
        JournalEvent::InternalFault { error } => {
            format!("a fault of the director itself, contained: {error}")
        }
    }
}

const FROZEN: &str =
    "its processes are suspended and cannot answer a polite request; they are ended by force next";

fn stop_began(run: Option<RunNumber>, reason: StopReason) -> String {
    format!("stopping {}, because {}", run_name(run), stop_reason(reason))
}

fn lines_dropped(lines: u64, bytes: u64, because: &str) -> String {
    let lines = counted(lines, "line");
    format!("{lines} of output ({bytes} bytes) could not be kept: {because}")
}

fn director_started(version: &str, pid: u32, after_crash: bool) -> String {
    let after = if after_crash {
        "; the one before it was killed or crashed"
    } else {
        ""
    };
    format!("the director {version} started as process {pid}{after}")
}

fn process_exited(run: Option<RunNumber>, status: ExitKind, uptime_ms: Millis, expected: bool) -> String {
    let run = run_name(run);
    let after = duration(uptime_ms);
    if expected {
        format!("{run} ended with {status} after {after}, as intended")
    } else {
        format!("{run} ended by itself with {status} after {after}")
    }
}

fn health_changed(from: Health, to: Health, detail: &str, answer: Option<&HealthAnswer>) -> String {
    let mut text = format!("health {} → {}", health_name(from), health_name(to));
    if !detail.is_empty() {
        text.push_str(&format!(": {detail}"));
    }
    // The detail is about the probe; what is wrong with the database is told by the answer.
    if let Some(database) = answer.and_then(|answer| answer.database.as_deref())
        && to != Health::Healthy
        && !detail.contains(database)
    {
        text.push_str(&format!(" (database: {database})"));
    }
    if to == Health::Degraded {
        text.push_str("; shown, not restarted");
    }
    text
}

fn rung_tried(rung: &RungKind, error: Option<&str>) -> String {
    let asked = match rung {
        RungKind::Signal(name) => format!("sent SIG{}", name.to_ascii_uppercase()),
        RungKind::CtrlC => "sent Ctrl-C".to_owned(),
        RungKind::CtrlBreak => "sent Ctrl-Break".to_owned(),
        RungKind::Close => "asked its windows to close".to_owned(),
        RungKind::Http(url) => format!("posted to {url}"),
        RungKind::Exec(command) => format!("ran the stop command `{}`", command.join(" ")),
        RungKind::Stdin(text) if text.is_empty() => "closed its standard input".to_owned(),
        RungKind::Stdin(_) => "wrote to its standard input".to_owned(),
        RungKind::Terminate => "ended all its processes by force".to_owned(),
    };
    match error {
        None => asked,
        Some(error) => format!("{asked}, in vain: {error}"),
    }
}

fn tree_killed(run: Option<RunNumber>, because: &str) -> String {
    format!("all processes of {} were killed: {because}", run_name(run))
}

fn leftover_ended(pid: u32) -> String {
    format!("ended process {pid}, which a killed director had left behind")
}

fn hook_ran(hook: HookName, error: Option<&str>, took_ms: Millis) -> String {
    let took = duration(took_ms);
    match error {
        None => format!("the hook {hook} succeeded after {took}"),
        Some(error) => format!("the hook {hook} failed after {took}: {error}"),
    }
}

fn files_changed(file: &str, count: u64) -> String {
    format!("{}; the service is restarted", changed_files(file, count))
}

fn change_acted(file: &str, count: u64, error: Option<&str>) -> String {
    let changed = changed_files(file, count);
    match error {
        None => format!("{changed}; the command of watch.exec ran"),
        Some(error) => format!("{changed}; the command of watch.exec failed: {error}"),
    }
}

fn changed_files(file: &str, count: u64) -> String {
    match count {
        0 | 1 => format!("{file} changed"),
        2 => format!("{file} and one more file changed"),
        _ => format!("{file} and {} more files changed", count - 1),
    }
}

fn change_refused(file: &str, error: &str) -> String {
    format!("{file} changed, and watch.validate refused it, so the present run goes on: {error}")
}

fn watch_paused(file: &str, restarts: u32) -> String {
    format!(
        "each of {restarts} restarts, or runs of watch.exec, made {file} change again: a feedback loop; changes are ignored until `director restart` \
         (put the file into watch.ignore)"
    )
}

const MAINTENANCE_BEGAN: &str = "a maintenance window began: automatic restarts wait until it ends";

fn schedule_skipped(because: &str) -> String {
    format!("a time of its schedule was passed over: {because}")
}

fn schedule_came(missed: bool) -> &'static str {
    if missed {
        "a time of its schedule had passed unheeded, and is made up for"
    } else {
        "a time of its schedule came"
    }
}

fn memory_exceeded(run: Option<RunNumber>, bytes: u64, limit_bytes: u64, samples: Option<Samples>) -> String {
    let (run, bytes, limit) = (run_name(run), size(bytes), size(limit_bytes));
    match samples {
        None => format!("{run} takes {bytes} of memory, and limits.memory is {limit}"),
        Some(Samples { above, of }) => format!(
            "{run} takes {bytes} of memory: {above} of the last {of} samples were above limits.restart_above, {limit}"
        ),
    }
}

fn memory_limit_hit(run: Option<RunNumber>, limit_bytes: Option<u64>) -> String {
    let run = run_name(run);
    let limit = limit_bytes.map_or_else(String::new, |bytes| format!(", {}", size(bytes)));
    format!("the system ended the processes of {run}, which took more memory than limits.memory{limit}")
}

fn restart_scheduled(wait_ms: Millis, count: u32) -> String {
    if wait_ms == 0 {
        format!("restart {count} is due at once")
    } else {
        format!("restart {count} is due in {}", duration(wait_ms))
    }
}

fn blocked(finding: &Finding) -> String {
    let mut text = format!("ACTION REQUIRED, blocked ({}): {}", finding.code, finding.summary);
    for held in &finding.holders {
        text.push_str(&format!("; {}", holder(held)));
    }
    for (index, step) in finding.remedy.iter().enumerate() {
        text.push_str(&format!("; {}. {step}", index + 1));
    }
    for error in &finding.avoid {
        text.push_str(&format!("; avoid: {error}"));
    }
    text
}

fn examined(runs: u32, findings: &[Finding]) -> String {
    let found: Vec<String> = findings
        .iter()
        .map(|finding| format!("{} [{}]", finding.summary, finding.code))
        .collect();
    let found = found.join("; ");
    match (runs, findings.is_empty()) {
        (0, _) => format!("the checks before the start found, and start it all the same: {found}"),
        (_, true) => format!(
            "{runs} runs in a row never became healthy; port, database and folders show nothing that explains it"
        ),
        (_, false) => format!("{runs} runs in a row never became healthy; found beside: {found}"),
    }
}

fn holder(holder: &Holder) -> String {
    let user = holder.user.as_deref().map(|user| format!(", user {user}"));
    let file = holder.file.as_deref().map(|file| format!(", has {file} open"));
    format!(
        "held by {} (pid {}{}, {}{})",
        holder.name,
        holder.pid,
        user.unwrap_or_default(),
        holder.state.word(),
        file.unwrap_or_default()
    )
}

fn stop_reason(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Operator => "an operator asked for it",
        StopReason::OperatorRestart => "an operator asked for a restart",
        StopReason::FilesChanged => "its files changed",
        StopReason::Reload => "its definition changed",
        StopReason::Removed => "it is no longer in the configuration",
        StopReason::DependencyRestarted => "what it requires has a new run",
        StopReason::Schedule => "its schedule asks for a new run",
        StopReason::MaxAge => "it has reached its greatest age",
        StopReason::MemoryAbove => "it takes more memory than limits.restart_above",
        StopReason::MemoryLimit => "it took more memory than limits.memory",
        StopReason::Unhealthy => "its health probe failed too often",
        StopReason::Shutdown => "the director shuts down",
        StopReason::SystemShutdown => "the system shuts down",
        StopReason::MainExited => "its first process ended and others are left",
        StopReason::SpawnAborted => "its start was only half successful",
    }
}

fn phase_changed(from: PhaseName, to: PhaseName, because: &str) -> String {
    format!("{} → {}: {because}", phase_name(from), phase_name(to))
}

fn config_fell_back(error: &str) -> String {
    format!("the config file is invalid ({error}); the last one that ran well is in force instead")
}

fn reload_refused(error: &str) -> String {
    format!("the config file is invalid, and the configuration in force stays: {error}")
}

fn config_reloaded(plan: &ReloadPlan) -> String {
    if plan.is_empty() {
        return "the configuration was read again; nothing differs".to_owned();
    }
    let of = |action: ReloadAction| {
        let names = plan.services.iter().filter(move |change| change.action == action);
        names
            .map(|change| change.service.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let parts = [
        ("new", of(ReloadAction::Add)),
        ("removed", of(ReloadAction::Remove)),
        ("restarted", of(ReloadAction::Restart)),
        ("changed in place", of(ReloadAction::Apply)),
        ("at the next start", plan.next_start.join(", ")),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what}: {names}"))
        .collect();
    format!("a new configuration is in force; {}", parts.join("; "))
}

fn run_name(run: Option<RunNumber>) -> String {
    run.map_or_else(
        || "the program".to_owned(),
        |RunNumber(number)| format!("run {number}"),
    )
}

/// The word for a phase, as in `status`.
#[must_use]
pub fn phase_name(phase: PhaseName) -> &'static str {
    match phase {
        PhaseName::Idle => "idle",
        PhaseName::Waiting => "waiting",
        PhaseName::Blocked => "blocked",
        PhaseName::Starting => "starting",
        PhaseName::Running => "running",
        PhaseName::Stopping => "stopping",
        PhaseName::Backoff => "backoff",
        PhaseName::Failed => "failed",
        PhaseName::Completed => "completed",
    }
}

/// The word for a health, as in `status`.
#[must_use]
pub fn health_name(health: Health) -> &'static str {
    match health {
        Health::Unknown => "unknown",
        Health::Healthy => "healthy",
        Health::Degraded => "degraded",
        Health::Unhealthy => "unhealthy",
    }
}

/// `ms` in at most two units: `340 ms`, `2.5 s`, `59 s`, `3 min 4 s`, `2 h 5 min`, `4 d 2 h`.
#[must_use]
pub fn duration(ms: Millis) -> String {
    let seconds = ms / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..10_000 if ms % 1000 >= 100 => format!("{seconds}.{} s", ms % 1000 / 100),
        1000..60_000 => format!("{seconds} s"),
        60_000..3_600_000 => two_units(minutes, "min", seconds % 60, "s"),
        3_600_000..86_400_000 => two_units(hours, "h", minutes % 60, "min"),
        _ => two_units(days, "d", hours % 24, "h"),
    }
}

/// `bytes` with one decimal: `512 B`, `38.1 MiB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut tenths = u128::from(bytes) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10 * 1024 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

fn two_units(first: u64, unit: &str, second: u64, second_unit: &str) -> String {
    if second == 0 {
        format!("{first} {unit}")
    } else {
        format!("{first} {unit} {second} {second_unit}")
    }
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

fn one_line(text: &str) -> String {
    text.chars()
        .map(|found| if is_unprintable(found) { ' ' } else { found })
        .collect()
}

/// Control characters, line separators, and the marks that reverse the direction of writing.
fn is_unprintable(found: char) -> bool {
    found.is_control()
        || matches!(found, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests;
