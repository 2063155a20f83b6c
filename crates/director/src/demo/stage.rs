//! A director of the demonstration's own, and how to talk to it.

use std::sync::mpsc::channel;
use std::time::Duration;

use director_core::command::{Command, Numbered, Reply, Request};
use director_core::report::DirectorReport;
use director_core::spec::ServiceName;

/// The director answers within microseconds; this is for one that is gone.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// A director of our own, and how to talk to it.
pub(crate) struct Stage {
    pub(crate) ask: Box<dyn Fn(Request) + Send + Sync>,
    /// The sample application's port.
    pub(crate) port: u16,
    /// Its name.
    pub(crate) web: ServiceName,
}

impl Stage {
    /// Hands a request to the director. Nobody answers once it has ended.
    pub(crate) fn ask(&self, request: Request) {
        (self.ask)(request);
    }

    fn answer<T: Send + 'static>(&self, request: impl FnOnce(Reply<T>) -> Request) -> Option<T> {
        let (reply, answer) = channel();
        (self.ask)(request(Box::new(move |value| {
            let _ = reply.send(value);
        })));
        answer.recv_timeout(ANSWER_LIMIT).ok()
    }

    /// The state of all; none once the director has ended.
    pub(crate) fn report(&self) -> Option<DirectorReport> {
        self.answer(|reply| Request::Report {
            usage_of: Some(self.web.clone()),
            reply,
        })
    }

    /// The journal after entry `after`, the latest 200 at most.
    pub(crate) fn events(&self, after: u64) -> Vec<Numbered> {
        self.answer(|reply| Request::Events {
            after,
            service: None,
            limit: 200,
            reply,
        })
        .unwrap_or_default()
    }

    /// The last lines of the application's output.
    pub(crate) fn tail(&self, lines: usize) -> Vec<String> {
        let bytes = self
            .answer(|reply| Request::Tail {
                service: self.web.clone(),
                reply,
            })
            .flatten()
            .unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..]
            .iter()
            .map(|line| (*line).to_owned())
            .collect()
    }

    /// Gives a command; what comes of it is seen in the view.
    pub(crate) fn command(&self, command: Command) {
        (self.ask)(Request::Command {
            command,
            reply: Box::new(|_| {}),
        });
    }
}
