//! What the application's threads share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::database::Database;
use super::gate::Gate;

/// Bytes allocated by one press of "leak".
const LEAK_STEP: usize = 50_000_000;
/// No more than this many presses leak: 500 MB.
const LEAK_STEPS: usize = 10;

/// What `/health` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum HealthMode {
    /// The truth.
    #[default]
    Honest,
    /// 503.
    Unhealthy,
    /// `"status": "broken"`.
    Broken,
    /// No JSON.
    InvalidJson,
}

impl HealthMode {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Honest => "honest",
            Self::Unhealthy => "unhealthy",
            Self::Broken => "broken",
            Self::InvalidJson => "invalid-json",
        }
    }
}

/// The application.
#[derive(Debug)]
pub(super) struct State {
    pub(super) version: String,
    pub(super) started: Instant,
    pub(super) database: Arc<Database>,
    pub(super) gate: Arc<Gate>,
    health: Mutex<HealthMode>,
    hung: AtomicBool,
    leaked: Mutex<Vec<Vec<u8>>>,
}

impl State {
    pub(super) fn new(version: String, database: Database) -> Self {
        Self {
            version,
            started: Instant::now(),
            database: Arc::new(database),
            gate: Arc::default(),
            health: Mutex::default(),
            hung: AtomicBool::new(false),
            leaked: Mutex::default(),
        }
    }

    pub(super) fn health(&self) -> HealthMode {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_health(&self, mode: HealthMode) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    pub(super) fn hang(&self) {
        self.hung.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_hung(&self) -> bool {
        self.hung.load(Ordering::SeqCst)
    }

    /// Never returns once the application hangs.
    pub(super) fn stall_if_hung(&self) {
        while self.is_hung() {
            std::thread::park();
        }
    }

    /// Leaks one step more and returns how many megabytes are leaked; `false` when the limit was reached before.
    pub(super) fn leak(&self) -> (usize, bool) {
        let mut leaked = self.leaked.lock().unwrap_or_else(PoisonError::into_inner);
        let more = leaked.len() < LEAK_STEPS;
        if more {
            // Not zero: pages of zeros would be promised, not used.
            leaked.push(vec![0xA5; LEAK_STEP]);
        }
        (leaked.len() * LEAK_STEP / 1_000_000, more)
    }

    pub(super) fn leaked_megabytes(&self) -> usize {
        self.leaked.lock().unwrap_or_else(PoisonError::into_inner).len() * LEAK_STEP / 1_000_000
    }
}
