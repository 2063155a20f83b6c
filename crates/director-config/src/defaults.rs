//! Defaults that the core's types do not carry themselves.

use director_core::time::Millis;

/// `director.data_dir`, under the config's folder.
pub(crate) const DATA_DIR: &str = ".director";
/// `director.log_dir`, under the config's folder.
pub(crate) const LOG_DIR: &str = "logs";
/// `director.fallback`.
pub(crate) const FALLBACK: bool = true;
/// `boot.delay`.
pub(crate) const BOOT_DELAY_MS: Millis = 60_000;
/// `host`.
pub(crate) const HOST: &str = "0.0.0.0";
/// `autostart`.
pub(crate) const AUTOSTART: bool = true;
/// `stop.grace`: the first rung of the automatic ladder.
pub(crate) const STOP_GRACE_MS: Millis = 30_000;
/// The second rung of the automatic ladder.
pub(crate) const SECOND_GRACE_MS: Millis = 5_000;
/// `watch.exec_timeout`.
pub(crate) const EXEC_TIMEOUT_MS: Millis = 60_000;
/// `database.wal`.
pub(crate) const WAL: bool = false;
/// `database.synchronous`.
pub(crate) const SYNCHRONOUS: &str = "normal";
/// `database.busy_timeout`.
pub(crate) const BUSY_TIMEOUT_MS: Millis = 30_000;
