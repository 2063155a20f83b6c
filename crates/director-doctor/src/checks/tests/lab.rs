//! A folder with a configuration, on a machine that says what the test wants.

use std::collections::BTreeMap;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use director_config::{Environment, Source};
use director_core::command::Numbered;
use director_core::journal::{JournalEntry, JournalEvent};
use director_core::report::{DirectorReport, Holder};
use director_core::spec::{DirectorSpec, ServiceName};
use director_core::time::WallTime;

use crate::bounded::{self, Ended, Task};
use crate::checks::{Ground, Item, Machine, SourceFacts, Space, State, Volume};
use crate::holders::Found;
use crate::preflight::Help;

/// What the machine of a test answers.
pub(super) struct Answers {
    pub(super) windows: bool,
    pub(super) elevated: bool,
    pub(super) now_ms: i64,
    pub(super) variables: BTreeMap<&'static str, String>,
    pub(super) profiles: Vec<PathBuf>,
    pub(super) volume: Volume,
    pub(super) space: Space,
    pub(super) may_write: bool,
    pub(super) writers: Option<&'static str>,
    pub(super) readers: Option<&'static str>,
    pub(super) excluded: Vec<RangeInclusive<u16>>,
    pub(super) holders: Vec<Holder>,
    /// What the look at a database says.
    pub(super) database: &'static str,
    pub(super) units: Vec<(PathBuf, String)>,
    /// What each program says, instead of being run.
    pub(super) says: Option<Ended>,
}

impl Machine for Answers {
    fn is_windows(&self) -> bool {
        self.windows
    }
    fn is_elevated(&self) -> bool {
        self.elevated
    }
    fn now_ms(&self) -> i64 {
        self.now_ms
    }
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
    fn profiles(&self) -> Vec<PathBuf> {
        self.profiles.clone()
    }
    fn volume(&self, _: &Path) -> Volume {
        self.volume.clone()
    }
    fn space(&self, _: &Path) -> io::Result<Space> {
        Ok(self.space)
    }
    fn may_write(&self, _: &Path) -> io::Result<bool> {
        Ok(self.may_write)
    }
    fn writable_by_others(&self, _: &Path) -> io::Result<Option<String>> {
        Ok(self.writers.map(str::to_owned))
    }
    fn readable_by_others(&self, _: &Path) -> io::Result<Option<String>> {
        Ok(self.readers.map(str::to_owned))
    }
    fn ephemeral_ports(&self) -> Option<RangeInclusive<u16>> {
        Some(32_768..=60_999)
    }
    fn excluded_ports(&self) -> Vec<RangeInclusive<u16>> {
        self.excluded.clone()
    }
    fn helper(&self, help: Help<'_>) -> Result<Vec<u8>, String> {
        match help {
            Help::Database(..) => Ok(self.database.into()),
            Help::Holders(_) => {
                let found = Found {
                    holders: self.holders.clone(),
                    ..Found::default()
                };
                serde_json::to_vec(&found).map_err(|error| error.to_string())
            }
        }
    }
    fn run(&self, task: Task) -> Result<Ended, String> {
        match &self.says {
            Some(ended) => Ok(ended.clone()),
            None => bounded::run(task).map_err(|error| error.to_string()),
        }
    }
    fn units(&self) -> Vec<(PathBuf, String)> {
        self.units.clone()
    }
}

/// The folder, and what is to be known.
pub(super) struct Lab {
    folder: tempfile::TempDir,
    spec: DirectorSpec,
    pub(super) machine: Answers,
    pub(super) report: Option<DirectorReport>,
    pub(super) differences: Option<Vec<String>>,
    pub(super) journal: Vec<Numbered>,
    pub(super) source: Option<SourceFacts>,
}

/// The time of all labs.
pub(super) const NOW: i64 = 4_000_000_000_000;

impl Lab {
    /// With `[service.web]` as it is written; `@` is an existing program, `%` the folder.
    pub(super) fn new(service: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let slashes = |path: &Path| path.display().to_string().replace('\\', "/");
        let program = slashes(&std::env::current_exe().unwrap());
        let service = service
            .replace('@', &program)
            .replace('%', &slashes(folder.path()));
        let text = format!("[service.web]\n{service}\n");
        let config = folder.path().join("director.toml");
        std::fs::write(&config, &text).unwrap();
        let environment = Environment {
            vars: &|_| None,
            windows: std::env::consts::OS == "windows",
            read_file: &|path| std::fs::read_to_string(path),
        };
        let source = Source { path: config, text };
        let spec = director_config::load(&source, &environment)
            .expect("a valid configuration")
            .spec;
        Self {
            folder,
            spec,
            machine: Answers {
                windows: false,
                elevated: false,
                now_ms: NOW,
                variables: BTreeMap::new(),
                profiles: Vec::new(),
                volume: Volume::Local,
                space: Space {
                    free_bytes: 50 << 30,
                    total_bytes: 100 << 30,
                },
                may_write: true,
                writers: None,
                readers: None,
                excluded: Vec::new(),
                holders: Vec::new(),
                database: "{\"state\":\"usable\"}",
                units: Vec::new(),
                says: None,
            },
            report: None,
            differences: None,
            journal: Vec::new(),
            source: None,
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file there.
    pub(super) fn file(self, name: &str, bytes: &[u8]) -> Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    /// Gives the service an account, which the configuration allows on Linux alone.
    pub(super) fn user(mut self, user: &str) -> Self {
        for service in self.spec.services.values_mut() {
            service.user = Some(user.to_owned());
        }
        self
    }

    /// Sets what the machine answers.
    pub(super) fn on(mut self, set: impl FnOnce(&mut Answers)) -> Self {
        set(&mut self.machine);
        self
    }

    pub(super) fn source(mut self, facts: SourceFacts) -> Self {
        self.source = Some(facts);
        self
    }

    /// Lets something have happened to the service, so long ago.
    pub(super) fn happened(mut self, ago_ms: i64, event: JournalEvent) -> Self {
        let seq = self.journal.len() as u64 + 1;
        let entry = JournalEntry {
            wall: WallTime(NOW - ago_ms),
            service: Some(ServiceName::new("web").unwrap()),
            run: None,
            event,
        };
        self.journal.push(Numbered { seq, entry });
        self
    }

    fn look<T>(&self, with: impl FnOnce(&Ground<'_>) -> T) -> T {
        let config = self.path("director.toml");
        let name = ServiceName::new("web").unwrap();
        with(&Ground {
            config: &config,
            spec: &self.spec,
            machine: &self.machine,
            report: self.report.as_ref(),
            differences: self.differences.clone(),
            journal: &self.journal,
            sources: self
                .source
                .clone()
                .map(|facts| (name, facts))
                .into_iter()
                .collect(),
        })
    }

    /// The line of one check; none when it does not concern anybody here.
    pub(super) fn item(&self, code: &str) -> Option<Item> {
        self.look(|ground| {
            crate::checks::run(ground)
                .into_iter()
                .find(|item| item.code == code)
        })
    }

    /// All lines, mended.
    pub(super) fn mended(&self) -> Vec<Item> {
        self.look(|ground| {
            let mut items = crate::checks::run(ground);
            crate::checks::fix::apply(ground, &mut items);
            items
        })
    }

    #[track_caller]
    pub(super) fn says(&self, code: &str, state: State, words: &str) -> &Self {
        let item = self.item(code).unwrap_or_else(|| panic!("{code} says nothing"));
        let all = format!(
            "{} {} {} {:?} {:?}",
            item.summary,
            item.evidence.join(" "),
            item.remedy.join(" "),
            item.avoid,
            item.holders
        );
        assert_eq!(item.state, state, "{code}: {item:#?}");
        assert!(all.contains(words), "{code} does not say `{words}`: {item:#?}");
        if matches!(state, State::Error | State::Warning | State::Note) {
            assert!(
                item.evidence
                    .iter()
                    .chain(&item.remedy)
                    .all(|line| !line.is_empty()),
                "{item:#?}"
            );
            assert!(!item.evidence.is_empty() && !item.remedy.is_empty(), "{item:#?}");
        }
        self
    }

    #[track_caller]
    pub(super) fn is_silent(&self, code: &str) -> &Self {
        assert_eq!(self.item(code), None);
        self
    }
}
