//! Tests about rights. Root may do everything, so such a test drops to a user without rights; a test
//! that was not started by root cannot, and says so instead of passing silently.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Sandbox;

/// What [`Unprivileged::assert_denied`] tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read a file.
    Read,
    /// Append to a file, or make it.
    Write,
    /// Enter a folder.
    Enter,
}

/// A user without rights (65534, "nobody"), as whom commands can be run. Linux only.
#[derive(Debug)]
pub struct Unprivileged {
    programs: Sandbox,
}

impl Unprivileged {
    /// None where that is not possible, with the reason printed: not Linux, not root, or root without
    /// the right to become another user. The test then returns.
    #[must_use]
    pub fn new() -> Option<Self> {
        match system::possible() {
            Ok(()) => {}
            Err(reason) => {
                eprintln!("SKIPPED: this test drops rights, and {reason}");
                return None;
            }
        }
        let programs = Sandbox::new("unprivileged");
        programs.open_to_all();
        Some(Self { programs })
    }

    /// A command that runs as that user, without supplementary groups, in the root folder. The program
    /// is copied to where everybody may run it: the folder of a build often lies in a private home.
    ///
    /// # Panics
    /// When the program cannot be copied.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(self.reachable(program));
        command.current_dir("/");
        system::drop_rights(&mut command);
        command
    }

    /// Proves that the operating system really denies the access: else a test of our own check would
    /// pass for the wrong reason.
    ///
    /// # Panics
    /// When the access is granted.
    #[track_caller]
    pub fn assert_denied(&self, path: &Path, access: Access) {
        let what = format!("{access:?} of {}", path.display());
        match self.attempt(path, access) {
            Ok(()) => panic!("{what} is granted to everybody"),
            Err(told) => assert!(
                told.contains("ermission denied"),
                "{what} fails for another reason: {told}"
            ),
        }
    }

    /// Tries it in a process without rights; how it failed.
    fn attempt(&self, path: &Path, access: Access) -> Result<(), String> {
        let script = match access {
            Access::Read => ": < \"$1\"",
            Access::Write => ": >> \"$1\"",
            Access::Enter => ":",
        };
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, "sh"]).arg(path).env("LC_ALL", "C");
        // The change of folder comes after the change of user, and its error says more than a shell's `cd`.
        command.current_dir(if access == Access::Enter {
            path
        } else {
            Path::new("/")
        });
        system::drop_rights(&mut command);
        let output = command.output().map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    fn reachable(&self, program: &Path) -> PathBuf {
        let name = program.file_name().expect("a program has a name");
        let copy = self.programs.path().join(name);
        if !copy.exists() {
            // By another process: a file that this one writes can be held open for a moment by what other
            // tests are just starting, and then it cannot be executed ("text file busy").
            let copied = Command::new("cp").arg(program).arg(&copy).status();
            let copied = copied.expect("cannot run cp").success();
            assert!(
                copied,
                "cannot copy {} for a user without rights",
                program.display()
            );
        }
        copy
    }
}

#[cfg(unix)]
mod system {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    const NOBODY: u32 = 65534;

    pub(super) fn possible() -> Result<(), String> {
        // The owner of /proc/self is the effective user.
        let user = std::fs::metadata("/proc/self").map(|own| own.uid());
        match user {
            Ok(0) => {}
            Ok(user) => return Err(format!("user {user} cannot become another user: run it as root")),
            Err(error) => return Err(format!("/proc is not readable: {error}")),
        }
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exit 0"]).current_dir("/");
        drop_rights(&mut command);
        match command.status() {
            Ok(status) if status.success() => Ok(()),
            other => Err(format!("this root cannot become user {NOBODY}: {other:?}")),
        }
    }

    /// Std drops the supplementary groups too when root sets a user.
    pub(super) fn drop_rights(command: &mut Command) {
        command.uid(NOBODY).gid(NOBODY);
    }
}

#[cfg(windows)]
mod system {
    use std::process::Command;

    pub(super) fn possible() -> Result<(), String> {
        Err("that exists on Linux only".into())
    }

    pub(super) fn drop_rights(_command: &mut Command) {}
}
