use super::*;

#[test]
fn a_name_with_spaces_and_parentheses_is_parsed() {
    let line = b"77 (a) b (c)) S 5 6 7 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 3 0 123456 9000 321 18446744073709551615 1 1\n";
    let stat = parse_stat(77, line).unwrap();
    assert_eq!(
        stat.id,
        ProcessId {
            pid: 77,
            start: 123_456
        }
    );
    assert_eq!(stat.name, "a) b (c)");
    assert_eq!(
        (stat.state, stat.parent, stat.group, stat.session),
        (b'S', 5, 6, 7)
    );
    assert_eq!((stat.cpu_ticks, stat.resident_pages), (100, 321));
}

#[test]
fn a_dead_first_thread_with_others_alive_is_no_zombie() {
    let line = |threads: u32| format!("1 (x) Z 0 1 1 0 0 0 0 0 0 0 0 0 0 0 20 0 {threads} 0 5 0 0");
    assert!(!parse_stat(1, line(2).as_bytes()).unwrap().is_zombie());
    assert!(parse_stat(1, line(1).as_bytes()).unwrap().is_zombie());
}

#[test]
fn nonsense_is_refused() {
    assert!(parse_stat(1, b"1 (x").is_none());
    assert!(parse_stat(1, b"1 (x) S 2 3").is_none());
}

#[test]
fn the_two_ways_to_find_children_agree() {
    let mut child = std::process::Command::new("/bin/sleep")
        .arg("60")
        .spawn()
        .unwrap();
    let pid = std::process::id();
    assert!(children(pid).unwrap().contains(&child.id()));
    assert!(parents().unwrap()[&pid].contains(&child.id()));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_process_that_does_not_exist_is_none() {
    assert!(stat(u32::MAX / 2).unwrap().is_none());
    assert!(children(u32::MAX / 2).unwrap().is_empty());
}
