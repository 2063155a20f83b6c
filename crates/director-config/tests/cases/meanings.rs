//! Values of the right shape that mean nothing, or not together.

use super::{Case, linux, windows};

pub(super) const CASES: &[Case] = &[
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
        "dependencies_that_cannot_be",
        r##"[service.web]
command = ['x']
requires = [⟦'bd', ⟦'db:ready', ⟦'migrate:healthy', ⟦'cache:healthy', ⟦'db:completed']
after = ['db', ⟦'db:started']
[service.db]
command = ['x']
[service.cache]
command = ['x']
[service.migrate]
command = ['x']
kind = 'oneshot'
"##,
        &[
            "unknown-service",
            "bad-dependency",
            "bad-dependency",
            "bad-dependency",
            "bad-dependency",
            "bad-dependency",
        ],
    ),
    linux(
        "dependency_cycles",
        r##"[service.a]
command = ['x']
requires = ['b']
[service.b]
command = ['x']
after = ['c']
[service.c]
command = ['x']
requires = [⟦'a', ⟦'c']
"##,
        &["dependency-cycle", "dependency-cycle"],
    ),
    linux(
        "watch_actions",
        r##"[service.web]
command = ['x']
[service.web.⟦watch]
enabled = true
action = 'exec'
[service.api]
command = ['x']
[service.api.watch]
enabled = true
⟦exec = ['build']
"##,
        &["missing-key", "without-effect"],
    ),
    linux(
        "restart_with_nobody",
        r##"[service.web]
command = ['x']
⟦restart_with = true
requires = []
"##,
        &["without-effect"],
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
        "probes_that_cannot_be",
        r##"[service.web]
command = ['x']
⟦[[service.web.probe]]
role = 'readiness'
tcp = '127.0.0.1:80'
[[service.web.probe]]
name = ⟦'health'
tcp = '127.0.0.1:80'
[[service.web.probe]]
name = 'one'
tcp = '127.0.0.1:80'
⟦[[service.web.probe]]
name = ⟦'one'
role = ⟦'alive'
[[service.web.probe]]
name = ⟦'a b'
sqlite = 'x.db'
⟦method = 'HEAD'
⟦owner_check = false
"##,
        &[
            "missing-key",
            "duplicate-probe",
            "missing-key",
            "duplicate-probe",
            "bad-choice",
            "bad-name",
            "conflicting-keys",
            "conflicting-keys",
        ],
    ),
    linux(
        "requests_that_cannot_be",
        r##"[service.web]
command = ['x']
[service.web.health]
http = 'http://127.0.0.1/'
⟦method = 'HEAD'
status = [⟦99, ⟦'300-200', ⟦'2xx', ⟦600]
⟦failures = '2/3'
max_failures = 2
⟦table = 'users'
[service.web.health.headers]
⟦"Bad Name" = 'hunter2'
Good = ⟦"hunter2\r\nHost: hunter2"
Number = ⟦5
[service.api]
command = ['x']
health = { http = 'http://127.0.0.1/', headers = ⟦'hunter2', json = false, ⟦field = 'x' }
"##,
        &[
            "conflicting-keys",
            "bad-status",
            "bad-status",
            "bad-status",
            "bad-status",
            "conflicting-keys",
            "conflicting-keys",
            "bad-header",
            "bad-header",
            "bad-type",
            "bad-type",
            "conflicting-keys",
        ],
    ),
    linux(
        "misspelt_headers_keep_their_secret",
        r##"[service.web]
command = ['x']
[service.web.health]
http = 'http://127.0.0.1/'
[service.web.health.⟦header]
Authorization = 'hunter2'
"##,
        &["unknown-key"],
    ),
    linux(
        "headers_in_broken_text_keep_their_secret",
        r##"[service.web]
command = ['x']
[service.web.health]
http = 'http://127.0.0.1/'
[service.web.health.headers]
Authorization = 'hunter2⟦
"##,
        &["syntax"],
    ),
    linux(
        "probe_is_one_table",
        r##"[service.web]
command = ['x']
⟦[service.web.probe]
tcp = '127.0.0.1:80'
"##,
        &["bad-type"],
    ),
    linux(
        "oneshot_with_a_probe",
        r##"[service.web]
command = ['x']
kind = 'oneshot'
[[service.web.⟦probe]]
name = 'one'
tcp = '127.0.0.1:80'
"##,
        &["conflicting-keys"],
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
        "limits_out_of_bounds",
        r##"[service.web]
command = ['x']
[service.web.limits]
memory = ⟦'4KiB'
restart_above = ⟦512
restart_samples = ⟦'6/5'
sample_interval = ⟦'500ms'
cpu = ⟦'0%'
max_age = ⟦'30s'
max_age_variance = ⟦'51%'
open_files = ⟦3
priority = ⟦'realtime'
affinity = [0, ⟦1024]
"##,
        &[
            "out-of-range",
            "bad-type",
            "out-of-range",
            "out-of-range",
            "out-of-range",
            "out-of-range",
            "out-of-range",
            "out-of-range",
            "bad-choice",
            "out-of-range",
        ],
    ),
    linux(
        "limits_in_other_shapes",
        r##"[service.web]
command = ['x']
[service.web.limits]
restart_above = '100MiB'
restart_samples = ⟦'3 of 5'
max_age = '1d'
cpu = ⟦150
max_age_variance = ⟦'10'
⟦affinity = [1, 0, 1]
⟦nice = 10
[service.db]
command = ['x']
limits = { cpu = ⟦'1.5%', affinity = ⟦[] }
"##,
        &[
            "bad-samples",
            "bad-type",
            "bad-percent",
            "bad-choice",
            "unknown-key",
            "bad-percent",
            "empty-value",
        ],
    ),
    linux(
        "soft_limit_above_the_hard_one",
        r##"[service.web]
command = ['x']
[service.web.limits]
memory = '1GiB'
⟦restart_above = '1GiB'
"##,
        &["conflicting-keys"],
    ),
    linux(
        "oneshot_with_renewals",
        r##"[service.migrate]
command = ['x']
kind = 'oneshot'
limits = { memory = '1GiB', ⟦restart_above = '100MiB', ⟦max_age = '1h' }
"##,
        &["conflicting-keys", "conflicting-keys"],
    ),
    windows(
        "open_files_on_windows",
        r##"[service.web]
command = ['x']
limits = { ⟦open_files = 8192, cpu = '50%' }
"##,
        &["wrong-system"],
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
