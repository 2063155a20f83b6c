//! Start, stop, crash, backoff, blockers, and what each exit code means.

mod absent;
mod blocked;
mod crashes;
mod operator;
#[cfg(unix)]
mod rights;
mod round_trip;
#[cfg(unix)]
mod signals;
