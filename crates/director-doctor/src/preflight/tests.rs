//! The list, with helpers played by hand.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use director_core::report::{Holder, HolderState};
use director_core::spec::{
    DatabaseSpec, Follow, Kind, LimitsSpec, LogSpec, RestartSpec, ServiceName, ServiceSpec, StopSpec,
    StopTarget,
};

use super::*;
use crate::holders::Found;

fn spec(folder: &Path) -> ServiceSpec {
    let exe = std::env::current_exe().unwrap();
    ServiceSpec {
        name: ServiceName::new("web").unwrap(),
        kind: Kind::Daemon,
        command: vec![exe.display().to_string()],
        cwd: folder.to_owned(),
        env: BTreeMap::new(),
        user: None,
        host: "127.0.0.1".to_owned(),
        port: None,
        autostart: true,
        follow: Follow::Main,
        stdin_pipe: false,
        restart: RestartSpec::default(),
        stop: StopSpec {
            ladder: Vec::new(),
            to: StopTarget::Group,
        },
        health: None,
        probes: Vec::new(),
        python_requires: Vec::new(),
        database: None,
        log: LogSpec::default(),
        watch: None,
        schedule: None,
        limits: LimitsSpec::default(),
        hooks: Default::default(),
        requires: Vec::new(),
        after: Vec::new(),
        restart_with: false,
        instance: None,
    }
}

fn with_database(folder: &Path) -> ServiceSpec {
    let sqlite = folder.join("app.db");
    std::fs::write(&sqlite, b"").unwrap();
    let database = Some(DatabaseSpec {
        sqlite,
        wal: false,
        synchronous: "normal".to_owned(),
        busy_timeout_ms: 30_000,
    });
    ServiceSpec {
        database,
        ..spec(folder)
    }
}

fn stranger() -> Holder {
    Holder {
        pid: 4312,
        start: 7,
        name: "python".to_owned(),
        user: None,
        file: None,
        since: None,
        state: HolderState::Alive,
    }
}

/// Goes through the list for `spec`; the helpers say this of the database and of its holders.
fn go(spec: &ServiceSpec, depth: Depth, database: &str, found: &Found) -> Vec<Checked> {
    let searched = Cell::new(0);
    let helper = |help: Help<'_>| match help {
        Help::Database(..) => Ok(database.as_bytes().to_vec()),
        Help::Holders(_) => {
            searched.set(searched.get() + 1);
            Ok(serde_json::to_vec(found).unwrap())
        }
    };
    let log_dir = spec.cwd.join("logs");
    let asked = Asked {
        spec,
        log_dir: &log_dir,
        running: None,
        helper: &helper,
        ours: &|_| None,
    };
    let made = run(&asked, depth);
    let well = database.contains("usable");
    assert!(
        depth != Depth::Start || !well || searched.get() == 0,
        "a search without a cause"
    );
    made
}

fn found_in(made: &[Checked]) -> Vec<&'static str> {
    let is_found = |checked: &&Checked| matches!(checked.outcome, Outcome::Found { .. });
    made.iter().filter(is_found).map(|checked| checked.name).collect()
}

const USABLE: &str = r#"{"state":"usable"}"#;
const LOCKED: &str = r#"{"state":"locked","pid":null}"#;

#[test]
fn a_start_looks_at_what_forbids_it_alone() {
    let dir = tempfile::tempdir().unwrap();
    let made = go(
        &with_database(dir.path()),
        Depth::Start,
        USABLE,
        &Found::default(),
    );
    let names: Vec<_> = made.iter().map(|checked| checked.name).collect();
    assert_eq!(names, ["database"]);
}

#[test]
fn a_preview_looks_at_everything() {
    let dir = tempfile::tempdir().unwrap();
    let made = go(
        &with_database(dir.path()),
        Depth::Preview,
        USABLE,
        &Found::default(),
    );
    let names: Vec<_> = made.iter().map(|checked| checked.name).collect();
    let all = [
        "program",
        "folder",
        "logs",
        "disk",
        "database-folder",
        "database",
        "holders",
    ];
    assert_eq!(names, all);
    assert_eq!(found_in(&made), [""; 0], "{made:?}");
}

#[test]
fn a_taken_port_ends_the_list_before_the_database_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let spec = ServiceSpec {
        port: Some(listener.local_addr().unwrap().port()),
        ..with_database(dir.path())
    };
    let made = go(&spec, Depth::Start, LOCKED, &Found::default());
    assert_eq!(found_in(&made), ["port"]);
    let made = go(&spec, Depth::Preview, LOCKED, &Found::default());
    assert_eq!(found_in(&made), ["port", "database"]);
}

#[test]
fn who_locks_is_named_and_who_reads_beside_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let reader = Holder {
        pid: 99,
        name: "backup".to_owned(),
        ..stranger()
    };
    let found = Found {
        holders: vec![reader, stranger()],
        lockers: vec![4312],
        partial: Vec::new(),
    };
    let made = go(&with_database(dir.path()), Depth::Start, LOCKED, &found);
    let Outcome::Found { finding } = &made[0].outcome else {
        panic!("{made:?}");
    };
    assert_eq!(finding.holders, [stranger()]);
    assert!(finding.summary.contains("python (pid 4312)"), "{finding:?}");
}

#[test]
fn a_foreign_holder_forbids_a_start_only_when_the_look_is_thorough() {
    let dir = tempfile::tempdir().unwrap();
    let spec = with_database(dir.path());
    let found = Found {
        holders: vec![stranger()],
        ..Found::default()
    };
    for (depth, expected) in [
        (Depth::Start, &[][..]),
        (Depth::Thorough, &["holders"]),
        (Depth::Preview, &[]),
    ] {
        assert_eq!(found_in(&go(&spec, depth, USABLE, &found)), expected, "{depth:?}");
    }
}

#[test]
fn what_the_start_itself_fails_on_is_a_warning_to_the_daemon() {
    let dir = tempfile::tempdir().unwrap();
    let spec = ServiceSpec {
        command: vec!["no-such-program".to_owned()],
        ..spec(dir.path())
    };
    assert_eq!(
        found_in(&go(&spec, Depth::Preview, USABLE, &Found::default())),
        ["program"]
    );
    assert_eq!(
        found_in(&go(&spec, Depth::Thorough, USABLE, &Found::default())),
        [""; 0]
    );
}
