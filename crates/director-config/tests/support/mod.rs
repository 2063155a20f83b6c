//! What the tests share: a configuration's place and machine.

use std::io;
use std::path::Path;

use director_config::{Diagnostics, Environment, Loaded, Source, load};

/// The folder the test configurations claim to stand in; none of them is on disk.
#[cfg(windows)]
pub(crate) const BASE: &str = r"C:\hub";
/// The folder the test configurations claim to stand in; none of them is on disk.
#[cfg(not(windows))]
pub(crate) const BASE: &str = "/hub";

/// The env_file of the tests, by its name in [`BASE`].
fn read_file(path: &Path) -> io::Result<String> {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("good.env") => Ok("# comment\nexport MODE=file\nFILE_ONLY='a # b'\n".to_owned()),
        Some("bad.env") => Ok("MODE=1\nno equals, hunter2\n=hunter2\nQ=\"hunter2\n".to_owned()),
        Some("huge.env") => Ok("A=hunter2\n".repeat(200_000)),
        _ => Err(io::Error::new(io::ErrorKind::NotFound, "no such file")),
    }
}

fn var(name: &str) -> Option<String> {
    match name {
        "HOME" => Some("/home/x".to_owned()),
        "TOKEN" => Some("t0p".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

/// Loads a text as `director.toml` of [`BASE`].
pub(crate) fn load_text(text: &str, windows: bool) -> Result<Loaded, Diagnostics> {
    let source = Source {
        path: Path::new(BASE).join("director.toml"),
        text: text.to_owned(),
    };
    load(
        &source,
        &Environment {
            vars: &var,
            windows,
            read_file: &read_file,
        },
    )
}
