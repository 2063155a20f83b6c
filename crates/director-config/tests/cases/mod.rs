//! The malformed configurations. A `⟦` stands before each place where a diagnostic is expected.

/// One of them.
pub(crate) struct Case {
    /// The name of its snapshot.
    pub(crate) name: &'static str,
    /// Whether it is for Windows.
    pub(crate) windows: bool,
    /// Its text, with marks.
    pub(crate) text: &'static str,
    /// The codes of its diagnostics, in their order.
    pub(crate) codes: &'static [&'static str],
}

const fn linux(name: &'static str, text: &'static str, codes: &'static [&'static str]) -> Case {
    Case {
        name,
        windows: false,
        text,
        codes,
    }
}

const fn windows(name: &'static str, text: &'static str, codes: &'static [&'static str]) -> Case {
    Case {
        name,
        windows: true,
        text,
        codes,
    }
}

/// All of them.
pub(crate) const CASES: &[Case] = &[
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
        "keys_of_later_versions",
        r##"[service.web]
command = ['x']
⟦depends = ['db']
[service.web.⟦watch]
enabled = true
[[service.web.⟦probe]]
http = 'http://127.0.0.1/'
"##,
        &["not-yet-supported", "not-yet-supported", "not-yet-supported"],
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
    linux(
        "bad_service_names",
        r##"[service.⟦"my app"]
command = ['x']
[service.⟦con]
command = ['x']
[service.⟦-x]
command = ['x']
"##,
        &["bad-service-name", "bad-service-name", "bad-service-name"],
    ),
    linux(
        "names_differ_by_case",
        r##"[service.web]
command = ['x']
[service.⟦Web]
command = ['y']
"##,
        &["duplicate-service"],
    ),
    linux(
        "bad_director_name",
        r##"[director]
name = ⟦'Operations\Hub'
[service.web]
command = ['x']
"##,
        &["bad-name"],
    ),
    linux(
        "same_folders",
        r##"[director]
data_dir = 'state'
⟦log_dir = './state/'
[service.web]
command = ['x']
"##,
        &["same-folder"],
    ),
    linux(
        "same_port",
        r##"[service.api]
command = ['x']
port = 8004
host = '127.0.0.1'
[service.web]
command = ['x']
port = ⟦8004
"##,
        &["duplicate-port"],
    ),
    linux(
        "health_without_probe",
        r##"[service.web]
command = ['x']
[service.web.⟦health]
interval = '1m'
"##,
        &["missing-key"],
    ),
    linux(
        "health_with_two_probes",
        r##"[service.web]
command = ['x']
[service.web.health]
http = 'http://127.0.0.1/'
⟦tcp = '127.0.0.1:80'
"##,
        &["conflicting-keys"],
    ),
    linux(
        "answer_keys_without_answer",
        r##"[service.web]
command = ['x']
health = { tcp = '127.0.0.1:80', ⟦accept = ['ok'], ⟦json = true }
[service.api]
command = ['x']
health = { http = 'http://127.0.0.1/', ⟦accept = ['ok'], json = false }
"##,
        &["conflicting-keys", "conflicting-keys", "conflicting-keys"],
    ),
    linux(
        "oneshot_with_health",
        r##"[service.web]
command = ['x']
kind = 'oneshot'
⟦health = { tcp = '127.0.0.1:80' }
"##,
        &["conflicting-keys"],
    ),
    linux(
        "bad_urls",
        r##"[service.a]
command = ['x']
health.http = ⟦'127.0.0.1:8004/health'
[service.b]
command = ['x']
health.http = ⟦'http://127.0.0.1:99999/'
[service.c]
command = ['x']
health.http = ⟦'http://[::1/'
[service.d]
command = ['x']
health.http = ⟦'http://me:word@127.0.0.1/'
[service.e]
command = ['x']
health.http = ⟦'ftp://127.0.0.1/'
[service.f]
command = ['x']
health.http = ⟦'http:///health'
"##,
        &["bad-url", "bad-url", "bad-url", "bad-url", "bad-url", "bad-url"],
    ),
    linux(
        "https_probe",
        r##"[service.web]
command = ['x']
health.http = ⟦'https://127.0.0.1:8443/health'
"##,
        &["https-unsupported"],
    ),
    linux(
        "bad_addresses",
        r##"[service.a]
command = ['x']
port = 1
host = ⟦'0.0.0.0:1'
health.tcp = ⟦'127.0.0.1'
[service.b]
command = ['x']
health.tcp = ⟦'300.1.2.3:80'
[service.c]
command = ['x']
health.tcp = ⟦'127.0.0.1:http'
"##,
        &["bad-address", "bad-address", "bad-address", "bad-address"],
    ),
    linux(
        "localhost_probe",
        r##"[service.web]
command = ['x']
health.http = ⟦'http://localhost:8004/health'
[service.api]
command = ['x']
⟦host = '127.0.0.1'
health.tcp = ⟦'0.0.0.0:8005'
"##,
        &["probe-address", "without-effect", "probe-address"],
    ),
    linux(
        "bad_rungs",
        r##"[service.web]
command = ['x']
stop.ladder = [⟦'sigterm 5s', ⟦'term', ⟦'int 5s 5s', ⟦'exec 10s', ⟦'kill 5s', ⟦'']
"##,
        &[
            "bad-rung", "bad-rung", "bad-rung", "bad-rung", "bad-rung", "bad-rung",
        ],
    ),
    linux(
        "rungs_of_windows",
        r##"[service.web]
command = ['x']
stop.ladder = [⟦'break 30s', ⟦'ctrl-c 5s', 'terminate']
"##,
        &["wrong-system", "wrong-system"],
    ),
    windows(
        "rungs_of_linux",
        r##"[service.web]
command = ['x']
stop.ladder = [⟦'term 30s', ⟦'int 5s', 'kill']
⟦user = 'nobody'
"##,
        &["wrong-system", "wrong-system", "wrong-system"],
    ),
    linux(
        "rung_after_kill",
        r##"[service.web]
command = ['x']
stop.ladder = ['term 5s', 'kill', ⟦'int 5s']
"##,
        &["bad-rung"],
    ),
    linux(
        "bad_rung_tables",
        r##"[service.web]
command = ['x']
stop.ladder = [⟦{ grace = '1s' }, ⟦{ exec = ['y'], stdin = '', grace = '1s' }, ⟦{ stdin = '' }, { ⟦way = 'term', stdin = '', grace = ⟦5 }]
"##,
        &["bad-rung", "bad-rung", "missing-key", "unknown-key", "bad-type"],
    ),
    linux(
        "rung_details",
        r##"[service.web]
command = ['x']
stop.ladder = [⟦'term 30', ⟦'http https://127.0.0.1/quit 10s', ⟦'http 127.0.0.1 10s', 'kill']
"##,
        &["bad-duration", "https-unsupported", "bad-url"],
    ),
    linux(
        "grace_beside_ladder",
        r##"[service.web]
command = ['x']
[service.web.stop]
⟦grace = '10s'
ladder = ['term 5s', 'kill']
"##,
        &["conflicting-keys"],
    ),
    linux(
        "undefined_variables",
        r##"[service.web]
command = ['${HOME}/x', '--token=⟦${NO_SUCH}']
env = { PASSWORD = 'hunter2⟦${ALSO_NOT}hunter2', PRICE = '$$${HOME}$5' }
"##,
        &["undefined-variable", "undefined-variable"],
    ),
    linux(
        "bad_expansions",
        r##"[service.web]
command = ['x', 'a⟦${', '⟦${}', '$${fine}⟦${not a name}']
env = { PASSWORD = 'hunter2⟦${hunter2' }
"##,
        &["bad-expansion", "bad-expansion", "bad-expansion", "bad-expansion"],
    ),
    linux(
        "environment_of_wrong_types",
        r##"[service.web]
command = ['x']
[service.web.env]
PASSWORD = 'hunter2'
PORT = ⟦8004
FLAG = ⟦true
LIST = ⟦['hunter2']
"##,
        &["bad-type", "bad-type", "bad-type"],
    ),
    linux(
        "environment_is_a_list",
        r##"[service.web]
command = ['x']
env = ⟦['PASSWORD=hunter2']
"##,
        &["bad-type"],
    ),
    linux(
        "bad_variable_names",
        r##"[service.web]
command = ['x']
[service.web.env]
⟦"A=B" = 'hunter2'
⟦"" = 'hunter2'
⟦" C" = 'hunter2'
"##,
        &["bad-variable-name", "bad-variable-name", "bad-variable-name"],
    ),
    windows(
        "variables_one_on_windows",
        r##"[service.web]
command = ['x']
[service.web.env]
PATH = 'hunter2'
⟦Path = 'hunter2'
"##,
        &["duplicate-key"],
    ),
    linux(
        "nul_character",
        r##"[service.web]
command = ['x', ⟦"a\u0000b"]
env = { PASSWORD = ⟦"hunter2\u0000" }
"##,
        &["nul-character", "nul-character"],
    ),
    linux(
        "env_file_is_missing",
        r##"[service.web]
command = ['x']
⟦env_file = 'missing.env'
"##,
        &["env-file-unreadable"],
    ),
    linux(
        "env_file_has_bad_lines",
        r##"[service.web]
command = ['x']
env_file = 'bad.env'
"##,
        &["bad-env-line", "bad-env-line", "bad-env-line"],
    ),
    linux(
        "env_file_is_too_large",
        r##"[service.web]
command = ['x']
⟦env_file = 'huge.env'
"##,
        &["too-large"],
    ),
    windows(
        "paths_of_windows",
        r##"[service.web]
command = [⟦'C:app.exe']
cwd = ⟦'\data'
"##,
        &["bad-path", "bad-path"],
    ),
    linux(
        "database_without_file",
        r##"[service.web]
command = ['x']
[service.web.⟦database]
wal = ⟦'yes'
synchronous = ⟦'FULL'
"##,
        &["missing-key", "bad-type", "bad-choice"],
    ),
    linux(
        "a_bit_of_everything",
        r##"[director]
name = 'Hub'
⟦logs_dir = 'logs'
[service.web]
command = ⟦'node server.js'
port = ⟦0
[service.web.health]
http = 'http://127.0.0.1:8004/health'
interval = ⟦15
[service.⟦"Größe"]
command = ['ä', '⟦${ÄÖ}']
"##,
        &[
            "unknown-key",
            "command-not-array",
            "out-of-range",
            "bad-type",
            "bad-service-name",
            "undefined-variable",
        ],
    ),
];
