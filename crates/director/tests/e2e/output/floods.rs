//! As much output as a program can make.

use std::fs;

use director_testkit::eventually;

use crate::common::{BOUND, Site};

use super::{LINE, ONCE, assert_whole, current, files, lines_of, size};

/// Less than may wait for the disk (8 MiB for each service, of which three quarters are output at least), so that nothing may
/// be lost however slow the disk is.
const SAFE: u64 = 5 << 20;

#[test]
fn no_line_is_lost_or_torn_over_rotations() {
    let site = Site::new("rotation")
        .rogue(
            "web",
            &["--flood", "5m", "--exit", "0"],
            &format!("{ONCE}\nlog = {{ max_file = \"256KiB\" }}"),
        )
        .rogue(
            "gz",
            &["--flood", "5m", "--exit", "0"],
            &format!("{ONCE}\nlog = {{ max_file = \"256KiB\", gzip = true }}"),
        )
        .rogue(
            "both",
            &["--flood", "2560k", "--flood-to", "both", "--exit", "0"],
            &format!("{ONCE}\nlog = {{ max_file = \"256KiB\" }}"),
        );
    let director = site.start();
    for service in ["web", "gz", "both"] {
        site.until_phase(service, "completed");
        assert_eq!(site.status(service)["log_lines_dropped"], 0);
    }
    // It ends when everything is written.
    director.shut_down();

    let plain = files(&site, "web", ".log");
    assert!(plain.len() >= 20, "{} files", plain.len());
    let mut all = Vec::new();
    for path in &plain {
        let bytes = fs::read(path).expect("a log");
        assert!(
            bytes.len() <= (256 << 10) + LINE && bytes.ends_with(b"\n"),
            "{}: {} bytes",
            path.display(),
            bytes.len()
        );
        all.extend(bytes);
    }
    assert_whole(&all, lines_of(SAFE));

    let everything = ["logs", "gz", "-n", "1000000"];
    assert_whole(site.cli(&everything).exits(0).out.as_bytes(), lines_of(SAFE));
    let packed = files(&site, "gz", ".log.gz");
    assert!(!packed.is_empty(), "nothing was compressed");
    for path in packed {
        let bytes = fs::read(&path).expect("a log");
        assert!(
            bytes.starts_with(&[0x1f, 0x8b]) && bytes.len() < (128 << 10),
            "{}",
            path.display()
        );
    }

    let complaints = site
        .cli(&["logs", "both", "--stderr", "-n", "1000000"])
        .exits(0)
        .out;
    assert_whole(complaints.as_bytes(), lines_of(SAFE / 2));
    let both = site.cli(&["logs", "both", "-n", "1000000"]).exits(0).out;
    assert_eq!(both.len(), 2 * complaints.len());
}

#[test]
fn the_total_is_bounded_and_the_latest_output_stays() {
    let site = Site::new("cap").rogue(
        "web",
        &["--flood", "5m", "--exit", "0"],
        &format!("{ONCE}\nlog = {{ max_file = \"128KiB\", max_total = \"1MiB\" }}"),
    );
    let director = site.start();
    site.until_phase("web", "completed");
    director.shut_down();
    let total: u64 = files(&site, "web", "").iter().map(size).sum();
    assert!(
        (512 << 10..=1 << 20).contains(&total),
        "{total} bytes with their indexes"
    );
    let kept = site.cli(&["logs", "web", "-n", "1000000"]).exits(0).out;
    let numbers: Vec<u64> = kept
        .lines()
        .map(|line| line[..12].parse().expect("a number"))
        .collect();
    let first = numbers[0];
    assert_eq!(
        numbers.last(),
        Some(&(lines_of(SAFE) - 1)),
        "the latest line is kept"
    );
    assert!(
        numbers.iter().copied().eq(first..lines_of(SAFE)),
        "nothing is missing between"
    );
}

#[test]
fn a_hundred_megabytes_without_a_newline_are_kept_in_little_memory() {
    let site = Site::new("unbroken").rogue(
        "web",
        &["--no-newline", "100m", "--exit", "0"],
        &format!("{ONCE}\nlog = {{ max_total = \"200MiB\" }}"),
    );
    let director = site.start();
    site.until_phase("web", "completed");
    let status = site.status("web");
    if let Some(peak_kib) = crate::common::system::peak_memory_kib(director.pid()) {
        assert!(peak_kib < 48 << 10, "the director took {peak_kib} KiB");
    }
    director.shut_down();
    let mut all = Vec::new();
    for path in files(&site, "web", ".log") {
        all.extend(fs::read(&path).expect("a log"));
    }
    // A disk that cannot keep up costs output, and then its place in the log says how much.
    let (mut kept, mut lost) = (0, 0);
    for part in all.split(|byte| *byte == b'\n') {
        match bytes_not_kept(part) {
            Some(bytes) => lost += bytes,
            None => kept += part.len() as u64,
        }
    }
    let expected = (100_u64 << 20).div_ceil(13) * 13;
    assert_eq!(kept + lost, expected, "{lost} lost; {status}");
    assert_eq!(lost > 0, status["log_lines_dropped"] != 0, "{status}");
    if lost == 0 {
        let numbers = all.chunks(13).zip(0_u64..);
        let mut wrong = numbers.filter(|(found, number)| *found != format!("{number:012} ").as_bytes());
        assert_eq!(wrong.next(), None);
    }
}

/// What a line of the director in a log says is missing there.
fn bytes_not_kept(line: &[u8]) -> Option<u64> {
    let line = std::str::from_utf8(line).ok()?.strip_prefix("[director: ")?;
    let (_, bytes) = line.split_once('(')?;
    bytes.split_once(" bytes) were not kept")?.0.parse().ok()
}

#[test]
fn a_flood_in_one_service_keeps_no_other_waiting() {
    let site = Site::new("neighbours")
        .rogue(
            "flood",
            &["--flood", "forever"],
            "log = { max_file = \"1MiB\", max_total = \"4MiB\" }",
        )
        .rogue("quiet", &["--tick", "50"], "");
    let _director = site.start();
    site.until_running("flood");
    eventually(BOUND, "the quiet one is heard", || {
        let lines = String::from_utf8_lossy(&current(&site, "quiet")).lines().count();
        if lines >= 20 { Ok(()) } else { Err(lines) }
    });
    site.cli(&["stop", "flood"]).exits(0);
    let total: u64 = files(&site, "flood", "").iter().map(size).sum();
    assert!(total <= 4 << 20, "{total}");
}
