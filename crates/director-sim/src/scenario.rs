//! What a seed decides beforehand: the services, and how bad the world is.

use std::path::PathBuf;

use director_core::spec::{
    AnyProbe, Condition, DatabaseSpec, Dependency, Follow, HealthSpec, HookName, HookSpec, HooksSpec, Kind,
    LimitsSpec, LogSpec, ProbeKind, ProbeRole, ProbeSpec, RestartSpec, RestartWhen, Rung, RungKind, Samples,
    ScheduleSpec, ServiceName, ServiceSpec, StopSpec, StopTarget, ThrottleWindow,
};
use director_core::time::Millis;

use crate::rng::Rng;

/// The limits of memory, when there are any.
pub(crate) const HARD_BYTES: u64 = 200;
pub(crate) const SOFT_BYTES: u64 = 100;

/// How often each fault happens, in percent. Every seed switches a different selection on: a world with all faults at
/// once hides the ones that need quiet to show.
#[derive(Clone, Debug)]
pub(crate) struct Knobs {
    pub(crate) windows: bool,
    pub(crate) slow: u64,
    pub(crate) spawn_fails: u64,
    pub(crate) permanent: u64,
    pub(crate) lost_probes: u64,
    pub(crate) crash: u64,
    pub(crate) crash_soon: u64,
    pub(crate) hang: u64,
    pub(crate) degraded: u64,
    pub(crate) freeze: u64,
    pub(crate) deaf: u64,
    pub(crate) fork: u64,
    pub(crate) own_session: u64,
    pub(crate) clear_env: u64,
    pub(crate) stuck: u64,
    pub(crate) linger: u64,
    pub(crate) rung_fails: u64,
    pub(crate) echo: u64,
    /// Numbers of events in the whole history.
    pub(crate) foreigners: u64,
    pub(crate) full_disks: u64,
    pub(crate) wall_jumps: u64,
    pub(crate) commands: u64,
    pub(crate) kills: u64,
    pub(crate) boundary_kills: u64,
    pub(crate) internal_faults: u64,
    pub(crate) reboots: u64,
    /// How long the bad time lasts.
    pub(crate) bad_ms: Millis,
}

impl Knobs {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let mut sometimes = |share: u64, most: u64| {
            if rng.chance(share) {
                rng.between(1, most)
            } else {
                0
            }
        };
        Self {
            slow: sometimes(50, 30),
            spawn_fails: sometimes(40, 40),
            permanent: sometimes(20, 30),
            lost_probes: sometimes(40, 40),
            crash: sometimes(70, 100),
            crash_soon: sometimes(50, 100),
            hang: sometimes(50, 80),
            degraded: sometimes(40, 50),
            freeze: sometimes(40, 40),
            deaf: sometimes(50, 80),
            fork: sometimes(70, 100),
            own_session: sometimes(50, 60),
            clear_env: sometimes(30, 40),
            stuck: sometimes(40, 40),
            linger: sometimes(40, 60),
            rung_fails: sometimes(30, 40),
            echo: sometimes(50, 50),
            foreigners: sometimes(60, 8),
            full_disks: sometimes(30, 3),
            wall_jumps: sometimes(50, 10),
            commands: sometimes(70, 20),
            kills: sometimes(60, 4),
            boundary_kills: sometimes(60, 4),
            internal_faults: sometimes(20, 2),
            reboots: sometimes(10, 1),
            windows: rng.chance(35),
            bad_ms: rng.pick(&[20_000, 120_000, 600_000, 3_600_000]),
        }
    }
}

/// One to five services.
pub(crate) fn services(rng: &mut Rng) -> Vec<ServiceSpec> {
    let count = rng.pick(&[1_usize, 1, 2, 3, 5]);
    let names = ["s0", "s1", "s2", "s3", "s4"];
    names
        .iter()
        .take(count)
        .filter_map(|name| ServiceName::new(name).ok())
        .map(|name| service(rng, name))
        .collect()
}

fn service(rng: &mut Rng, name: ServiceName) -> ServiceSpec {
    let kind = if rng.chance(20) {
        Kind::Oneshot
    } else {
        Kind::Daemon
    };
    let follow = if kind == Kind::Daemon && rng.chance(25) {
        Follow::Tree
    } else {
        Follow::Main
    };
    let health = (kind == Kind::Daemon && rng.chance(60)).then(|| health(rng));
    let database = rng.chance(25).then(|| DatabaseSpec {
        sqlite: PathBuf::from("app.db"),
        wal: false,
        synchronous: "normal".to_owned(),
        busy_timeout_ms: 30_000,
    });
    let port = rng.chance(50).then_some(8_004);
    let autostart = rng.chance(90);
    let restart = restart(rng, kind);
    let stop = stop(rng);
    ServiceSpec {
        kind,
        port,
        autostart,
        follow,
        restart,
        stop,
        health,
        database,
        ..plain(name.as_str())
    }
}

/// A daemon with the contract's Linux ladder and nothing else.
pub(crate) fn plain(name: &str) -> ServiceSpec {
    let rung = |kind, grace_ms| Rung { kind, grace_ms };
    ServiceSpec {
        name: ServiceName::new(name).unwrap_or_else(|_| unreachable!("a plain name")),
        kind: Kind::Daemon,
        command: vec!["program".to_owned()],
        cwd: PathBuf::from("/"),
        env: Default::default(),
        user: None,
        host: "0.0.0.0".to_owned(),
        port: None,
        autostart: true,
        follow: Follow::Main,
        stdin_pipe: false,
        restart: RestartSpec::default(),
        stop: StopSpec {
            ladder: vec![
                rung(RungKind::Signal("term".to_owned()), 30_000),
                rung(RungKind::Terminate, 0),
            ],
            to: StopTarget::Group,
        },
        health: None,
        probes: Vec::new(),
        database: None,
        log: LogSpec::default(),
        watch: None,
        limits: LimitsSpec::default(),
        requires: Vec::new(),
        after: Vec::new(),
        restart_with: false,
        instance: None,
        schedule: None,
        hooks: HooksSpec::default(),
        python_requires: Vec::new(),
    }
}

/// Edges from later services to earlier ones, in half of all histories. They have a generator of their own.
pub(crate) fn connect(rng: &mut Rng, specs: &mut [ServiceSpec]) {
    if rng.chance(50) {
        return;
    }
    for later in 1..specs.len() {
        specs[later].restart_with = rng.chance(40);
        for earlier in 0..later {
            if !rng.chance(50) {
                continue;
            }
            let dependency = Dependency {
                service: specs[earlier].name.clone(),
                condition: condition(rng, &specs[earlier]),
            };
            if rng.chance(70) {
                specs[later].requires.push(dependency);
            } else {
                specs[later].after.push(dependency);
            }
        }
    }
}

/// Some of them have a schedule: when its times come, the world decides.
pub(crate) fn schedule(rng: &mut Rng, specs: &mut [ServiceSpec]) {
    for spec in specs {
        spec.schedule = rng.chance(40).then(|| ScheduleSpec {
            times: Some("0 4 * * *".to_owned()),
            timezone: None,
            run_missed: rng.chance(50),
            maintenance: Vec::new(),
        });
    }
}

/// Limits of some services, in half of all histories. They have a generator of their own, too.
pub(crate) fn limit(rng: &mut Rng, specs: &mut [ServiceSpec]) {
    if rng.chance(50) {
        return;
    }
    for spec in specs.iter_mut().filter(|spec| spec.kind == Kind::Daemon) {
        let of = rng.between(1, 5) as u32;
        spec.limits = LimitsSpec {
            memory_bytes: rng.chance(40).then_some(HARD_BYTES),
            restart_above_bytes: rng.chance(50).then_some(SOFT_BYTES),
            restart_samples: Samples {
                above: rng.between(1, u64::from(of)) as u32,
                of,
            },
            sample_interval_ms: rng.pick(&[1_000, 10_000]),
            max_age_ms: rng.chance(30).then(|| rng.pick(&[60_000, 600_000])),
            max_age_variance_percent: rng.pick(&[0, 10, 50]),
            ..LimitsSpec::default()
        };
    }
}

/// Further probes, owners of answers and failures that are not in a row, in half of all histories. They have a generator of
/// their own.
pub(crate) fn probe(rng: &mut Rng, specs: &mut [ServiceSpec]) {
    if rng.chance(50) {
        return;
    }
    for spec in specs.iter_mut().filter(|spec| spec.kind == Kind::Daemon) {
        let roles = [
            (ProbeRole::Startup, 40),
            (ProbeRole::Readiness, 50),
            (ProbeRole::Liveness, 40),
        ];
        for (role, share) in roles {
            if rng.chance(share) {
                let mut health = health(rng);
                vary(rng, &mut health);
                let name = role.to_string();
                spec.probes.push(ProbeSpec { name, role, health });
            }
        }
        if let Some(health) = &mut spec.health {
            vary(rng, health);
        }
    }
}

fn vary(rng: &mut Rng, health: &mut HealthSpec) {
    let of = rng.between(1, 5) as u32;
    let above = rng.between(1, u64::from(of)) as u32;
    health.failures = rng.chance(40).then_some(Samples { above, of });
    health.jitter_percent = rng.pick(&[0, 10, 50]);
    health.owner_check = rng.chance(80);
}

/// Hooks, in half of all histories. They have a generator of their own.
pub(crate) fn hook(rng: &mut Rng, specs: &mut [ServiceSpec]) {
    if rng.chance(50) {
        return;
    }
    for spec in specs {
        let mut some = |name: HookName| {
            rng.chance(40).then(|| HookSpec {
                command: vec![name.key().to_owned()],
                timeout_ms: rng.pick(&[30_000, 120_000, 2_000, 500]),
            })
        };
        spec.hooks = HooksSpec {
            pre_start: some(HookName::PreStart),
            post_start: some(HookName::PostStart),
            pre_stop: some(HookName::PreStop),
            post_exit: some(HookName::PostExit),
        };
    }
}

fn condition(rng: &mut Rng, other: &ServiceSpec) -> Condition {
    match (other.kind, other.is_probed()) {
        (Kind::Oneshot, _) if rng.chance(80) => Condition::Completed,
        (Kind::Daemon, true) if rng.chance(70) => Condition::Healthy,
        _ => Condition::Started,
    }
}

fn restart(rng: &mut Rng, kind: Kind) -> RestartSpec {
    let tables: [&[Millis]; 5] = [
        &[0, 30_000, 60_000, 120_000, 300_000],
        &[0],
        &[500],
        &[100, 5_000],
        &[2_000, 1_000, 0],
    ];
    RestartSpec {
        backoff_ms: rng.pick(&tables).to_vec(),
        stable_after_ms: rng.pick(&[600_000, 10_000, 1_000]),
        window: if rng.chance(50) {
            ThrottleWindow::Run
        } else {
            ThrottleWindow::Sliding
        },
        when: rng.pick(&[
            RestartWhen::Always,
            RestartWhen::Always,
            RestartWhen::Always,
            RestartWhen::OnFailure,
            RestartWhen::Never,
        ]),
        success_exit_codes: match kind {
            Kind::Oneshot => vec![0],
            Kind::Daemon => rng.pick(&[vec![0], vec![0, 3], Vec::new()]),
        },
        max: rng.chance(15).then(|| rng.between(0, 4) as u32),
    }
}

fn stop(rng: &mut Rng) -> StopSpec {
    let polite = rng.below(4);
    let kinds = [
        RungKind::Signal("term".to_owned()),
        RungKind::CtrlBreak,
        RungKind::Http("http://127.0.0.1/stop".to_owned()),
        RungKind::Stdin(String::new()),
    ];
    let mut ladder: Vec<Rung> = (0..polite)
        .map(|_| Rung {
            kind: rng.pick(&kinds),
            grace_ms: rng.pick(&[30_000, 5_000, 1_000, 200, 0]),
        })
        .collect();
    ladder.push(Rung {
        kind: RungKind::Terminate,
        grace_ms: 0,
    });
    let to = if rng.chance(70) {
        StopTarget::Group
    } else {
        StopTarget::Main
    };
    StopSpec { ladder, to }
}

fn health(rng: &mut Rng) -> HealthSpec {
    HealthSpec {
        interval_ms: rng.pick(&[900_000, 30_000, 5_000]),
        retry_interval_ms: rng.pick(&[10_000, 1_000, 60_000]),
        start_interval_ms: rng.pick(&[1_000, 3_000]),
        start_grace_ms: rng.pick(&[60_000, 5_000, 0]),
        timeout_ms: rng.pick(&[10_000, 1_000]),
        max_failures: rng.between(1, 4) as u32,
        ..HealthSpec::new(ProbeKind::Http("http://127.0.0.1:8004/health".to_owned()))
    }
}

/// The longest time in which one service comes to rest once all faults are over: a hang must be seen, the ladder used,
/// the throttle waited for, and a start proven.
pub(crate) fn rest_bound_ms(spec: &ServiceSpec) -> Millis {
    let ladder: Millis = spec.stop.ladder.iter().map(|rung| rung.grace_ms).sum();
    let backoff = spec.restart.backoff_ms.iter().copied().max().unwrap_or(0);
    let probe = |one: AnyProbe<'_>| {
        let health = one.spec;
        let each = health.interval_ms.max(health.retry_interval_ms) + health.timeout_ms + 5_000;
        health.start_grace_ms + (u64::from(health.enough().of) + 1) * each
    };
    let probes: Millis = spec.all_probes().map(probe).sum();
    let hooks = HookName::ALL
        .iter()
        .map(|name| spec.hooks.timeout_ms(*name))
        .sum::<Millis>();
    // What was slow in the bad time may take another minute; a blocker is looked at every five seconds, a hook every thirty.
    2 * (ladder + backoff + probes + hooks) + 200_000
}
