//! Whatever the text: no panic, every place inside it, and no secret in any words.

mod support;

use director_config::{Diagnostics, duration_text, parse_duration, parse_size, size_text};
use proptest::prelude::*;

/// Pieces from which texts near to valid ones are made.
const PIECES: &[&str] = &[
    "[service.web]\n",
    "[service.web.health]\n",
    "[service.\"a.b\".stop]\n",
    "[[service]]\n",
    "[director]\n",
    "command = ['x']\n",
    "command = \"x y\"\n",
    "command = []\n",
    "stop.ladder = ['term 5s', { exec = ['y'], grace = '1s' }]\n",
    "ladder = ['break 5', 'kill', 3]\n",
    "http = 'http://[::1]:80/x'\n",
    "tcp = 'localhost:${PORT}'\n",
    "interval = 30\n",
    "timeout = '1m30s'\n",
    "env_file = 'bad.env'\n",
    "port = 99999999999999999999\n",
    "name = \"\"\"\n",
    "'''",
    "\u{feff}",
    "\0",
    "${",
    "ü€🞄",
    "\r\n",
    "\"",
    "=",
    ".",
    "[",
    "]",
    "{",
    "}",
    "#",
    " ",
];

fn near_valid() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(PIECES), 0..16).prop_map(|pieces| pieces.concat())
}

fn found_in(text: &str, windows: bool) -> Diagnostics {
    match support::load_text(text, windows) {
        Ok(loaded) => loaded.warnings,
        Err(found) => {
            assert!(found.has_errors(), "refused without an error:\n{text}");
            found
        }
    }
}

fn check_places(text: &str, windows: bool) {
    let found = found_in(text, windows);
    for fault in found
        .list
        .iter()
        .filter(|fault| fault.file.ends_with("director.toml"))
    {
        assert!(
            fault.span.start <= fault.span.end && fault.span.end <= text.len(),
            "{fault:?}"
        );
        assert!(text.get(fault.span.clone()).is_some(), "{fault:?}");
        let before = &text[..fault.span.start];
        assert_eq!(fault.line, before.matches('\n').count() + 1, "{fault:?}");
        let line = before.rsplit('\n').next().unwrap_or_default();
        let line = if fault.line == 1 {
            line.trim_start_matches('\u{feff}')
        } else {
            line
        };
        assert_eq!(fault.column, line.chars().count() + 1, "{fault:?}");
    }
    assert!(found.render(true).len() >= found.render(false).len());
}

/// A configuration whose secret lines stay whole, between whatever else.
fn with_secret() -> impl Strategy<Value = String> {
    let secret = proptest::sample::select(&[
        "\n[service.web.env]\nPASSWORD = 'hunter2'\n",
        "\n[service.web]\nenv = { PASSWORD = 'hunter2' }\n",
        "\n[service.web]\nenv.PASSWORD = \"hunter2\"\n",
        "\n[service]\nweb = { command = ['x'], env = { PASSWORD = 'hunter2' } }\n",
        "\n[service.web.environment]\nPASSWORD = 'hunter2'\n",
    ]);
    // Pieces that open a text of several lines would make the secret a part of another value.
    let plain = |text: String| text.replace("\"\"\"", "").replace("'''", "").replace('\'', "");
    (near_valid().prop_map(plain), secret, near_valid().prop_map(plain))
        .prop_map(|(before, secret, after)| format!("{before}{secret}{after}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused_with_places_inside_it(text in any::<String>(), windows in any::<bool>()) {
        check_places(&text, windows);
    }

    #[test]
    fn nearly_valid_texts_are_read_or_refused_with_places_inside_them(text in near_valid(), windows in any::<bool>()) {
        check_places(&text, windows);
    }

    #[test]
    fn secrets_are_shown_by_no_words(text in with_secret()) {
        let found = found_in(&text, false);
        let shown = format!("{}{}", found.render(false), found.to_json());
        prop_assert!(!shown.contains("hunter2"), "{text}\n{shown}");
    }

    #[test]
    fn durations_are_read_back(ms in 0_u64..=3650 * 86_400_000) {
        prop_assert_eq!(parse_duration(&duration_text(ms)), Ok(ms));
    }

    #[test]
    fn sizes_are_read_back(bytes in any::<u64>()) {
        prop_assert_eq!(parse_size(&size_text(bytes)), Ok(bytes));
    }

    #[test]
    fn no_text_makes_the_units_panic(text in "[0-9dhmskKMGTiB. -]{0,24}") {
        let _ = parse_duration(&text);
        let _ = parse_size(&text);
    }
}
