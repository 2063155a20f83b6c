//! Clocks of the kernel.

pub(crate) fn awake_ms() -> u64 {
    read_ms(libc::CLOCK_MONOTONIC)
}

/// Milliseconds since boot, sleep included.
pub(crate) fn boot_ms() -> u64 {
    read_ms(libc::CLOCK_BOOTTIME)
}

fn read_ms(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is valid for writing. The call cannot fail: both clocks exist on every Linux this runs on.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    u64::try_from(time.tv_sec).unwrap_or(0) * 1000 + u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000_000
}
