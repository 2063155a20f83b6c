//! Requests, commands and the system's signals.

use std::sync::mpsc::channel;
use std::time::Duration;

use director_core::command::{Accepted, Command, Numbered, Refusal, Reply, Request};
use director_core::journal::JournalEvent;
use director_core::report::{DirectorReport, UsageReport};
use director_core::spec::ServiceName;
use director_store::files::OnBad;
use director_store::operator::Operator;
use director_sys::os_signals::OsSignal;

use crate::driver::{Driver, now};
use crate::history::Wanted;
use crate::reload::Wish;

impl Driver {
    pub(crate) fn ask(&mut self, request: Request) {
        match request {
            Request::Report { usage_of, reply } => self.report(usage_of, reply),
            Request::Changed { from, reply } => self.telling.wait(from, reply),
            Request::Command { command, reply } => {
                let outcome = self.command(&command);
                self.carry_out();
                reply(outcome);
            }
            Request::Reload { dry_run, reply } => self.reload(Wish {
                dry_run,
                reply: Some(reply),
            }),
            Request::Events {
                after,
                service,
                limit,
                reply,
            } => self.events(
                Wanted {
                    after,
                    service,
                    limit,
                },
                reply,
            ),
            Request::Tail { service, reply } => {
                reply(self.slots.get(&service).map(|slot| self.logs.tail(*slot)))
            }
        }
    }

    /// What earlier directors did is part of the story, so it is read from disk when memory does not reach back far enough.
    fn events(&self, wanted: Wanted, reply: Reply<Vec<Numbered>>) {
        let memory = self.keeping.in_memory();
        if !wanted.reaches_beyond(&memory) {
            return reply(wanted.answer(&memory, None));
        }
        let mine = self.hands.clone();
        self.hands
            .pool()
            .submit(move || reply(wanted.answer(&memory, Some(mine.data_dir()))));
    }

    fn report(&self, usage_of: Option<ServiceName>, reply: Reply<DirectorReport>) {
        let mut report = self.telling.frame(self.core.is_ending(), self.core.revision());
        report.services = self.core.report(now());
        let tree = usage_of
            .as_ref()
            .and_then(|name| self.live.get(name))
            .map(|live| live.tree.clone());
        let (Some(name), Some(tree)) = (usage_of, tree) else {
            return reply(report);
        };
        // Reading processor time and memory asks the system about every process of the tree: not in this thread.
        self.hands.pool().submit(move || {
            let usage = tree.usage().ok().map(|usage| UsageReport {
                cpu_ms: usage.cpu_ms,
                memory_bytes: usage.memory_bytes,
                processes: usage.processes,
            });
            if let Some(service) = report.services.iter_mut().find(|service| service.name == name) {
                service.usage = usage;
            }
            reply(report);
        });
    }

    /// An operator's stop is on disk before it is carried out, so that no restart forgets it. A shutdown is carried out even
    /// when it cannot be recorded, since a person at the machine comes first; so it need not wait for the disk either.
    fn command(&mut self, command: &Command) -> Result<Accepted, Refusal> {
        let now = now();
        let concerned = self.core.concerned(command)?;
        let stops = self.core.stops_after(command, &concerned, now);
        let (known, bad) = Operator::load(self.hands.data_dir(), OnBad::Leave);
        let mut operator = known.clone();
        operator.stopped = stops.into_iter().map(|(name, since)| (name, since.0)).collect();
        match command {
            Command::Shutdown { .. } => {
                operator.set_shutdown(&self.boot_id, now.wall.0);
                self.save_marker(operator);
            }
            // Nothing new is nothing to write: a full disk must not stand in the way of a restart.
            Command::Start { .. } | Command::Stop { .. } | Command::Restart { .. }
                if bad.is_none() && operator == known => {}
            Command::Start { .. } | Command::Stop { .. } | Command::Restart { .. } => {
                let saved = operator.save(self.hands.data_dir());
                saved.map_err(|error| Refusal::NotRecorded {
                    error: error.to_string(),
                })?;
            }
        }
        self.core.command(now, command)
    }

    /// Saves the operator's shutdown beside the stopping; the driver does not end before that is done.
    fn save_marker(&mut self, operator: Operator) {
        let (done, marker) = channel();
        let hands = self.hands.clone();
        self.hands.pool().submit(move || {
            // The driver may have given up waiting for a disk that hangs.
            let _ = done.send(operator.save(hands.data_dir()).map_err(|error| error.to_string()));
        });
        self.marker = Some(marker);
    }

    /// Waits for the mark of an operator's shutdown, at most for `limit`.
    pub(crate) fn await_marker(&mut self, limit: Duration) {
        let Some(marker) = self.marker.take() else { return };
        let saved = marker.recv_timeout(limit);
        let error = match saved {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(_) => "the disk did not take the mark of the shutdown in time".to_owned(),
        };
        self.keeping.note(None, JournalEvent::RecordFailed { error });
    }

    pub(crate) fn signal(&mut self, signal: OsSignal) {
        let now = now();
        match signal {
            OsSignal::Interrupt | OsSignal::Terminate => {
                self.interrupts += 1;
                let shutdown = Command::Shutdown {
                    now: self.interrupts > 1,
                };
                // Shutting down is refused to nobody; no marker is written, since a signal is no operator's `shutdown`.
                let _ = self.core.command(now, &shutdown);
            }
            OsSignal::Shutdown { budget_ms } => self.core.system_shutdown(now, budget_ms),
            OsSignal::Reload => self.reload(Wish::default()),
        }
    }
}
