//! What comes when, whatever the clock does.

use director_core::spec::{ScheduleSpec, ServiceName, WindowSpec};
use director_core::time::WallTime;
use director_store::planned::Planned;

use super::agenda::Agenda;
use super::{News, Schedules};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// 2026-05-02T00:00:00Z, a Saturday.
const MIDNIGHT: i64 = 1_777_680_000_000;

fn name() -> ServiceName {
    ServiceName::new("web").unwrap()
}

fn schedules(times: Option<&str>, windows: &[(&str, i64)]) -> Schedules {
    let spec = ScheduleSpec {
        times: times.map(str::to_owned),
        timezone: Some("UTC".to_owned()),
        run_missed: false,
        maintenance: windows
            .iter()
            .map(|(begins, lasts_ms)| WindowSpec {
                begins: (*begins).to_owned(),
                lasts_ms: lasts_ms.unsigned_abs(),
            })
            .collect(),
    };
    Schedules::from([(name(), spec)])
}

fn at_four() -> Schedules {
    schedules(Some("0 4 * * *"), &[])
}

fn begun(schedules: Schedules, now_ms: i64) -> Agenda {
    let mut agenda = Agenda::new(schedules, &Planned::default(), now_ms);
    agenda.look(now_ms);
    agenda
}

fn news(agenda: &mut Agenda, now_ms: i64) -> Vec<News> {
    agenda.look(now_ms).into_iter().map(|(_, news)| news).collect()
}

/// The planned times that come, and whether as missed.
fn due(agenda: &mut Agenda, now_ms: i64) -> Vec<(i64, bool)> {
    let due = |news| match news {
        News::Due { planned, missed } => Some((planned.0, missed)),
        News::Outlook { .. } => None,
    };
    news(agenda, now_ms).into_iter().filter_map(due).collect()
}

fn outlook(until: Option<i64>, next: Option<i64>) -> News {
    News::Outlook {
        until: until.map(WallTime),
        next: next.map(WallTime),
    }
}

#[test]
fn a_planned_time_comes_once_and_the_thread_sleeps_until_the_next() {
    let mut agenda = Agenda::new(at_four(), &Planned::default(), MIDNIGHT);
    let four = MIDNIGHT + 4 * HOUR;
    assert_eq!(news(&mut agenda, MIDNIGHT), [outlook(None, Some(four))]);
    assert_eq!(agenda.wake_ms(), Some(four));
    assert_eq!(due(&mut agenda, four - 1), []);
    assert_eq!(due(&mut agenda, four + 3), [(four, false)]);
    assert_eq!(due(&mut agenda, four + 4), []);
    assert_eq!(agenda.wake_ms(), Some(four + 24 * HOUR));
}

#[test]
fn a_clock_that_is_set_back_brings_no_time_again() {
    let mut agenda = begun(at_four(), MIDNIGHT);
    let four = MIDNIGHT + 4 * HOUR;
    assert_eq!(due(&mut agenda, four), [(four, false)]);
    assert_eq!(due(&mut agenda, four - 2 * HOUR), []);
    assert_eq!(agenda.wake_ms(), Some(four + 24 * HOUR));
    assert_eq!(due(&mut agenda, four), []);
    // By more than a day: then it had been wrong before.
    assert_eq!(due(&mut agenda, four - 25 * HOUR), []);
    assert_eq!(agenda.wake_ms(), Some(four - 24 * HOUR));
    assert_eq!(due(&mut agenda, four - 24 * HOUR), [(four - 24 * HOUR, false)]);
}

#[test]
fn a_clock_that_is_set_ahead_or_a_long_sleep_brings_the_last_of_the_times_as_missed() {
    let mut agenda = begun(at_four(), MIDNIGHT);
    let four = MIDNIGHT + 4 * HOUR;
    let later = four + 49 * HOUR;
    assert_eq!(due(&mut agenda, later), [(four + 48 * HOUR, true)]);
    assert_eq!(due(&mut agenda, later + 1), []);
    // Within a minute it is only late.
    let next = four + 72 * HOUR;
    assert_eq!(due(&mut agenda, next + MINUTE), [(next, false)]);
    assert_eq!(
        due(&mut agenda, next + 24 * HOUR + MINUTE + 1),
        [(next + 24 * HOUR, true)]
    );
}

#[test]
fn what_passed_while_no_director_ran_is_missed_once() {
    let mut before = begun(at_four(), MIDNIGHT);
    let kept = before.take_unsaved().unwrap();
    assert_eq!(before.take_unsaved(), None, "saved when something changed");
    let later = MIDNIGHT + 3 * 24 * HOUR;
    let mut agenda = Agenda::new(at_four(), &kept, later);
    let last = later - 20 * HOUR;
    assert_eq!(due(&mut agenda, later), [(last, true)]);
    let kept = agenda.take_unsaved().unwrap();
    assert_eq!(due(&mut Agenda::new(at_four(), &kept, later + 1), later + 1), []);
}

#[test]
fn a_new_schedule_has_missed_nothing() {
    let kept = begun(at_four(), MIDNIGHT).planned();
    let later = MIDNIGHT + 72 * HOUR;
    let at_five = || schedules(Some("0 5 * * *"), &[]);
    assert_eq!(due(&mut Agenda::new(at_five(), &kept, later), later), []);
    assert_eq!(
        due(&mut Agenda::new(at_five(), &Planned::default(), later), later),
        []
    );
    let mut elsewhere = at_four();
    elsewhere.get_mut(&name()).unwrap().timezone = Some("Asia/Tokyo".to_owned());
    assert_eq!(due(&mut Agenda::new(elsewhere, &kept, later), later), []);
}

#[test]
fn windows_begin_and_end_and_each_edge_is_told_once() {
    let window = [("0 22 * * 6", 4 * HOUR)];
    let mut agenda = Agenda::new(schedules(None, &window), &Planned::default(), MIDNIGHT);
    let (begin, end) = (MIDNIGHT + 22 * HOUR, MIDNIGHT + 26 * HOUR);
    assert_eq!(news(&mut agenda, MIDNIGHT), [outlook(None, None)]);
    assert_eq!(agenda.wake_ms(), Some(begin));
    assert_eq!(news(&mut agenda, begin), [outlook(Some(end), None)]);
    assert_eq!(agenda.wake_ms(), Some(end));
    assert_eq!(news(&mut agenda, begin + HOUR), []);
    assert_eq!(news(&mut agenda, end), [outlook(None, None)]);
    // By the wall clock it is open again.
    assert_eq!(news(&mut agenda, end - HOUR), [outlook(Some(end), None)]);
    // Nothing is kept of it.
    assert!(agenda.planned().services.is_empty());
}

#[test]
fn an_open_window_is_told_before_what_it_holds() {
    let four = MIDNIGHT + 4 * HOUR;
    let all = schedules(Some("0 4 * * *"), &[("0 4 * * *", HOUR)]);
    let mut agenda = begun(all, MIDNIGHT);
    let (until, next) = (four + HOUR, four + 24 * HOUR);
    let came = News::Due {
        planned: WallTime(four),
        missed: false,
    };
    assert_eq!(news(&mut agenda, four), [outlook(Some(until), Some(next)), came]);
    assert_eq!(agenda.give_up(), [(name(), outlook(None, None))]);
}
