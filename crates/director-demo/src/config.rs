//! The configuration under which the sample application is supervised.

use std::path::Path;

/// The text of a `director.toml` that supervises the sample application in the folder `dir`.
///
/// `app_exe` is the binary that knows the hidden subcommand. The times are short, so that a person sees in seconds what
/// takes minutes with the defaults. A path that is not Unicode is written with replacement characters and will not be found.
#[must_use]
pub fn sample_config(app_exe: &Path, port: u16, dir: &Path) -> String {
    let exe = quote(app_exe);
    let database = quote(&dir.join("demo.db"));
    format!(
        r#"# The demonstration of Service Director: a sample web application, with times short enough to watch.

[director]
name = "director-demo"

[service.web]
command = [{exe}, "__demo-app", "--port", "{port}", "--database", {database}]
host = "127.0.0.1"
port = {port}

[service.web.health]
http = "http://127.0.0.1:{port}/health"
interval = "2s"
retry_interval = "1s"
start_interval = "1s"
start_grace = "5s"
timeout = "2s"
max_failures = 3

[service.web.database]
sqlite = {database}

[service.web.restart]
backoff = ["0s", "2s", "5s"]
stable_after = "20s"

[service.web.stop]
grace = "5s"
"#
    )
}

/// `path` as a basic string of TOML, with `$` doubled because a single one begins a variable.
fn quote(path: &Path) -> String {
    let mut text = String::from("\"");
    for found in path.to_string_lossy().chars() {
        match found {
            '"' | '\\' => text.extend(['\\', found]),
            '$' => text.push_str("$$"),
            other if other.is_control() => text.push_str(&format!("\\u{:04X}", u32::from(other))),
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests;
