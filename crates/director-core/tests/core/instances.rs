//! Instances of one service: a name for all of them, and restarts that go one by one.

use director_core::command::{Command, Refusal};
use director_core::event::{Fact, FileChange, ProbeOutcome};
use director_core::spec::{Instance, RestartWhen, ServiceSpec, WatchSpec};
use director_core::time::WallTime;
use director_core::words::{Goal, PhaseName};

use crate::fleet::{Fleet, name, named, with_probe};

fn instance(spec: ServiceSpec, index: u32) -> ServiceSpec {
    let instance = Some(Instance {
        of: name("web"),
        index,
    });
    ServiceSpec { instance, ..spec }
}

/// `web-0` to `web-2` with a probe each, and a `db` of its own.
fn specs() -> Vec<ServiceSpec> {
    let mut specs: Vec<ServiceSpec> = (0..3)
        .map(|index| instance(with_probe(&format!("web-{index}")), index))
        .collect();
    specs.push(named("db"));
    specs
}

const ALL: [&str; 3] = ["web-0", "web-1", "web-2"];

fn up() -> Fleet {
    let mut fleet = Fleet::new(specs());
    fleet.pass(1_000);
    for one in ALL {
        fleet.answers(one, crate::common::healthy());
    }
    assert_eq!(ALL.map(|one| fleet.phase(one)), [PhaseName::Running; 3]);
    fleet.happened();
    fleet
}

fn changed(fleet: &mut Fleet, text: &str) {
    let change = FileChange {
        file: "app.py".to_owned(),
        count: 1,
        refused: None,
    };
    fleet.files_changed(text, change);
}

fn all_changed(fleet: &mut Fleet) {
    for one in ALL {
        changed(fleet, one);
    }
}

fn services(texts: &[&str]) -> Vec<director_core::spec::ServiceName> {
    texts.iter().map(|text| name(text)).collect()
}

fn restart(texts: &[&str]) -> Command {
    Command::Restart {
        services: services(texts),
    }
}

/// Lets the one that is being stopped end, start and prove itself.
fn comes_back(fleet: &mut Fleet, text: &str) {
    fleet.ends(text, 0);
    fleet.is_well(text);
}

/// For which instance a new run waits, what that one is, and whether it is stuck.
fn held_by(fleet: &Fleet, text: &str) -> Option<(String, String, bool)> {
    let wait = fleet.report(text).renewal_waits_for?;
    Some((wait.service.to_string(), wait.state, wait.stuck))
}

fn holds(text: &str, state: &str, stuck: bool) -> Option<(String, String, bool)> {
    Some((text.to_owned(), state.to_owned(), stuck))
}

fn failed() -> ProbeOutcome {
    ProbeOutcome::Failed {
        detail: "503".to_owned(),
        answer: None,
    }
}

#[test]
fn a_change_of_files_renews_one_after_the_other() {
    let mut fleet = up();
    for one in ["web-2", "web-0", "web-1"] {
        changed(&mut fleet, one);
    }
    assert_eq!(fleet.happened(), "stop web-2", "the first to ask goes first");
    comes_back(&mut fleet, "web-2");
    assert_eq!(fleet.happened(), "spawn web-2, stop web-0");
    fleet.ends("web-0", 0);
    assert_eq!(fleet.happened(), "spawn web-0", "started is not healthy");
    assert_eq!(held_by(&fleet, "web-1"), holds("web-0", "starting", false));
    assert_eq!(
        fleet.report("web-1").next.as_deref(),
        Some("gets a new run (its files changed) as soon as web-0 is healthy; web-0 is starting")
    );
    fleet.is_well("web-0");
    assert_eq!(fleet.happened(), "stop web-1");
    comes_back(&mut fleet, "web-1");
    assert_eq!(fleet.happened(), "spawn web-1", "and that is all");
}

#[test]
fn a_state_that_does_not_work_costs_one_instance() {
    let mut fleet = up();
    all_changed(&mut fleet);
    fleet.ends("web-0", 0);
    fleet.happened();
    for _ in 0..3 {
        fleet.pass(1_000);
        fleet.answers("web-0", failed());
    }
    fleet.ends("web-0", 1);
    assert_eq!(fleet.phase("web-1"), PhaseName::Running);
    assert!(!fleet.happened().contains("web-1"), "web-1 goes on as it was");
    // The mended state: the broken one is renewed at once, and the others follow.
    changed(&mut fleet, "web-0");
    comes_back(&mut fleet, "web-0");
    assert_eq!(fleet.happened(), "stop web-0, spawn web-0, stop web-1");
}

#[test]
fn who_holds_up_the_others_is_told_with_its_present_state() {
    let mut fleet = up();
    all_changed(&mut fleet);
    assert_eq!(held_by(&fleet, "web-0"), None);
    assert_eq!(held_by(&fleet, "web-2"), holds("web-0", "stopping", false));
    fleet.ends("web-0", 0);
    // The first crash has no wait, the second one has.
    fleet.ends("web-0", 1);
    assert_eq!(held_by(&fleet, "web-1"), holds("web-0", "starting", false));
    let before = fleet.core.revision();
    fleet.ends("web-0", 1);
    assert_eq!(held_by(&fleet, "web-1"), holds("web-0", "between two runs", true));
    assert!(fleet.core.revision() > before);
    let next = fleet.report("web-2").next;
    let expected =
        "gets a new run (its files changed) as soon as web-0 is healthy; web-0 is between two runs";
    assert_eq!(next.as_deref(), Some(expected));
    fleet.obstructed.insert(name("web-0"));
    fleet.pass(30_000);
    // What a run leaves behind is given some time.
    for _ in 0..60 {
        fleet.pass(1_000);
    }
    assert_eq!(held_by(&fleet, "web-2"), holds("web-0", "blocked", true));
    fleet.obstructed.clear();
    fleet.ask(&restart(&["web-0"]));
    fleet.is_well("web-0");
    assert_eq!(held_by(&fleet, "web-1"), None, "it has its turn");
    assert_eq!(held_by(&fleet, "web-2"), holds("web-1", "stopping", false));
    fleet.ask(&Command::Shutdown { now: false });
    assert_eq!(held_by(&fleet, "web-2"), None, "the wish is withdrawn");
}

#[test]
fn one_that_failed_is_told_before_one_that_comes_by_itself() {
    let mut specs = specs();
    specs[2].restart.when = RestartWhen::Never;
    let mut fleet = Fleet::new(specs);
    fleet.pass(1_000);
    for one in ALL {
        fleet.answers(one, crate::common::healthy());
    }
    all_changed(&mut fleet);
    fleet.ends("web-0", 0);
    fleet.ask(&restart(&["web-2"]));
    fleet.ends("web-2", 0);
    fleet.ends("web-2", 1);
    assert_eq!(held_by(&fleet, "web-1"), holds("web-2", "failed", true));
    // The mended one is new at once, and the first that lacks is told again.
    fleet.ask(&restart(&["web-2"]));
    assert_eq!(held_by(&fleet, "web-1"), holds("web-0", "starting", false));
}

#[test]
fn an_operator_restarts_a_group_in_turn_and_one_instance_at_once() {
    let mut fleet = up();
    fleet.ask(&restart(&["web"]));
    assert_eq!(fleet.happened(), "stop web-0");
    fleet.ask(&restart(&["web-2"]));
    assert_eq!(fleet.happened(), "stop web-2", "a person who names one means it");
    comes_back(&mut fleet, "web-2");
    comes_back(&mut fleet, "web-0");
    assert_eq!(fleet.happened(), "spawn web-2, spawn web-0, stop web-1");
    comes_back(&mut fleet, "web-1");
    assert_eq!(fleet.happened(), "spawn web-1", "web-2 has its new run already");
}

#[test]
fn a_restart_of_all_goes_in_turn_where_there_are_instances() {
    let mut fleet = up();
    fleet.ask(&restart(&[]));
    assert_eq!(fleet.happened(), "stop db, stop web-0");
}

#[test]
fn the_declared_name_stops_and_starts_all_at_once() {
    let mut fleet = up();
    fleet.ask(&Command::Stop {
        services: services(&["web"]),
    });
    assert_eq!(fleet.happened(), "stop web-2, stop web-1, stop web-0");
    for one in ALL {
        fleet.ends(one, 0);
    }
    assert_eq!(ALL.map(|one| fleet.report(one).goal), [Goal::Down; 3]);
    fleet.ask(&Command::Start {
        services: services(&["web"]),
    });
    assert_eq!(fleet.happened(), "spawn web-0, spawn web-1, spawn web-2");
    let refused = fleet.refused(&restart(&["web-3"]));
    assert!(matches!(refused, Refusal::UnknownService { name, .. } if name == "web-3"));
}

#[test]
fn a_restart_of_all_leaves_the_stopped_one_down() {
    let mut fleet = up();
    fleet.ask(&Command::Stop {
        services: services(&["web-1"]),
    });
    fleet.ends("web-1", 0);
    fleet.happened();
    fleet.ask(&restart(&["web"]));
    comes_back(&mut fleet, "web-0");
    assert_eq!(fleet.happened(), "stop web-0, spawn web-0, stop web-2");
    assert_eq!(fleet.report("web-1").goal, Goal::Down);
    fleet.ask(&Command::Stop {
        services: services(&["web"]),
    });
    fleet.ends("web-0", 0);
    fleet.ends("web-2", 0);
    fleet.happened();
    fleet.ask(&restart(&["web"]));
    assert_eq!(
        fleet.happened(),
        "",
        "all of them are stopped, and no other service is meant"
    );
    fleet.ask(&restart(&["web-1"]));
    assert_eq!(fleet.happened(), "spawn web-1", "a person who names one means it");
}

#[test]
fn a_reload_takes_back_what_the_old_definition_asked_for() {
    let mut fleet = up();
    let watched = |spec: ServiceSpec| ServiceSpec {
        watch: Some(WatchSpec::new(vec!["/app".into()])),
        ..spec
    };
    fleet.reload(&specs().into_iter().map(watched).collect::<Vec<_>>());
    for one in ALL {
        fleet.window(one, Some(WallTime(0)));
    }
    all_changed(&mut fleet);
    // Nobody watches any more.
    fleet.reload(&specs());
    for one in ALL {
        fleet.window(one, None);
    }
    assert_eq!(fleet.happened(), "");
}

#[test]
fn a_stopped_instance_holds_nobody_up() {
    let mut fleet = up();
    fleet.ask(&Command::Stop {
        services: services(&["web-0"]),
    });
    fleet.ends("web-0", 0);
    fleet.happened();
    all_changed(&mut fleet);
    assert_eq!(fleet.happened(), "stop web-1");
    comes_back(&mut fleet, "web-1");
    assert_eq!(fleet.happened(), "spawn web-1, stop web-2");
}

#[test]
fn a_crash_is_a_new_run_too() {
    let mut fleet = up();
    changed(&mut fleet, "web-0");
    changed(&mut fleet, "web-1");
    fleet.ends("web-1", 1);
    fleet.is_well("web-1");
    comes_back(&mut fleet, "web-0");
    assert_eq!(
        fleet.happened(),
        "stop web-0, spawn web-1, spawn web-0",
        "web-1 is new already"
    );
}

#[test]
fn a_wish_ends_with_a_stop() {
    let mut fleet = up();
    changed(&mut fleet, "web-0");
    changed(&mut fleet, "web-1");
    fleet.ask(&Command::Stop {
        services: services(&["web-1"]),
    });
    comes_back(&mut fleet, "web-0");
    fleet.ends("web-1", 0);
    assert_eq!(fleet.happened(), "stop web-0, stop web-1, spawn web-0");
}

#[test]
fn a_reload_renews_in_turn_adds_and_removes() {
    let mut fleet = up();
    let mut specs = specs();
    for spec in &mut specs[..3] {
        spec.command.push("new".to_owned());
    }
    specs.push(instance(with_probe("web-3"), 3));
    fleet.reload(&specs);
    assert_eq!(
        fleet.happened(),
        "spawn web-3",
        "one more that is not healthy yet"
    );
    fleet.is_well("web-3");
    assert_eq!(fleet.happened(), "stop web-0");
    comes_back(&mut fleet, "web-0");
    assert_eq!(fleet.happened(), "spawn web-0, stop web-1");
    specs.drain(1..3);
    fleet.reload(&specs);
    assert_eq!(fleet.happened(), "stop web-2", "web-1 is on its way down already");
    fleet.ends("web-1", 0);
    fleet.fact("web-2", Fact::TreeEmptied);
    assert_eq!(fleet.forgotten, ["web-1", "web-2"]);
}

#[test]
fn a_shutdown_waits_for_no_turn() {
    let mut fleet = up();
    all_changed(&mut fleet);
    fleet.ask(&Command::Shutdown { now: false });
    assert_eq!(fleet.happened(), "stop web-0, stop web-2, stop web-1, stop db");
    for one in ["web-0", "web-1", "web-2", "db"] {
        fleet.ends(one, 0);
    }
    assert!(fleet.finished);
    assert_eq!(fleet.happened(), "");
}

#[test]
fn a_maintenance_window_holds_changes_and_not_a_person() {
    let mut fleet = up();
    for one in ALL {
        fleet.window(one, Some(WallTime(0)));
    }
    all_changed(&mut fleet);
    assert_eq!(fleet.happened(), "");
    fleet.ask(&restart(&ALL));
    // A change meanwhile takes nobody's turn away.
    changed(&mut fleet, "web-2");
    for one in ["web-0", "web-1"] {
        comes_back(&mut fleet, one);
    }
    assert_eq!(
        fleet.happened(),
        "stop web-0, spawn web-0, stop web-1, spawn web-1, stop web-2"
    );
    comes_back(&mut fleet, "web-2");
    fleet.happened();
    // Every wish has been met by these runs.
    for one in ALL {
        fleet.window(one, None);
    }
    assert_eq!(fleet.happened(), "");
}

#[test]
fn what_a_window_held_goes_one_by_one_afterwards() {
    let mut fleet = up();
    for one in ALL {
        fleet.window(one, Some(WallTime(0)));
    }
    all_changed(&mut fleet);
    for one in ALL {
        fleet.window(one, None);
    }
    for one in ["web-0", "web-1"] {
        comes_back(&mut fleet, one);
    }
    assert_eq!(
        fleet.happened(),
        "stop web-0, spawn web-0, stop web-1, spawn web-1, stop web-2"
    );
}
