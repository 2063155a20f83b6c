//! The pump: every byte arrives, in order, nobody starves, and an end is an end.

use crate::common::{BOUND, Lab};
use director_testkit::eventually;

const MIB: usize = 1 << 20;

fn bytes(lab: &Lab, stream: u64) -> Vec<u8> {
    lab.collected
        .lock()
        .unwrap()
        .bytes
        .get(&stream)
        .cloned()
        .unwrap_or_default()
}

#[test]
fn a_flood_arrives_whole_and_in_order() {
    let lab = Lab::new("flood");
    lab.launch(1, lab.request(&["--flood", "24m", "--exit", "0"]));
    lab.wait_closed(2);
    let text = bytes(&lab, 2);
    assert!(text.len() >= 24 * MIB);
    for (index, line) in text
        .strip_suffix(b"\n")
        .unwrap()
        .split(|byte| *byte == b'\n')
        .enumerate()
    {
        assert_eq!(line.len(), 119, "line {index}");
        let number: usize = std::str::from_utf8(&line[..12]).unwrap().trim().parse().unwrap();
        assert_eq!(number, index);
    }
    assert_eq!(lab.collected.lock().unwrap().closed[&2], 1);
}

#[test]
fn every_byte_value_and_a_missing_newline_arrive() {
    let lab = Lab::new("binary");
    lab.launch(1, lab.request(&["--binary", "--partial", "end", "--exit", "0"]));
    lab.wait_closed(2);
    let mut expected: Vec<u8> = (0..=255).collect();
    expected.extend(b"\nend");
    assert_eq!(bytes(&lab, 2), expected);
    lab.wait_closed(3);
    assert!(bytes(&lab, 3).is_empty());
}

#[test]
fn both_streams_are_apart() {
    let lab = Lab::new("apart");
    lab.launch(
        1,
        lab.request(&["--say", "out", "--complain", "err", "--exit", "0"]),
    );
    lab.wait_closed(2);
    lab.wait_closed(3);
    assert_eq!(bytes(&lab, 2).trim_ascii_end(), b"out");
    assert_eq!(bytes(&lab, 3).trim_ascii_end(), b"err");
}

#[test]
fn who_floods_does_not_starve_the_others() {
    let lab = Lab::new("fair");
    let flood = lab.launch(1, lab.request(&["--flood", "forever"])).tree;
    eventually(BOUND, "the flood runs", || bytes(&lab, 2).len() > 4 * MIB);
    let quiet = lab.ready(2, &["--say", "still heard"]);
    // The last word of a program that ends beside a flood.
    assert!(lab.text(2).contains("still heard"));
    quiet.kill_all().unwrap();
    flood.kill_all().unwrap();
    lab.wait_closed(4);
    lab.wait_closed(2);
}

#[test]
fn finishing_takes_what_is_there_and_closes_although_the_pipe_is_held() {
    let lab = Lab::new("held");
    let args = [
        "--say",
        "last words",
        "--fork",
        "pipe",
        "--write-pid",
        &lab.path("pids"),
        "--main-exits-first",
    ];
    let tree = lab.launch(1, lab.request(&args)).tree;
    lab.wait_pids("pids", 2);
    lab.wait_exit(1);
    assert!(
        !lab.collected.lock().unwrap().closed.contains_key(&2),
        "a grandchild holds it"
    );
    lab.pump.finish(2);
    lab.pump.finish(2);
    lab.pump.finish(99);
    lab.wait_closed(2);
    assert!(lab.text(1).contains("last words"));
    assert_eq!(lab.collected.lock().unwrap().closed[&2], 1);
    tree.kill_all().unwrap();
}

#[test]
fn finishing_a_flood_ends() {
    let lab = Lab::new("finish-flood");
    let tree = lab.launch(1, lab.request(&["--flood", "forever"])).tree;
    eventually(BOUND, "the flood runs", || bytes(&lab, 2).len() > MIB);
    lab.pump.finish(2);
    lab.wait_closed(2);
    let length = bytes(&lab, 2).len();
    tree.kill_all().unwrap();
    lab.wait_end(1);
    assert_eq!(bytes(&lab, 2).len(), length, "data after closed");
}

#[test]
fn the_end_of_a_round_is_told() {
    let lab = Lab::new("idle");
    lab.ready(1, &[]);
    eventually(BOUND, "idle", || lab.collected.lock().unwrap().idles > 0);
}

#[test]
fn dropping_the_pump_closes_every_stream_once() {
    let lab = Lab::new("drop");
    lab.ready(1, &[]);
    let collected = std::sync::Arc::clone(&lab.collected);
    drop(lab);
    let closed = &collected.lock().unwrap().closed;
    assert_eq!((closed.get(&2), closed.get(&3)), (Some(&1), Some(&1)));
}
