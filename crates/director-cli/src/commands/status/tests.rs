//! Tables and exit codes from reports.

use director_core::report::{HealthAnswer, UsageReport};
use director_core::spec::{LimitsSpec, Priority};
use director_core::words::{ExitKind, Health};

use super::*;
use crate::fixtures::{ago, clock, ended, exit, finding, place, report, service};

fn all() -> DirectorReport {
    let mut stopped = ended("mailer", PhaseName::Idle, "an operator stopped it");
    (stopped.goal, stopped.stopped_by_operator) = (Goal::Down, Some(ago(100_000)));
    let mut blocked = ended(
        "api",
        PhaseName::Blocked,
        "port 8004 is held by python.exe (pid 4312)",
    );
    blocked.blocker = Some(finding());
    let mut backoff = ended(
        "worker",
        PhaseName::Backoff,
        "it ended with exit code 1; restart 3 after a wait",
    );
    backoff.next = Some("run 4 starts in 60 s".to_owned());
    let failed = ended(
        "old",
        PhaseName::Failed,
        "the program cannot be started: not found",
    );
    let mut lossy = service("noisy");
    lossy.log_lines_dropped = 7;
    report(vec![service("web"), stopped, blocked, backoff, failed, lossy])
}

const EVERYTHING: Wanted<'static> = Wanted {
    service: None,
    json: false,
};

#[test]
fn the_table_says_what_matters_of_each() {
    let text = show(&all(), &EVERYTHING, &place(), &clock(), None).expect("text");
    insta::assert_snapshot!(text, @r##"
    NAME    GOAL  PHASE    HEALTH   PID   UPTIME  RESTARTS  NEXT
    web     up    running  healthy  4711  1m06s   2         next probe in 9 s
    mailer  down  idle     unknown  -     -       2         stopped by operator since 2026-11-22 18:43:20
    api     up    blocked  unknown  -     -       2         ACTION REQUIRED: port 8004 is held by python.exe (pid 4312)
    worker  up    backoff  unknown  -     -       2         it ended with exit code 1; restart 3 after a wait; run 4 starts in 60 s
    old     up    failed   unknown  -     -       2         the program cannot be started: not found
    noisy   up    running  healthy  4711  1m06s   2         7 output lines lost; next probe in 9 s
    "##);
}

#[test]
fn the_table_fits_the_terminal() {
    let text = show(&all(), &EVERYTHING, &place(), &clock(), Some(80)).expect("text");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains('…'), "{text}");
}

#[test]
fn what_concerns_the_whole_director_comes_first() {
    let mut report = all();
    report.fallback = Some("2 errors".to_owned());
    report.shutting_down = true;
    let text = show(&report, &EVERYTHING, &place(), &clock(), None).expect("text");
    let lines: Vec<&str> = text.lines().take(2).collect();
    assert!(lines[0].starts_with("! director.toml is invalid"), "{text}");
    assert_eq!(lines[1], "! the director is shutting down");
}

#[test]
fn one_service_in_full() {
    let mut web = service("web");
    web.answer = Some(HealthAnswer {
        status: Some("healthy".to_owned()),
        app: Some("Hub".to_owned()),
        version: Some("1.4.2".to_owned()),
        database: Some("ok".to_owned()),
    });
    web.usage = Some(UsageReport {
        cpu_ms: 61_500,
        memory_bytes: 40_000_000,
        processes: 3,
    });
    web.last_exit = Some(exit(ExitKind::Signal(9)));
    (web.health, web.probe_failures, web.log_lines_dropped) = (Health::Unhealthy, 1, 12);
    web.blocker = Some(finding());
    web.limits = LimitsSpec {
        memory_bytes: Some(1 << 30),
        restart_above_bytes: Some(512 << 20),
        cpu_percent: Some(150),
        max_age_ms: Some(86_400_000),
        open_files: Some(8192),
        priority: Some(Priority::BelowNormal),
        affinity: vec![0, 2],
        ..LimitsSpec::default()
    };
    web.limits_unenforced = vec!["limits.cpu: no cgroup is delegated to the director".to_owned()];
    let wanted = Wanted {
        service: Some("web"),
        json: false,
    };
    let text = show(&report(vec![web]), &wanted, &place(), &clock(), None).expect("text");
    insta::assert_snapshot!(text.replace('\\', "/"), @r##"
    name          web
    goal          up
    phase         running since 22:28:55 (1 min 5 s ago)
    because       the first probe was healthy
    next          next probe in 9 s
    health        unhealthy
    probe         200, status "healthy", 22:29:55 (5 s ago)
    failures      1 in a row
    app status    healthy
    app           Hub
    app version   1.4.2
    app database  ok
    run           3: pid 4711, up 1 min 6 s, started 22:28:54
    restarts      2 since the director began, 0 count now
    last exit     run 3: signal SIGKILL, not asked for, 22:29:00 (1 min ago)
    usage         1 min 1 s of processor time, 38.1 MiB of memory, 3 processes
    port          8004
    limits        memory 1.0 GiB
                  restarts above 512.0 MiB in 3 of 5 samples, one every 10 s
                  150% of one processor
                  restarts at an age of 1 d, or up to 10% earlier
                  8192 open files
                  priority below-normal
                  processors 0, 2
    not enforced  limits.cpu: no cgroup is delegated to the director
    command       python -m "my app"
    log           logs/web/current.log
    lost output   12 lines since the director began
    blocker       ACTION REQUIRED: port 8004 is held by python.exe (pid 4312) [port-in-use]
                    0.0.0.0:8004, python.exe, pid 4312, user alice, since 21:03
                    1. end that program, or give this service another port
                    avoid: do not end a program that you do not know
    "##);
}

#[test]
fn the_exit_code_says_whether_every_goal_is_met() {
    let up = |phase| ended("web", phase, "");
    let down = |phase| {
        let mut service = ended("web", phase, "");
        service.goal = Goal::Down;
        service
    };
    for (services, expected) in [
        (vec![], Exit::Done),
        (
            vec![
                up(PhaseName::Running),
                up(PhaseName::Completed),
                down(PhaseName::Idle),
            ],
            Exit::Done,
        ),
        (vec![down(PhaseName::Completed)], Exit::Done),
        (vec![up(PhaseName::Idle)], Exit::Failed),
        (vec![up(PhaseName::Starting)], Exit::Failed),
        (vec![up(PhaseName::Waiting)], Exit::Failed),
        (vec![up(PhaseName::Backoff)], Exit::Failed),
        (vec![down(PhaseName::Stopping)], Exit::Failed),
        (vec![down(PhaseName::Running)], Exit::Failed),
        (vec![up(PhaseName::Running), up(PhaseName::Failed)], Exit::Failed),
        (
            vec![up(PhaseName::Starting), up(PhaseName::Blocked)],
            Exit::Blocked,
        ),
        (vec![up(PhaseName::Blocked), up(PhaseName::Failed)], Exit::Failed),
    ] {
        let phases: Vec<_> = services
            .iter()
            .map(|service| (service.goal, service.phase))
            .collect();
        assert_eq!(exit_of(&report(services), None), expected, "{phases:?}");
    }
}

#[test]
fn an_empty_configuration_is_said() {
    let text = show(&report(Vec::new()), &EVERYTHING, &place(), &clock(), None).expect("text");
    assert_eq!(text, "the configuration has no services\n");
}
