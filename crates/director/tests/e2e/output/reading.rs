//! `director logs`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use director_testkit::eventually;
use serde_json::Value;

use crate::common::{BOUND, Site};

use super::ONCE;

/// `logs -f`, ended with the test.
struct Following(Child);

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_last_lines_those_since_a_time_and_one_stream() {
    let says =
        "--say one --complain two --pause 1300 --say three --complain four --pause 1300 --say five --exit 0";
    let words: Vec<&str> = says.split(' ').collect();
    let site = Site::new("reading").rogue("web", &words, ONCE);
    let director = site.start();
    site.until_phase("web", "completed");
    let lines: Vec<Value> = eventually(BOUND, "five lines", || {
        let text = site.cli(&["logs", "web", "--json"]).exits(0).out;
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        if lines.len() == 5 { Ok(lines) } else { Err(text) }
    });
    let out = |arguments: &[&str]| {
        let mut words: Vec<String> = site
            .cli(&[&["logs", "web"], arguments].concat())
            .exits(0)
            .out
            .lines()
            .map(str::to_owned)
            .collect();
        // Two streams at the same moment have no order.
        words.sort();
        words
    };
    assert_eq!(out(&["-n", "1"]), ["five"]);
    assert_eq!(out(&["-n", "3"]), ["five", "four", "three"]);
    assert_eq!(out(&["--stderr"]), ["four", "two"]);
    assert_eq!(out(&["--stderr", "-n", "1"]), ["four"]);
    let time = |index: usize| lines[index]["time"].as_i64().expect("a time");
    // Up to a second more is shown than was asked for.
    let middle = rfc3339(time(2) - 100);
    assert_eq!(out(&["--since", &middle]), ["five", "four", "three"]);
    assert_eq!(out(&["--since", &middle, "--stderr"]), ["four"]);
    assert_eq!(out(&["--since", "1h"]).len(), 5);
    let streams: Vec<&str> = lines
        .iter()
        .map(|line| line["stream"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(
        (
            streams.iter().filter(|stream| **stream == "stderr").count(),
            streams[4]
        ),
        (2, "stdout")
    );
    site.cli(&["logs", "web", "--since", "the day before"]).exits(2);

    director.shut_down();
    assert_eq!(
        out(&["-n", "3"]),
        ["five", "four", "three"],
        "no director is needed"
    );
}

#[test]
fn following_goes_on_over_rotations() {
    let site = Site::new("following").rogue(
        "web",
        &["--tick", "5"],
        "log.max_file = \"1KiB\"\nlog.max_total = \"1MiB\"",
    );
    let _director = site.start();
    site.until_running("web");
    let child = site
        .command(&["logs", "web", "-f", "-n", "1"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("cannot start logs");
    let mut following = Following(child);
    let lines = BufReader::new(following.0.stdout.take().expect("stdout")).lines();
    let ticks: Vec<u64> = lines
        .take(400)
        .map(|line| {
            let line = line.expect("a line");
            line.strip_prefix("tick ")
                .and_then(|number| number.parse().ok())
                .unwrap_or_else(|| panic!("{line:?}"))
        })
        .collect();
    assert!(ticks.windows(2).all(|pair| pair[1] == pair[0] + 1), "{ticks:?}");
    assert!(
        super::files(&site, "web", ".log").len() > 2,
        "no rotation happened"
    );
}

/// Unix milliseconds as a moment in UTC (days to date after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn rfc3339(unix_ms: i64) -> String {
    let (days, ms) = (unix_ms.div_euclid(86_400_000), unix_ms.rem_euclid(86_400_000));
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
        ms % 1000
    )
}
