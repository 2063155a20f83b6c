//! Texts that are not TOML, unknown keys, and values of the wrong shape.

use super::{Case, linux};

pub(super) const CASES: &[Case] = &[
    linux("empty_file", r##"⟦"##, &["no-service"]),
    linux(
        "only_a_comment",
        r##"⟦# nothing yet
"##,
        &["no-service"],
    ),
    linux(
        "extra_equals",
        r##"[service.web]
command = ['x']
port = ⟦= 3
"##,
        &["syntax"],
    ),
    linux(
        "unquoted_text",
        r##"[service.web]
command = ['x']
kind = ⟦oneshot
"##,
        &["syntax"],
    ),
    linux(
        "unclosed_array",
        r##"[service.web]
command = ['x', 'y'
⟦port = 8004
[service.db]
command = ['z']
"##,
        &["syntax"],
    ),
    linux(
        "duplicate_key",
        r##"[service.web]
command = ['x']
port = 1
⟦port = 2
"##,
        &["duplicate-key"],
    ),
    linux(
        "three_syntax_errors",
        r##"[service.web]
command = ⟦python
port = 8004
cwd = ⟦/srv
autostart = ⟦yes
"##,
        &["syntax", "syntax", "syntax"],
    ),
    linux(
        "syntax_error_below_env",
        r##"[service.web]
command = ['x']
[service.web.env]
PASSWORD = 'hunter2⟦
OTHER = 'fine'
"##,
        &["syntax"],
    ),
    linux(
        "misspelt_env_in_broken_text",
        r##"⟦=[
[⟦service.web.environment]
⟦PASSWORD = 'hunter2'
]
"##,
        &["syntax", "syntax", "syntax"],
    ),
    linux(
        "misspelt_key",
        r##"[service.web]
command = ['x']
⟦autostrat = true
"##,
        &["unknown-key"],
    ),
    linux(
        "key_of_another_table",
        r##"[service.web]
command = ['x']
⟦interval = '30s'
"##,
        &["unknown-key"],
    ),
    linux(
        "names_of_the_specification",
        r##"[service.web]
command = ['x']
⟦health_check_interval = 900
⟦server_port = 8004
⟦throttle_backoff_seconds = [0, 30]
⟦database_path = 'a.db'
⟦pid_file = 'x.pid'
"##,
        &[
            "unknown-key",
            "unknown-key",
            "unknown-key",
            "unknown-key",
            "unknown-key",
        ],
    ),
    linux(
        "service_at_the_top",
        r##"[service.web]
command = ['x']
[⟦worker]
command = ['y']
"##,
        &["unknown-key"],
    ),
    linux(
        "misspelt_env_keeps_its_secret",
        r##"[service.web]
command = ['x']
⟦evn = { PASSWORD = 'hunter2' }
"##,
        &["unknown-key"],
    ),
    linux(
        "utterly_unknown_key",
        r##"[director]
⟦"quux\u0007" = 1
[service.web]
command = ['x']
"##,
        &["unknown-key"],
    ),
    linux(
        "hooks_that_cannot_run",
        r##"[service.web]
command = ['x']
[service.web.hooks]
pre_start = ⟦'migrate --all'
pre_stop = ⟦[]
⟦post_exit_timeout = '1m'
post_start = ['x']
post_start_timeout = ⟦0
⟦before_start = ['x']
"##,
        &[
            "command-not-array",
            "empty-value",
            "without-effect",
            "bad-type",
            "unknown-key",
        ],
    ),
    linux(
        "keys_of_later_versions",
        r##"[service.web]
command = ['x']
⟦notify = ['db']
⟦secrets = ['token']
"##,
        &["not-yet-supported", "not-yet-supported"],
    ),
    linux(
        "bad_patterns",
        r##"[service.web]
command = ['x']
[service.web.watch]
enabled = true
patterns = ['*.py', ⟦'a[']
ignore = [⟦'{b', ⟦'']
paths = ⟦'app'
debounce = ⟦'0s'
"##,
        &[
            "bad-pattern",
            "bad-pattern",
            "empty-value",
            "bad-type",
            "out-of-range",
        ],
    ),
    linux(
        "api_listener",
        r##"[director]
api = ⟦'127.0.0.1:8080'
[service.web]
command = ['x']
"##,
        &["not-yet-supported"],
    ),
    linux(
        "command_is_text",
        r##"[service.web]
command = ⟦"python -m uvicorn app:app"
"##,
        &["command-not-array"],
    ),
    linux(
        "command_is_missing",
        r##"[service.⟦web]
port = 8004
"##,
        &["missing-key"],
    ),
    linux(
        "command_is_empty",
        r##"[service.web]
command = ⟦[]
[service.db]
command = [⟦'', 'x']
"##,
        &["empty-value", "empty-value"],
    ),
    linux(
        "wrong_types",
        r##"[director]
name = ⟦7
fallback = ⟦'true'
[service.web]
command = ['x', ⟦8004]
port = ⟦'8004'
cwd = ⟦['.']
"##,
        &["bad-type", "bad-type", "bad-type", "bad-type", "bad-type"],
    ),
    linux(
        "array_of_tables",
        r##"⟦[[service]]
command = ['x']
"##,
        &["bad-type"],
    ),
    linux(
        "service_is_no_table",
        r##"service.web = ⟦'python'
"##,
        &["bad-type"],
    ),
    linux(
        "durations_as_numbers",
        r##"[boot]
delay = ⟦60
[service.web]
command = ['x']
[service.web.restart]
backoff = [⟦0, ⟦1.5, '5s']
"##,
        &["bad-type", "bad-type", "bad-type"],
    ),
    linux(
        "bad_durations",
        r##"[service.web]
command = ['x']
[service.web.restart]
stable_after = ⟦'30'
backoff = [⟦'5 minutes', ⟦'1.5h', ⟦'30s1m', ⟦'soon', ⟦'']
"##,
        &[
            "bad-duration",
            "bad-duration",
            "bad-duration",
            "bad-duration",
            "bad-duration",
            "bad-duration",
        ],
    ),
    linux(
        "durations_out_of_range",
        r##"[boot]
delay = ⟦'-5s'
[service.web]
command = ['x']
[service.web.health]
tcp = '127.0.0.1:1'
interval = ⟦'50ms'
timeout = ⟦'0s'
start_grace = ⟦'4000d'
"##,
        &["out-of-range", "out-of-range", "out-of-range", "out-of-range"],
    ),
    linux(
        "bad_sizes",
        r##"[service.web]
command = ['x']
[service.web.log]
max_file = ⟦'10M'
max_total = ⟦1048576
"##,
        &["bad-size", "bad-type"],
    ),
    linux(
        "sizes_out_of_range",
        r##"[service.web]
command = ['x']
[service.web.log]
max_file = ⟦'10B'
max_total = '1MiB'
[service.api]
command = ['x']
[service.api.log]
max_file = '2MiB'
⟦max_total = '1MiB'
"##,
        &["out-of-range", "conflicting-keys"],
    ),
    linux(
        "integers_out_of_range",
        r##"[service.web]
command = ['x']
port = ⟦65536
[service.web.health]
tcp = '127.0.0.1:1'
max_failures = ⟦0
[service.web.restart]
success_exit_codes = [0, ⟦0x1_0000_0000]
max = ⟦99999999999999999999
"##,
        &["out-of-range", "out-of-range", "out-of-range", "out-of-range"],
    ),
    linux(
        "bad_choices",
        r##"[service.web]
command = ['x']
kind = ⟦'deamon'
[service.web.restart]
when = ⟦'onfailure'
window = ⟦'fixed'
"##,
        &["bad-choice", "bad-choice", "bad-choice"],
    ),
    linux(
        "too_many_rungs",
        r##"[service.web]
command = ['x']
stop.ladder = ⟦['int 1s', 'int 1s', 'int 1s', 'int 1s', 'int 1s', 'int 1s', 'int 1s', 'int 1s', 'kill']
"##,
        &["too-many"],
    ),
    linux(
        "empty_texts",
        r##"[director]
name = ⟦''
log_dir = ⟦''
[service.web]
command = ['x']
user = ⟦'${EMPTY}'
health.http = 'http://127.0.0.1/'
health.accept = ⟦[]
"##,
        &["empty-value", "empty-value", "empty-value", "empty-value"],
    ),
];
