//! What `why` says of schedules and maintenance windows.

use director_core::report::ServiceReport;
use director_core::time::WallTime;
use director_core::words::{ExitKind, Goal, Health, PhaseName};

use super::super::{Known, explain, render};
use crate::fixtures::{NOW, clock, ended, exit, service};

fn text(service: &ServiceReport) -> String {
    render(&explain(&Known {
        service,
        events: &[],
        output: &[],
        clock: &clock(),
    }))
}

#[track_caller]
fn says(service: &ServiceReport, phrases: &[&str]) {
    let text = text(service);
    for phrase in phrases {
        assert!(text.contains(phrase), "`{phrase}` is not said in:\n{text}");
    }
}

fn later(seconds: i64) -> Option<WallTime> {
    Some(WallTime(NOW + seconds * 1_000))
}

#[test]
fn a_crash_in_a_window() {
    let mut web = ended(
        "web",
        PhaseName::Backoff,
        "it ended with exit code 1; a maintenance window holds automatic restarts",
    );
    web.next = Some("run 4 starts when the maintenance window ends".to_owned());
    web.last_exit = Some(exit(ExitKind::Code(1)));
    (web.restart_count, web.maintenance_until) = (1, later(3_600));
    says(
        &web,
        &[
            "web crashed and waits for the end of a maintenance window, 23:30:00",
            "run 4 starts when the maintenance window ends",
            "holds automatic restarts until 23:30:00; an operator's word counts at once",
            "`director start web` starts it without waiting",
        ],
    );
}

#[test]
fn a_hung_run_in_a_window() {
    let mut web = service("web");
    (web.health, web.probe_failures, web.maintenance_until) = (Health::Unhealthy, 3, later(600));
    web.next = Some("is restarted when the maintenance window ends, if it still fails its probe".to_owned());
    says(
        &web,
        &["is restarted when the maintenance window ends, if it still fails its probe"],
    );
    assert!(!text(&web).contains("failures in a row it is stopped"));
}

#[test]
fn a_oneshot_between_its_times() {
    let mut job = ended("job", PhaseName::Idle, "its schedule says when it runs");
    (job.goal, job.next_scheduled) = (Goal::Down, later(90_000));
    says(
        &job,
        &[
            "job is not running: its schedule says when it runs",
            "its schedule comes next at 2026-11-24 23:30:00",
        ],
    );
    (job.phase, job.goal) = (PhaseName::Completed, Goal::Up);
    says(
        &job,
        &["job has done its work and ended", "its schedule comes next at"],
    );
    (job.phase, job.goal, job.stopped_by_operator) = (PhaseName::Idle, Goal::Down, later(-60));
    says(&job, &["does nothing while it is stopped"]);
}
