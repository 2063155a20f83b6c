use super::flood::number_of;
use super::probe::kib_of;
use super::row::{Bar, Row, Sample};
use super::stamps::{gaps_ms, last_of, parse};

#[test]
fn gaps_are_taken_from_an_end_to_the_next_begin() {
    let text = "begin 1000000 7\nend 2000000 7\nbegin 3500000 8\nend 9000000 8\nbegin 9250000 9\nend 99";
    let stamps = parse(text);
    assert_eq!(stamps.len(), 5, "an unfinished line is no stamp");
    assert_eq!(gaps_ms(&stamps), [1.5, 0.25]);
    assert_eq!(last_of(&stamps, 3), Some(9_250_000));
    assert_eq!(last_of(&stamps, 4), None);
}

#[test]
fn median_and_spread_are_those_of_the_sorted_values() {
    let sample = Sample::of((1..=11).rev().map(f64::from).collect());
    assert_eq!(
        sample,
        Sample {
            median: 6.0,
            low: 2.0,
            high: 10.0,
            count: 11
        }
    );
    assert_eq!(Sample::one(3.0).median, 3.0);
    assert!(Sample::of(Vec::new()).median.is_nan());
}

#[test]
fn bars_are_judged_and_a_missing_measurement_meets_none() {
    let row = |value: f64, bar| {
        Row::new("w", "d", "ms", Sample::one(value))
            .against("b", &Sample::one(2.0))
            .bar(bar)
    };
    assert!(row(4.0, Bar::RatioAtMost(2.0)).is_met());
    assert!(!row(4.1, Bar::RatioAtMost(2.0)).is_met());
    assert!(row(1.4, Bar::RatioAtLeast(0.7)).is_met());
    assert!(!row(1.3, Bar::RatioAtLeast(0.7)).is_met());
    assert!(!row(0.1, Bar::AtMost(0.0)).is_met());
    for bar in [Bar::RatioAtMost(2.0), Bar::RatioAtLeast(0.7), Bar::AtMost(9.0)] {
        assert!(!row(f64::NAN, bar).is_met());
    }
}

#[test]
fn only_whole_lines_have_a_number() {
    let line = format!("000000000042 {}\n", "x".repeat(106));
    assert_eq!(number_of(line.as_bytes()), Some(42));
    assert_eq!(number_of(&line.as_bytes()[1..]), None);
    assert_eq!(number_of(line.replace("xx\n", "x0\n").as_bytes()), None);
    assert_eq!(number_of(b""), None);
}

#[test]
fn numbers_of_the_kernel_are_read() {
    let text = "Rss: 12 kB\nPss:    2048 kB\nPss_Dirty: 1 kB\n";
    assert_eq!(kib_of(text, "Pss:"), Some(2048.0));
    assert_eq!(kib_of(text, "Swap:"), None);
}
