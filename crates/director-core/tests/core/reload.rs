//! A new configuration: what goes on untouched, what is restarted, what comes and goes.

use director_core::command::{Command, Refusal};
use director_core::event::Fact;
use director_core::reload::ReloadAction::{self, Apply, Restart};
use director_core::spec::{Condition, HealthSpec, ProbeKind, ServiceSpec};
use director_core::words::{ExitKind, Goal, Health, PhaseName};

use crate::common::finding;
use crate::fleet::{Fleet, name, named, on, with_probe};

fn up(specs: Vec<ServiceSpec>) -> Fleet {
    let mut fleet = Fleet::new(specs);
    fleet.pass(1_000);
    fleet.happened();
    fleet
}

/// What the plan says, as `web: Restart command`.
fn planned(fleet: &mut Fleet, specs: &[ServiceSpec]) -> String {
    let plan = fleet.reload(specs);
    let words = |change: &director_core::reload::ServiceChange| {
        format!(
            "{}: {:?} {}",
            change.service,
            change.action,
            change.keys.join(" ")
        )
    };
    plan.services
        .iter()
        .map(words)
        .collect::<Vec<_>>()
        .join("; ")
        .replace(" ;", ";")
        .trim_end()
        .to_owned()
}

fn command(spec: ServiceSpec, word: &str) -> ServiceSpec {
    ServiceSpec {
        command: vec![word.to_owned()],
        ..spec
    }
}

#[test]
fn every_key_is_told_and_those_of_the_program_alone_restart() {
    type Case = (&'static str, fn(&mut ServiceSpec), ReloadAction);
    let cases: [Case; 22] = [
        ("command", |s| s.command.push("more".to_owned()), Restart),
        ("cwd", |s| s.cwd = "/other".into(), Restart),
        (
            "env",
            |s| drop(s.env.insert("A".to_owned(), "1".to_owned())),
            Restart,
        ),
        ("user", |s| s.user = Some("www-data".to_owned()), Restart),
        ("schedule", |s| s.schedule = Some(Default::default()), Apply),
        ("kind", |s| s.kind = director_core::spec::Kind::Oneshot, Restart),
        ("run", |s| s.follow = director_core::spec::Follow::Tree, Restart),
        ("stop", |s| s.stdin_pipe = true, Restart),
        ("stop", |s| drop(s.stop.ladder.remove(0)), Apply),
        ("port", |s| s.port = Some(1), Apply),
        ("host", |s| s.host = "::1".to_owned(), Apply),
        ("autostart", |s| s.autostart = false, Apply),
        ("restart", |s| s.restart.max = Some(1), Apply),
        ("log", |s| s.log.gzip = true, Apply),
        ("restart_with", |s| s.restart_with = true, Apply),
        ("limits", |s| s.limits.memory_bytes = Some(1), Restart),
        ("limits", |s| s.limits.cpu_percent = Some(1), Restart),
        ("limits", |s| s.limits.open_files = Some(64), Restart),
        ("limits", |s| s.limits.affinity = vec![0], Restart),
        (
            "limits",
            |s| s.limits.priority = Some(director_core::spec::Priority::Idle),
            Restart,
        ),
        ("limits", |s| s.limits.restart_above_bytes = Some(1), Apply),
        ("limits", |s| s.limits.max_age_ms = Some(60_000), Apply),
    ];
    for (key, change, action) in cases {
        let mut fleet = up(vec![named("web"), named("other")]);
        let mut web = named("web");
        change(&mut web);
        let planned = planned(&mut fleet, &[web, named("other")]);
        assert_eq!(planned, format!("web: {action:?} {key}"));
        let stops = if action == Restart { "stop web" } else { "" };
        assert_eq!(fleet.happened(), stops, "{key}");
    }
}

#[test]
fn the_same_configuration_touches_nothing() {
    let mut fleet = up(vec![named("web"), named("other")]);
    assert_eq!(planned(&mut fleet, &[named("other"), named("web")]), "");
    assert_eq!(fleet.happened(), "");
}

#[test]
fn a_restart_brings_the_new_program_and_counts_as_no_crash() {
    let mut fleet = up(vec![named("web")]);
    fleet.reload(&[command(named("web"), "new")]);
    fleet.ends("web", 0);
    assert_eq!(fleet.happened(), "stop web, spawn web");
    let web = fleet.report("web");
    assert_eq!((web.command, web.restart_count), (vec!["new".to_owned()], 0));
}

#[test]
fn one_that_was_given_up_tries_the_new_definition() {
    let mut never = named("web");
    never.restart.when = director_core::spec::RestartWhen::Never;
    let mut fleet = up(vec![never.clone()]);
    fleet.ends("web", 1);
    assert_eq!(fleet.phase("web"), PhaseName::Failed);
    fleet.reload(&[command(never, "mended")]);
    assert_eq!(fleet.happened(), "spawn web");
}

#[test]
fn what_shall_be_down_stays_down() {
    let mut fleet = up(vec![named("web")]);
    fleet.ask(&Command::Stop {
        services: vec![name("web")],
    });
    fleet.ends("web", 0);
    fleet.happened();
    fleet.reload(&[command(named("web"), "new")]);
    assert_eq!(
        (fleet.happened().as_str(), fleet.report("web").goal),
        ("", Goal::Down)
    );
    assert_eq!(fleet.report("web").command, ["new"]);
}

#[test]
fn a_new_service_starts_unless_it_shall_not() {
    let mut fleet = up(vec![named("web")]);
    let idle = ServiceSpec {
        autostart: false,
        ..named("idle")
    };
    let planned = planned(&mut fleet, &[named("web"), named("more"), idle]);
    assert_eq!(planned, "idle: Add; more: Add");
    assert_eq!(
        (fleet.happened().as_str(), fleet.phase("idle")),
        ("spawn more", PhaseName::Idle)
    );
}

#[test]
fn a_removed_service_is_stopped_by_its_ladder_and_then_forgotten() {
    let mut fleet = up(vec![named("web"), named("old")]);
    assert_eq!(planned(&mut fleet, &[named("web")]), "old: Remove");
    assert_eq!(fleet.happened(), "stop old");
    let start = Command::Start {
        services: vec![name("old")],
    };
    assert!(matches!(fleet.refused(&start), Refusal::UnknownService { .. }));
    fleet.ends("old", 0);
    assert_eq!(fleet.forgotten, ["old"]);
    assert!(fleet.knows("web") && !fleet.knows("old"));
    // A late word about it disturbs nobody, also when it has come back.
    fleet.fact("old", Fact::Exited(ExitKind::Code(0)));
    fleet.reload(&[named("web"), named("old")]);
    assert_eq!(fleet.happened(), "spawn old");
    assert_eq!(fleet.report("old").run.map(|run| run.number.0), Some(2));
}

#[test]
fn one_that_comes_back_before_it_has_gone_goes_on_with_a_new_run() {
    let mut fleet = up(vec![named("web"), named("old")]);
    fleet.reload(&[named("web")]);
    fleet.reload(&[named("web"), command(named("old"), "again")]);
    fleet.ends("old", 0);
    assert_eq!(fleet.happened(), "stop old, spawn old");
    assert!(fleet.forgotten.is_empty());
}

#[test]
fn a_removed_service_waits_for_its_dependents_that_go_too() {
    let web = ServiceSpec {
        requires: vec![on("db", Condition::Started)],
        ..named("web")
    };
    let mut fleet = up(vec![web, named("db"), named("other")]);
    fleet.reload(&[named("other")]);
    assert_eq!(fleet.happened(), "stop web");
    fleet.ends("web", 0);
    fleet.ends("db", 0);
    assert_eq!(fleet.happened(), "stop db");
    assert_eq!(fleet.forgotten, ["web", "db"]);
}

#[test]
fn new_dependencies_hold_from_the_next_start_on() {
    let mut fleet = up(vec![named("web"), named("cache")]);
    let web = ServiceSpec {
        requires: vec![on("db", Condition::Healthy)],
        ..named("web")
    };
    fleet.reload(&[web, named("cache"), with_probe("db")]);
    assert_eq!(
        (fleet.happened().as_str(), fleet.phase("web")),
        ("spawn db", PhaseName::Running)
    );
    fleet.ends("web", 1);
    assert_eq!(fleet.phase("web"), PhaseName::Waiting);
    fleet.reload(&[named("web"), named("cache"), with_probe("db")]);
    assert_eq!(
        fleet.happened(),
        "spawn web",
        "without the dependency nothing is waited for"
    );
}

#[test]
fn with_restart_with_only_a_new_run_restarts_and_not_a_new_dependency() {
    let web = |others: &[&str]| ServiceSpec {
        requires: others.iter().map(|other| on(other, Condition::Started)).collect(),
        restart_with: true,
        ..named("web")
    };
    let mut fleet = up(vec![web(&["db"]), named("db"), named("cache")]);
    fleet.reload(&[web(&["db", "cache"]), named("db"), named("cache")]);
    assert_eq!(fleet.happened(), "");
    fleet.reload(&[web(&["cache"]), named("db"), named("cache")]);
    assert_eq!(fleet.happened(), "");
    fleet.ends("cache", 1);
    assert_eq!(fleet.happened(), "spawn cache, stop web");
    fleet.ends("web", 0);
    fleet.ends("db", 1);
    assert_eq!(fleet.happened(), "spawn web, spawn db");
}

#[test]
fn a_new_probe_is_asked_of_the_present_run_and_a_removed_one_no_more() {
    let mut fleet = up(vec![named("web")]);
    fleet.reload(&[with_probe("web")]);
    fleet.is_well("web");
    assert_eq!(
        (fleet.happened().as_str(), fleet.report("web").health),
        ("", Health::Healthy)
    );
    fleet.reload(&[named("web")]);
    let web = fleet.report("web");
    assert_eq!((web.health, web.next), (Health::Unknown, None));

    // While it proves itself: by the new rule.
    let mut fleet = Fleet::new(vec![with_probe("web")]);
    fleet.reload(&[named("web")]);
    fleet.pass(1_000);
    assert_eq!(fleet.phase("web"), PhaseName::Running);
    let slow = ServiceSpec {
        health: Some(HealthSpec::new(ProbeKind::Tcp("127.0.0.1:1".to_owned()))),
        ..named("web")
    };
    fleet.reload(&[slow]);
    assert_eq!(fleet.phase("web"), PhaseName::Running, "proven is proven");
}

#[test]
fn a_shutdown_under_way_takes_no_new_configuration() {
    let mut fleet = up(vec![named("web")]);
    fleet.ask(&Command::Shutdown { now: false });
    let specs = [(name("web"), command(named("web"), "new"))].into();
    assert!(matches!(
        fleet.core.plan_reload(&specs),
        Err(Refusal::ShuttingDown)
    ));
}

#[test]
fn a_blocked_service_is_looked_at_again_at_once() {
    let mut fleet = up(vec![named("web")]);
    fleet.obstructed.insert(name("web"));
    fleet.ends("web", 1);
    fleet.pass(2_000);
    fleet.pass(6_000);
    assert_eq!(fleet.phase("web"), PhaseName::Blocked);
    assert_eq!(
        fleet.report("web").blocker.map(|found| found.code),
        Some(finding().code)
    );
    fleet.obstructed.clear();
    fleet.reload(&[command(named("web"), "new")]);
    assert_eq!(fleet.happened(), "spawn web");
}
