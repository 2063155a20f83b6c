//! The helpers fail when they should, and say why.
#![expect(clippy::expect_used, reason = "helpers of tests fail by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use director_testkit::processes::{alive, kill, wait_gone};
use director_testkit::rights::{Access, Unprivileged};
use director_testkit::{Sandbox, eventually, free_port, http_get, rogue};

fn panic_text(action: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(action)).expect_err("it must panic");
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn rogue_is_found_and_runs() {
    let status = Command::new(rogue()).args(["--fast-exit", "6"]).status();
    assert_eq!(status.unwrap().code(), Some(6));
}

#[test]
fn eventually_returns_the_value_or_tells_the_state() {
    let mut tries = 0;
    let value = eventually(Duration::from_secs(10), "three tries", || {
        tries += 1;
        (tries == 3).then_some("third")
    });
    assert_eq!((value, tries), ("third", 3));
    let bound = Duration::from_millis(20);
    let text = panic_text(|| eventually(bound, "the moon is blue", || Err::<(), _>("it is white")));
    assert_eq!(
        text,
        "not within 20ms: the moon is blue; last state: \"it is white\""
    );
    let text = panic_text(|| eventually(bound, "never", || false));
    assert_eq!(text, "not within 20ms: never");
}

#[test]
fn sandbox_goes_with_the_test_and_stays_after_a_panic() {
    let sandbox = Sandbox::new("helpers");
    let path = sandbox.path().to_path_buf();
    sandbox.write("deep/er/file", "x");
    assert_eq!(
        (sandbox.read("deep/er/file"), sandbox.read("missing")),
        ("x".into(), String::new())
    );
    drop(sandbox);
    assert!(!path.exists());
    let mut kept = PathBuf::new();
    panic_text(|| {
        let sandbox = Sandbox::new("helpers-kept");
        kept = sandbox.path().to_path_buf();
        panic!("{}", "on purpose");
    });
    assert!(kept.is_dir());
    std::fs::remove_dir(&kept).unwrap();
}

#[test]
fn processes_are_alive_until_they_end() {
    let mut child = Command::new(rogue())
        .args(["--lifetime", "60"])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let pid = child.id();
    assert!(alive(pid) && alive(std::process::id()));
    let text = panic_text(|| wait_gone(&[pid], Duration::from_millis(20)));
    assert!(text.contains(&pid.to_string()), "{text}");
    kill(pid);
    // Not reaped yet: that does not count as alive.
    wait_gone(&[pid], Duration::from_secs(10));
    assert!(!child.wait().unwrap().success());
    assert!(!alive(pid));
}

#[test]
fn http_get_tells_when_nobody_listens() {
    http_get(free_port(), "/").expect_err("nobody listens there");
}

#[test]
fn unprivileged_commands_are_really_denied() {
    let Some(nobody) = Unprivileged::new() else { return };
    let sandbox = Sandbox::new("rights");
    let secret = sandbox.write("secret", "x");
    nobody.assert_denied(sandbox.path(), Access::Enter);
    nobody.assert_denied(&secret, Access::Read);
    sandbox.open_to_all();
    let text = panic_text(|| nobody.assert_denied(&secret, Access::Read));
    assert!(text.contains("is granted to everybody"), "{text}");
    nobody.assert_denied(&secret, Access::Write);
    let denied = nobody
        .command(&rogue())
        .args(["--exit", "0", "--lock"])
        .arg(&secret)
        .output()
        .unwrap();
    assert_eq!(denied.status.code(), Some(96));
    let granted = nobody
        .command(&rogue())
        .args(["--exit", "0", "--lock"])
        .arg(sandbox.file("own"))
        .output()
        .unwrap();
    assert_eq!(
        granted.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&granted.stderr)
    );
}
