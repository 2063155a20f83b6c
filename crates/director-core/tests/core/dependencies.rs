//! Services that need each other: the order of starts and stops, and what waiting looks like.

use director_core::Memory;
use director_core::command::Command;
use director_core::spec::{Condition, ServiceSpec};
use director_core::time::WallTime;
use director_core::words::{Goal, PhaseName};

use crate::common::failing;
use crate::fleet::{Fleet, name, named, on, oneshot, with_probe};

fn requiring(spec: ServiceSpec, others: &[(&str, Condition)]) -> ServiceSpec {
    let requires = others.iter().map(|(other, condition)| on(other, *condition));
    ServiceSpec {
        requires: requires.collect(),
        ..spec
    }
}

/// `migrate` → `db` → `web`, each by the condition that fits it.
fn chain() -> Vec<ServiceSpec> {
    vec![
        requiring(
            with_probe("web"),
            &[("db", Condition::Healthy), ("migrate", Condition::Completed)],
        ),
        with_probe("db"),
        requiring(oneshot("migrate"), &[("db", Condition::Healthy)]),
    ]
}

/// The chain with all of it up.
fn up() -> Fleet {
    let mut fleet = Fleet::new(chain());
    fleet.is_well("db");
    fleet.ends("migrate", 0);
    fleet.is_well("web");
    assert_eq!(fleet.happened(), "spawn db, spawn migrate, spawn web");
    fleet
}

fn of(names: &[&str]) -> Vec<director_core::spec::ServiceName> {
    names.iter().map(|text| name(text)).collect()
}

#[test]
fn each_starts_when_what_it_requires_is_there() {
    let mut fleet = Fleet::new(chain());
    assert_eq!(fleet.happened(), "spawn db");
    let web = fleet.report("web");
    assert_eq!(
        (web.phase, web.goal, web.run),
        (PhaseName::Waiting, Goal::Up, None)
    );
    assert_eq!(web.because, "waits until db is healthy; db is starting");
    let by = web.waits_for.expect("says for whom");
    assert_eq!(
        (by.service, by.condition, by.stuck),
        (name("db"), Condition::Healthy, false)
    );

    fleet.is_well("db");
    assert_eq!(fleet.happened(), "spawn migrate");
    assert_eq!(
        fleet.report("web").because,
        "waits until migrate is completed; migrate is starting"
    );
    fleet.ends("migrate", 0);
    assert_eq!(fleet.happened(), "spawn web");
    let web = fleet.report("web");
    assert_eq!((web.phase, web.waits_for), (PhaseName::Starting, None));
    assert_eq!(web.run.expect("a run").number.0, 1);
}

#[test]
fn started_is_met_by_a_living_process_without_proof() {
    let web = requiring(named("web"), &[("db", Condition::Started)]);
    let mut fleet = Fleet::new(vec![web, with_probe("db")]);
    assert_eq!(fleet.happened(), "spawn db, spawn web");
}

#[test]
fn who_waits_for_a_failed_oneshot_says_so_and_starts_when_it_succeeds_after_all() {
    let migrate = ServiceSpec {
        restart: director_core::spec::RestartSpec {
            when: director_core::spec::RestartWhen::Never,
            ..Default::default()
        },
        ..oneshot("migrate")
    };
    let web = requiring(named("web"), &[("migrate", Condition::Completed)]);
    let late = requiring(named("late"), &[("web", Condition::Started)]);
    let mut fleet = Fleet::new(vec![web, migrate, late]);
    fleet.ends("migrate", 1);
    let web = fleet.report("web");
    assert_eq!(web.because, "waits until migrate is completed; migrate is failed");
    assert!(web.waits_for.expect("says for whom").stuck);
    assert!(
        fleet.report("late").waits_for.expect("says for whom").stuck,
        "through another"
    );
    fleet.ask(&Command::Start {
        services: of(&["migrate"]),
    });
    assert!(!fleet.report("late").waits_for.expect("says for whom").stuck);
    fleet.ends("migrate", 0);
    assert_eq!(
        fleet.happened(),
        "spawn migrate, spawn migrate, spawn web, spawn late"
    );
}

#[test]
fn a_crash_of_what_is_required_leaves_the_dependent_alone_but_holds_up_its_next_run() {
    let mut fleet = up();
    fleet.ends("db", 1);
    fleet.ends("db", 1);
    assert_eq!(
        (fleet.phase("db"), fleet.phase("web")),
        (PhaseName::Backoff, PhaseName::Running)
    );
    fleet.happened();
    fleet.ends("web", 1);
    let web = fleet.report("web");
    assert_eq!((web.phase, web.restart_count), (PhaseName::Waiting, 1));
    assert_eq!(web.because, "waits until db is healthy; db is between two runs");
    fleet.pass(30_000);
    fleet.is_well("db");
    assert_eq!(fleet.happened(), "spawn db, spawn web");
}

#[test]
fn with_restart_with_a_new_run_of_what_is_required_restarts_the_dependent() {
    let mut specs = chain();
    specs[0].restart_with = true;
    let mut fleet = Fleet::new(specs);
    fleet.is_well("db");
    fleet.ends("migrate", 0);
    fleet.is_well("web");
    fleet.happened();
    fleet.ends("db", 1);
    assert_eq!(fleet.happened(), "spawn db");
    assert_eq!(fleet.phase("web"), PhaseName::Running);
    fleet.is_well("db");
    assert_eq!(fleet.happened(), "stop web");
    fleet.ends("web", 0);
    assert_eq!(fleet.happened(), "spawn web");
    assert_eq!(fleet.report("web").restart_count, 0, "no crash of its own");
    fleet.is_well("web");
    assert_eq!(fleet.happened(), "", "once is enough");
}

#[test]
fn after_is_order_alone() {
    let web = ServiceSpec {
        after: vec![on("cache", Condition::Healthy)],
        ..named("web")
    };
    let mut fleet = Fleet::new(vec![web.clone(), with_probe("cache")]);
    assert_eq!(
        (fleet.happened().as_str(), fleet.phase("web")),
        ("spawn cache", PhaseName::Waiting)
    );
    fleet.ends("cache", 1);
    fleet.ends("cache", 1);
    assert_eq!(fleet.phase("cache"), PhaseName::Backoff);
    assert_eq!(
        fleet.happened(),
        "spawn cache, spawn web",
        "one that crashes holds nobody up"
    );

    let cache = ServiceSpec {
        autostart: false,
        ..with_probe("cache")
    };
    let mut fleet = Fleet::new(vec![web, cache]);
    assert_eq!(
        fleet.happened(),
        "spawn web",
        "nor does one that shall not run, and it is not started"
    );
}

#[test]
fn what_is_required_is_started_along_unless_an_operator_stopped_it() {
    let mut specs = chain();
    specs[1].autostart = false;
    let mut fleet = Fleet::new(specs.clone());
    assert_eq!(
        (fleet.happened().as_str(), fleet.report("db").goal),
        ("spawn db", Goal::Up)
    );
    fleet.ask(&Command::Stop {
        services: of(&["db", "web", "migrate"]),
    });
    fleet.ends("db", 0);
    fleet.happened();

    let memory = Memory {
        stopped: [(name("db"), WallTime(1))].into(),
        ..Memory::default()
    };
    let mut fleet = Fleet::with(specs, memory);
    assert_eq!(fleet.happened(), "");
    let web = fleet.report("web");
    assert_eq!(
        web.because,
        "waits until db is healthy; db is stopped by the operator"
    );
    assert!(web.waits_for.expect("says for whom").stuck);
    fleet.ask(&Command::Start {
        services: of(&["db"]),
    });
    fleet.is_well("db");
    assert_eq!(fleet.happened(), "spawn db, spawn migrate");
}

#[test]
fn a_shutdown_goes_from_the_dependents_to_what_they_require() {
    let mut fleet = up();
    fleet.ask(&Command::Shutdown { now: false });
    assert_eq!(fleet.happened(), "stop web");
    let db = fleet.report("db");
    assert_eq!((db.goal, db.phase), (Goal::Down, PhaseName::Running));
    assert_eq!(
        db.next.as_deref(),
        Some("stops as soon as what depends on it has stopped")
    );
    fleet.ends("web", 0);
    assert_eq!(fleet.happened(), "stop db");
    assert!(!fleet.finished);
    fleet.ends("db", 0);
    assert!(fleet.finished);
}

#[test]
fn what_waits_for_its_turn_to_stop_and_crashes_stays_down() {
    let mut fleet = up();
    fleet.ask(&Command::Stop { services: Vec::new() });
    fleet.ends("db", 1);
    assert_eq!(fleet.phase("db"), PhaseName::Idle);
    fleet.ends("web", 0);
    fleet.pass(600_000);
    assert_eq!(fleet.happened(), "stop web");
}

#[test]
fn at_once_means_at_once_also_after_a_polite_word() {
    let mut fleet = up();
    fleet.ask(&Command::Shutdown { now: false });
    fleet.ask(&Command::Shutdown { now: true });
    assert_eq!(fleet.happened(), "stop web, kill web, kill db");
}

#[test]
fn one_stop_leaves_the_dependents_up_and_a_start_takes_it_back() {
    let mut fleet = up();
    fleet.ask(&Command::Stop {
        services: of(&["db"]),
    });
    assert_eq!(
        (fleet.happened().as_str(), fleet.phase("web")),
        ("stop db", PhaseName::Running)
    );

    let mut fleet = up();
    fleet.ask(&Command::Stop { services: Vec::new() });
    fleet.ask(&Command::Start {
        services: of(&["db"]),
    });
    fleet.ends("web", 0);
    assert_eq!(
        (fleet.happened().as_str(), fleet.phase("db")),
        ("stop web", PhaseName::Running)
    );
}

#[test]
fn a_restart_of_all_stops_in_one_order_and_starts_in_the_other() {
    let mut fleet = up();
    fleet.ask(&Command::Restart {
        services: of(&["db", "web"]),
    });
    assert_eq!(fleet.happened(), "stop web");
    fleet.ends("web", 0);
    // The old run of `db` is there until it stops, so that nothing starts beside it.
    assert_eq!(fleet.happened(), "stop db");
    fleet.ends("db", 0);
    fleet.is_well("db");
    assert_eq!(fleet.happened(), "spawn db, spawn web");
}

#[test]
fn an_unhealthy_service_is_there_for_no_new_dependent() {
    let web = requiring(with_probe("web"), &[("db", Condition::Healthy)]);
    let mut fleet = Fleet::new(vec![web, with_probe("db")]);
    fleet.is_well("db");
    fleet.happened();
    fleet.pass(900_000);
    fleet.answers("db", failing());
    fleet.ends("web", 1);
    assert_eq!(
        fleet.report("web").because,
        "waits until db is healthy; db is unhealthy"
    );
    fleet.pass(10_000);
    fleet.is_well("db");
    assert_eq!(fleet.happened(), "spawn web");
}

#[test]
fn what_goes_away_during_the_checks_is_waited_for_again() {
    let web = requiring(named("web"), &[("db", Condition::Started)]);
    let mut fleet = Fleet::new(vec![web, named("db")]);
    fleet.ask(&Command::Stop {
        services: of(&["web"]),
    });
    fleet.ends("web", 0);
    fleet.happened();
    fleet.obstructed.insert(name("web"));
    fleet.ask(&Command::Start {
        services: of(&["web"]),
    });
    assert_eq!(fleet.phase("web"), PhaseName::Starting);
    fleet.ask(&Command::Stop {
        services: of(&["db"]),
    });
    fleet.obstructed.clear();
    fleet.pass(2_000);
    assert_eq!(
        (fleet.happened().as_str(), fleet.phase("web")),
        ("stop db", PhaseName::Waiting)
    );
    fleet.ends("db", 0);
    fleet.ask(&Command::Start {
        services: of(&["db"]),
    });
    assert_eq!(fleet.happened(), "spawn db, spawn web");
}

#[test]
fn a_blocked_requirement_is_named_and_waited_for() {
    let web = requiring(named("web"), &[("db", Condition::Started)]);
    let mut fleet = Fleet::new(vec![web, named("db")]);
    fleet.ask(&Command::Stop { services: Vec::new() });
    fleet.ends("web", 0);
    fleet.ends("db", 0);
    fleet.happened();
    fleet.obstructed.insert(name("db"));
    fleet.ask(&Command::Start {
        services: of(&["web", "db"]),
    });
    fleet.pass(2_000);
    fleet.pass(6_000);
    let report = fleet.report("web");
    assert_eq!(report.because, "waits until db is started; db is blocked");
    assert!(report.waits_for.expect("says for whom").stuck);
    fleet.obstructed.clear();
    fleet.pass(10_000);
    assert_eq!(fleet.happened(), "spawn db, spawn web");
}
