use super::*;

#[test]
fn windows_paths_and_dollars_are_escaped() {
    let text = sample_config(
        Path::new(r"C:\Program Files\dir$or\director.exe"),
        8123,
        Path::new(r#"C:\a"b"#),
    );
    assert!(
        text.contains(r#"["C:\\Program Files\\dir$$or\\director.exe", "__demo-app", "--port", "8123""#),
        "{text}"
    );
    assert!(text.contains(r#"sqlite = "C:\\a\"b"#), "{text}");
    assert!(text.contains("http = \"http://127.0.0.1:8123/health\""), "{text}");
}

#[test]
fn the_command_line_in_it_is_understood_by_the_application() {
    let dir = Path::new("/srv/demo");
    let text = sample_config(Path::new("/usr/bin/director"), 4242, dir);
    let line = text
        .lines()
        .find(|line| line.starts_with("command"))
        .expect("a command");
    let words: Vec<String> = line.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    assert_eq!(words[1], "__demo-app");
    let options =
        crate::AppOptions::from_args(words.into_iter().skip(2).map(Into::into), "1").expect("valid");
    assert_eq!(options.port, 4242);
    assert_eq!(options.database, dir.join("demo.db"));
}
