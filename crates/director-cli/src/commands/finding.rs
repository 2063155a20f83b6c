//! A blocker, in full.

use director_core::report::{Finding, Holder};

use crate::human::Clock;

/// What stands before a blocker wherever one is shown: a restart cannot cure it, a person can.
pub(crate) const CALL: &str = "ACTION REQUIRED";

/// Everything a finding says, as lines indented by `indent`.
pub(crate) fn lines(finding: &Finding, clock: &Clock, indent: &str) -> String {
    let mut text = format!("{indent}{CALL}: {} [{}]\n", finding.summary, finding.code);
    text.push_str(&particulars(finding, clock, indent));
    text
}

/// The lines below the first: who, what was seen, what to do and what not.
pub(crate) fn particulars(finding: &Finding, clock: &Clock, indent: &str) -> String {
    let mut text = String::new();
    let mut add = |line: &str| text.push_str(&format!("{indent}  {line}\n"));
    for held in &finding.holders {
        add(&format!("held by {}", holder(held, clock)));
    }
    finding.evidence.iter().for_each(|line| add(line));
    steps(&finding.remedy).iter().for_each(|line| add(line));
    for line in &finding.avoid {
        add(&format!("avoid: {line}"));
    }
    text
}

/// One line about a holder: `python.exe (pid 4312), user alice, suspended, running since 21:03:00 (1 h ago), has app.db open`.
pub(crate) fn holder(holder: &Holder, clock: &Clock) -> String {
    let mut text = format!("{} (pid {})", holder.name, holder.pid);
    if let Some(user) = &holder.user {
        text.push_str(&format!(", user {user}"));
    }
    text.push_str(&format!(", {}", holder.state.word()));
    if let Some(since) = holder.since {
        text.push_str(&format!(", running since {}", clock.at_ago(since)));
    }
    if let Some(file) = &holder.file {
        text.push_str(&format!(", has {file} open"));
    }
    text
}

/// The steps of a person, numbered.
pub(crate) fn steps(remedy: &[String]) -> Vec<String> {
    let numbered = |(index, step): (usize, &String)| format!("{}. {step}", index + 1);
    remedy.iter().enumerate().map(numbered).collect()
}

#[cfg(test)]
mod tests {
    use director_core::report::HolderState;

    use super::*;
    use crate::fixtures::{ago, clock, finding};

    #[test]
    fn a_holder_is_told_with_all_that_is_known_of_it() {
        let mut found = finding();
        found.holders = vec![
            Holder {
                pid: 4312,
                start: 77,
                name: "python.exe".to_owned(),
                user: Some("alice".to_owned()),
                file: Some("hub.db-wal".to_owned()),
                since: Some(ago(3600)),
                state: HolderState::Suspended,
            },
            Holder {
                pid: 99,
                start: 78,
                name: "old".to_owned(),
                user: None,
                file: None,
                since: None,
                state: HolderState::Exiting,
            },
        ];
        found.remedy.push("start the service".to_owned());
        insta::assert_snapshot!(lines(&found, &clock(), "> "), @r"
        > ACTION REQUIRED: port 8004 is held by python.exe (pid 4312) [port-in-use]
        >   held by python.exe (pid 4312), user alice, suspended, running since 21:30:00 (1 h ago), has hub.db-wal open
        >   held by old (pid 99), exiting
        >   0.0.0.0:8004, python.exe, pid 4312, user alice, since 21:03
        >   1. end that program, or give this service another port
        >   2. start the service
        >   avoid: do not end a program that you do not know
        ");
    }
}
