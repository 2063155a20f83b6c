//! How the application is started.

use std::ffi::OsString;
use std::path::PathBuf;

/// Where it listens and where it keeps its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppOptions {
    /// TCP port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// The SQLite file; created when it does not exist.
    pub database: PathBuf,
    /// The version it reports.
    pub version: String,
}

impl AppOptions {
    /// Reads `--port N --database FILE`, as the sample configuration writes them.
    ///
    /// # Errors
    /// A sentence for the person who typed it.
    pub fn from_args(args: impl IntoIterator<Item = OsString>, version: &str) -> Result<Self, String> {
        let mut port = None;
        let mut database = None;
        let mut args = args.into_iter();
        while let Some(flag) = args.next() {
            let mut value = || {
                args.next()
                    .ok_or_else(|| format!("{} needs a value", flag.to_string_lossy()))
            };
            match flag.to_str() {
                Some("--port") => {
                    let text = value()?;
                    let parsed = text.to_str().and_then(|text| text.parse().ok());
                    port = Some(parsed.ok_or_else(|| format!("{text:?} is no port (0 to 65535)"))?);
                }
                Some("--database") => database = Some(PathBuf::from(value()?)),
                _ => return Err(format!("unknown argument {flag:?}")),
            }
        }
        Ok(Self {
            port: port.ok_or("--port is missing")?,
            database: database.ok_or("--database is missing")?,
            version: version.to_owned(),
        })
    }
}
