use super::*;

#[test]
fn letters_and_named_keys_are_told_apart() {
    assert_eq!(keys("aä".as_bytes()), [Key::Char('a'), Key::Char('ä')]);
    assert_eq!(keys(b"\x03\r\x04"), [Key::CtrlC, Key::Enter, Key::End]);
    assert_eq!(keys(b"\x1b"), [Key::Escape]);
}

#[test]
fn arrow_keys_and_other_controls_mean_nothing() {
    assert_eq!(keys(b"\x1b[A"), []);
    assert_eq!(keys(b"\x07\x00"), []);
}
