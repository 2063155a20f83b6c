//! Reports for tests.

use std::path::PathBuf;

use director_core::command::Numbered;
use director_core::journal::{JournalEntry, JournalEvent};
use director_core::report::{DirectorReport, ExitReport, Finding, PROTOCOL, RunReport, ServiceReport};
use director_core::spec::ServiceName;
use director_core::time::WallTime;
use director_core::words::{ExitKind, Goal, Health, PhaseName, RunNumber};

use crate::human::Clock;
use crate::locate::Place;

/// 2026-11-23T22:30:00Z: the present of all fixtures.
pub(crate) const NOW: i64 = 1_795_473_000_000;

pub(crate) fn clock() -> Clock {
    Clock::fixed(NOW)
}

pub(crate) fn ago(seconds: i64) -> WallTime {
    WallTime(NOW - seconds * 1000)
}

pub(crate) fn name(text: &str) -> ServiceName {
    ServiceName::new(text).expect("a name")
}

/// A service that runs and is healthy.
pub(crate) fn service(called: &str) -> ServiceReport {
    ServiceReport {
        name: name(called),
        goal: Goal::Up,
        phase: PhaseName::Running,
        phase_since: ago(65),
        health: Health::Healthy,
        because: "the first probe was healthy".to_owned(),
        next: Some("next probe in 9 s".to_owned()),
        run: Some(RunReport {
            number: RunNumber(3),
            pid: Some(4711),
            started: ago(66),
            uptime_ms: Some(66_000),
        }),
        restart_count: 0,
        restarts_total: 2,
        backoff_left_ms: None,
        probe_failures: 0,
        probe_detail: Some("200, status \"healthy\"".to_owned()),
        probed: Some(ago(5)),
        answer: None,
        blocker: None,
        stopped_by_operator: None,
        port: Some(8004),
        last_exit: None,
        log_lines_dropped: 0,
        watched: false,
        watch_paused: None,
        instance: None,
        limits: Default::default(),
        limits_unenforced: Vec::new(),
        renewal_due_ms: None,
        waits_for: None,
        renewal_waits_for: None,
        maintenance_until: None,
        next_scheduled: None,
        hook: None,
        findings: Vec::new(),
        usage: None,
        command: vec!["python".to_owned(), "-m".to_owned(), "my app".to_owned()],
    }
}

/// The same in another phase, without a living run.
pub(crate) fn ended(called: &str, phase: PhaseName, because: &str) -> ServiceReport {
    let mut service = service(called);
    service.phase = phase;
    service.because = because.to_owned();
    service.health = Health::Unknown;
    service.next = None;
    service.probe_detail = None;
    service.probed = None;
    if let Some(run) = &mut service.run {
        (run.pid, run.uptime_ms) = (None, None);
    }
    service
}

pub(crate) fn exit(status: ExitKind) -> ExitReport {
    ExitReport {
        run: RunNumber(3),
        status,
        at: ago(60),
        expected: false,
    }
}

pub(crate) fn finding() -> Finding {
    Finding {
        code: "port-in-use".to_owned(),
        summary: "port 8004 is held by python.exe (pid 4312)".to_owned(),
        evidence: vec!["0.0.0.0:8004, python.exe, pid 4312, user alice, since 21:03".to_owned()],
        remedy: vec!["end that program, or give this service another port".to_owned()],
        avoid: vec!["do not end a program that you do not know".to_owned()],
        holders: Vec::new(),
    }
}

pub(crate) fn event(seconds_ago: i64, event: JournalEvent) -> Numbered {
    Numbered {
        seq: 1,
        entry: JournalEntry {
            wall: ago(seconds_ago),
            service: Some(name("web")),
            run: Some(RunNumber(3)),
            event,
        },
    }
}

pub(crate) fn report(services: Vec<ServiceReport>) -> DirectorReport {
    DirectorReport {
        version: "0.1.0".to_owned(),
        protocol: PROTOCOL,
        pid: 100,
        name: "Hub".to_owned(),
        config: "director.toml".to_owned(),
        started: ago(4000),
        fallback: None,
        shutting_down: false,
        revision: 12,
        services,
    }
}

pub(crate) fn place() -> Place {
    Place {
        config: PathBuf::from("director.toml"),
        data_dir: PathBuf::from(".director"),
        log_dir: PathBuf::from("logs"),
        spec: None,
        trouble: None,
    }
}
