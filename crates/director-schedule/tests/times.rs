//! When times come: daylight saving in three zones, cron's own corners, and what holds for every expression.
#![expect(clippy::unwrap_used, reason = "tests: a failure here is the finding")]

use director_schedule::{Times, Window, Windows, Zone};
use jiff::Timestamp;
use proptest::prelude::*;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn ms(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

fn times(text: &str) -> Times {
    Times::parse(text).unwrap()
}

/// All times from one instant to another, both exclusive and inclusive as `next` is.
fn between(times: &Times, zone: &Zone, from: i64, to: i64) -> Vec<i64> {
    let mut found = Vec::new();
    let mut at = from;
    while let Some(next) = times.next(zone, at) {
        if next > to {
            break;
        }
        found.push(next);
        at = next;
    }
    found
}

struct Case {
    zone: &'static str,
    cron: &'static str,
    from: &'static str,
    to: &'static str,
    /// Each with its offset, so that the two halves of a repeated hour differ.
    expected: &'static [&'static str],
}

fn check(cases: &[Case]) {
    for case in cases {
        let (here, cron) = (zone(case.zone), times(case.cron));
        let (from, to) = (ms(case.from), ms(case.to));
        let expected: Vec<i64> = case.expected.iter().map(|text| ms(text)).collect();
        let found = between(&cron, &here, from, to);
        let shown: Vec<String> = found
            .iter()
            .map(|at| Timestamp::from_millisecond(*at).unwrap().to_string())
            .collect();
        assert_eq!(
            found, expected,
            "`{}` in {} gives {shown:?}",
            case.cron, case.zone
        );
        // Backwards come the same times.
        let mut back = Vec::new();
        let mut at = to;
        while let Some(latest) = cron.latest(&here, at).filter(|latest| *latest > from) {
            back.push(latest);
            at = latest - 1;
        }
        back.reverse();
        assert_eq!(back, expected, "`{}` in {}, backwards", case.cron, case.zone);
    }
}

#[test]
fn a_time_that_spring_skips_comes_once_at_the_end_of_the_gap() {
    check(&[
        Case {
            zone: "Europe/Berlin",
            cron: "30 2 * * *",
            from: "2026-03-28T00:00:00+01:00",
            to: "2026-03-30T12:00:00+02:00",
            expected: &[
                "2026-03-28T02:30:00+01:00",
                "2026-03-29T03:00:00+02:00",
                "2026-03-30T02:30:00+02:00",
            ],
        },
        // Several of them are one.
        Case {
            zone: "Europe/Berlin",
            cron: "15,45 1-3 * * *",
            from: "2026-03-29T00:00:00+01:00",
            to: "2026-03-29T12:00:00+02:00",
            expected: &[
                "2026-03-29T01:15:00+01:00",
                "2026-03-29T01:45:00+01:00",
                "2026-03-29T03:00:00+02:00",
                "2026-03-29T03:15:00+02:00",
                "2026-03-29T03:45:00+02:00",
            ],
        },
        Case {
            zone: "America/New_York",
            cron: "0 2 * * *",
            from: "2026-03-08T00:00:00-05:00",
            to: "2026-03-09T12:00:00-04:00",
            expected: &["2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00"],
        },
        // The time at the gap's end and one inside it are the same moment: once.
        Case {
            zone: "America/New_York",
            cron: "30 2,14 8 3 *",
            from: "2026-03-01T00:00:00-05:00",
            to: "2026-04-01T00:00:00-04:00",
            expected: &["2026-03-08T03:00:00-04:00", "2026-03-08T14:30:00-04:00"],
        },
        Case {
            zone: "America/New_York",
            cron: "0 2,3 8 3 *",
            from: "2026-03-01T00:00:00-05:00",
            to: "2026-04-01T00:00:00-04:00",
            expected: &["2026-03-08T03:00:00-04:00"],
        },
        // Half an hour: from 02:00 to 02:30.
        Case {
            zone: "Australia/Lord_Howe",
            cron: "15 2 * * *",
            from: "2026-10-03T12:00:00+10:30",
            to: "2026-10-05T12:00:00+11:00",
            expected: &["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"],
        },
        Case {
            zone: "Australia/Lord_Howe",
            cron: "45 2 * * *",
            from: "2026-10-03T12:00:00+10:30",
            to: "2026-10-04T12:00:00+11:00",
            expected: &["2026-10-04T02:45:00+11:00"],
        },
    ]);
}

#[test]
fn a_time_that_autumn_shows_twice_comes_once_at_the_first() {
    check(&[
        Case {
            zone: "Europe/Berlin",
            cron: "30 2 * * *",
            from: "2026-10-24T12:00:00+02:00",
            to: "2026-10-26T12:00:00+01:00",
            expected: &["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"],
        },
        Case {
            zone: "Europe/Berlin",
            cron: "0 2,14 * * *",
            from: "2026-10-25T00:00:00+02:00",
            to: "2026-10-25T23:00:00+01:00",
            expected: &["2026-10-25T02:00:00+02:00", "2026-10-25T14:00:00+01:00"],
        },
        // Asked in the second half, when it has been already.
        Case {
            zone: "Europe/Berlin",
            cron: "30 2,3 * * *",
            from: "2026-10-25T02:10:00+01:00",
            to: "2026-10-25T12:00:00+01:00",
            expected: &["2026-10-25T03:30:00+01:00"],
        },
        Case {
            zone: "America/New_York",
            cron: "0 1 * * *",
            from: "2026-10-31T12:00:00-04:00",
            to: "2026-11-02T12:00:00-05:00",
            expected: &["2026-11-01T01:00:00-04:00", "2026-11-02T01:00:00-05:00"],
        },
        // From 01:30 to 02:00 twice.
        Case {
            zone: "Australia/Lord_Howe",
            cron: "45 1 * * *",
            from: "2026-04-04T12:00:00+11:00",
            to: "2026-04-06T12:00:00+10:30",
            expected: &["2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"],
        },
        Case {
            zone: "Australia/Lord_Howe",
            cron: "0 2 * * *",
            from: "2026-04-04T12:00:00+11:00",
            to: "2026-04-05T12:00:00+10:30",
            expected: &["2026-04-05T02:00:00+10:30"],
        },
    ]);
}

#[test]
fn a_rhythm_goes_on_evenly() {
    let changes = [
        ("Europe/Berlin", "2026-03-29T01:00:00Z"),
        ("Europe/Berlin", "2026-10-25T01:00:00Z"),
        ("America/New_York", "2026-03-08T07:00:00Z"),
        ("America/New_York", "2026-11-01T06:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    ];
    for (name, change) in changes {
        let (here, change) = (zone(name), ms(change));
        for (text, every) in [
            ("*/10 * * * *", 10 * MINUTE),
            ("*/30 * * * *", 30 * MINUTE),
            ("* * * * *", MINUTE),
        ] {
            let found = between(&times(text), &here, change - 3 * HOUR, change + 3 * HOUR);
            assert_eq!(found.len() as i64, 6 * HOUR / every, "`{text}` in {name}");
            for pair in found.windows(2) {
                assert_eq!(pair[1] - pair[0], every, "`{text}` in {name}");
            }
        }
    }
    // What a rhythm would do in minutes that do not exist, it does not do.
    check(&[
        Case {
            zone: "Europe/Berlin",
            cron: "*/20 2 * * *",
            from: "2026-03-28T12:00:00+01:00",
            to: "2026-03-29T12:00:00+02:00",
            expected: &[],
        },
        Case {
            zone: "Europe/Berlin",
            cron: "0 */2 * * *",
            from: "2026-10-24T23:00:00+02:00",
            to: "2026-10-25T05:00:00+01:00",
            expected: &[
                "2026-10-25T00:00:00+02:00",
                "2026-10-25T02:00:00+02:00",
                "2026-10-25T02:00:00+01:00",
                "2026-10-25T04:00:00+01:00",
            ],
        },
    ]);
}

#[test]
fn expressions_are_those_of_cron_with_optional_seconds() {
    check(&[
        Case {
            zone: "UTC",
            cron: "*/20 * * * * *",
            from: "2026-01-01T00:00:05Z",
            to: "2026-01-01T00:01:00Z",
            expected: &[
                "2026-01-01T00:00:20Z",
                "2026-01-01T00:00:40Z",
                "2026-01-01T00:01:00Z",
            ],
        },
        Case {
            zone: "UTC",
            cron: "@monthly",
            from: "2026-01-15T00:00:00Z",
            to: "2026-03-15T00:00:00Z",
            expected: &["2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"],
        },
        // The day of the month or the day of the week, as cron has it.
        Case {
            zone: "UTC",
            cron: "0 12 13 * fri",
            from: "2026-02-10T00:00:00Z",
            to: "2026-02-28T00:00:00Z",
            expected: &[
                "2026-02-13T12:00:00Z",
                "2026-02-20T12:00:00Z",
                "2026-02-27T12:00:00Z",
            ],
        },
        Case {
            zone: "UTC",
            cron: "0 0 29 2 *",
            from: "2026-01-01T00:00:00Z",
            to: "2033-01-01T00:00:00Z",
            expected: &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"],
        },
        Case {
            zone: "UTC",
            cron: "0 22 L * *",
            from: "2026-02-01T00:00:00Z",
            to: "2026-03-31T23:00:00Z",
            expected: &["2026-02-28T22:00:00Z", "2026-03-31T22:00:00Z"],
        },
    ]);
}

#[test]
fn fractions_of_a_second_change_nothing() {
    let (here, cron) = (zone("UTC"), times("0 4 * * *"));
    let four = ms("2026-01-01T04:00:00Z");
    assert_eq!(cron.next(&here, four - 1), Some(four));
    assert_eq!(cron.next(&here, four), Some(four + 24 * HOUR));
    assert_eq!(cron.next(&here, four + 999), Some(four + 24 * HOUR));
    assert_eq!(cron.latest(&here, four + 999), Some(four));
    assert_eq!(cron.latest(&here, four), Some(four));
    assert_eq!(cron.latest(&here, four - 1), Some(four - 24 * HOUR));
}

#[test]
fn a_zone_is_known_by_its_name() {
    assert!(Zone::named("Europe/Berlin").is_some());
    assert!(Zone::named("Mars/Olympus").is_none());
    assert!(Zone::named("").is_none());
    assert!(Zone::names().iter().any(|name| name == "America/New_York"));
}

fn windows(list: &[(&str, i64)]) -> Windows {
    Windows(
        list.iter()
            .map(|(begins, lasts_ms)| Window {
                begins: times(begins),
                lasts_ms: *lasts_ms,
            })
            .collect(),
    )
}

#[test]
fn a_window_is_open_from_its_begin_for_as_long_as_it_lasts() {
    let here = zone("Europe/Berlin");
    let saturday = windows(&[("0 22 * * 6", 4 * HOUR)]);
    let begin = ms("2026-05-02T22:00:00+02:00");
    let end = begin + 4 * HOUR;
    assert_eq!(saturday.open_until(&here, begin - 1), None);
    assert_eq!(saturday.open_until(&here, begin), Some(end));
    assert_eq!(saturday.open_until(&here, end - 1), Some(end));
    assert_eq!(saturday.open_until(&here, end), None);
    assert_eq!(saturday.next_begin(&here, begin - HOUR), Some(begin));
    assert_eq!(Windows::default().open_until(&here, begin), None);
    // The hours that pass count, and not those that the clock shows.
    let night = ms("2026-10-24T22:00:00+02:00");
    let end = ms("2026-10-25T02:00:00+02:00");
    assert_eq!(saturday.open_until(&here, night), Some(end));
    let summer = ms("2026-03-28T22:00:00+01:00");
    let end = ms("2026-03-29T03:00:00+02:00");
    assert_eq!(saturday.open_until(&here, summer), Some(end));
}

#[test]
fn windows_that_touch_are_one() {
    let here = zone("UTC");
    let two = windows(&[
        ("0 22 * * *", 2 * HOUR),
        ("0 0 * * *", HOUR),
        ("30 23 * * *", HOUR),
    ]);
    let begin = ms("2026-05-02T22:00:00Z");
    assert_eq!(two.open_until(&here, begin), Some(begin + 3 * HOUR));
    // One without an end has some end, beyond now.
    let always = windows(&[("* * * * *", 2 * MINUTE)]);
    assert!(always.open_until(&here, begin).unwrap() > begin);
}

#[test]
fn windows_that_leave_no_gap_never_end() {
    const DAY: i64 = 24 * HOUR;
    let endless: [&[(&str, i64)]; 11] = [
        &[("* * * * *", 2 * MINUTE)],
        &[("* * * * *", MINUTE)],
        &[("* * * * * *", 1_000)],
        &[("*/5 * * * *", HOUR)],
        &[("0 0 * * *", DAY)],
        &[("0 0 * * 6", 7 * DAY)],
        &[("0 0 1 1 *", 365 * DAY)],
        &[("0 0 29 2 *", 400 * DAY)],
        &[("0 4 * * *", i64::MAX)],
        // Only together, and only the second of them begins it.
        &[("0 0 * * *", 12 * HOUR), ("0 12 * * *", 12 * HOUR)],
        &[("0 4 * * 6", HOUR), ("0 0 29 2 *", 1_000 * DAY)],
    ];
    for list in endless {
        assert!(windows(list).never_end(), "{list:?}");
    }
    let ending: [&[(&str, i64)]; 10] = [
        &[],
        &[("* * * * *", MINUTE - 1)],
        &[("* * * * * *", 999)],
        &[("0 22 * * 6", 4 * HOUR)],
        &[("0 0 * * *", DAY - 1_000)],
        &[("0 0 * * 1", 6 * DAY)],
        &[("0 0 1 1 *", 364 * DAY)],
        &[("* 8-17 * * *", MINUTE)],
        &[("* * * * 0-5", MINUTE)],
        &[("0 0 * * *", 12 * HOUR), ("0 12 * * *", 12 * HOUR - 1_000)],
    ];
    for list in ending {
        assert!(!windows(list).never_end(), "{list:?}");
    }
}

fn expression() -> impl Strategy<Value = String> {
    let minute = prop_oneof![
        Just("*".to_owned()),
        (1..30_u32).prop_map(|step| format!("*/{step}")),
        (0..60_u32).prop_map(|at| at.to_string()),
        (0..30_u32, 30..60_u32).prop_map(|(one, other)| format!("{one},{other}")),
        (0..30_u32, 30..60_u32).prop_map(|(one, other)| format!("{one}-{other}")),
    ];
    let hour = prop_oneof![
        Just("*".to_owned()),
        (1..12_u32).prop_map(|step| format!("*/{step}")),
        (0..5_u32).prop_map(|at| at.to_string()),
        (0..3_u32, 3..24_u32).prop_map(|(one, other)| format!("{one},{other}")),
    ];
    let day = prop_oneof![Just("*".to_owned()), (1..28_u32).prop_map(|at| at.to_string())];
    let weekday = prop_oneof![
        Just("*".to_owned()),
        Just("0".to_owned()),
        (0..7_u32).prop_map(|at| at.to_string())
    ];
    (minute, hour, day, weekday)
        .prop_map(|(minute, hour, day, weekday)| format!("{minute} {hour} {day} * {weekday}"))
}

fn any_zone() -> impl Strategy<Value = Zone> {
    prop_oneof![
        Just("Europe/Berlin"),
        Just("America/New_York"),
        Just("Australia/Lord_Howe"),
        Just("Asia/Kathmandu"),
        Just("Africa/Casablanca"),
        // Its clocks change at midnight.
        Just("Asia/Beirut"),
        Just("UTC"),
    ]
    .prop_map(zone)
}

/// Near the changes of 2026, and anywhere.
fn instant() -> impl Strategy<Value = i64> {
    let changes = [
        "2026-03-29T01:00:00Z",
        "2026-10-25T01:00:00Z",
        "2026-03-08T07:00:00Z",
        "2026-11-01T06:00:00Z",
        "2026-10-03T15:30:00Z",
        "2026-04-04T15:00:00Z",
        "2026-03-28T22:00:00Z",
        "2026-10-24T21:00:00Z",
    ];
    let near = (0..changes.len(), -4 * HOUR..4 * HOUR).prop_map(move |(index, by)| ms(changes[index]) + by);
    prop_oneof![near, ms("2025-01-01T00:00:00Z")..ms("2031-01-01T00:00:00Z")]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_next_time_is_later_and_the_very_next(text in expression(), here in any_zone(), at in instant()) {
        let cron = times(&text);
        let next = cron.next(&here, at).unwrap();
        prop_assert!(next > at);
        // Nothing lies between, seen from either side.
        prop_assert!(cron.latest(&here, next - 1).unwrap() <= at);
        prop_assert_eq!(cron.latest(&here, next), Some(next));
        // Whoever asks in between gets the same answer.
        for part in 1..4 {
            let inside = at + (next - at) * part / 4;
            if inside < next {
                prop_assert_eq!(cron.next(&here, inside), Some(next));
            }
        }
        let after = cron.next(&here, next).unwrap();
        prop_assert!(after > next);
    }

    #[test]
    fn no_text_does_harm(text in ".{0,40}") {
        let _ = Times::parse(&text);
    }

    #[test]
    fn no_text_of_cron_letters_does_harm(text in "[0-9*/,#LW@? a-zA-Z+-]{0,24}") {
        if let Ok(cron) = Times::parse(&text) {
            let _ = cron.next(&zone("Europe/Berlin"), ms("2026-03-29T00:59:59Z"));
        }
    }
}
