use super::*;

#[test]
fn file_names_are_legal_on_windows_and_read_back() {
    let name = for_file_name(1_795_472_112_123);
    assert!(!name.contains(':'), "{name}");
    assert_eq!(from_file_name(&name), Some(1_795_472_112_123));
    assert_eq!(for_file_name(0), "1970-01-01T000000.000Z");
    assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
}

#[test]
fn other_names_are_no_stamps() {
    for text in [
        "",
        "current",
        "2026-11-23T22:15:12.12Z",
        "2026-13-23T221512.123Z",
        "2026-11-23T221512.123",
    ] {
        assert_eq!(from_file_name(text), None, "{text}");
    }
}
