//! Who has a file open: the right process is named in every way of holding a file that we could think of, and no other.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use director_sys::file_holders::{self, LockKind};
use director_testkit::{Sandbox, eventually, records, rogue};

const BOUND: Duration = Duration::from_secs(20);

/// A rogue that stays until it is dropped.
struct Holder {
    child: Child,
}

impl Holder {
    /// Returns when it holds what it was told to.
    #[track_caller]
    fn start(mut command: Command) -> Self {
        command.args(["--lifetime", "100", "--say", "ready"]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("rogue");
        let mut said = [0; 5];
        let out = child.stdout.as_mut().expect("a pipe");
        out.read_exact(&mut said)
            .expect("rogue holds what it was told to");
        Self { child }
    }

    fn of(arguments: &[String]) -> Self {
        let mut command = Command::new(rogue());
        command.args(arguments);
        Self::start(command)
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder with a database and its companions, and somebody who has another file of it open.
struct Scene {
    sandbox: Sandbox,
    _bystander: Holder,
}

impl Scene {
    fn new(name: &str) -> Self {
        let sandbox = Sandbox::new(name);
        for file in ["app.db", "app.db-wal", "app.db-shm", "other.db"] {
            sandbox.write(file, vec![b'x'; 8_192]);
        }
        let bystander = Holder::of(&[
            "--hold".to_owned(),
            format!("write={}", sandbox.file("other.db").display()),
        ]);
        Self {
            sandbox,
            _bystander: bystander,
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        ["app.db", "app.db-wal", "app.db-shm"]
            .map(|name| self.sandbox.file(name))
            .into()
    }

    fn hold(&self, kind: &str, name: &str) -> Vec<String> {
        vec![
            "--hold".to_owned(),
            format!("{kind}={}", self.sandbox.file(name).display()),
        ]
    }

    /// The pids that the search names, with the file's name and the lock.
    fn found(&self) -> Vec<(u32, String, Option<LockKind>)> {
        let search = file_holders::find(&self.files()).expect("a search");
        let short = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
        search
            .holders
            .iter()
            .map(|one| (one.process.id.pid, short(&one.file), one.lock))
            .collect()
    }

    /// Exactly this process is named, with this file.
    #[track_caller]
    fn names(&self, set_up: &str, pid: u32, file: &str, lock: Option<LockKind>) {
        let lock = if cfg!(windows) { None } else { lock };
        assert_eq!(self.found(), [(pid, file.to_owned(), lock)], "{set_up}");
    }
}

/// Ways to hold a file that one program can be told to, and the lock that Linux tells.
const WAYS: &[(&str, &str, Option<LockKind>)] = if cfg!(windows) {
    &[
        ("read", "app.db", None),
        ("write", "app.db", None),
        ("share-none", "app.db", None),
        ("share-read", "app.db", None),
        ("bytes", "app.db", None),
        ("share-none", "app.db-wal", None),
        ("bytes", "app.db-shm", None),
    ]
} else {
    &[
        ("read", "app.db", None),
        ("write", "app.db", None),
        ("mapped", "app.db-shm", None),
        ("flock", "app.db", Some(LockKind::Exclusive)),
        ("flock-shared", "app.db", Some(LockKind::Shared)),
        ("posix", "app.db", Some(LockKind::Exclusive)),
        ("posix-shared", "app.db", Some(LockKind::Shared)),
        ("ofd", "app.db", Some(LockKind::Exclusive)),
        ("lease", "app.db", Some(LockKind::Shared)),
        ("write", "app.db-wal", None),
        ("posix", "app.db-wal", Some(LockKind::Exclusive)),
        ("posix", "app.db-shm", Some(LockKind::Exclusive)),
        ("ofd", "app.db-shm", Some(LockKind::Exclusive)),
    ]
};

#[test]
fn each_way_to_hold_a_file_names_its_holder_and_nobody_else() {
    let scene = Scene::new("ways");
    assert_eq!(scene.found(), [], "nobody yet");
    for (kind, file, lock) in WAYS {
        let holder = Holder::of(&scene.hold(kind, file));
        scene.names(&format!("{kind} {file}"), holder.pid(), file, *lock);
        // A second one that wants the same is refused where the way is a lock at all.
        if matches!(*kind, "flock" | "posix" | "ofd" | "share-none" | "bytes") {
            let mut second = Command::new(rogue());
            second.args(scene.hold(kind, file)).args(["--exit", "0"]);
            let refused = second.stderr(Stdio::null()).status().expect("rogue");
            assert_eq!(refused.code(), Some(97), "{kind} {file} is held");
        }
        drop(holder);
        eventually(BOUND, "its end is seen", || {
            let found = scene.found();
            if found.is_empty() { Ok(()) } else { Err(found) }
        });
    }
}

#[test]
fn locks_of_the_whole_file_and_of_sqlites_bytes_name_their_holder() {
    let scene = Scene::new("locks");
    for flag in ["--lock", "--sqlite-lock"] {
        let path = scene.sandbox.file("app.db").display().to_string();
        let holder = Holder::of(&[flag.to_owned(), path]);
        scene.names(flag, holder.pid(), "app.db", Some(LockKind::Exclusive));
        drop(holder);
        eventually(BOUND, "its end is seen", || scene.found().is_empty());
    }
}

#[test]
fn two_holders_are_both_named() {
    let scene = Scene::new("two");
    let first = Holder::of(&scene.hold("read", "app.db"));
    let second = Holder::of(&scene.hold("write", "app.db-wal"));
    let mut pids: Vec<u32> = scene.found().iter().map(|(pid, ..)| *pid).collect();
    pids.sort_unstable();
    let mut expected = [first.pid(), second.pid()];
    expected.sort_unstable();
    assert_eq!(pids, expected);
}

#[test]
fn a_child_that_holds_it_is_named_and_its_parent_is_not() {
    let scene = Scene::new("child");
    let pids = scene.sandbox.file("pids");
    let mut command = Command::new(rogue());
    command
        .arg("--hold-in-child")
        .arg(&scene.hold("write", "app.db")[1])
        .arg("--write-pid")
        .arg(&pids);
    let _parent = Holder::start(command);
    let recorded = records::pids(&pids);
    let (_, child) = recorded
        .iter()
        .find(|(role, _)| role == "holder")
        .expect("a child");
    scene.names("a child", *child, "app.db", None);
}

#[test]
fn a_holder_that_is_stopped_is_said_to_be() {
    let scene = Scene::new("stopped");
    let mut arguments = scene.hold("write", "app.db");
    arguments.push("--suspend-self".to_owned());
    let holder = Holder::of(&arguments);
    eventually(BOUND, "it is stopped", || {
        let search = file_holders::find(&scene.files()).expect("a search");
        let [one] = search.holders.as_slice() else {
            return Err(format!("{search:?}"));
        };
        assert_eq!(one.process.id.pid, holder.pid());
        if one.process.frozen {
            Ok(())
        } else {
            Err("not yet".to_owned())
        }
    });
}

#[test]
fn another_spelling_of_the_path_leads_to_the_same_holder() {
    let scene = Scene::new("spelling");
    let holder = Holder::of(&scene.hold("write", "app.db"));
    let folder = scene.sandbox.file("sub");
    fs::create_dir(&folder).unwrap();
    let other = folder.join("..").join("app.db");
    let search = file_holders::find(&[other]).unwrap();
    assert_eq!(search.holders.len(), 1, "{search:?}");
    assert_eq!(search.holders[0].process.id.pid, holder.pid());
}

#[test]
fn a_hard_link_leads_to_the_same_holder() {
    let scene = Scene::new("link");
    fs::hard_link(scene.sandbox.file("app.db"), scene.sandbox.file("link.db")).unwrap();
    let holder = Holder::of(&scene.hold("write", "link.db"));
    scene.names("a hard link", holder.pid(), "app.db", None);
    // On Windows a name that is in use may stay until its handle is closed.
    let _ = fs::remove_file(scene.sandbox.file("link.db"));
    scene.names("a hard link that was removed", holder.pid(), "app.db", None);
}

#[test]
fn what_is_not_there_has_no_holder() {
    let sandbox = Sandbox::new("absent");
    let search = file_holders::find(&[sandbox.file("none.db")]).unwrap();
    assert_eq!(search.holders, []);
    assert_eq!(search.partial, Vec::<String>::new());
}

/// Names that only a system with free renames and symbolic links gives.
#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;

    use super::*;
    use director_testkit::rights::{Access, Unprivileged};

    #[test]
    fn a_symbolic_link_and_a_renamed_folder_lead_to_the_same_holder() {
        let scene = Scene::new("names");
        let folder = scene.sandbox.file("folder");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("app.db"), "x").unwrap();
        let through = scene.sandbox.file("through.db");
        symlink(folder.join("app.db"), &through).unwrap();
        let holder = Holder::of(&["--hold".to_owned(), format!("flock={}", through.display())]);
        let moved = scene.sandbox.file("moved");
        fs::rename(&folder, &moved).unwrap();
        let search = file_holders::find(&[moved.join("app.db")]).unwrap();
        assert_eq!(search.holders.len(), 1, "{search:?}");
        assert_eq!(search.holders[0].process.id.pid, holder.pid());
        assert_eq!(search.holders[0].lock, Some(LockKind::Exclusive));
    }

    /// The holder's descriptors are closed to this account, but the list of locks tells it.
    #[test]
    fn a_holder_of_another_account_is_named() {
        let Some(nobody) = Unprivileged::new() else { return };
        let scene = Scene::new("account");
        scene.sandbox.open_to_all();
        fs::set_permissions(
            scene.sandbox.file("app.db"),
            std::os::unix::fs::PermissionsExt::from_mode(0o666),
        )
        .unwrap();
        let mut command = nobody.command(&rogue());
        command.args(scene.hold("posix", "app.db"));
        let holder = Holder::start(command);
        scene.names(
            "another account",
            holder.pid(),
            "app.db",
            Some(LockKind::Exclusive),
        );
        let search = file_holders::find(&scene.files()).unwrap();
        assert_eq!(search.holders[0].process.user.as_deref(), Some("nobody"));
    }

    /// Asked by an account that may not look into the holder: the lock is told by the system's list, and what was not seen is said.
    #[test]
    fn an_account_without_rights_still_names_who_locks_and_says_what_it_did_not_see() {
        let Some(nobody) = Unprivileged::new() else { return };
        let scene = Scene::new("unprivileged");
        scene.sandbox.open_to_all();
        let holder = Holder::of(&scene.hold("posix", "app.db"));
        let descriptors = PathBuf::from(format!("/proc/{}/fd", holder.pid()));
        nobody.assert_denied(&descriptors, Access::Enter);
        let probe = nobody
            .command(&std::env::current_exe().unwrap())
            .args(["--exact", "file_holders::unix::tells_what_it_sees", "--nocapture"])
            .env("DIRECTOR_HOLDERS_OF", scene.sandbox.file("app.db"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&probe.stdout);
        assert!(
            said.contains(&format!("holder {} Some(Exclusive)", holder.pid())),
            "{said}"
        );
        assert!(
            said.contains("of other accounts may not be looked into"),
            "{said}"
        );
    }

    /// No test: the part of the test above that runs without rights.
    #[test]
    fn tells_what_it_sees() {
        let Some(file) = std::env::var_os("DIRECTOR_HOLDERS_OF") else {
            return;
        };
        let search = file_holders::find(&[file.into()]).unwrap();
        for one in &search.holders {
            println!("holder {} {:?}", one.process.id.pid, one.lock);
        }
        println!("partial: {}", search.partial.join("; "));
    }
}
