//! What is told to those who ask, and those who wait for a change.

use director_core::command::Reply;
use director_core::report::DirectorReport;
use director_core::time::WallTime;
use director_store::last_good::fnv64;

/// So many may wait at once; the oldest is answered early when more come.
const WAITERS: usize = 128;

/// What changes with a reload at most.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) pid: u32,
    pub(crate) name: String,
    pub(crate) config: String,
    pub(crate) config_fnv64: Option<String>,
    pub(crate) started: WallTime,
    pub(crate) fallback: Option<String>,
}

/// The teller.
pub(crate) struct Telling {
    identity: Identity,
    waiters: Vec<(u64, Reply<u64>)>,
    revision: u64,
}

impl Telling {
    /// With the text of the file, where that is what is in force.
    pub(crate) fn new(identity: Identity, text: Option<&str>) -> Self {
        let mut telling = Self {
            identity,
            waiters: Vec::new(),
            revision: 0,
        };
        if let Some(text) = text {
            telling.file_is_in_force(text);
        }
        telling
    }

    /// The file's configuration is in force, and this is its text: nothing has fallen back any more.
    pub(crate) fn file_is_in_force(&mut self, text: &str) {
        self.identity.fallback = None;
        self.identity.config_fnv64 = Some(fnv64(text));
    }

    /// The frame of a report; the services are filled in by the driver.
    pub(crate) fn frame(&self, shutting_down: bool, revision: u64) -> DirectorReport {
        DirectorReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: director_core::report::PROTOCOL,
            pid: self.identity.pid,
            name: self.identity.name.clone(),
            config: self.identity.config.clone(),
            config_fnv64: self.identity.config_fnv64.clone(),
            started: self.identity.started,
            fallback: self.identity.fallback.clone(),
            shutting_down,
            revision,
            services: Vec::new(),
        }
    }

    /// Answers when the revision differs from `from`, which may be at once.
    pub(crate) fn wait(&mut self, from: u64, reply: Reply<u64>) {
        if self.revision != from {
            return reply(self.revision);
        }
        if self.waiters.len() >= WAITERS {
            let (_, oldest) = self.waiters.remove(0);
            oldest(self.revision);
        }
        self.waiters.push((from, reply));
    }

    /// The core's revision after a turn.
    pub(crate) fn changed(&mut self, revision: u64) {
        if self.revision == revision {
            return;
        }
        self.revision = revision;
        for (_, reply) in self.waiters.drain(..) {
            reply(revision);
        }
    }

    /// The end: nobody is left waiting.
    pub(crate) fn close(self) {
        for (_, reply) in self.waiters {
            reply(self.revision + 1);
        }
    }
}
