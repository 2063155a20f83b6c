use super::*;

fn line(program: &str, args: &[&str]) -> Result<String, QuoteError> {
    let args: Vec<OsString> = args.iter().map(OsString::from).collect();
    windows_command_line(Path::new(program), &args).map(|line| line.into_string().unwrap())
}

/// Splits as the documentation of the C runtime says ("Parsing C command-line arguments"), written independently of the quoting.
fn split(line: &str) -> Vec<String> {
    let mut chars = line.chars().peekable();
    let mut words = Vec::new();
    let mut first = String::new();
    let mut quoted = false;
    for c in chars.by_ref() {
        match c {
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => break,
            _ => first.push(c),
        }
    }
    words.push(first);
    loop {
        while chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
        if chars.peek().is_none() {
            return words;
        }
        let mut word = String::new();
        let mut quoted = false;
        while let Some(&c) = chars.peek() {
            if matches!(c, ' ' | '\t') && !quoted {
                break;
            }
            let mut slashes = 0;
            while chars.next_if_eq(&'\\').is_some() {
                slashes += 1;
            }
            if chars.peek() == Some(&'"') {
                chars.next();
                word.extend(std::iter::repeat_n('\\', slashes / 2));
                if slashes % 2 == 1 || quoted && chars.next_if_eq(&'"').is_some() {
                    word.push('"');
                } else {
                    quoted = !quoted;
                }
            } else if slashes > 0 {
                word.extend(std::iter::repeat_n('\\', slashes));
            } else if let Some(c) = chars.next() {
                word.push(c);
            }
        }
        words.push(word);
    }
}

#[test]
fn ordinary_programs_get_the_arguments_of_the_c_runtime() {
    assert_eq!(
        line(r"C:\a b\x.exe", &["-m", "uvicorn"]).unwrap(),
        r#""C:\a b\x.exe" -m uvicorn"#
    );
    assert_eq!(line("x.exe", &["", "a b"]).unwrap(), r#""x.exe" "" "a b""#);
    assert_eq!(
        line("x.exe", &[r"C:\dir\", r"C:\my dir\"]).unwrap(),
        r#""x.exe" C:\dir\ "C:\my dir\\""#
    );
    assert_eq!(
        line("x.exe", &[r#"say "hi""#, r#"\""#]).unwrap(),
        r#""x.exe" "say \"hi\"" "\\\"""#
    );
}

#[test]
fn what_is_quoted_comes_back_when_split() {
    let pieces = ["", "a", " ", "\t", "\"", "\\", "%", "&", "é", "💥", "\n"];
    let mut checked = 0;
    for a in pieces {
        for b in pieces {
            for c in pieces {
                for d in pieces {
                    let arg = format!("{a}{b}{c}{d}");
                    let text = line(r"C:\x y\p.exe", &[&arg, "end"]).unwrap();
                    assert_eq!(split(&text), [r"C:\x y\p.exe", &arg, "end"], "{text}");
                    checked += 1;
                }
            }
        }
    }
    assert_eq!(checked, 11_usize.pow(4));
}

#[test]
fn a_nul_is_refused() {
    assert_eq!(line("x.exe", &["ok", "a\0b"]), Err(QuoteError::Nul { index: 2 }));
    assert_eq!(line("x.cmd", &["a\0b"]), Err(QuoteError::Nul { index: 1 }));
}

#[test]
fn a_quote_in_the_program_is_refused() {
    assert_eq!(line("x\".exe", &[]), Err(QuoteError::QuoteInProgram));
    assert_eq!(line("x\" & calc & \".cmd", &[]), Err(QuoteError::QuoteInProgram));
}

#[test]
fn batch_files_are_recognised_in_every_spelling() {
    for name in ["a.cmd", "a.BAT", r"C:\x\a.Cmd", "a.bat.", "a.bat . .", "a.cmd  "] {
        assert!(is_batch_file(Path::new(name)), "{name}");
    }
    for name in ["a.exe", "cmd", "bat", "a.cmd.exe", "", "...", "acmd"] {
        assert!(!is_batch_file(Path::new(name)), "{name}");
    }
}

#[test]
fn batch_files_run_by_cmd_with_nothing_left_to_interpret() {
    let begin = r#"cmd.exe /e:ON /v:OFF /d /c ""C:\a b\x.cmd""#;
    let cases: &[(&str, &str)] = &[
        ("plain-1.2", "plain-1.2"),
        ("", r#""""#),
        ("a b", r#""a b""#),
        ("a&calc", r#""a&calc""#),
        ("\"&calc&\"", r#""""&calc&""""#),
        ("%PATH%", r#""%%cd:~,%PATH%%cd:~,%""#),
        ("a=b", r#""a=b""#),
        (r"C:\x\", r"C:\x\"),
        (r"C:\x y\", r#""C:\x y\\""#),
        ("a^b!c", r#""a^b!c""#),
        ("ä", "\"ä\""),
    ];
    for (arg, expected) in cases {
        assert_eq!(
            line(r"C:\a b\x.cmd", &[arg]).unwrap(),
            format!("{begin} {expected}\""),
            "{arg}"
        );
    }
}

#[test]
fn in_a_batch_line_every_special_character_is_inside_quotes() {
    for arg in [
        "\"&x",
        "\\\"&x",
        "a\"b\"c|d",
        "\"\"\"<x",
        "x\\\\\"&y",
        "\"",
        "&\"&\"&",
    ] {
        let text = line("x.cmd", &[arg]).unwrap();
        let inner = text
            .strip_prefix("cmd.exe /e:ON /v:OFF /d /c \"")
            .unwrap()
            .strip_suffix('"')
            .unwrap();
        let mut quoted = false;
        for c in inner.chars() {
            match c {
                '"' => quoted = !quoted,
                '&' | '|' | '<' | '>' | '^' | '(' | ')' => assert!(quoted, "{arg}: {text}"),
                _ => {}
            }
        }
        assert!(!quoted, "{arg}: {text}");
        assert_eq!(split(inner)[1], arg, "{text}");
    }
}

#[test]
fn a_line_break_for_a_batch_file_is_refused() {
    assert_eq!(line("x.cmd", &["a\nb"]), Err(QuoteError::LineBreak { index: 1 }));
    assert_eq!(
        line("x.bat", &["a", "b\r"]),
        Err(QuoteError::LineBreak { index: 2 })
    );
}

#[test]
fn too_long_is_refused_in_the_units_of_windows() {
    let fits = "a".repeat(MAX_UNITS - r#""x.exe" "#.len());
    assert!(line("x.exe", &[&fits]).is_ok());
    assert_eq!(
        line("x.exe", &[&format!("{fits}a")]),
        Err(QuoteError::TooLong {
            units: MAX_UNITS + 1,
            max: MAX_UNITS
        })
    );
    let wide = "💥".repeat(fits.len() / 2 + 1);
    assert!(matches!(line("x.exe", &[&wide]), Err(QuoteError::TooLong { .. })));
    assert!(matches!(
        line("x.cmd", &[&"a".repeat(8_192)]),
        Err(QuoteError::TooLong { max: 8_191, .. })
    ));
}
