//! Times and windows that mean nothing, or never come, or never end.

use super::{Case, linux};

pub(super) const CASES: &[Case] = &[
    linux(
        "bad_schedules",
        r##"[service.web]
command = ['x']
[service.web.schedule]
restart = ⟦'0 4 * *'
timezone = ⟦'Europe/Berlim'
missed = ⟦'never'
maintenance = [⟦'0 22 * * 6', ⟦'0 25 * * 6 for 4h', ⟦'0 22 * * 6 for 4 hours', ⟦'0 22 * * 6 for 0s', ⟦'']
[service.job]
command = ['x']
kind = 'oneshot'
[service.job.schedule]
run = ⟦'0 0 30 2 *'
timezone = ⟦'Mars/Olympus Mons'
maintenance = ⟦'0 22 * * 6 for 4h'
[service.other]
command = ['x']
schedule.run = ⟦5
[service.step]
command = ['x']
schedule.restart = ⟦'*/70 * * * *'
[service.minute]
command = ['x']
schedule.restart = ⟦'60 24 * * *'
[service.year]
command = ['x']
schedule.restart = ⟦'0 4 * * * 2030'
[service.range]
command = ['x']
schedule.maintenance = [⟦'5-1 * * * * for 1m']
"##,
        &[
            "bad-schedule",
            "bad-time-zone",
            "bad-choice",
            "bad-window",
            "bad-window",
            "bad-duration",
            "out-of-range",
            "empty-value",
            "bad-schedule",
            "bad-time-zone",
            "bad-type",
            "bad-type",
            "bad-schedule",
            "bad-schedule",
            "bad-schedule",
            "bad-window",
        ],
    ),
    linux(
        "endless_windows",
        r##"[service.web]
command = ['x']
schedule = { maintenance = ⟦['* * * * * for 2m'] }
[service.api]
command = ['x']
schedule.maintenance = ⟦['0 0 * * * for 12h', '0 12 * * * for 12h']
[service.year]
command = ['x']
schedule.maintenance = ⟦['0 0 1 1 * for 400d']
"##,
        &["bad-window", "bad-window", "bad-window"],
    ),
    linux(
        "schedules_of_the_other_kind",
        r##"[service.web]
command = ['x']
[service.web.schedule]
⟦run = '0 4 * * *'
[service.job]
command = ['x']
kind = 'oneshot'
[service.job.schedule]
⟦restart = '0 4 * * *'
run = '0 5 * * *'
[service.idle.⟦schedule]
timezone = ⟦'Berlin'
[service.idle]
command = ['x']
[service.late]
command = ['x']
[service.late.schedule]
⟦missed = 'run'
maintenance = ['0 22 * * 6 for 4h']
"##,
        &[
            "conflicting-keys",
            "conflicting-keys",
            "without-effect",
            "bad-time-zone",
            "without-effect",
        ],
    ),
];
