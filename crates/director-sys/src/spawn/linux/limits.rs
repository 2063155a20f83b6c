//! The limit on open files: ours is raised, the children's is not.

use std::io;
use std::sync::OnceLock;

use crate::limits::{Limit, Unenforced};
use crate::linux::check;

/// What we were started with.
static ORIGINAL: OnceLock<(libc::rlim_t, libc::rlim_t)> = OnceLock::new();

fn current() -> io::Result<libc::rlimit> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is valid for writing.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) })?;
    Ok(limit)
}

/// Raises the soft limit to the hard one and returns it.
pub(super) fn raise_open_files() -> io::Result<Option<u64>> {
    let found = current()?;
    ORIGINAL.get_or_init(|| (found.rlim_cur, found.rlim_max));
    let raised = libc::rlimit {
        rlim_cur: found.rlim_max,
        rlim_max: found.rlim_max,
    };
    // SAFETY: `raised` is valid for reading.
    check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const raised) })?;
    Ok((raised.rlim_cur != libc::RLIM_INFINITY).then_some(raised.rlim_cur))
}

/// A child's limit that its hard one forbade.
pub(super) fn refused(wanted: Option<u64>) -> Option<Unenforced> {
    let (wanted, hard) = (wanted?, current().ok()?.rlim_max);
    let why = format!("it cannot be raised to {wanted}: the hard limit is {hard}");
    Some(Unenforced::new(Limit::OpenFiles, why))
}

/// The limit a child must be given; `None` when it is right already.
pub(super) fn for_child(wanted: Option<u64>) -> io::Result<Option<libc::rlimit>> {
    let original = ORIGINAL.get().copied();
    let (soft, hard) = match (wanted, original) {
        (None, None) => return Ok(None),
        (None, Some(original)) => original,
        (Some(wanted), Some((_, hard))) => (wanted, hard.max(wanted)),
        (Some(wanted), None) => (wanted, current()?.rlim_max.max(wanted)),
    };
    Ok(Some(libc::rlimit {
        rlim_cur: soft,
        rlim_max: hard,
    }))
}
