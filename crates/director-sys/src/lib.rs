//! Everything the operating system does for us, behind one contract for Windows and Linux.
//!
//! **Why it exists.** Containment, signals, identities, pipes and locks differ between the two systems in ways that a
//! supervisor must get exactly right. All of that, every `unsafe` block and every `cfg(windows)`/`cfg(unix)`, lives here, so
//! that no other crate needs any of it.
//!
//! **Theory of operation.** Each capability is a folder: `mod.rs` holds the shared types and the contract, `linux.rs` and
//! `windows.rs` the two implementations. The public types are thin wrappers around a private `imp` type, so both systems must
//! offer exactly the same interface. Foreign handle types never leave the crate. What a system cannot do returns
//! [`std::io::ErrorKind::Unsupported`]; nothing is faked.
//!
//! One thread spawns ([`spawn`]), one thread waits ([`reaper`]), one thread moves output ([`stdio`]); none of them wakes up
//! without cause. A started program is a [`tree::Tree`]: contained from birth, addressed as a whole, ended as a whole.
#![expect(
    unsafe_code,
    reason = "the one crate that talks to the operating system directly"
)]

pub mod access;
pub mod accounts;
pub mod clock;
pub mod file_holders;
pub mod fs_guard;
pub mod identity;
pub mod instance_lock;
#[cfg(feature = "ipc")]
pub mod ipc;
pub mod limits;
pub mod lock_query;
pub mod memory;
pub mod os_signals;
pub mod port_owner;
pub mod ports;
pub mod program;
pub mod reaper;
pub mod spawn;
pub mod stdio;
pub mod terminal;
pub mod tree;
pub mod volume;
pub mod wall_timer;

/// Linux plumbing shared by the capabilities: `/proc` readers, pidfds, epoll.
#[cfg(unix)]
mod linux;
/// Windows plumbing shared by the capabilities: handles, wide strings.
#[cfg(windows)]
mod windows;
