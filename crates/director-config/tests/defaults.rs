//! A minimal configuration holds exactly the defaults of the core and of the product's table.

#![expect(clippy::unwrap_used, reason = "a test helper fails by panicking")]

use std::path::{Path, PathBuf};

use director_config::{Environment, Source, load};
use director_core::spec::{
    DirectorSpec, Follow, HooksSpec, Kind, LimitsSpec, LogSpec, RestartSpec, Rung, RungKind, ServiceName,
    ServiceSpec, StopSpec, StopTarget,
};

#[cfg(windows)]
const BASE: &str = r"C:\hub";
#[cfg(not(windows))]
const BASE: &str = "/hub";

fn minimal(windows: bool, command: &str) -> DirectorSpec {
    let source = Source {
        path: Path::new(BASE).join("director.toml"),
        text: format!("[service.web]\ncommand = {command}\n"),
    };
    let env = Environment {
        vars: &|_| None,
        windows,
        read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
    };
    let loaded = load(&source, &env).unwrap();
    assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
    loaded.spec
}

fn rung(kind: RungKind, grace_ms: u64) -> Rung {
    Rung { kind, grace_ms }
}

fn signal(name: &str, grace_ms: u64) -> Rung {
    rung(RungKind::Signal(name.to_owned()), grace_ms)
}

fn expected(ladder: Vec<Rung>) -> DirectorSpec {
    let name = ServiceName::new("web").unwrap();
    let service = ServiceSpec {
        name: name.clone(),
        kind: Kind::Daemon,
        command: vec!["app".to_owned()],
        cwd: PathBuf::from(BASE),
        env: Default::default(),
        user: None,
        host: "0.0.0.0".to_owned(),
        port: None,
        autostart: true,
        follow: Follow::Main,
        stdin_pipe: false,
        restart: RestartSpec::default(),
        stop: StopSpec {
            ladder,
            to: StopTarget::Group,
        },
        instance: None,
        health: None,
        probes: Vec::new(),
        database: None,
        log: LogSpec::default(),
        watch: None,
        limits: LimitsSpec::default(),
        requires: Vec::new(),
        after: Vec::new(),
        restart_with: false,
        schedule: None,
        hooks: HooksSpec::default(),
        python_requires: Vec::new(),
    };
    DirectorSpec {
        name: "hub".to_owned(),
        base_dir: PathBuf::from(BASE),
        data_dir: Path::new(BASE).join(".director"),
        log_dir: Path::new(BASE).join("logs"),
        fallback: true,
        auto_reload: false,
        boot_delay_ms: 60_000,
        services: [(name, service)].into(),
    }
}

#[test]
fn minimal_configuration_holds_the_defaults_of_linux() {
    let ladder = vec![
        signal("term", 30_000),
        signal("int", 5_000),
        rung(RungKind::Terminate, 0),
    ];
    assert_eq!(minimal(false, "['app']"), expected(ladder));
}

#[test]
fn minimal_configuration_holds_the_defaults_of_windows() {
    let ladder = vec![
        rung(RungKind::CtrlC, 30_000),
        rung(RungKind::CtrlBreak, 5_000),
        rung(RungKind::Terminate, 0),
    ];
    assert_eq!(minimal(true, "['app']"), expected(ladder));
}

#[test]
fn windows_ladder_follows_the_command() {
    let first = |command: &str| {
        let spec = minimal(true, command);
        spec.services.values().next().unwrap().stop.ladder.clone()
    };
    let spec_ladder = vec![
        rung(RungKind::CtrlBreak, 30_000),
        rung(RungKind::CtrlC, 5_000),
        rung(RungKind::Terminate, 0),
    ];
    for command in [
        "['python/python.exe', '-m', 'uvicorn', 'a:b']",
        "['uvicorn', 'a:b']",
        r"['C:\py\Scripts\Hypercorn.EXE']",
        "['py', '-u', '-m', 'hypercorn']",
    ] {
        assert_eq!(first(command), spec_ladder, "{command}");
    }
    let java = vec![rung(RungKind::CtrlC, 30_000), rung(RungKind::Terminate, 0)];
    for command in ["['java', '-jar', 'a.jar']", r"['C:\jdk\bin\javaw.exe']"] {
        assert_eq!(first(command), java, "{command}");
    }
    // An argument that merely mentions it decides nothing.
    assert_eq!(first("['node', 'uvicorn']")[0].kind, RungKind::CtrlC);
}
