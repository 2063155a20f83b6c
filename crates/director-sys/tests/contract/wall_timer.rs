//! Sleeping until a time of day.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;

use crate::common::BOUND;
use director_sys::clock::unix_ms;
use director_sys::wall_timer::{WallTimer, Woken};

/// A clock that somebody sets right now ends a sleep early on Linux: then it is slept again.
fn slept(timer: &WallTimer, until: Option<i64>) -> Woken {
    loop {
        match timer.sleep_until(until).unwrap() {
            Woken::ClockSet => {}
            woken => return woken,
        }
    }
}

#[test]
fn a_sleep_ends_at_its_time_and_not_before() {
    let timer = WallTimer::new().unwrap();
    for wait in [0, 1, 120] {
        let until = unix_ms() + wait;
        assert_eq!(slept(&timer, Some(until)), Woken::Due);
        assert!(unix_ms() >= until, "{} ms too early", until - unix_ms());
    }
}

#[test]
fn a_time_that_is_past_is_due_at_once() {
    let timer = WallTimer::new().unwrap();
    for past in [unix_ms() - 3_600_000, 0, -1, i64::MIN] {
        assert_eq!(slept(&timer, Some(past)), Woken::Due);
    }
}

#[test]
fn a_call_ends_a_sleep_and_many_calls_are_one() {
    let timer = WallTimer::new().unwrap();
    // Before the sleep.
    timer.call();
    timer.call();
    assert_eq!(slept(&timer, Some(i64::MAX)), Woken::Called);
    assert_eq!(slept(&timer, Some(unix_ms())), Woken::Due);

    // During the sleep, with and without a time.
    for until in [None, Some(unix_ms() + 86_400_000)] {
        let timer = Arc::new(WallTimer::new().unwrap());
        let (sender, woken) = channel();
        let sleeper = Arc::clone(&timer);
        let thread = thread::spawn(move || {
            let _ = sender.send(slept(&sleeper, until));
        });
        timer.call();
        assert_eq!(woken.recv_timeout(BOUND).unwrap(), Woken::Called);
        thread.join().unwrap();
    }
}

#[test]
fn it_can_be_set_anew_for_an_earlier_time() {
    let timer = Arc::new(WallTimer::new().unwrap());
    let (sender, woken) = channel();
    let sleeper = Arc::clone(&timer);
    let thread = thread::spawn(move || {
        let mut until = unix_ms() + 86_400_000;
        loop {
            let how = slept(&sleeper, Some(until));
            let _ = sender.send(how);
            if how == Woken::Due {
                return;
            }
            until = unix_ms() + 50;
        }
    });
    timer.call();
    assert_eq!(woken.recv_timeout(BOUND).unwrap(), Woken::Called);
    assert_eq!(woken.recv_timeout(BOUND).unwrap(), Woken::Due);
    thread.join().unwrap();
}
