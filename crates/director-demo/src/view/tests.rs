//! Frames of several sizes, as a person sees them.

use director_core::journal::{JournalEntry, JournalEvent};
use director_core::report::{DirectorReport, HealthAnswer, PROTOCOL, RunReport, ServiceReport};
use director_core::spec::{RungKind, ServiceName};
use director_core::time::WallTime;
use director_core::words::{ExitKind, Goal, Health, PhaseName, RunNumber, StopReason};
use director_sys::terminal::Key;

use super::*;

const NOON: i64 = 1_795_435_200_000;

fn name() -> ServiceName {
    ServiceName::new("web").expect("valid")
}

fn service() -> ServiceReport {
    ServiceReport {
        name: name(),
        goal: Goal::Up,
        phase: PhaseName::Running,
        phase_since: WallTime(NOON),
        health: Health::Degraded,
        because: "its first probe was healthy".to_owned(),
        next: None,
        run: Some(RunReport {
            number: RunNumber(3),
            pid: Some(43_121),
            started: WallTime(NOON),
            uptime_ms: Some(64_321),
        }),
        restart_count: 1,
        restarts_total: 2,
        backoff_left_ms: None,
        probe_failures: 0,
        probe_detail: None,
        probed: None,
        answer: Some(HealthAnswer {
            database: Some("error: database is locked".to_owned()),
            ..HealthAnswer::default()
        }),
        blocker: None,
        stopped_by_operator: None,
        port: Some(8123),
        last_exit: None,
        log_lines_dropped: 0,
        watched: false,
        watch_paused: None,
        instance: None,
        limits: Default::default(),
        limits_unenforced: Vec::new(),
        renewal_due_ms: None,
        waits_for: None,
        renewal_waits_for: None,
        maintenance_until: None,
        next_scheduled: None,
        hook: None,
        findings: Vec::new(),
        usage: None,
        command: vec!["app".to_owned()],
    }
}

fn report(services: Vec<ServiceReport>) -> DirectorReport {
    DirectorReport {
        version: "0.1.0".to_owned(),
        protocol: PROTOCOL,
        pid: 1,
        name: "director-demo".to_owned(),
        config: "director.toml".to_owned(),
        started: WallTime(NOON),
        fallback: None,
        shutting_down: false,
        revision: 1,
        services,
    }
}

fn journal() -> Vec<(u64, JournalEntry)> {
    let phase = |from, to, because: &str| JournalEvent::PhaseChanged {
        from,
        to,
        because: because.to_owned(),
    };
    let probe = |failures| {
        JournalEvent::ProbeFailed {
        failures,
        max_failures: 3,
        detail: "no answer within 2 s from http://127.0.0.1:8123/health, although the connection was accepted at once"
            .to_owned(),
    }
    };
    let term = RungKind::Signal("term".to_owned());
    let events = [
        JournalEvent::ProcessStarted { pid: 43_100 },
        phase(
            PhaseName::Starting,
            PhaseName::Running,
            "its first probe was healthy",
        ),
        probe(1),
        probe(2),
        probe(3),
        JournalEvent::StopBegan {
            reason: StopReason::Unhealthy,
        },
        JournalEvent::RungTried {
            rung: term,
            error: None,
        },
        JournalEvent::TreeKilled {
            because: "it ignored every polite rung".to_owned(),
        },
        JournalEvent::ProcessExited {
            status: ExitKind::Signal(9),
            uptime_ms: 4200,
            expected: true,
        },
        JournalEvent::RestartScheduled { wait_ms: 0, count: 1 },
        JournalEvent::ProcessStarted { pid: 43_121 },
        phase(
            PhaseName::Starting,
            PhaseName::Running,
            "its first probe was healthy",
        ),
    ];
    let entry = |(index, event)| {
        let number = u64::try_from(index).expect("small") + 1;
        let wall = WallTime(NOON + i64::try_from(index).expect("small") * 1500);
        let entry = JournalEntry {
            wall,
            service: Some(name()),
            run: Some(RunNumber(3)),
            event,
        };
        (number, entry)
    };
    events.into_iter().enumerate().map(entry).collect()
}

fn output() -> Vec<String> {
    (1..=30)
        .map(|line| format!("127.0.0.1 GET /health 200 {line} ms"))
        .collect()
}

fn view(size: (u16, u16), color: bool) -> View {
    let mut view = View::new(size, color, "Service Director: demo", "http://127.0.0.1:8123/");
    view.apply(&report(vec![service()]), &journal(), &output());
    view
}

/// The lines of a frame as a terminal of that size shows them; refuses anything that would scroll or spill.
fn screen(frame: &str, size: (u16, u16)) -> String {
    let text = frame.strip_prefix("\x1b[H").expect("begins at home");
    let text = text.strip_suffix("\x1b[J").expect("clears the rest");
    let lines: Vec<String> = text
        .split("\r\n")
        .map(|text| {
            text.strip_suffix("\x1b[K")
                .expect("clears the rest of the line")
                .to_owned()
        })
        .collect();
    assert!(
        lines.len() <= usize::from(size.1),
        "{} lines in {size:?}",
        lines.len()
    );
    for text in &lines {
        let plain = strip_colors(text);
        assert!(
            line::width(&plain) < usize::from(size.0).max(1),
            "too wide for {size:?}: {plain:?}"
        );
        assert!(!plain.contains('\x1b'), "{plain:?}");
    }
    let lines: Vec<_> = lines.iter().map(|text| text.trim_end()).collect();
    lines.join("\n")
}

/// Compares with a file of `screens/`; line ends do not count, since a checkout on Windows may change them. After a wanted
/// change, the text that this prints is the new file.
fn assert_screen(shown: &str, expected: &str) {
    assert!(
        shown.lines().eq(expected.lines()),
        "the screen differs from its file; it is now:\n{shown}"
    );
}

fn strip_colors(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut plain, part| {
        let (code, rest) = part.split_once('m').expect("a colour");
        assert!(
            code.bytes().all(|byte| byte.is_ascii_digit()),
            "{code:?} is no colour"
        );
        plain.push_str(rest);
        plain
    })
}

#[test]
fn frame_of_80_by_24() {
    assert_screen(
        &screen(&view((80, 24), false).render(), (80, 24)),
        include_str!("screens/frame_of_80_by_24.txt"),
    );
}

#[test]
fn frame_of_120_by_40() {
    assert_screen(
        &screen(&view((120, 40), false).render(), (120, 40)),
        include_str!("screens/frame_of_120_by_40.txt"),
    );
}

#[test]
fn frame_of_60_by_16() {
    let mut view = view((60, 16), false);
    view.set_notice("hang: it does not answer any more");
    assert_screen(
        &screen(&view.render(), (60, 16)),
        include_str!("screens/frame_of_60_by_16.txt"),
    );
}

#[test]
fn help_of_80_by_24() {
    let mut view = view((80, 24), false);
    assert_eq!(view.key(Key::Char('?')), Some(Command::OpenHelp));
    assert_screen(
        &screen(&view.render(), (80, 24)),
        include_str!("screens/help_of_80_by_24.txt"),
    );
    assert_eq!(view.key(Key::Escape), Some(Command::OpenHelp));
    assert!(view.render().contains("What the director sees"));
}

#[test]
fn frame_in_backoff_and_before_the_first_report() {
    let mut view = View::new(
        (80, 24),
        false,
        "Service Director: demo",
        "http://127.0.0.1:8123/",
    );
    assert!(screen(&view.render(), (80, 24)).contains("starting …"));
    let waiting = ServiceReport {
        phase: PhaseName::Backoff,
        health: Health::Unknown,
        run: None,
        answer: None,
        next: Some("restart 2 in 1.4 s".to_owned()),
        ..service()
    };
    view.apply(&report(vec![waiting]), &[], &[]);
    let shown = screen(&view.render(), (80, 24));
    assert!(
        shown.contains("web        backoff   unknown   -       -           2"),
        "{shown}"
    );
    assert!(shown.contains("  next: restart 2 in 1.4 s"), "{shown}");
}

#[test]
fn every_size_holds_its_frame_and_fills_it() {
    for columns in 0..=130 {
        for rows in [1, 2, 5, 8, 12, 16, 23, 24, 50, 80] {
            for help in [false, true] {
                let mut view = view((columns, rows), true);
                view.help = help;
                let shown = screen(&view.render(), (columns, rows));
                if !help && rows >= 16 {
                    assert_eq!(
                        shown.split('\n').count(),
                        usize::from(rows),
                        "{columns} by {rows}"
                    );
                }
            }
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let size = (80, 24);
    let colored = view(size, true).render();
    assert!(colored.contains("\x1b[33mdegraded"), "{colored:?}");
    let plain = screen(&view(size, false).render(), size);
    assert!(!plain.contains('\x1b'));
    let stripped: Vec<_> = screen(&colored, size)
        .lines()
        .map(|line| strip_colors(line).trim_end().to_owned())
        .collect();
    assert_eq!(stripped.join("\n"), plain);
}

#[test]
fn output_of_the_program_cannot_speak_to_the_terminal() {
    let mut view = view((80, 24), false);
    let output = [
        "\x1b[2J\x1b]0;title\x07evil\r\n",
        "名前 wide \u{1f600}",
        "\u{202e}reversed",
    ];
    view.apply(&report(vec![service()]), &[], &output.map(str::to_owned));
    let shown = screen(&view.render(), (80, 24));
    assert!(
        shown.contains(" [2J ]0;title evil") && shown.contains("名前 wide"),
        "{shown}"
    );
    assert!(
        !shown.contains('\u{202e}') && !shown.contains('\x07'),
        "{shown:?}"
    );
}

#[test]
fn many_services_leave_room_for_the_journal() {
    let mut view = view((80, 24), false);
    view.apply(&report(vec![service(); 100]), &[], &[]);
    let shown = screen(&view.render(), (80, 24));
    assert!(
        shown.contains("… and 96 more") && shown.contains("run 3 started"),
        "{shown}"
    );
}

#[test]
fn each_entry_is_shown_once() {
    let mut view = view((120, 40), false);
    view.apply(&report(vec![service()]), &journal(), &output());
    let shown = screen(&view.render(), (120, 40));
    assert_eq!(
        shown.matches("run 3 started as process 43100").count(),
        1,
        "{shown}"
    );
}

#[test]
fn keys_ask_for_what_the_screen_says() {
    let mut view = view((80, 24), false);
    for binding in keys::BINDINGS
        .iter()
        .filter(|binding| binding.command != Command::OpenHelp)
    {
        assert_eq!(view.key(Key::Char(binding.key)), Some(binding.command));
    }
    assert_eq!(view.key(Key::Char('C')), Some(Command::Crash), "capitals too");
    assert_eq!(view.key(Key::CtrlC), Some(Command::Quit));
    assert_eq!(view.key(Key::End), Some(Command::Quit));
    for nothing in [Key::Char('x'), Key::Enter, Key::Escape] {
        assert_eq!(view.key(nothing), None);
    }
    let used: std::collections::BTreeSet<_> = keys::BINDINGS.iter().map(|binding| binding.key).collect();
    assert_eq!(used.len(), keys::BINDINGS.len(), "a key is bound twice");
    let reached = crate::Action::ALL.iter().all(|action| {
        keys::BINDINGS
            .iter()
            .any(|binding| binding.command.action() == Some(*action))
    });
    assert!(reached, "an action has no key");
}

#[test]
fn the_plain_view_prints_each_entry_once_in_local_time() {
    let mut view = PlainView::new(UtcOffset(3600));
    let journal = journal();
    let text = view.apply(&journal[..2]);
    assert_eq!(
        text,
        "13:00:00 web: run 3 started as process 43100\n13:00:01 web: starting → running: its first probe was healthy\n"
    );
    assert_eq!(view.apply(&journal[..2]), "");
    assert_eq!(view.apply(&journal[..3]).lines().count(), 1);
    let many: Vec<_> = (0..1000)
        .map(|index| (index + 100, journal[0].1.clone()))
        .collect();
    assert_eq!(view.apply(&many).lines().count(), 1000);
}

#[test]
fn lines_are_wrapped_at_spaces_and_cut_at_the_end() {
    assert_eq!(line::wrap("one two three", 7, 3), ["one two", "three"]);
    assert_eq!(line::wrap("abcdefghij", 4, 3), ["abcd", "efgh", "ij"]);
    assert_eq!(line::wrap("a b c d", 1, 2), ["a", "b c d"]);
    assert_eq!(line::wrap("", 10, 3), [""]);
    assert_eq!(line::wrap("名前名前", 3, 3), ["名", "前", "名前"]);
}
