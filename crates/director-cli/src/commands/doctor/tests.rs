//! What the report looks like, and what it makes of the exit code.

use director_core::report::{Holder, HolderState};
use director_core::spec::ServiceName;
use director_doctor::checks::{Item, State};

use super::{exit, render};
use crate::exit::Exit;
use crate::fixtures::clock;

fn item(code: &str, service: Option<&str>, state: State) -> Item {
    Item {
        code: code.to_owned(),
        title: "A title".to_owned(),
        service: service.map(|name| ServiceName::new(name).unwrap()),
        state,
        summary: format!("summary of {code}"),
        evidence: Vec::new(),
        remedy: Vec::new(),
        avoid: Vec::new(),
        holders: Vec::new(),
        blocks: false,
        fixable: false,
        fixed: None,
        fix: None,
    }
}

fn some() -> Vec<Item> {
    let mut fixed = item("SD030", None, State::Ok);
    fixed.fixed = Some("created logs".to_owned());
    let mut held = item("SD025", Some("web"), State::Error);
    held.holders = vec![Holder {
        pid: 4312,
        start: 77,
        name: "python".to_owned(),
        user: None,
        file: Some("hub.db".to_owned()),
        since: None,
        state: HolderState::Suspended,
    }];
    held.evidence = vec!["a write lock was refused".to_owned()];
    held.remedy = vec!["resume it".to_owned(), "end it".to_owned()];
    held.avoid = vec!["deleting the -wal file".to_owned()];
    held.blocks = true;
    vec![
        fixed,
        item("SD060", None, State::Note),
        item("SD010", Some("web"), State::Warning),
        held,
        item("SD001", Some("worker"), State::Ok),
        item("SD024", Some("worker"), State::Unknown),
    ]
}

#[test]
fn the_report_is_grouped_and_says_each_state_in_a_word() {
    insta::assert_snapshot!(render::text(&some(), &clock(), false), @r"
    director and machine
      ✓ ok       SD030  summary of SD030
                 mended: created logs
      ! note     SD060  summary of SD060

    web
      ! warning  SD010  summary of SD010
      ✗ error    SD025  ACTION REQUIRED: summary of SD025
                 held by python (pid 4312), suspended, has hub.db open
                 a write lock was refused
                 1. resume it
                 2. end it
                 avoid: deleting the -wal file

    worker
      ✓ ok       SD001  summary of SD001
      ? unknown  SD024  summary of SD024

    1 error, 1 warning, 1 note, 2 ok, 1 not known; 1 mended
    `director doctor CODE` explains a line
    ");
}

#[test]
fn colours_change_nothing_that_is_said() {
    let painted = render::text(&some(), &clock(), true);
    assert!(painted.contains("\x1b[31m✗ error  \x1b[0m"));
    let mut plain = painted;
    for paint in [
        "\x1b[0m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m",
    ] {
        plain = plain.replace(paint, "");
    }
    assert_eq!(plain, render::text(&some(), &clock(), false));
}

#[test]
fn the_worst_line_decides_the_exit_code() {
    let mut items = some();
    assert_eq!(exit(&items), Exit::Blocked);
    items[3].blocks = false;
    assert_eq!(exit(&items), Exit::Failed);
    items[3].blocks = true;
    items[3].state = State::Warning;
    assert_eq!(exit(&items), Exit::Done);
}
