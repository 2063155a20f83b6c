//! What a person does about a process that holds something.

use director_core::report::{Holder, HolderState};

/// Whether this machine has a Task Manager.
fn is_windows() -> bool {
    std::env::consts::FAMILY == "windows"
}

/// The steps, in order. `thing` is what the service waits for, as in "as soon as … is free".
pub(crate) fn for_holders(holders: &[Holder], thing: &str) -> Vec<String> {
    let mut steps: Vec<String> = holders
        .iter()
        .filter_map(|holder| for_state(holder, is_windows()))
        .collect();
    for holder in holders
        .iter()
        .filter(|holder| holder.state != HolderState::Exiting)
    {
        steps.extend(to_end(holder, is_windows()));
    }
    steps.push(format!("the service starts by itself as soon as {thing}"));
    steps
}

/// One that runs may be ended; one that does not run needs something else first.
fn for_state(holder: &Holder, windows: bool) -> Option<String> {
    let pid = holder.pid;
    let name = &holder.name;
    match (holder.state, windows) {
        (HolderState::Alive, _) => None,
        (HolderState::Suspended, true) => Some(format!(
            "{name} (pid {pid}) is suspended: if that is not meant, resume it in the Resource Monitor (`resmon`); it may finish and let go"
        )),
        (HolderState::Suspended, false) => Some(format!(
            "{name} (pid {pid}) is suspended: if that is not meant, `kill -CONT {pid}` lets it go on; it may finish and let go"
        )),
        (HolderState::Exiting, true) => Some(format!(
            "{name} (pid {pid}) is ending already, and the system has not let it go: close what debugs or scans it; if it stays, restart the machine"
        )),
        (HolderState::Exiting, false) => Some(format!(
            "{name} (pid {pid}) is ending already: its parent must take note of that, or the device answer that it waits for; if it stays, restart the machine"
        )),
    }
}

fn to_end(holder: &Holder, windows: bool) -> [String; 3] {
    let pid = holder.pid;
    let name = &holder.name;
    let owner = holder.user.as_deref().unwrap_or("another account");
    if windows {
        [
            format!(
                "close {name} by its own means, or: Task Manager (Ctrl+Shift+Esc), Details, PID {pid}, End task"
            ),
            format!("or in a prompt of an Administrator: `taskkill /F /PID {pid}`"),
            format!(
                "if that is denied, it runs as {owner} or is protected: end it in the Task Manager of an Administrator, or restart the machine"
            ),
        ]
    } else {
        [
            format!("see what it is, `ps -fp {pid}`, and close {name} by its own means, or: `kill {pid}`"),
            format!("if it does not end within some seconds: `kill -9 {pid}`"),
            format!("if that is denied, it runs as {owner}: `sudo kill {pid}`"),
        ]
    }
}

/// The steps when nobody could be named.
pub(crate) fn for_nobody(thing: &str) -> Vec<String> {
    let look = if is_windows() {
        "find the program that has it: Resource Monitor (`resmon`), as an Administrator"
    } else {
        "find the program that has it: `fuser` or `lsof`, as root"
    };
    vec![
        look.to_owned(),
        "close that program by its own means; if it is suspended, let it go on first".to_owned(),
        format!("the service starts by itself as soon as {thing}"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(state: HolderState) -> Holder {
        Holder {
            pid: 4312,
            start: 7,
            name: "python".to_owned(),
            user: Some("alice".to_owned()),
            file: None,
            since: None,
            state,
        }
    }

    #[test]
    fn the_command_names_the_pid_on_both_systems() {
        for (windows, command) in [(true, "taskkill /F /PID 4312"), (false, "kill -9 4312")] {
            let steps = to_end(&holder(HolderState::Alive), windows).join("\n");
            assert!(steps.contains(command), "{steps}");
            assert!(steps.contains("denied, it runs as alice"), "{steps}");
        }
    }

    #[test]
    fn one_that_is_suspended_may_go_on_and_one_that_is_exiting_is_not_to_be_ended() {
        let suspended = for_holders(&[holder(HolderState::Suspended)], "it is free").join("\n");
        assert!(suspended.contains("is suspended"), "{suspended}");
        assert!(suspended.contains("denied"), "{suspended}");
        let exiting = for_holders(&[holder(HolderState::Exiting)], "it is free");
        assert_eq!(exiting.len(), 2, "{exiting:?}");
        assert!(exiting[1].ends_with("as soon as it is free"), "{exiting:?}");
    }
}
