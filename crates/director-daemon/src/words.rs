//! What became of a command that was run for a service, in words.

use director_sys::reaper::ExitStatus;

use crate::helper::{HelperError, Outcome};

/// As much of the command's words as is told.
const WORDS: usize = 300;

/// Why a command failed, with its last words, if it did.
pub(crate) fn failure(command: &[String], outcome: Result<Outcome, HelperError>) -> Option<String> {
    let command = command.join(" ");
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => {
            let said = match &error {
                HelperError::TimedOut { output, .. } => words(output),
                HelperError::NotStarted(_) | HelperError::Ending => String::new(),
            };
            return Some(format!("`{command}`: {error}{said}"));
        }
    };
    let how = match outcome.status {
        ExitStatus::Code(0) => return None,
        ExitStatus::Code(code) => format!("exit code {code}"),
        ExitStatus::Signal { number, .. } => format!("signal {number}"),
    };
    Some(format!("`{command}` ended with {how}{}", words(&outcome.output)))
}

/// The last words of a command, as a continuation of a sentence.
fn words(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let said = lines[lines.len().saturating_sub(3)..].join(" / ");
    let from = said.char_indices().rev().nth(WORDS).map_or(0, |(at, _)| at);
    if said.is_empty() {
        String::new()
    } else {
        format!(": {}", &said[from..])
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_that_hangs_is_told_with_what_it_said() {
        let hung = HelperError::TimedOut {
            limit: Duration::from_secs(2),
            output: b"waiting for the lock\n".to_vec(),
        };
        assert_eq!(
            failure(&["migrate".to_owned()], Err(hung)).unwrap(),
            "`migrate`: it did not end within 2000 ms and was killed: waiting for the lock"
        );
    }

    #[test]
    fn the_last_words_of_a_command_fit_a_sentence() {
        assert_eq!(words(b""), "");
        assert_eq!(words(b"one\n\n two \nthree\nfour\n"), ": two / three / four");
        assert!(words("ä".repeat(5_000).as_bytes()).chars().count() <= 310);
    }
}
