//! What well-formed configurations mean.

#![expect(clippy::unwrap_used, reason = "a test helper fails by panicking")]

mod support;

use std::path::{Path, PathBuf};

use director_config::{
    DurationFault, Environment, SizeFault, Source, discover, effective_json, load, machine_wide_path,
    parse_duration, parse_size,
};
use director_core::spec::{
    Condition, Dependency, DirectorSpec, Follow, Kind, LimitsSpec, Priority, ProbeKind, RestartWhen, Rung,
    RungKind, Samples, ServiceName, ServiceSpec, StopTarget, ThrottleWindow,
};
use support::{BASE, load_text};

const EVERYTHING: &str = include_str!("everything.toml");

fn spec(text: &str, windows: bool) -> DirectorSpec {
    load_text(text, windows)
        .unwrap_or_else(|found| panic!("{found}"))
        .spec
}

fn service(text: &str, windows: bool) -> ServiceSpec {
    spec(text, windows).services.into_values().next_back().unwrap()
}

#[test]
fn schedules_are_read_and_a_planned_oneshot_does_not_run_at_the_start() {
    let web = &spec(EVERYTHING, false).services[&ServiceName::new("web").unwrap()];
    let schedule = web.schedule.as_ref().unwrap();
    assert_eq!(schedule.times.as_deref(), Some("0 4 * * 1-5"));
    assert_eq!(schedule.timezone.as_deref(), Some("Europe/Berlin"));
    assert!(schedule.run_missed && web.autostart);
    let windows: Vec<(&str, u64)> = schedule
        .maintenance
        .iter()
        .map(|window| (window.begins.as_str(), window.lasts_ms))
        .collect();
    assert_eq!(windows, [("0 22 * * sat", 14_400_000), ("30 0 1 * *", 5_400_000)]);
    let oneshot = |more: &str| {
        let text = format!("[service.job]\ncommand = ['x']\nkind = 'oneshot'\n{more}");
        let job = service(&text, false);
        (job.autostart, job.schedule.map(|schedule| schedule.run_missed))
    };
    assert_eq!(oneshot(""), (true, None));
    assert_eq!(oneshot("schedule.run = '@daily'"), (false, Some(true)));
    let skips = "schedule = { run = '@daily', missed = 'skip' }";
    assert_eq!(oneshot(skips), (false, Some(false)));
    assert_eq!(
        oneshot("autostart = true\nschedule.run = '@daily'"),
        (true, Some(true))
    );
    let windows = "schedule.maintenance = ['0 22 * * 6 for 4h']";
    assert_eq!(oneshot(windows), (true, Some(true)));
    let daemon = service(
        "[service.web]\ncommand = ['x']\nschedule.restart = '0 4 * * *'",
        false,
    );
    assert!(daemon.autostart && !daemon.schedule.unwrap().run_missed);
}

fn under(path: &str) -> PathBuf {
    path.split('/')
        .fold(PathBuf::from(BASE), |folder, part| folder.join(part))
}

#[test]
fn every_key_of_the_director_is_read() {
    let spec = spec(EVERYTHING, false);
    assert_eq!(spec.name, "Operations Hub");
    assert_eq!(spec.base_dir, PathBuf::from(BASE));
    assert_eq!(spec.data_dir, under("state"));
    assert_eq!(spec.log_dir, PathBuf::from("/var/log/hub"));
    assert!(!spec.fallback);
    assert!(spec.auto_reload);
    assert_eq!(spec.boot_delay_ms, 90_000);
    let migrate = &spec.services[&ServiceName::new("migrate").unwrap()];
    assert_eq!(migrate.kind, Kind::Oneshot);
    assert!(!migrate.autostart);
    assert_eq!(migrate.restart.when, RestartWhen::OnFailure);
    assert_eq!(migrate.restart.max, Some(3));
    assert_eq!(migrate.command, [under("bin/migrate").to_str().unwrap(), "--all"]);
}

#[test]
fn dependencies_are_read() {
    let web = service(EVERYTHING, false);
    let on = |name: &str, condition| Dependency {
        service: ServiceName::new(name).unwrap(),
        condition,
    };
    assert_eq!(
        web.requires,
        [on("migrate", Condition::Completed), on("db", Condition::Started)]
    );
    assert_eq!(web.after, [on("cache", Condition::Healthy)]);
    assert!(web.restart_with);
}

#[test]
fn every_key_of_a_service_is_read() {
    let web = service(EVERYTHING, false);
    assert_eq!(
        web.command,
        [
            "python", "-m", "uvicorn", "app:app", "--token", "t0p", "${TOKEN}", "$5"
        ]
    );
    assert_eq!(web.cwd, under("app"));
    let env: Vec<_> = web
        .env
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        env,
        [("FILE_ONLY", "a # b"), ("GREETING", "/home/x/$"), ("MODE", "env")]
    );
    assert_eq!(
        (web.user.as_deref(), web.host.as_str(), web.port),
        (Some("www-data"), "127.0.0.1", Some(8004))
    );
    let health = web.health.unwrap();
    assert_eq!(
        health.probe,
        ProbeKind::Http("http://127.0.0.1:8004/health".to_owned())
    );
    assert_eq!(
        (
            health.interval_ms,
            health.retry_interval_ms,
            health.start_interval_ms
        ),
        (300_000, 5_000, 500)
    );
    assert_eq!(
        (health.start_grace_ms, health.timeout_ms, health.max_failures),
        (0, 3_000, 5)
    );
    assert_eq!((health.accept, health.json), (vec!["ok".to_owned()], true));
    assert_eq!(
        (web.restart.backoff_ms, web.restart.stable_after_ms),
        (vec![1_000, 60_000], 300_000)
    );
    assert_eq!(
        (web.restart.window, web.restart.when),
        (ThrottleWindow::Sliding, RestartWhen::Always)
    );
    assert_eq!(web.restart.success_exit_codes, [0, -1, 0xC000_0005]);
    assert_eq!(web.follow, Follow::Tree);
    let database = web.database.unwrap();
    assert_eq!((database.sqlite, database.wal), (under("instance/hub.db"), true));
    assert_eq!(
        (database.synchronous.as_str(), database.busy_timeout_ms),
        ("full", 10_000)
    );
    assert_eq!(
        (web.log.max_file_bytes, web.log.max_total_bytes),
        (1_000_000, 10 << 20)
    );
    assert!(web.log.gzip && web.log.timestamps);
}

#[test]
fn limits_are_read() {
    let limits = LimitsSpec {
        memory_bytes: Some(1 << 30),
        restart_above_bytes: Some(512 << 20),
        restart_samples: Samples { above: 2, of: 3 },
        sample_interval_ms: 30_000,
        cpu_percent: Some(150),
        max_age_ms: Some(86_400_000),
        max_age_variance_percent: 25,
        open_files: Some(8192),
        priority: Some(Priority::BelowNormal),
        affinity: vec![0, 2],
    };
    assert_eq!(service(EVERYTHING, false).limits, limits);
    let none = service("[service.web]\ncommand = ['x']\n", true).limits;
    assert_eq!(none, LimitsSpec::default());
}

#[test]
fn ladder_is_read_and_its_end_added() {
    let web = service(EVERYTHING, false);
    let rung = |kind: RungKind, grace_ms: u64| Rung { kind, grace_ms };
    let stop = under("bin/stop").to_str().unwrap().to_owned();
    assert_eq!(
        web.stop.ladder,
        [
            rung(RungKind::Http("http://127.0.0.1:8004/quit".to_owned()), 10_000),
            rung(RungKind::Exec(vec![stop, "now".to_owned()]), 2_000),
            rung(RungKind::Stdin("quit\n".to_owned()), 1_000),
            rung(RungKind::Signal("quit".to_owned()), 5_000),
            rung(RungKind::Terminate, 0),
        ]
    );
    assert_eq!(web.stop.to, StopTarget::Main);
    assert!(web.stdin_pipe);
}

#[test]
fn the_ladder_of_the_specification_works_on_windows() {
    let text =
        "[service.web]\ncommand = ['x']\nstop.ladder = ['close 1s', 'break 30s', 'ctrl-c 5s', 'terminate']\n";
    let kinds: Vec<RungKind> = service(text, true)
        .stop
        .ladder
        .into_iter()
        .map(|rung| rung.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            RungKind::Close,
            RungKind::CtrlBreak,
            RungKind::CtrlC,
            RungKind::Terminate
        ]
    );
    assert!(!service(text, true).stdin_pipe);
}

#[test]
fn grace_is_that_of_the_first_rung() {
    for windows in [false, true] {
        let ladder = service("[service.web]\ncommand = ['x']\nstop.grace = '7s'\n", windows)
            .stop
            .ladder;
        let graces: Vec<u64> = ladder.iter().map(|rung| rung.grace_ms).collect();
        assert_eq!(graces, [7_000, 5_000, 0]);
    }
}

#[test]
fn windows_paths_take_both_slashes() {
    let text = r"
[service.web]
command = ['python/python.exe', 'a/b']
cwd = 'D:/data/app'
database.sqlite = '\\server\share/x.db'
";
    let web = service(text, true);
    let python = under("python/python.exe");
    assert_eq!(web.command, [python.to_str().unwrap(), "a/b"]);
    assert_eq!(web.cwd, PathBuf::from(r"D:\data\app"));
    assert_eq!(
        web.database.unwrap().sqlite,
        PathBuf::from(r"\\server\share\x.db")
    );
}

#[test]
fn variables_of_windows_fold_their_case() {
    let text = "[service.web]\ncommand = ['x']\nenv_file = 'good.env'\nenv = { Mode = 'env' }\n";
    let names: Vec<String> = service(text, true).env.into_keys().collect();
    assert_eq!(names, ["FILE_ONLY", "Mode"]);
    let names: Vec<String> = service(text, false).env.into_keys().collect();
    assert_eq!(names, ["FILE_ONLY", "MODE", "Mode"]);
}

#[test]
fn effective_configuration_shows_names_but_no_values_of_the_environment() {
    let shown = effective_json(&spec(EVERYTHING, false));
    assert_eq!(
        shown["services"]["web"]["env"],
        serde_json::json!(["FILE_ONLY", "GREETING", "MODE"])
    );
    assert_eq!(shown["services"]["web"]["restart"]["stable_after_ms"], 300_000);
    assert!(!shown.to_string().contains("a # b"));
}

#[test]
fn byte_order_mark_is_no_part_of_the_text() {
    let loaded = load_text("\u{feff}[service.web]\r\ncommand = ['x']\r\n", true);
    assert!(loaded.is_ok(), "{}", loaded.unwrap_err());
    let found = load_text("\u{feff}porte = 1\n[service.web]\ncommand = ['x']\n", false).unwrap_err();
    assert_eq!((found.list[0].line, found.list[0].column), (1, 1));
}

#[test]
fn thousand_services_are_read_and_one_more_is_too_many() {
    let text = |count: usize| {
        (0..count)
            .map(|index| format!("[service.s{index}]\ncommand = ['x']\n"))
            .collect::<String>()
    };
    assert_eq!(spec(&text(1000), false).services.len(), 1000);
    let found = load_text(&text(1001), false).unwrap_err();
    assert_eq!(found.list[0].code.as_str(), "too-many");
}

#[test]
fn two_hundred_faults_are_kept_and_the_others_counted() {
    let text: String = (0..300).map(|index| format!("[service.s{index}]\n")).collect();
    let found = load_text(&text, false).unwrap_err();
    assert_eq!((found.list.len(), found.omitted), (200, 100));
    assert!(
        found
            .render(false)
            .trim_end()
            .ends_with("director.toml, 100 more not shown"),
        "{}",
        found.summary()
    );
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    let path = Path::new("director.toml");
    let found = Source::from_bytes(path, b"a = 1\nb = '\xff'\n".to_vec()).unwrap_err();
    let fault = &found.list[0];
    assert_eq!(
        (fault.code.as_str(), fault.line, fault.column),
        ("not-utf8", 2, 6)
    );
    let found = Source::from_bytes(path, vec![b'#'; (1 << 20) + 1]).unwrap_err();
    assert_eq!(found.list[0].code.as_str(), "too-large");
    let found = load_text(&"#".repeat((1 << 20) + 1), false).unwrap_err();
    assert_eq!(found.list[0].code.as_str(), "too-large");
}

#[test]
fn file_is_read_from_disk_with_its_env_file_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("director.toml");
    std::fs::write(&path, "[service.web]\ncommand = ['x']\nenv_file = 'a.env'\n").unwrap();
    std::fs::write(
        folder.path().join("a.env"),
        "A=1\r\n\r\nexport B = \"x\\ty\" # c\nC=a#b # d\n",
    )
    .unwrap();
    let source = Source::read(&path).unwrap();
    let read_file = |path: &Path| std::fs::read_to_string(path);
    let loaded = load(
        &source,
        &Environment {
            vars: &|_| None,
            windows: cfg!(windows),
            read_file: &read_file,
        },
    )
    .unwrap();
    let env: Vec<_> = loaded
        .spec
        .services
        .into_values()
        .next()
        .unwrap()
        .env
        .into_iter()
        .collect();
    let expected =
        [("A", "1"), ("B", "x\ty"), ("C", "a#b")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(env, expected);
    let missing = Source::read(&folder.path().join("none.toml")).unwrap_err();
    assert_eq!(missing.list[0].code.as_str(), "unreadable");
}

#[test]
fn configuration_is_sought_upwards_then_machine_wide() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a").join("b");
    std::fs::create_dir_all(&deep).unwrap();
    let wide = folder.path().join("wide.toml");
    let none = discover(None, &deep, &wide).unwrap_err();
    assert_eq!(none.looked_at[0], deep.join("director.toml"));
    assert_eq!(none.looked_at[2], folder.path().join("director.toml"));
    assert_eq!(none.looked_at.last(), Some(&wide));
    let words = none.to_string();
    assert!(
        none.looked_at
            .iter()
            .all(|path| words.contains(&path.display().to_string())),
        "{words}"
    );
    std::fs::write(&wide, "").unwrap();
    assert_eq!(discover(None, &deep, &wide).unwrap(), wide);
    let above = folder.path().join("director.toml");
    std::fs::write(&above, "").unwrap();
    assert_eq!(discover(None, &deep, &wide).unwrap(), above);
    std::fs::write(deep.join("director.toml"), "").unwrap();
    assert_eq!(discover(None, &deep, &wide).unwrap(), deep.join("director.toml"));
    let explicit = discover(Some(Path::new("other.toml")), &deep, &wide).unwrap_err();
    assert_eq!(explicit.looked_at, [deep.join("other.toml")]);
}

#[test]
fn machine_wide_file_is_where_each_system_keeps_such() {
    assert_eq!(
        machine_wide_path(false, &|_| None),
        PathBuf::from("/etc/director/director.toml")
    );
    let set = |name: &str| (name == "ProgramData").then(|| r"D:\PD\".to_owned());
    assert_eq!(
        machine_wide_path(true, &set),
        PathBuf::from(r"D:\PD\director\director.toml")
    );
    assert_eq!(
        machine_wide_path(true, &|_| None),
        PathBuf::from(r"C:\ProgramData\director\director.toml")
    );
}

#[test]
fn durations_mean_what_they_say() {
    for (text, ms) in [
        ("0s", 0),
        ("500ms", 500),
        ("30s", 30_000),
        ("15m", 900_000),
        ("2h", 7_200_000),
        ("1d", 86_400_000),
        ("1m30s", 90_000),
        ("1d2h3m4s5ms", 93_784_005),
    ] {
        assert_eq!(parse_duration(text), Ok(ms), "{text}");
    }
    let unknown = |unit: &str| DurationFault::UnknownUnit(unit.to_owned());
    for (text, fault) in [
        ("", DurationFault::Empty),
        ("-1s", DurationFault::Negative),
        ("1.5s", DurationFault::Fraction),
        ("30", DurationFault::MissingUnit("30".to_owned())),
        ("1m30", DurationFault::MissingUnit("30".to_owned())),
        ("s", DurationFault::BadNumber("s".to_owned())),
        ("30S", unknown("S")),
        ("30 s", unknown("s")),
        ("1s1s", DurationFault::Order("s".to_owned())),
        ("3651d", DurationFault::TooLong),
        ("99999999999999999999s", DurationFault::TooLong),
    ] {
        assert_eq!(parse_duration(text), Err(fault), "{text}");
    }
}

#[test]
fn sizes_mean_what_they_say() {
    for (text, bytes) in [
        ("0B", 0),
        ("10MB", 10_000_000),
        ("10MiB", 10 << 20),
        ("10mib", 10 << 20),
        ("512 KiB", 512 << 10),
        ("2GB", 2_000_000_000),
    ] {
        assert_eq!(parse_size(text), Ok(bytes), "{text}");
    }
    for (text, fault) in [
        ("", SizeFault::Empty),
        ("MB", SizeFault::BadNumber),
        ("-1MB", SizeFault::BadNumber),
        ("1.5MB", SizeFault::BadNumber),
        ("10", SizeFault::MissingUnit("10".to_owned())),
        ("10M", SizeFault::UnknownUnit("M".to_owned())),
        ("99999999TiB", SizeFault::TooLarge),
    ] {
        assert_eq!(parse_size(text), Err(fault), "{text}");
    }
}
