//! What each trouble means to a person: exit code and words.

use std::io;

use super::*;
use crate::fixtures::{name, place};

/// Checks the exit code, a word of the message, and whether the trouble means that there is no director.
fn check(trouble: Trouble, exit: Exit, word: &str, absent: bool) {
    let shown = format!("{trouble:?}");
    assert_eq!(trouble.is_absence(), absent, "{shown}");
    let failure = trouble.failure(&place());
    assert_eq!(failure.exit, exit, "{shown}");
    assert!(failure.message.contains(word), "{shown}: {failure:?}");
}

#[test]
fn nobody_or_the_wrong_one_at_the_endpoint() {
    let connect = Trouble::Connect;
    check(
        connect(ConnectError::NotRunning),
        Exit::NotRunning,
        "no director is running",
        true,
    );
    check(
        connect(ConnectError::PermissionDenied),
        Exit::Refused,
        "another user",
        false,
    );
    let owner = "mallory".to_owned();
    check(
        connect(ConnectError::ForeignOwner { owner }),
        Exit::Refused,
        "served by `mallory`",
        false,
    );
    check(
        connect(ConnectError::Io(io::Error::other("odd"))),
        Exit::Failed,
        "odd",
        false,
    );
    check(
        Trouble::Gone("closed".to_owned()),
        Exit::NotRunning,
        "ended before it answered",
        true,
    );
}

#[test]
fn a_director_that_says_no() {
    let answered = |code: &str| Trouble::Answered {
        code: code.to_owned(),
        error: "a sentence".to_owned(),
        hint: Some("a hint".to_owned()),
    };
    check(answered(STOPPING), Exit::NotRunning, "a sentence", true);
    check(answered("internal"), Exit::Failed, "a sentence", false);
    check(
        Trouble::Refused(Refusal::ShuttingDown),
        Exit::Failed,
        "shutting down",
        false,
    );
    let error = "disk full".to_owned();
    check(
        Trouble::Refused(Refusal::NotRecorded { error }),
        Exit::Failed,
        "disk full",
        false,
    );
    let (typed, known) = ("wbe".to_owned(), vec![name("web")]);
    let unknown = Refusal::UnknownService { name: typed, known };
    check(Trouble::Refused(unknown), Exit::Usage, "no service `wbe`", false);
    check(
        Trouble::Nonsense("what".to_owned()),
        Exit::Failed,
        "cannot be understood: what",
        false,
    );
}

#[test]
fn a_name_that_is_near_is_suggested_and_a_far_one_is_not() {
    let known = ["web", "worker", "mailer"];
    let hints = |typed| unknown_service(typed, known.into_iter()).hints;
    assert_eq!(hints("wbe")[0], "did you mean `web`?");
    assert_eq!(hints("workers")[0], "did you mean `worker`?");
    assert_eq!(hints("database"), ["services: web, worker, mailer"]);
    let none = unknown_service("web", std::iter::empty());
    assert_eq!(none.hints, ["the configuration has no services"]);
}
