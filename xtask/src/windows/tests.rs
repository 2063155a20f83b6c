use std::path::Path;

use super::tools::major_version;
use super::wine_path;

#[test]
fn versions_of_wine_are_read() {
    for (text, expected) in [
        ("wine-10.0 (Debian 10.0~repack-6)\n", 10),
        ("wine-9.0", 9),
        ("wine-8.0.2\n", 8),
        ("", 0),
    ] {
        assert_eq!(major_version(text), expected, "{text}");
    }
}

#[test]
fn wine_sees_this_machine_on_drive_z() {
    assert_eq!(wine_path(Path::new("/tmp/a b/c.exe")), r"Z:\tmp\a b\c.exe");
}
