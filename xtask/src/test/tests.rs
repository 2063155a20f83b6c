use std::collections::BTreeSet;

use super::counts::Counts;
use super::licences::is_allowed;
use super::report::without_passing;
use super::{Half, parse};

fn counts(passed: u64, failed: u64, skipped: u64) -> Counts {
    Counts {
        passed,
        failed,
        skipped,
    }
}

#[test]
fn cargo_test_summaries_are_added_up() {
    let output = "\
running 3 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.01s

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s
";
    assert_eq!(Counts::read(output), counts(3, 2, 1));
}

#[test]
fn nextest_summaries_are_read_with_their_remarks() {
    let cases = [
        (
            "     Summary [   0.005s] 12 tests run: 11 passed, 1 failed, 2 skipped",
            counts(11, 1, 2),
        ),
        (
            "     Summary [   9.005s] 3/20 tests run: 1 passed (1 slow), 1 failed, 1 timed out, 0 skipped",
            counts(1, 2, 0),
        ),
        (
            "     Summary [   1.0s] 4 tests run: 3 passed (1 slow, 2 flaky), 1 exec failed, 5 skipped",
            counts(3, 1, 5),
        ),
        (
            "\u{1b}[32m     Summary\u{1b}[0m [   1.0s] \u{1b}[1m1\u{1b}[0m test run: \u{1b}[1m1\u{1b}[0m \u{1b}[32mpassed\u{1b}[0m, 0 skipped",
            counts(1, 0, 0),
        ),
        (
            "     Summary [   0.000s] 0 tests run: 0 passed, 0 skipped",
            counts(0, 0, 0),
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(Counts::read(line), expected, "{line}");
    }
}

#[test]
fn a_test_that_prints_words_like_a_summary_in_its_name_is_not_counted() {
    assert_eq!(
        Counts::read("test counts::test_result_3_passed ... ok\n    3 passed; 4 failed\n"),
        counts(0, 0, 0)
    );
}

#[test]
fn the_last_line_has_its_fixed_form() {
    assert_eq!(counts(12, 0, 3).to_string(), "12 passed, 0 failed, 3 skipped");
}

#[test]
fn only_failing_output_is_shown() {
    let shown =
        without_passing("   Compiling x v1\ntest a ... ok\ntest b ... FAILED\n---- b stdout ----\nwhy\n");
    assert_eq!(shown, "test b ... FAILED\n---- b stdout ----\nwhy\n");
}

#[test]
fn licence_expressions_are_evaluated() {
    let allowed: BTreeSet<&str> = ["MIT", "Apache-2.0", "Unicode-3.0"].into();
    for (expression, expected) in [
        ("MIT", true),
        ("MIT OR GPL-3.0", true),
        ("MIT/GPL-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("(MIT OR Apache-2.0) AND ISC", false),
        ("Apache-2.0 WITH LLVM-exception OR ISC", true),
        ("GPL-2.0 OR (ISC AND MIT)", false),
        ("(MIT", false),
        ("", false),
    ] {
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
    }
}

#[test]
fn halves_exclude_each_other_and_other_words_are_filters() {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let options = parse(&words("--linux-only throttle ladder")).unwrap();
    assert!(options.half == Half::Linux);
    assert_eq!(options.filters, ["throttle", "ladder"]);
    assert!(parse(&words("--linux-only --windows-only")).is_err());
    assert!(parse(&words("--linux")).is_err());
}
