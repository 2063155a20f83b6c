use super::*;

fn flood(lines: u64, length: usize) -> Vec<u8> {
    let mut text = Vec::new();
    Lines::new(length)
        .write(&mut text, lines * length as u64)
        .unwrap();
    text
}

#[test]
fn untouched_flood_is_clean() {
    let text = flood(5000, 40);
    assert_eq!(text.len(), 5000 * 40);
    assert!(text.starts_with(b"000000000000 xxx") && text.ends_with(b"xxx\n"));
    let report = check(text.as_slice(), 40).unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.lines, 5000);
}

#[test]
fn lost_line_is_counted() {
    let mut text = flood(100, 40);
    text.drain(40 * 10..40 * 13);
    let report = check(text.as_slice(), 40).unwrap();
    assert_eq!((report.lines, report.missing, report.torn), (97, 3, 0));
    assert_eq!(
        report.first_trouble.as_deref(),
        Some("numbers 10 to 12 are missing")
    );
}

#[test]
fn torn_line_is_seen() {
    let mut text = flood(100, 40);
    text.insert(40 * 10 + 20, b'\n');
    let report = check(text.as_slice(), 40).unwrap();
    assert_eq!((report.torn, report.missing), (2, 1));
    assert!(!report.is_clean());
}

#[test]
fn repeated_line_is_seen() {
    let mut text = flood(100, 40);
    let again: Vec<u8> = text[40..80].to_vec();
    text.extend(again);
    let report = check(text.as_slice(), 40).unwrap();
    assert_eq!((report.lines, report.out_of_order), (101, 1));
}

#[test]
fn unbroken_text_has_no_newline() {
    let mut text = Vec::new();
    Unbroken::default().write(&mut text, 1000).unwrap();
    assert!(text.starts_with(b"000000000000 000000000001 "));
    assert!(text.len() >= 1000 && !text.contains(&b'\n'));
}
