//! Why something is reported.

use super::{Access, Rule};

/// One sentence.
pub(crate) fn of_access(rule: Rule, access: Access) -> &'static str {
    match (rule, access) {
        (Rule::ReadyDatabase, Access::Query) => {
            "ready() runs a query, so each start of the application waits for the database."
        }
        (Rule::ReadyDatabase, Access::Write) => {
            "ready() writes to the database, so each start of the application needs its write lock."
        }
        (Rule::ReadyDatabase, Access::Connection) => {
            "ready() opens a connection, so each start of the application waits for the database."
        }
        (Rule::ReadyDatabase, Access::Transaction) => {
            "ready() begins a transaction, so each start of the application waits for the database."
        }
        (Rule::ReadyDatabase, Access::Command) => {
            "ready() runs a management command that uses the database, so each start of the application waits for it."
        }
        (Rule::ImportDatabase, Access::Query) => {
            "The query runs while the module is imported, so each start and each management command waits for the database."
        }
        (Rule::ImportDatabase, Access::Write) => {
            "The row is written while the module is imported, so each start and each management command needs the write lock."
        }
        (Rule::ImportDatabase, Access::Connection) => {
            "The connection is opened while the module is imported, so each start and each management command waits for the database."
        }
        (Rule::ImportDatabase, Access::Transaction) => {
            "The transaction begins while the module is imported, so each start and each management command waits for the database."
        }
        (Rule::ImportDatabase, Access::Command) => {
            "The command runs while the module is imported, so each start waits for the database."
        }
        (Rule::ThreadDatabase, _) => {
            "A thread or timer that the start begins uses the database: the start does not wait for it, but it meets a locked database."
        }
        (Rule::ArgvGuard, _) => "The test of sys.argv does not hold for each way to start the application.",
    }
}

/// Why a test for a server does not guard.
pub(crate) fn of_guard(words: &[String], command: Option<&str>) -> String {
    let mut quoted: Vec<String> = Vec::new();
    for word in words {
        let word = format!("\"{word}\"");
        if !quoted.contains(&word) {
            quoted.push(word);
        }
    }
    let words = quoted.join(" or ");
    match command {
        Some(command) => format!(
            "The test for {words} in sys.argv is false under the configured command `{command}`, so the database is used during its start."
        ),
        None => format!(
            "The test for {words} in sys.argv does not hold for each command: under `python -m uvicorn` the first word of \
             sys.argv is the path of a file, and no other word names the server."
        ),
    }
}
