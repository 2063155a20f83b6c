//! Shapes of values, and the tables they stand in.

use director_core::time::Millis;
use serde_json::Value;

/// A table of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Root,
    Director,
    Boot,
    Service,
    Health,
    /// One of the further probes.
    Probe,
    Restart,
    Run,
    Stop,
    /// A rung of `stop.ladder` written as a table.
    Rung,
    Database,
    Log,
    Watch,
    Schedule,
    Limits,
    Hooks,
    Python,
}

impl Section {
    pub(crate) const ALL: [Self; 17] = [
        Self::Root,
        Self::Director,
        Self::Boot,
        Self::Service,
        Self::Health,
        Self::Probe,
        Self::Restart,
        Self::Run,
        Self::Stop,
        Self::Rung,
        Self::Database,
        Self::Log,
        Self::Watch,
        Self::Schedule,
        Self::Limits,
        Self::Hooks,
        Self::Python,
    ];

    /// What stands before a key of this table, seen from the file (`director`) or from the service (`health`).
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Root | Self::Service | Self::Rung => "",
            Self::Director => "director",
            Self::Boot => "boot",
            Self::Health => "health",
            Self::Probe => "probe",
            Self::Restart => "restart",
            Self::Run => "run",
            Self::Stop => "stop",
            Self::Database => "database",
            Self::Log => "log",
            Self::Watch => "watch",
            Self::Schedule => "schedule",
            Self::Limits => "limits",
            Self::Hooks => "hooks",
            Self::Python => "python",
        }
    }

    /// Whether the table belongs to one service.
    pub(crate) const fn of_service(self) -> bool {
        !matches!(self, Self::Root | Self::Director | Self::Boot)
    }

    /// Where the table's keys stand: `in` its header as a person writes it.
    pub(crate) fn place(self, service: &str) -> String {
        match self {
            Self::Root => "at the top level".to_owned(),
            Self::Rung => "in a rung".to_owned(),
            table => format!("in {}", table.header(service)),
        }
    }

    /// The table's header as a person writes it; empty for what has none.
    pub(crate) fn header(self, service: &str) -> String {
        match self {
            Self::Root | Self::Rung => String::new(),
            Self::Director | Self::Boot => format!("[{}]", self.prefix()),
            Self::Service => format!("[service.{service}]"),
            Self::Probe => format!("[[service.{service}.probe]]"),
            inner => format!("[service.{service}.{}]", inner.prefix()),
        }
    }
}

/// What form a value has, and its bounds (inclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    /// A file or folder, relative to the config's folder.
    Path,
    /// One of these texts.
    Choice(&'static [&'static str]),
    Flag,
    Integer {
        min: i64,
        max: i64,
    },
    Integers {
        min: i64,
        max: i64,
        most: usize,
    },
    /// A TCP port; a text with `{index}` in a service with instances.
    Port,
    Duration {
        min: Millis,
    },
    Durations {
        most: usize,
    },
    Size {
        min: u64,
    },
    /// Of a whole, or of one processor.
    Percent {
        min: u32,
        max: u32,
    },
    /// So many of the last so many.
    Samples {
        most: u32,
    },
    Texts {
        most: usize,
    },
    /// Files or folders, relative to the config's folder.
    Paths {
        most: usize,
    },
    /// Globs such as `*.py`.
    Patterns {
        most: usize,
    },
    /// Other services, each with an optional condition.
    Dependencies {
        most: usize,
    },
    /// A cron expression.
    Cron,
    /// A time zone by its name.
    Zone,
    /// Cron expressions, each with how long a window lasts.
    Windows {
        most: usize,
    },
    /// Program and arguments.
    Command,
    /// `http://host[:port]/path`.
    Url,
    /// `host:port`.
    Address,
    /// Names and texts.
    Variables,
    Ladder,
    /// HTTP statuses and ranges of them.
    Statuses {
        most: usize,
    },
    /// An array of tables.
    Tables {
        of: Section,
        most: usize,
    },
    /// A table of its own.
    Table(Section),
    /// A table per service, by name.
    Services,
}

impl Shape {
    /// What is allowed, for a diagnostic.
    pub(crate) fn allowed(self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Path => "a path as a text".to_owned(),
            Self::Choice(choices) => choices
                .iter()
                .map(|choice| format!("\"{choice}\""))
                .collect::<Vec<_>>()
                .join(", "),
            Self::Flag => "true or false".to_owned(),
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Integers { min, max, .. } => format!("an array of whole numbers from {min} to {max}"),
            Self::Port => {
                "a whole number from 1 to 65535; with `instances`, a text such as \"{index+8000}\"".to_owned()
            }
            Self::Duration { min: 0 } => {
                "a duration such as \"500ms\", \"30s\", \"15m\", \"1m30s\"".to_owned()
            }
            Self::Duration { min } => format!(
                "a duration such as \"30s\" or \"1m30s\", at least {}",
                crate::units::duration_text(min)
            ),
            Self::Durations { .. } => "an array of durations such as [\"0s\", \"30s\"]".to_owned(),
            Self::Size { min } => format!(
                "a size such as \"10MiB\" or \"100MB\", at least {}",
                crate::units::size_text(min)
            ),
            Self::Percent { min, max } => {
                format!("a percentage such as \"{}%\", from {min}% to {max}%", 10.max(min).min(max))
            }
            Self::Samples { most } => {
                format!("a text \"N/M\" such as \"3/5\": N of the last M, both from 1 to {most}, N not above M")
            }
            Self::Paths { .. } => "an array of paths such as [\"app\", \"templates\"]".to_owned(),
            Self::Patterns { .. } => "an array of patterns such as [\"*.py\", \"*.html\"]".to_owned(),
            Self::Dependencies { .. } => {
                "an array of services, each \"NAME\" or with a condition \"NAME:started\", \"NAME:healthy\", \"NAME:completed\"".to_owned()
            }
            Self::Texts { .. } => "an array of texts".to_owned(),
            Self::Cron => {
                "a cron expression of five fields (minute, hour, day of month, month, day of week), or six with the second first, such as \"0 4 * * *\"".to_owned()
            }
            Self::Zone => "the name of a time zone such as \"Europe/Berlin\"".to_owned(),
            Self::Windows { .. } => {
                "an array of windows such as [\"0 22 * * 6 for 4h\"]".to_owned()
            }
            Self::Command => "an array of texts: the program, then its arguments".to_owned(),
            Self::Url => "a URL such as \"http://127.0.0.1:8004/health\"".to_owned(),
            Self::Address => "an address such as \"127.0.0.1:8004\"".to_owned(),
            Self::Variables => "a table of texts such as { NAME = \"value\" }".to_owned(),
            Self::Ladder => "an array of rungs such as [\"term 30s\", \"kill\"]".to_owned(),
            Self::Statuses { .. } => {
                "an array of statuses from 100 to 599 and ranges such as [200, \"300-399\"]".to_owned()
            }
            Self::Tables { .. } => "an array of tables".to_owned(),
            Self::Table(_) => "a table".to_owned(),
            Self::Services => "tables named [service.NAME]".to_owned(),
        }
    }
}

/// What holds when a key is not written.
#[derive(Clone, Copy)]
pub(crate) enum Default {
    /// It must be written.
    Required,
    /// Nothing: the text says what that means.
    Nothing(&'static str),
    /// This value, from the core's own defaults.
    Is(fn() -> Value),
}
