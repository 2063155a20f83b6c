//! The contract of this crate, shown with real processes. The same tests run on Windows and Linux; where a behaviour belongs to
//! one system, the test says so. One program for all, so that it is linked once.

// Declared as test code, which they are, so that their helpers may panic.
#[cfg(test)]
mod cgroup;
#[cfg(test)]
mod common;
#[cfg(test)]
mod file_holders;
#[cfg(test)]
mod identity;
#[cfg(feature = "ipc")]
#[cfg(test)]
mod ipc;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod os_signals;
#[cfg(test)]
mod output;
#[cfg(test)]
mod places;
#[cfg(test)]
mod reaper;
#[cfg(test)]
mod spawn;
#[cfg(test)]
mod sqlite_holders;
#[cfg(test)]
mod system;
#[cfg(test)]
mod tree;
#[cfg(test)]
mod wall_timer;

/// No test: on Windows this program serves as the console helper of its own tests.
#[test]
fn console_helper() {
    common::be_console_helper();
}
