//! Services with `instances`, and those without that look as if they had them.

use super::{Case, linux};

pub(super) const CASES: &[Case] = &[
    linux(
        "instances_that_cannot_be",
        r##"[service.web]
command = ['x', ⟦'{index-1}', ⟦'{index+70x}', '{indexed}', '${HOME}']
instances = 2
[service.same]
command = ['x']
instances = 2
port = ⟦8000
[service.⟦web-1]
command = ['x']
requires = ['web:healthy']
[service.api]
command = ['x']
instances = ⟦0
port = ⟦'{index}'
[service.db]
command = ['x']
instances = 2
port = '{index+5432}'
requires = [⟦'db']
[service.one]
command = [⟦'{index}']
port = ⟦'{index+9000}'
"##,
        &[
            "bad-expansion",
            "bad-expansion",
            "duplicate-port",
            "duplicate-service",
            "out-of-range",
            "out-of-range",
            "dependency-cycle",
            "without-effect",
            "bad-type",
        ],
    ),
    linux(
        "index_without_instances",
        r##"[director]
data_dir = 'state-{index}'
[service.web]
command = ['x', ⟦'{index}-{index+1}', '{indexed}', '$${index}', '{index-1}']
env = { SHARD = ⟦'{index+7}' }
health = { http = ⟦'http://127.0.0.1/{index}' }
"##,
        &["without-effect", "without-effect", "without-effect"],
    ),
];
