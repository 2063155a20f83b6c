//! Memory that is taken and never given back.

use std::time::Duration;

use crate::options::Options;

pub(crate) fn eat(options: &Options) {
    let Some(megabytes) = options.eat_mb else { return };
    take(megabytes);
    if options.eat_per_second {
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_secs(1));
                take(megabytes);
            }
        });
    }
}

/// A value other than zero: zeroed memory would be mapped but never become resident.
fn take(megabytes: usize) {
    std::mem::forget(vec![1_u8; megabytes << 20]);
}
