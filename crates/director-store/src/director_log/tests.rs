use super::*;

const OPTIONS: LogOptions = LogOptions {
    level: Level::Info,
    echo: false,
};

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn lines_have_time_level_and_message_on_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Log::open(&folder.path().join("logs"), folder.path(), "x", OPTIONS).unwrap();
    assert!(opened.fell_back.is_none());
    opened.log.info("first\nsecond\x1b[31m");
    opened.log.error(format_args!("port {} is held", 8004));
    opened.log.debug("not written at this level");
    let text = read(&opened.log.path());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].ends_with("Z INFO  first\\nsecond\\u{1b}[31m"), "{text}");
    assert!(lines[1].ends_with("Z ERROR port 8004 is held"), "{text}");
    assert_eq!(lines[0].find('Z'), Some(23));
}

#[test]
fn an_unusable_folder_falls_back_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("logs");
    fs::write(&in_the_way, "a file where the folder should be").unwrap();
    let opened = Log::open(&in_the_way, folder.path(), "My App", OPTIONS).unwrap();
    opened.log.warn("here");
    assert!(opened.fell_back.unwrap().path.ends_with("director.log"));
    assert!(opened.log.path().ends_with("director-My-App.log"));
    assert!(read(&opened.log.path()).contains("WARN  here"));
    assert!(Log::open(&in_the_way, &folder.path().join("absent"), "x", OPTIONS).is_err());
}

#[test]
fn rotation_keeps_five_files_and_loses_no_line_of_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("director.log");
    let mut sink = Sink {
        max_file_bytes: 100,
        ..Sink::open(&path).unwrap()
    };
    for number in 0..40 {
        sink.write(
            1_000_000 + number * 1000,
            std::iter::once((
                1_000_000 + number * 1000,
                Level::Info,
                format_args!("line {number:03} {}", "x".repeat(70)),
            )),
            false,
        );
    }
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert_eq!(names.len(), MAX_FILES, "{names:?}");
    // `director.1970…` sorts before `director.log`: the listing is in the order of time.
    let text: String = names.iter().map(|path| read(path)).collect();
    let numbers: Vec<_> = text.lines().map(|line| line[31..39].to_owned()).collect();
    let expected: Vec<_> = (40 - numbers.len()..40)
        .map(|number| format!("line {number:03}"))
        .collect();
    assert_eq!(numbers, expected);
    assert!(numbers.len() >= 5);
}

#[test]
fn lines_that_could_not_be_written_are_counted_in_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sub").join("director.log");
    fs::create_dir(path.parent().unwrap()).unwrap();
    let mut sink = Sink::open(&path).unwrap();
    sink.file = None;
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    sink.write(0, std::iter::once((0, Level::Info, format_args!("lost"))), false);
    sink.write(
        0,
        std::iter::once((0, Level::Info, format_args!("lost too"))),
        false,
    );
    fs::create_dir(path.parent().unwrap()).unwrap();
    sink.write(0, std::iter::once((0, Level::Info, format_args!("kept"))), false);
    sink.write(
        0,
        std::iter::once((0, Level::Info, format_args!("kept too"))),
        false,
    );
    let text = read(&path);
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(
        text.lines()
            .next()
            .unwrap()
            .ends_with("2 lines before this were not kept"),
        "{text}"
    );
}
