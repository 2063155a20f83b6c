//! The real binary against real programs, from the command line's side. The same tests run on Linux and on Windows (under Wine);
//! where a behaviour belongs to one system, the module or the test says so. One program for all, so that it is linked once.

// Declared as test code, which they are, so that their helpers may panic.
#[cfg(test)]
mod apps;
#[cfg(test)]
mod blockers;
#[cfg(test)]
mod common;
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod health;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod instances;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod output;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod schedule;
#[cfg(test)]
mod trees;
#[cfg(test)]
mod watch;
