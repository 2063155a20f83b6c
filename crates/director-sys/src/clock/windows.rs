//! The interrupt time that does not count sleep.

use windows_sys::Win32::System::WindowsProgramming::QueryUnbiasedInterruptTime;

pub(crate) fn awake_ms() -> u64 {
    let mut units = 0;
    // SAFETY: the out parameter lives through the call, which fails only for a null pointer.
    unsafe { QueryUnbiasedInterruptTime(&mut units) };
    // In units of 100 ns.
    units / 10_000
}
