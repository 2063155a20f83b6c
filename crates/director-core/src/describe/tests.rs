use super::*;
use crate::spec::Limit;
use crate::time::WallTime;

fn said(event: JournalEvent) -> String {
    describe(&JournalEntry {
        wall: WallTime(0),
        service: None,
        run: Some(RunNumber(3)),
        event,
    })
}

fn finding(remedy: &[&str]) -> Finding {
    Finding {
        code: "port-in-use".to_owned(),
        summary: "port 8004 is held by python.exe (pid 4312)".to_owned(),
        evidence: Vec::new(),
        remedy: remedy.iter().map(|&text| text.to_owned()).collect(),
        avoid: Vec::new(),
        holders: Vec::new(),
    }
}

#[test]
fn the_director_and_its_records() {
    let started = |after_crash| JournalEvent::DirectorStarted {
        version: "0.1.0".to_owned(),
        pid: 7,
        after_crash,
    };
    let error = || "disk full".to_owned();
    let dropped = |lines| JournalEvent::LogLinesDropped {
        lines,
        bytes: 120,
        because: "the disk is full".to_owned(),
    };
    let cases = [
        (started(false), "the director 0.1.0 started as process 7"),
        (
            started(true),
            "the director 0.1.0 started as process 7; the one before it was killed or crashed",
        ),
        (
            JournalEvent::DirectorStopped,
            "the director stopped in good order",
        ),
        (
            JournalEvent::ConfigFellBack { error: error() },
            "the config file is invalid (disk full); the last one that ran well is in force instead",
        ),
        (
            JournalEvent::LeftoverEnded { pid: 9, start: 1 },
            "ended process 9, which a killed director had left behind",
        ),
        (
            dropped(1),
            "1 line of output (120 bytes) could not be kept: the disk is full",
        ),
        (
            dropped(2),
            "2 lines of output (120 bytes) could not be kept: the disk is full",
        ),
        (
            JournalEvent::RecordFailed { error: error() },
            "a record could not be read or written: disk full",
        ),
        (
            JournalEvent::InternalFault { error: error() },
            "a fault of the director itself, contained: disk full",
        ),
        (
            JournalEvent::OperatorAsked {
                action: "stop".to_owned(),
            },
            "an operator asked for: stop",
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(said(event), expected);
    }
}

#[test]
fn starts_exits_and_restarts() {
    let exited = |status, expected| JournalEvent::ProcessExited {
        status,
        uptime_ms: 4200,
        expected,
    };
    let cases = [
        (
            JournalEvent::ProcessStarted { pid: 4312 },
            "run 3 started as process 4312",
        ),
        (
            exited(ExitKind::Signal(9), false),
            "run 3 ended by itself with signal SIGKILL after 4.2 s",
        ),
        (
            exited(ExitKind::Code(0), true),
            "run 3 ended with exit code 0 after 4.2 s, as intended",
        ),
        (
            JournalEvent::SpawnFailed {
                error: "no such file".to_owned(),
            },
            "run 3 could not be started: no such file",
        ),
        (JournalEvent::TreeEmptied, "the last process of run 3 is gone"),
        (
            JournalEvent::RestartScheduled { wait_ms: 0, count: 1 },
            "restart 1 is due at once",
        ),
        (
            JournalEvent::RestartScheduled {
                wait_ms: 30_000,
                count: 2,
            },
            "restart 2 is due in 30 s",
        ),
        (
            JournalEvent::PhaseChanged {
                from: PhaseName::Starting,
                to: PhaseName::Running,
                because: "its first probe was healthy".to_owned(),
            },
            "starting → running: its first probe was healthy",
        ),
        (
            JournalEvent::Blocked {
                finding: finding(&[]),
            },
            "ACTION REQUIRED, blocked (port-in-use): port 8004 is held by python.exe (pid 4312)",
        ),
        (
            JournalEvent::Blocked {
                finding: finding(&["end it", "or wait"]),
            },
            "ACTION REQUIRED, blocked (port-in-use): port 8004 is held by python.exe (pid 4312); 1. end it; 2. or wait",
        ),
        (JournalEvent::Unblocked, "what blocked it is gone"),
    ];
    for (event, expected) in cases {
        assert_eq!(said(event), expected);
    }
}

#[test]
fn what_the_checks_found_beside() {
    let cases = [
        (
            JournalEvent::Examined {
                runs: 0,
                findings: vec![finding(&[])],
            },
            "the checks before the start found, and start it all the same: port 8004 is held by python.exe (pid 4312) [port-in-use]",
        ),
        (
            JournalEvent::Examined {
                runs: 3,
                findings: Vec::new(),
            },
            "3 runs in a row never became healthy; port, database and folders show nothing that explains it",
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(said(event), expected);
    }
}

#[test]
fn health_and_probes() {
    let changed = |to, detail: &str, database: Option<&str>| JournalEvent::HealthChanged {
        from: Health::Unknown,
        to,
        detail: detail.to_owned(),
        answer: database.map(|database| HealthAnswer {
            database: Some(database.to_owned()),
            ..HealthAnswer::default()
        }),
    };
    let cases = [
        (
            changed(Health::Healthy, "200 healthy", Some("connected")),
            "health unknown → healthy: 200 healthy",
        ),
        (changed(Health::Healthy, "", None), "health unknown → healthy"),
        (
            changed(Health::Degraded, "status degraded", Some("error: locked")),
            "health unknown → degraded: status degraded (database: error: locked); shown, not restarted",
        ),
        (
            JournalEvent::ProbeFailed {
                failures: 2,
                max_failures: 3,
                detail: "no answer in 2 s".to_owned(),
            },
            "health probe failed (2 of 3): no answer in 2 s",
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(said(event), expected);
    }
}

#[test]
fn hooks() {
    let ran = |error: Option<&str>| JournalEvent::HookRan {
        hook: HookName::PreStart,
        error: error.map(str::to_owned),
        took_ms: 2_500,
    };
    assert_eq!(said(ran(None)), "the hook pre_start succeeded after 2.5 s");
    assert_eq!(
        said(ran(Some("`migrate` ended with exit code 3"))),
        "the hook pre_start failed after 2.5 s: `migrate` ended with exit code 3"
    );
}

#[test]
fn stops_and_rungs() {
    let rung = |rung, error: Option<&str>| JournalEvent::RungTried {
        rung,
        error: error.map(str::to_owned),
    };
    let cases = [
        (
            JournalEvent::StopBegan {
                reason: StopReason::Unhealthy,
            },
            "stopping run 3, because its health probe failed too often",
        ),
        (rung(RungKind::Signal("term".to_owned()), None), "sent SIGTERM"),
        (
            rung(RungKind::CtrlBreak, Some("no console")),
            "sent Ctrl-Break, in vain: no console",
        ),
        (rung(RungKind::CtrlC, None), "sent Ctrl-C"),
        (rung(RungKind::Close, None), "asked its windows to close"),
        (
            rung(RungKind::Http("http://a/stop".to_owned()), None),
            "posted to http://a/stop",
        ),
        (
            rung(RungKind::Exec(vec!["a".to_owned(), "b".to_owned()]), None),
            "ran the stop command `a b`",
        ),
        (
            rung(RungKind::Stdin(String::new()), None),
            "closed its standard input",
        ),
        (
            rung(RungKind::Stdin("quit".to_owned()), None),
            "wrote to its standard input",
        ),
        (
            rung(RungKind::Terminate, None),
            "ended all its processes by force",
        ),
        (
            JournalEvent::TreeFrozen,
            "its processes are suspended and cannot answer a polite request; they are ended by force next",
        ),
        (
            JournalEvent::TreeKilled {
                because: "no rung helped".to_owned(),
            },
            "all processes of run 3 were killed: no rung helped",
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(said(event), expected);
    }
}

#[test]
fn limits() {
    let exceeded = |samples| JournalEvent::MemoryExceeded {
        bytes: 157_286_400,
        limit_bytes: 104_857_600,
        samples,
    };
    let cases = [
        (
            JournalEvent::LimitNotEnforced {
                limit: Limit::Cpu,
                error: "there is no cgroup".to_owned(),
            },
            "limits.cpu is not enforced: there is no cgroup",
        ),
        (
            exceeded(None),
            "run 3 takes 150.0 MiB of memory, and limits.memory is 100.0 MiB",
        ),
        (
            exceeded(Some(Samples { above: 3, of: 5 })),
            "run 3 takes 150.0 MiB of memory: 3 of the last 5 samples were above limits.restart_above, 100.0 MiB",
        ),
        (
            JournalEvent::MemoryLimitHit {
                limit_bytes: Some(104_857_600),
            },
            "the system ended the processes of run 3, which took more memory than limits.memory, 100.0 MiB",
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(said(event), expected);
    }
}

#[test]
fn texts_from_outside_stay_on_their_line() {
    let event = JournalEvent::SpawnFailed {
        error: "bad\n12:00 web run 4 started\x1b[2J\u{202e}".to_owned(),
    };
    assert_eq!(
        said(event),
        "run 3 could not be started: bad 12:00 web run 4 started [2J "
    );
}

#[test]
fn durations_have_at_most_two_units() {
    let cases = [
        (0, "0 ms"),
        (999, "999 ms"),
        (1000, "1 s"),
        (2540, "2.5 s"),
        (10_900, "10 s"),
        (59_999, "59 s"),
        (60_000, "1 min"),
        (184_000, "3 min 4 s"),
        (3_600_000, "1 h"),
        (7_500_000, "2 h 5 min"),
        (352_800_000, "4 d 2 h"),
    ];
    for (ms, expected) in cases {
        assert_eq!(duration(ms), expected);
    }
}

#[test]
fn sizes_have_a_unit() {
    for (bytes, expected) in [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (40_000_000, "38.1 MiB"),
        (3 << 40, "3.0 TiB"),
    ] {
        assert_eq!(size(bytes), expected);
    }
}
