//! One service's log: line ends, limits, recovery, losses.

use std::fs;

use crate::lab::{Lab, Stderr, Stdout, everything, last, only, since, spec};
use director_core::spec::LogSpec;
use director_store::logs::{Selection, compress};
use proptest::prelude::*;

const BIG: u64 = 1 << 30;

#[test]
fn lines_are_written_as_they_come_and_unfinished_ones_wait_a_moment() {
    let mut lab = Lab::new(spec(BIG, BIG));
    assert_eq!(lab.log.pending_deadline(), None);
    lab.write(Stdout, "one\ntw");
    assert_eq!(lab.current(), "one\n");
    assert!(lab.log.pending_deadline().is_some());
    lab.write(Stderr, "error\n");
    lab.write(Stdout, "o\n");
    assert_eq!(lab.current(), "one\nerror\ntwo\n");
    assert_eq!(lab.log.pending_deadline(), None);
    lab.write(Stdout, "Password: ");
    lab.later(199);
    lab.log.flush_partial(lab.now).unwrap();
    assert_eq!(lab.current(), "one\nerror\ntwo\n");
    lab.later(1);
    lab.log.flush_partial(lab.now).unwrap();
    assert_eq!(lab.current(), "one\nerror\ntwo\nPassword: ");
    assert_eq!(lab.log.pending_deadline(), None);
}

#[test]
fn a_line_that_had_to_be_written_unfinished_is_whole_in_its_own_stream() {
    let mut lab = Lab::new(spec(BIG, BIG));
    lab.write(Stdout, "begin ");
    lab.later(200);
    lab.log.flush_partial(lab.now).unwrap();
    lab.write(Stderr, "error\n");
    lab.write(Stdout, "end\n");
    assert_eq!(lab.current(), "begin \nerror\nend\n");
    assert_eq!(lab.text(only(true, false)), "begin end\n");
    assert_eq!(lab.text(only(false, true)), "error\n");
    assert_eq!(lab.text(everything()), "begin \nerror\nend\n");
}

#[test]
fn the_end_of_a_run_in_the_middle_of_a_line_does_not_swallow_the_next_run() {
    let mut lab = Lab::new(spec(BIG, BIG));
    lab.write(Stderr, "died in the mid");
    lab.log.end_stream(Stdout, lab.now).unwrap();
    lab.log.end_stream(Stderr, lab.now).unwrap();
    assert_eq!(lab.current(), "died in the mid");
    lab.write(Stderr, "next run\n");
    assert_eq!(lab.current(), "died in the mid\nnext run\n");
    assert_eq!(
        lab.text(only(false, true)),
        "died in the midnext run\n",
        "added bytes are not the service's"
    );
    let people = director_store::logs::Query {
        selection: Selection::STDERR,
        ..everything()
    };
    assert_eq!(
        lab.text(people),
        "died in the mid\nnext run\n",
        "but people see them"
    );
}

#[test]
fn files_are_rotated_at_line_ends_and_nothing_is_lost() {
    let mut lab = Lab::new(spec(1000, BIG));
    let mut expected = String::new();
    for number in 0..500 {
        let line = format!("line {number} {}\n", "x".repeat(number % 90));
        expected.push_str(&line);
        lab.write(if number % 3 == 0 { Stderr } else { Stdout }, &line);
    }
    let rotated = lab.rotated(".log");
    assert!(rotated.len() > 15, "{}", rotated.len());
    for path in &rotated {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.ends_with('\n') && text.len() <= 1000, "{}", text.len());
        assert!(path.with_extension("idx").exists());
        assert!(!path.file_name().unwrap().to_str().unwrap().contains(':'));
    }
    assert_eq!(lab.text(everything()), expected);
    assert_eq!(lab.text(last(7)).lines().count(), 7);
    assert!(expected.ends_with(&lab.text(last(7))));
    assert_eq!(lab.text(last(100_000)), expected);
    assert_eq!(lab.text(last(0)), "");
}

#[test]
fn one_large_chunk_is_cut_at_line_ends_too() {
    let mut lab = Lab::new(spec(1000, BIG));
    let text: String = (0..1000).map(|number| format!("line {number}\n")).collect();
    lab.write(Stdout, &text);
    assert!(lab.rotated(".log").len() >= 8);
    assert!(
        lab.rotated(".log")
            .iter()
            .all(|path| fs::read_to_string(path).unwrap().ends_with('\n'))
    );
    assert_eq!(lab.text(everything()), text);
}

#[test]
fn a_line_longer_than_a_file_is_cut_at_twice_its_size_and_stays_one_line() {
    let mut lab = Lab::new(spec(100_000, BIG));
    let long = "y".repeat(150_000) + "\n";
    lab.write(Stdout, &long);
    lab.write(Stdout, "short\n");
    let endless = "z".repeat(1_000_000);
    lab.write(Stdout, &endless);
    lab.write(Stdout, "\n");
    assert_eq!(
        fs::read_to_string(&lab.rotated(".log")[0]).unwrap(),
        long,
        "up to twice the size a line is not cut"
    );
    assert!(
        lab.rotated(".log")
            .iter()
            .all(|path| fs::metadata(path).unwrap().len() <= 200_000)
    );
    assert_eq!(
        lab.text(only(true, false)),
        long.clone() + "short\n" + &endless + "\n"
    );
    assert_eq!(lab.text(last(1)), endless + "\n");
}

#[test]
fn the_total_is_bounded_and_the_oldest_go_first() {
    let mut lab = Lab::new(spec(10_000, 60_000));
    let line = "q".repeat(99) + "\n";
    for number in 0..5000 {
        lab.later(1);
        lab.write(
            if number % 2 == 0 { Stdout } else { Stderr },
            &format!("{number:05} {}", &line[6..]),
        );
        if number % 50 == 0 {
            let total: u64 = crate::lab::files(&lab.folder.path().join("web"), "")
                .iter()
                .map(|path| fs::metadata(path).unwrap().len())
                .sum();
            assert!(total <= 60_000, "{total}");
        }
    }
    let text = lab.text(everything());
    assert!(text.ends_with(&format!("04999 {}", &line[6..])));
    assert!(text.len() > 25_000, "{}", text.len());
    let first: usize = text[..5].parse().unwrap();
    assert_eq!(text.lines().count(), 5000 - first, "what is kept has no gap");
    assert_eq!(
        lab.rotated(".idx").len(),
        lab.rotated(".log").len() + 1,
        "no index is left over"
    );
}

#[test]
fn the_index_of_a_flood_stays_below_a_hundredth_of_the_log() {
    let mut lab = Lab::new(spec(BIG, 3 * BIG));
    let chunk = ("w".repeat(119) + "\n").repeat(500);
    for _ in 0..200 {
        lab.later(1);
        lab.write(Stdout, &chunk);
    }
    let log = fs::metadata(lab.path("current.log")).unwrap().len();
    let index = fs::metadata(lab.path("current.idx")).unwrap().len();
    assert!(index * 100 < log, "{index} of {log}");
}

#[test]
fn since_is_right_to_a_second_when_quiet_and_a_tenth_when_busy() {
    let mut lab = Lab::new(spec(5000, BIG));
    let mut times = Vec::new();
    for number in 0..400_u64 {
        lab.later(if number < 200 { 10 } else { 1500 });
        times.push(lab.now.wall_ms);
        lab.write(
            Stdout,
            &format!(
                "{number:04} {}\n",
                "v".repeat(if number < 200 { 600 } else { 30 })
            ),
        );
    }
    for (number, time) in times.iter().enumerate().step_by(7) {
        let text = lab.text(since(*time));
        let first: usize = text[..4].parse().unwrap();
        let slack_ms = if number < 200 { 110 } else { 1000 };
        assert!(
            times[first] <= *time && *time - times[first] < slack_ms,
            "{number} {first}"
        );
        assert!(text.contains("\n0399 ") || first == 399);
    }
    assert_eq!(lab.text(since(lab.now.wall_ms + 5000)), "");
}

#[test]
fn compressed_files_read_like_plain_ones() {
    let mut lab = Lab::new(LogSpec {
        gzip: true,
        ..spec(500, BIG)
    });
    for number in 0..300 {
        lab.later(20);
        lab.write(
            if number % 5 == 0 { Stderr } else { Stdout },
            &format!("line {number}\n"),
        );
    }
    let plain = (
        lab.text(everything()),
        lab.text(only(false, true)),
        lab.text(since(lab.now.wall_ms - 4000)),
    );
    assert!(lab.log.next_to_compress().is_some());
    for path in lab.rotated(".log") {
        let target = compress(&path).unwrap();
        assert!(target.exists() && !path.exists());
    }
    assert!(lab.rotated(".log.gz").len() > 1);
    let gzip = (
        lab.text(everything()),
        lab.text(only(false, true)),
        lab.text(since(lab.now.wall_ms - 4000)),
    );
    assert_eq!(plain, gzip);
    assert_eq!(lab.text(last(250)).lines().count(), 250);
    assert!(compress(&lab.path("absent.log")).is_err());
    assert!(!lab.path("absent.log.gz").exists() && !lab.path("absent.log.gz.tmp").exists());
}

#[test]
fn what_a_crash_left_is_repaired_and_no_byte_is_lost() {
    let mut lab = Lab::new(spec(BIG, BIG));
    lab.write(Stdout, "first\n");
    lab.write(Stderr, "second\nthird without end");
    lab.later(200);
    lab.log.flush_partial(lab.now).unwrap();
    lab.crash(spec(BIG, BIG));
    // Half a record, as of a death in the middle of its writing.
    let index = lab.path("current.idx");
    let mut bytes = fs::read(&index).unwrap();
    bytes.extend_from_slice(&[7; 11]);
    fs::write(&index, &bytes).unwrap();
    lab.write(Stdout, "after\n");
    assert_eq!(lab.current(), "first\nsecond\nthird without end\nafter\n");
    assert_eq!(lab.text(only(true, false)), "first\nafter\n");

    // The index is ahead of the log: the record was written, its bytes were not.
    lab.crash(spec(BIG, BIG));
    let log = fs::read(lab.path("current.log")).unwrap();
    fs::write(lab.path("current.log"), &log[..log.len() - 6]).unwrap();
    lab.write(Stderr, "late\n");
    assert_eq!(lab.text(only(false, true)), "second\nthird without endlate\n");
    assert_eq!(lab.text(only(true, false)), "first\n");
}

#[test]
fn a_lost_or_damaged_index_makes_the_stream_unknown_and_hides_nothing() {
    for damage in [
        None,
        Some(Vec::new()),
        Some(b"not an index at all, but long enough".to_vec()),
    ] {
        let mut lab = Lab::new(spec(BIG, BIG));
        lab.write(Stdout, "before\n");
        lab.crash(spec(BIG, BIG));
        match &damage {
            None => fs::remove_file(lab.path("current.idx")).unwrap(),
            Some(bytes) => fs::write(lab.path("current.idx"), bytes).unwrap(),
        }
        let (bytes, summary) = lab.read(only(false, true));
        assert_eq!(bytes, b"before\n", "a reader shows what nobody can ascribe");
        assert_eq!(summary.warnings.len(), 1);
        lab.write(Stdout, "out\n");
        lab.write(Stderr, "err\n");
        assert_eq!(lab.text(only(false, true)), "before\nerr\n");
        assert_eq!(lab.text(everything()), "before\nout\nerr\n");
    }
}

#[test]
fn a_damaged_record_in_the_middle_warns_and_the_bytes_stay() {
    let mut lab = Lab::new(spec(BIG, BIG));
    for number in 0..10 {
        lab.write(
            if number % 2 == 0 { Stdout } else { Stderr },
            &format!("line {number}\n"),
        );
    }
    let mut bytes = fs::read(lab.path("current.idx")).unwrap();
    bytes[16 + 24 * 5 + 16] = 99;
    fs::write(lab.path("current.idx"), &bytes).unwrap();
    let (bytes, summary) = lab.read(everything());
    assert_eq!(String::from_utf8(bytes).unwrap(), lab.current());
    assert_eq!(summary.warnings.len(), 1);
}

#[test]
fn a_crash_between_the_renames_of_a_rotation_gives_the_index_back() {
    let mut lab = Lab::new(spec(BIG, BIG));
    lab.write(Stdout, "out\n");
    lab.write(Stderr, "err\n");
    lab.crash(spec(BIG, BIG));
    fs::rename(lab.path("current.log"), lab.path("2026-11-23T221512.123Z.log")).unwrap();
    lab.write(Stdout, "new\n");
    assert!(lab.path("2026-11-23T221512.123Z.idx").exists());
    assert_eq!(lab.text(only(true, false)), "out\nnew\n");
}

#[test]
fn names_stay_in_order_when_the_clock_is_set_back() {
    let mut lab = Lab::new(spec(100, BIG));
    let mut expected = String::new();
    for number in 0..50 {
        lab.now.wall_ms -= 60_000;
        if number == 25 {
            lab.crash(spec(100, BIG));
        }
        let line = format!("line {number} {}\n", "c".repeat(30));
        lab.write(Stdout, &line);
        expected.push_str(&line);
    }
    assert!(lab.rotated(".log").len() > 10);
    assert_eq!(lab.text(everything()), expected);
}

#[test]
fn timestamps_stand_at_line_starts_only() {
    let mut lab = Lab::new(LogSpec {
        timestamps: true,
        ..spec(BIG, BIG)
    });
    lab.now.wall_ms = 0;
    lab.write(Stdout, "one\ntwo\nthr");
    lab.later(200);
    lab.log.flush_partial(lab.now).unwrap();
    lab.later(5);
    lab.write(Stdout, "ee\nfour\n");
    let expected = "1970-01-01T00:00:00.000Z one\n1970-01-01T00:00:00.000Z two\n\
                    1970-01-01T00:00:00.200Z three\n1970-01-01T00:00:00.205Z four\n";
    assert_eq!(lab.current(), expected);
}

#[test]
fn a_folder_that_cannot_be_used_loses_counted_lines_and_says_so_when_it_can() {
    let mut lab = Lab::new(spec(BIG, BIG));
    fs::write(lab.folder.path().join("web"), "in the way").unwrap();
    let lost = lab.log.write(Stdout, b"a\nb\nc\n", lab.now).unwrap_err();
    assert_eq!((lost.lines, lost.bytes), (3, 6));
    fs::remove_file(lab.folder.path().join("web")).unwrap();
    lab.later(500);
    let lost = lab.log.write(Stderr, b"too early\n", lab.now).unwrap_err();
    assert_eq!((lost.lines, lost.bytes), (1, 10));
    assert!(
        !lab.folder.path().join("web").exists(),
        "it tries only once a second"
    );
    lab.later(500);
    lab.write(Stdout, "kept\n");
    let text = lab.current();
    let (marker, rest) = text.split_once('\n').unwrap();
    assert!(
        marker.starts_with("[director: 4 lines (16 bytes) were not kept: "),
        "{text}"
    );
    assert_eq!(rest, "kept\n");
    assert_eq!(
        lab.text(only(true, false)),
        "kept\n",
        "the marker is not the service's"
    );
}

#[test]
fn a_lost_line_that_came_in_parts_is_counted_once() {
    let mut lab = Lab::new(spec(BIG, BIG));
    fs::write(lab.folder.path().join("web"), "in the way").unwrap();
    let mut lost = 0;
    for part in ["one\ntwo be", "gins and ", "ends\nthree be", "gins\n"] {
        lost += lab
            .log
            .write(Stdout, part.as_bytes(), lab.now)
            .err()
            .map_or(0, |lost| lost.lines);
        lab.later(200);
        lost += lab.log.flush_partial(lab.now).err().map_or(0, |lost| lost.lines);
    }
    assert_eq!(lost, 3);
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_named_and_nothing_is_torn() {
    let mut lab = Lab::new(spec(BIG, BIG));
    fs::create_dir(lab.folder.path().join("web")).unwrap();
    std::os::unix::fs::symlink("/dev/full", lab.path("current.log")).unwrap();
    let lost = lab.log.write(Stdout, b"x\ny\n", lab.now).unwrap_err();
    assert_eq!(lost.because, "no space left on device");
    fs::remove_file(lab.path("current.log")).unwrap();
    lab.later(1000);
    lab.write(Stdout, "z\n");
    assert_eq!(
        lab.current(),
        "[director: 2 lines (4 bytes) were not kept: no space left on device]\nz\n"
    );
}

fn chunks() -> impl Strategy<Value = Vec<(bool, Vec<u8>, u8)>> {
    let byte = prop_oneof![3 => Just(b'\n'), 8 => any::<u8>(), 2 => Just(0_u8)];
    let chunk = prop_oneof![
        6 => proptest::collection::vec(byte, 0..60),
        1 => (0..3000_usize).prop_map(|len| vec![b'L'; len]),
    ];
    proptest::collection::vec((any::<bool>(), chunk, 0..10_u8), 0..60)
}

/// Files are slow under Wine; the cases are the same kind.
const CASES: u32 = if cfg!(windows) { 30 } else { 150 };

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes, in whatever pieces, with rotations, pauses and crashes: each stream reads back to the byte, and no
    /// line of one stream has another inside.
    #[test]
    fn each_stream_reads_back_to_the_byte(input in chunks(), max in 50_u64..2000) {
        let mut lab = Lab::new(spec(max, BIG));
        let mut expected = [Vec::new(), Vec::new()];
        for (stderr, bytes, pause) in &input {
            let stream = if *stderr { Stderr } else { Stdout };
            lab.log.write(stream, bytes, lab.now).unwrap();
            expected[usize::from(*stderr)].extend_from_slice(bytes);
            match pause {
                0 => { lab.later(250); lab.log.flush_partial(lab.now).unwrap(); }
                1 => { lab.log.close(lab.now).unwrap(); lab.crash(spec(max, BIG)); }
                _ => lab.later(u64::from(*pause) * 20),
            }
        }
        lab.log.close(lab.now).unwrap();
        prop_assert_eq!(&lab.read(only(true, false)).0, &expected[0]);
        prop_assert_eq!(&lab.read(only(false, true)).0, &expected[1]);
        let (all, summary) = lab.read(everything());
        prop_assert!(summary.warnings.is_empty());
        prop_assert!(all.len() >= expected[0].len() + expected[1].len());
        for lines in [0, 1, 3, 20] {
            let (some, _) = lab.read(last(lines));
            prop_assert!(all.ends_with(&some));
            let ends = some.iter().filter(|byte| **byte == b'\n').count() as u64;
            let open = u64::from(some.last().is_some_and(|byte| *byte != b'\n'));
            prop_assert!(ends + open <= lines, "{} of {}", ends + open, lines);
        }
    }

    /// A reader takes any bytes for an index.
    #[test]
    fn no_index_breaks_a_reader(junk in proptest::collection::vec(any::<u8>(), 0..200), keep_header in any::<bool>()) {
        let mut lab = Lab::new(spec(BIG, BIG));
        lab.write(Stdout, "one\n");
        lab.write(Stderr, "two\n");
        let good = fs::read(lab.path("current.idx")).unwrap();
        let mut bytes = if keep_header { good[..16].to_vec() } else { Vec::new() };
        bytes.extend_from_slice(&junk);
        fs::write(lab.path("current.idx"), bytes).unwrap();
        prop_assert_eq!(lab.read(everything()).0, b"one\ntwo\n");
        let _ = lab.read(since(5));
        lab.crash(spec(BIG, BIG));
        lab.write(Stdout, "three\n");
        prop_assert_eq!(lab.read(everything()).0, b"one\ntwo\nthree\n");
    }
}

#[test]
fn chunks_carry_stream_and_time() {
    let mut lab = Lab::new(spec(BIG, BIG));
    lab.write(Stdout, "out\n");
    lab.later(5000);
    lab.write(Stderr, "err\n");
    let mut found = Vec::new();
    director_store::logs::read(lab.folder.path(), &crate::lab::web(), &everything(), |chunk| {
        found.push((chunk.stream, chunk.unix_ms.unwrap(), chunk.bytes.to_vec()));
        Ok(())
    })
    .unwrap();
    let now = lab.now.wall_ms;
    assert_eq!(
        found,
        [
            (Stdout, now - 5000, b"out\n".to_vec()),
            (Stderr, now, b"err\n".to_vec())
        ]
    );
}
