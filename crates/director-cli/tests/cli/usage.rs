//! Help, usage errors, completions, and the documents generated from the grammar.

use crate::fake::{director, project};

#[test]
fn wrong_usage_exits_2_with_help_or_a_hint() {
    let folder = project();
    for (arguments, expected) in [
        (&[][..], "Usage: director"),
        (&["explode"], "unrecognized subcommand"),
        (&["stats"], "status"),
        (&["why"], "<SERVICE>"),
        (&["start", "--timeout", "soon"], "--timeout"),
        (&["logs", "-n", "-1"], "error"),
        (&["status", "--no-such"], "--no-such"),
        (&["completions", "vms"], "possible values"),
    ] {
        let outcome = director(folder.path(), arguments);
        assert_eq!(outcome.code, 2, "{arguments:?}: {outcome:?}");
        assert!(outcome.err.contains(expected), "{arguments:?}: {outcome:?}");
        assert_eq!(outcome.out, "", "{arguments:?}");
    }
}

#[test]
fn help_lists_the_exit_codes_and_version_is_said() {
    let folder = project();
    let help = director(folder.path(), &["--help"]);
    assert_eq!(help.code, 0);
    assert!(
        help.out.contains("8  timed out") || help.out.contains("timed out"),
        "{}",
        help.out
    );
    for code in 0..=8 {
        assert!(help.out.contains(&format!("{code}  ")), "{code}: {}", help.out);
    }
    let version = director(folder.path(), &["--version"]);
    assert_eq!(
        (version.code, version.out),
        (0, format!("director {}\n", env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn every_subcommand_shows_an_example() {
    for command in director_cli::grammar().get_subcommands() {
        let help = command
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let name = command.get_name();
        assert!(
            help.contains("Example") && help.contains(&format!("director {name}")),
            "{name}: {help}"
        );
    }
}

#[test]
fn completions_are_made_for_each_shell() {
    let folder = project();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let outcome = director(folder.path(), &["completions", shell]);
        assert_eq!(outcome.code, 0, "{shell}");
        assert!(outcome.out.contains("restart"), "{shell}");
    }
}

#[test]
fn schema_is_json() {
    let folder = project();
    let outcome = director(folder.path(), &["schema"]);
    assert_eq!(outcome.code, 0);
    let schema: serde_json::Value = serde_json::from_str(&outcome.out).expect("JSON");
    assert!(schema.is_object());
}

#[test]
fn check_says_valid_or_everything_that_is_wrong() {
    let folder = project();
    let valid = director(folder.path(), &["check"]);
    assert_eq!(valid.code, 0, "{valid:?}");
    assert!(
        valid.out.ends_with("director.toml: valid, 2 services\n"),
        "{valid:?}"
    );
    std::fs::write(
        folder.path().join("director.toml"),
        "[service.web]\ncomand = 1\nport = \"x\"\n",
    )
    .expect("written");
    let invalid = director(folder.path(), &["check"]);
    assert_eq!((invalid.code, invalid.out.as_str()), (3, ""));
    assert!(
        invalid.err.contains("comand") && invalid.err.contains("port"),
        "{invalid:?}"
    );
    let json = director(folder.path(), &["check", "--json"]);
    assert_eq!(json.code, 3);
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(json["valid"], false);
    assert!(
        json["diagnostics"].as_array().is_some_and(|list| list.len() >= 2),
        "{json}"
    );
}

#[test]
fn a_missing_configuration_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [
        &["check"][..],
        &["status"],
        &["start"],
        &["logs"],
        &["events"],
        &["why", "web"],
    ] {
        let outcome = director(folder.path(), arguments);
        assert_eq!(outcome.code, 3, "{arguments:?}: {outcome:?}");
        assert!(
            outcome.err.contains("error: no configuration found; looked for "),
            "{outcome:?}"
        );
    }
}

/// `docs/cli.md` is the help of every command. `DIRECTOR_WRITE_DOCS=1 cargo test -p director-cli` writes it anew.
#[test]
fn the_document_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let wanted = director_cli::reference();
    if std::env::var_os("DIRECTOR_WRITE_DOCS").is_some() {
        std::fs::write(&path, &wanted).expect("written");
    }
    let found = std::fs::read_to_string(&path)
        .expect("docs/cli.md")
        .replace("\r\n", "\n");
    assert!(
        found == wanted,
        "docs/cli.md is out of date; write it anew with DIRECTOR_WRITE_DOCS=1"
    );
}
