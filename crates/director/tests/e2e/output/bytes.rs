//! Both streams, to the byte.

use director_testkit::eventually;

use crate::common::{BOUND, Site};

use super::{ONCE, current};

#[test]
fn both_streams_are_kept_to_the_byte_in_the_order_of_arrival() {
    let arguments = [
        "--say",
        "grüße",
        "--pause",
        "300",
        "--complain",
        "oh no",
        "--pause",
        "300",
        "--binary",
        "--pause",
        "300",
        "--partial",
        "no end",
        "--exit",
        "0",
    ];
    let site = Site::new("bytes").rogue("web", &arguments, ONCE);
    let _director = site.start();
    site.until_phase("web", "completed");
    let mut expected = "grüße\noh no\n".as_bytes().to_vec();
    expected.extend(0..=255_u8);
    expected.extend(b"\nno end");
    eventually(BOUND, "all output is in the file", || {
        let found = current(&site, "web");
        if found == expected {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&found).into_owned())
        }
    });
    let printed = site.command(&["logs", "web"]).output().expect("cannot run logs");
    assert_eq!(printed.stdout, expected, "`logs` changes no byte");
    assert_eq!(site.cli(&["logs", "web", "--stderr"]).exits(0).out, "oh no\n");

    // A second run begins on a line of its own.
    site.cli(&["start", "web"]).exits(0);
    eventually(BOUND, "a new line between the runs", || {
        let found = String::from_utf8_lossy(&current(&site, "web")).into_owned();
        if found.contains("no end\ngrüße\n") {
            Ok(())
        } else {
            Err(found)
        }
    });
}

#[test]
fn a_line_that_comes_in_parts_stays_whole_beside_the_other_stream() {
    let parts = [
        "--partial",
        "first ",
        "--pause",
        "50",
        "--complain",
        "between",
        "--pause",
        "50",
        "--say",
        "second",
        "--exit",
        "0",
    ];
    let site = Site::new("parts").rogue("web", &parts, ONCE);
    let _director = site.start();
    site.until_phase("web", "completed");
    eventually(BOUND, "both lines, whole", || {
        let found = String::from_utf8_lossy(&current(&site, "web")).into_owned();
        let mut lines: Vec<&str> = found.lines().collect();
        lines.sort_unstable();
        if lines == ["between", "first second"] {
            Ok(())
        } else {
            Err(found.clone())
        }
    });
}

#[test]
fn timestamps_go_before_lines_when_asked_for() {
    let site = Site::new("stamps").rogue(
        "web",
        &["--say", "one", "--say", "two", "--exit", "0"],
        "log.timestamps = true\nrestart.when = \"on-failure\"",
    );
    let _director = site.start();
    site.until_phase("web", "completed");
    let text = eventually(BOUND, "two lines", || {
        let text = String::from_utf8_lossy(&current(&site, "web")).into_owned();
        if text.lines().count() == 2 {
            Ok(text)
        } else {
            Err(text)
        }
    });
    for (line, word) in text.lines().zip(["one", "two"]) {
        let (stamp, rest) = line.split_once(' ').expect("a stamp and the line");
        assert!(
            stamp.starts_with("20") && stamp.ends_with('Z') && stamp.contains('T'),
            "{line}"
        );
        assert_eq!(rest, word);
    }
}
