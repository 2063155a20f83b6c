use super::*;

const MINUTE: Millis = 60_000;

fn spec(window: ThrottleWindow) -> RestartSpec {
    RestartSpec {
        window,
        ..RestartSpec::default()
    }
}

/// Runs that each live `uptime` and crash; returns the waits in seconds.
fn crash_loop(spec: &RestartSpec, uptime: Millis, runs: usize) -> Vec<u64> {
    let mut throttle = Throttle::default();
    let mut now = Instant(1_000);
    (0..runs)
        .map(|_| {
            now = now.plus(uptime);
            let wait = throttle.restart(spec, now, uptime);
            now = now.plus(wait);
            wait / 1_000
        })
        .collect()
}

#[test]
fn window_run_stays_at_the_last_value() {
    assert_eq!(
        crash_loop(&spec(ThrottleWindow::Run), 100, 9),
        [0, 30, 60, 120, 300, 300, 300, 300, 300]
    );
}

#[test]
fn window_run_resets_only_after_a_stable_run() {
    let spec = spec(ThrottleWindow::Run);
    let mut throttle = Throttle::default();
    let table = [
        // uptime of the run that ended, expected wait in seconds
        (MINUTE, 0),
        (9 * MINUTE, 30),
        (10 * MINUTE - 1, 60),
        (10 * MINUTE, 0),
        (1, 30),
        (60 * MINUTE, 0),
    ];
    let mut now = Instant(0);
    for (uptime, expected) in table {
        now = now.plus(uptime);
        assert_eq!(
            throttle.restart(&spec, now, uptime) / 1_000,
            expected,
            "after {uptime} ms"
        );
    }
}

/// The original specification, written down independently in its own terms (seconds, growing list).
fn original(restart_times: &mut Vec<u64>, now: u64) -> u64 {
    let backoff = [0, 30, 60, 120, 300];
    restart_times.retain(|t| now - t < 600);
    if restart_times.is_empty() {
        return 0;
    }
    backoff[restart_times.len().min(backoff.len() - 1)]
}

#[test]
fn window_sliding_is_the_original_algorithm() {
    let spec = spec(ThrottleWindow::Sliding);
    for uptime in [0_u64, 1, 7, 45, 90, 200, 299, 599, 600, 601, 4_000] {
        let mut throttle = Throttle::default();
        let mut times = Vec::new();
        let mut now = 10_u64;
        for _ in 0..60 {
            now += uptime;
            let expected = original(&mut times, now);
            let wait = throttle.restart(&spec, Instant(now * 1_000), uptime * 1_000) / 1_000;
            assert_eq!(wait, expected, "uptime {uptime} at {now}");
            now += wait;
            times.push(now);
        }
    }
}

#[test]
fn window_sliding_oscillates_as_the_contract_says() {
    let waits = crash_loop(&spec(ThrottleWindow::Sliding), 0, 12);
    assert_eq!(waits[..5], [0, 30, 60, 120, 300]);
    assert!(waits[5..].contains(&60) || waits[5..].contains(&120), "{waits:?}");
}

#[test]
fn a_clear_begins_anew() {
    let spec = spec(ThrottleWindow::Run);
    let mut throttle = Throttle::default();
    throttle.restart(&spec, Instant(1), 0);
    throttle.restart(&spec, Instant(2), 0);
    throttle.clear();
    assert_eq!(throttle.restart(&spec, Instant(3), 0), 0);
    assert_eq!(throttle.count(), 1);
}

#[test]
fn memory_is_bounded_by_the_list() {
    let spec = spec(ThrottleWindow::Run);
    let mut throttle = Throttle::default();
    for step in 0..10_000 {
        throttle.restart(&spec, Instant(step), 0);
    }
    assert!(throttle.times.len() <= spec.backoff_ms.len());
}

#[test]
fn a_wait_that_was_cut_short_is_not_forgotten_before_older_ones() {
    let spec = RestartSpec {
        backoff_ms: vec![2_000, 1_000, 0],
        stable_after_ms: 1_000,
        window: ThrottleWindow::Sliding,
        ..RestartSpec::default()
    };
    // Due at 1,244, and begun before that by something else; then two more.
    let mut throttle = Throttle::restore(1, vec![Instant(200)]);
    assert_eq!(throttle.restart(&spec, Instant(244), 0), 1_000);
    for at in [565, 836, 1_138] {
        throttle.restart(&spec, Instant(at), 0);
    }
    assert_eq!(throttle.times().last(), Some(&Instant(1_244)));
    assert_eq!(throttle.restart(&spec, Instant(2_235), 0), 1_000);
}
