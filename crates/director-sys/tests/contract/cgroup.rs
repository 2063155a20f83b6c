//! The same contract where a part of the cgroup hierarchy is delegated to us (Linux).
#![cfg(unix)]
#![expect(unsafe_code, reason = "extended attributes have no safe interface")]

use std::ffi::CString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A cgroup marked as delegated, as systemd marks one with `Delegate=yes`; removed on drop.
struct Delegated(PathBuf);

impl Delegated {
    /// None, with the reason printed, where there is no such thing to be had.
    fn new() -> Option<Self> {
        let skipped = |reason: &str| {
            println!("skipped: {reason}");
            None
        };
        if !director_sys::accounts::is_elevated() {
            return skipped("only root can delegate a cgroup");
        }
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        let cgroups = fs::read_to_string("/proc/self/cgroup").unwrap();
        let mount = mounts
            .lines()
            .find_map(|line| line.split(' ').nth(1).filter(|_| line.contains(" cgroup2 ")));
        let below = cgroups.lines().find_map(|line| line.strip_prefix("0::/"));
        let (Some(mount), Some(below)) = (mount, below) else {
            return skipped("no cgroup v2 here");
        };
        let path = PathBuf::from(mount)
            .join(below)
            .join(format!("director-sys-test-{}", std::process::id()));
        if let Err(error) = fs::create_dir(&path) {
            return skipped(&format!("cannot make a cgroup: {error}"));
        }
        let delegated = Self(path);
        let path = CString::new(delegated.0.to_str().unwrap()).unwrap();
        // SAFETY: both names are NUL-terminated, and the value is valid for its length.
        let result = unsafe {
            libc::setxattr(
                path.as_ptr(),
                c"trusted.delegate".as_ptr(),
                c"1".as_ptr().cast(),
                1,
                0,
            )
        };
        if result == 0 {
            Some(delegated)
        } else {
            skipped("cannot mark a cgroup as delegated")
        }
    }

    fn leaves(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap().flatten();
        let names = entries.map(|entry| entry.file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("director-run-")).collect()
    }

    /// This test program, inside, with these tests.
    fn run(&self, tests: &[&str]) -> (bool, String) {
        let output = Command::new("/bin/sh")
            .args(["-c", "echo $$ > \"$0\" && exec \"$@\""])
            .arg(self.0.join("cgroup.procs"))
            .arg(std::env::current_exe().unwrap())
            .args(tests)
            .arg("--test-threads=4")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.success(), text.into_owned())
    }
}

impl Drop for Delegated {
    fn drop(&mut self) {
        for leaf in self.leaves().iter().map(String::as_str).chain(["director-self"]) {
            let _ = fs::remove_dir(self.0.join(leaf));
        }
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn trees_and_ends_hold_in_a_delegated_cgroup() {
    let Some(delegated) = Delegated::new() else { return };
    let (success, text) = delegated.run(&["tree::", "reaper::", "spawn::"]);
    assert!(success, "{text}");
    assert!(!text.contains(" 0 passed"), "{text}");
}

#[test]
fn limits_are_kept_in_a_delegated_cgroup() {
    let Some(delegated) = Delegated::new() else { return };
    let controllers = fs::read_to_string(delegated.0.join("cgroup.controllers")).unwrap();
    let has = |name: &str| controllers.split_ascii_whitespace().any(|found| found == name);
    if !has("memory") || !has("cpu") {
        println!("skipped: the delegated cgroup has no memory and cpu controllers, only: {controllers}");
        return;
    }
    let (success, text) = delegated.run(&["limits::", "--nocapture"]);
    assert!(success, "{text}");
    assert!(
        !text.contains("skipped: ") && !text.contains("not kept here"),
        "{text}"
    );
}

/// A role of this program: says how it contains, and runs one service to its end.
#[test]
fn inside() {
    let prepared = director_sys::spawn::prepare_director().unwrap();
    println!("containment: {}", prepared.containment);
    let lab = crate::common::Lab::new("inside");
    let tree = lab.ready(1, &["--fork", "session"]);
    let cgroup = fs::read_to_string(format!("/proc/{}/cgroup", tree.main().pid)).unwrap();
    println!(
        "service cgroup: {}",
        cgroup
            .lines()
            .find(|line| line.starts_with("0::"))
            .unwrap_or_default()
    );
    tree.kill_all().unwrap();
    lab.wait_end(1);
}

#[test]
fn each_run_has_a_leaf_that_is_removed_after_it() {
    let Some(delegated) = Delegated::new() else { return };
    let stale = delegated.0.join("director-run-0123456789abcdef");
    fs::create_dir(&stale).unwrap();
    let hour_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    fs::File::open(&stale).unwrap().set_modified(hour_ago).unwrap();
    let young = delegated.0.join("director-run-fedcba9876543210");
    fs::create_dir(&young).unwrap();
    let (success, text) = delegated.run(&["cgroup::inside", "--exact", "--nocapture"]);
    assert!(success, "{text}");
    assert!(text.contains("containment: cgroup v2"), "{text}");
    assert!(text.contains("/director-run-"), "{text}");
    let young = young.file_name().and_then(|name| name.to_str()).unwrap();
    assert_eq!(
        delegated.leaves(),
        [young],
        "stale and finished leaves are gone, one that may be in use is not"
    );
}
