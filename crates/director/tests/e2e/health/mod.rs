//! Probes: what counts as well, what leads to a new run, and what is only shown.

mod database;
mod failing;
mod kinds;
mod roles;
mod shown;
mod start;
mod twin;

use director_testkit::{free_port, http_get, write_health};

use crate::common::Site;

/// What a healthy application answers.
pub(crate) const HEALTHY: &str =
    r#"{"status":"healthy","app":"Hub","version":"1.2.3","database":"connected"}"#;

/// A rogue that answers what a file says, on a port of its own.
pub(crate) struct Patient {
    pub(crate) name: &'static str,
    pub(crate) port: u16,
}

impl Patient {
    /// Adds the service to the site, healthy, with fast probes; `lines` come after those of the probe.
    pub(crate) fn admit(site: Site, name: &'static str, health: &str, lines: &str) -> (Site, Self) {
        let patient = Self {
            name,
            port: free_port(),
        };
        patient.answers(&site, "200", HEALTHY);
        let (port, file, record) = (
            patient.port.to_string(),
            site.path(&patient.file()),
            site.path(&patient.record()),
        );
        let probe = format!(
            "health = {{ http = \"http://127.0.0.1:{port}/health\", interval = \"100ms\", retry_interval = \"100ms\", \
             start_interval = \"100ms\", timeout = \"1s\"{health} }}\n{lines}"
        );
        let site = site.rogue(
            name,
            &["--port", &port, "--health-file", &file, "--record", &record],
            &probe,
        );
        (site, patient)
    }

    fn file(&self) -> String {
        format!("{}.health", self.name)
    }

    fn record(&self) -> String {
        format!("{}.record", self.name)
    }

    /// From now on it answers this.
    pub(crate) fn answers(&self, site: &Site, first_line: &str, body: &str) {
        write_health(&site.sandbox.file(&self.file()), first_line, body);
    }

    /// How many requests it has been asked.
    pub(crate) fn asked(&self, site: &Site) -> usize {
        let lines = director_testkit::records::recorded(&site.sandbox.file(&self.record()));
        lines
            .iter()
            .filter(|line| line.starts_with("request GET /health"))
            .count()
    }

    /// Whether it answers at all.
    pub(crate) fn is_there(&self) -> bool {
        http_get(self.port, "/").is_ok()
    }
}
