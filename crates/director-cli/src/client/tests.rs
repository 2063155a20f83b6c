//! What each trouble means to a person: exit code and words.

use std::io;

use super::*;
use crate::fixtures::{name, place};

#[test]
fn every_trouble_has_its_exit_code() {
    let refused = |refusal| Trouble::Refused(refusal);
    let answered = |code: &str| Trouble::Answered {
        code: code.to_owned(),
        error: "a sentence".to_owned(),
        hint: Some("a hint".to_owned()),
    };
    for (trouble, exit, word, absent) in [
        (
            Trouble::Connect(ConnectError::NotRunning),
            Exit::NotRunning,
            "no director is running",
            true,
        ),
        (
            Trouble::Connect(ConnectError::PermissionDenied),
            Exit::Refused,
            "another user",
            false,
        ),
        (
            Trouble::Connect(ConnectError::ForeignOwner {
                owner: "mallory".to_owned(),
            }),
            Exit::Refused,
            "served by `mallory`",
            false,
        ),
        (
            Trouble::Connect(ConnectError::Io(io::Error::other("odd"))),
            Exit::Failed,
            "odd",
            false,
        ),
        (
            Trouble::Gone("closed".to_owned()),
            Exit::NotRunning,
            "ended before it answered",
            true,
        ),
        (answered(STOPPING), Exit::NotRunning, "a sentence", true),
        (answered("internal"), Exit::Failed, "a sentence", false),
        (
            refused(Refusal::ShuttingDown),
            Exit::Failed,
            "shutting down",
            false,
        ),
        (
            refused(Refusal::NotRecorded {
                error: "disk full".to_owned(),
            }),
            Exit::Failed,
            "disk full",
            false,
        ),
        (
            refused(Refusal::UnknownService {
                name: "wbe".to_owned(),
                known: vec![name("web")],
            }),
            Exit::Usage,
            "no service `wbe`",
            false,
        ),
        (
            Trouble::Nonsense("what".to_owned()),
            Exit::Failed,
            "cannot be understood: what",
            false,
        ),
    ] {
        let shown = format!("{trouble:?}");
        assert_eq!(trouble.is_absence(), absent, "{shown}");
        let failure = trouble.failure(&place());
        assert_eq!(failure.exit, exit, "{shown}");
        assert!(failure.message.contains(word), "{shown}: {failure:?}");
    }
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
