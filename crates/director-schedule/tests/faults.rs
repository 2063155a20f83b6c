//! Texts that are no expression, and what is told of them.

use director_schedule::{CronFault, Times};

/// What is told of each text; ` + six` stands for [`SIX`].
const FAULTS: &str = r#"
60 24 * * * => the minute, 0-59, is "60": number out of bounds
0 24 * * * => the hour, 0-23, is "24": number out of bounds
0 4 0 * * => the day of month, 1-31, is "0": number out of bounds
0 4 * 13 * => the month, 1-12, is "13": number out of bounds
0 4 * * 8 => the day of week, 0-7, is "8": number out of bounds
0 4 * * * 2030 => the day of week, 0-7, is "2030": number out of bounds + six
60 0 4 * * * => the second, 0-59, is "60": number out of bounds + six
5-1 * * * * => the minute, 0-59, is "5-1": range out of bounds
1,,2 * * * * => the minute, 0-59, is "1,,2": a list has an empty entry
*/0 * * * * => the minute, 0-59, is "*/0": step cannot be zero
*/70 * * * * => the minute, 0-59, is "*/70": its greatest step is 60
0 1,0-23/25 * * * => the hour, 0-23, is "1,0-23/25": its greatest step is 24
0 0 */32 * * => the day of month, 1-31, is "*/32": its greatest step is 31
0 0 1 jan-dec/13 * => the month, 1-12, is "jan-dec/13": its greatest step is 12
0 0 * * */8 => the day of week, 0-7, is "*/8": its greatest step is 7
0 0 * * */9#2 => the day of week, 0-7, is "*/9#2": its greatest step is 7
*/61 * * * * * => the second, 0-59, is "*/61": its greatest step is 60 + six
0 4 * * => it must have 5 fields, or 6 with the second first
0 4 * * * * * => it must have 5 fields, or 6 with the second first
"#;
const SIX: &str = "; of six fields the first is the second of the minute";

#[test]
fn what_is_no_expression_or_never_comes_is_refused() {
    let unreadable = [
        "",
        " ",
        "4",
        "0 4 * *",
        "60 4 * * *",
        "0 24 * * *",
        "0 4 * * 8",
        "0 4 * * * * *",
        "0 4 * * * 2026",
        "a b c d e",
        "@reboot",
        "0 4 * * mo",
        "0 4 0 * *",
        "0 4 * 13 *",
        "5-1 * * * *",
        "*/0 * * * *",
        "1,,2 * * * *",
    ];
    for text in unreadable {
        let fault = Times::parse(text).err();
        assert!(
            matches!(fault, Some(CronFault::Unreadable(_))),
            "`{text}` gives {fault:?}"
        );
    }
    assert_eq!(Times::parse("0 0 30 2 *").unwrap_err(), CronFault::Never);
}

#[test]
fn the_field_that_is_wrong_is_named() {
    for row in FAULTS.trim().lines() {
        let (text, told) = row.split_once(" => ").unwrap();
        let expected = CronFault::Unreadable(told.replace(" + six", SIX));
        assert_eq!(Times::parse(text).unwrap_err(), expected, "`{text}`");
    }
}

#[test]
fn a_step_as_great_as_its_field_comes_to_the_first_value() {
    for text in [
        "*/60 * * * *",
        "0 */24 * * *",
        "0 0 */31 * *",
        "0 0 1 */12 *",
        "0 0 * * */7",
    ] {
        assert!(Times::parse(text).is_ok(), "`{text}`");
    }
}

#[test]
fn nicknames_are_expressions() {
    for text in ["@hourly", "@daily", "@weekly", "@monthly", "@yearly"] {
        assert!(Times::parse(text).is_ok(), "`{text}`");
    }
}
