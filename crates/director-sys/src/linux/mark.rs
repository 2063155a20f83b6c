//! A mark that a process cannot lose by accident: a limit that it inherits and nobody looks at.
//!
//! `RLIMIT_RTTIME` bounds the processor time of a real-time process, in microseconds. Its soft value is set to a number above
//! 2^62 (some 146,000 years, so it bounds nothing) that is made from the invocation id. Children inherit it through fork,
//! execve, a session of their own, a cleared environment and the death of the director; everybody may read it. Where the
//! limit is already in use it is left alone.

use std::fs;
use std::io;

use super::check;

const HIGH: u64 = 1 << 62;

/// The number that stands for an invocation.
pub(crate) fn of(invocation: &str) -> u64 {
    // FNV-1a: the same in every version of this program, which finds what another one left behind.
    let hash = invocation.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    HIGH | (hash & (HIGH - 1))
}

/// The limit to give to a child; `None` where it is in use for its purpose.
pub(crate) fn limit_for(invocation: &str) -> io::Result<Option<libc::rlimit>> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is valid for writing.
    check(unsafe { libc::getrlimit(libc::RLIMIT_RTTIME, &raw mut limit) })?;
    let unused = limit.rlim_max == libc::RLIM_INFINITY && limit.rlim_cur >= HIGH;
    Ok(unused.then(|| libc::rlimit {
        rlim_cur: of(invocation),
        rlim_max: limit.rlim_max,
    }))
}

/// The mark of a process; `None` when it has none.
pub(crate) fn read(pid: u32) -> Option<u64> {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max realtime timeout"))?;
    line.split_ascii_whitespace()
        .next()?
        .parse::<u64>()
        .ok()
        .filter(|value| *value >= HIGH)
}
