//! Users without rights (Linux).

use std::fs;
use std::os::unix::fs::PermissionsExt;

use director_testkit::rights::{Access, Unprivileged};
use director_testkit::{Sandbox, eventually};

use crate::common::{BOUND, Director, Site, assert_says, finish, pid};

/// Lets anybody read the site's config and enter its folder.
fn open(site: &Site) {
    site.sandbox.open_to_all();
    fs::set_permissions(site.config(), fs::Permissions::from_mode(0o644)).expect("cannot change the mode");
}

#[test]
fn another_user_is_refused_by_the_directors_socket() {
    let Some(user) = Unprivileged::new() else { return };
    let site = Site::new("socket").rogue("web", &[""; 0], "");
    open(&site);
    let _director = site.start();
    let before = pid(&site.until_running("web"));
    user.assert_denied(&site.sandbox.file(".director"), Access::Enter);
    for arguments in [&["status"][..], &["stop", "web"], &["shutdown"]] {
        let mut command = user.command(env!("CARGO_BIN_EXE_director").as_ref());
        command
            .args(arguments)
            .arg("-c")
            .arg(site.config())
            .env_remove("XDG_RUNTIME_DIR");
        let refused = finish(command).exits(5);
        assert_says(&refused.err, &["belongs to another user", "hint:"]);
    }
    assert_eq!(
        pid(&site.status("web")),
        before,
        "a refused command changes nothing"
    );
}

#[test]
fn a_data_folder_that_is_not_ours_is_refused() {
    let Some(user) = Unprivileged::new() else { return };
    let site = Site::new("data").rogue("web", &[""; 0], "");
    open(&site);
    let data = site.sandbox.file(".director");
    fs::create_dir(&data).expect("cannot make the data folder");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).expect("cannot change the mode");
    user.assert_denied(&data, Access::Enter);
    let mut command = user.command(env!("CARGO_BIN_EXE_director").as_ref());
    command.arg("run").arg("-c").arg(site.config());
    let refused = finish(command).exits(5);
    assert_says(&refused.err, &["data folder", ".director", "director.data_dir"]);
}

#[test]
fn logs_that_cannot_be_written_are_said_and_services_run_all_the_same() {
    let Some(user) = Unprivileged::new() else { return };
    let program = user.command(&director_testkit::rogue());
    let program = program.get_program().to_string_lossy().into_owned();
    let temp = Sandbox::new("logs-temp");
    temp.open_to_all();
    // The temp folder has the director's log, and where nothing better is the socket too: both sides must mean the same.
    let site = Site::new("logs").env("TMPDIR", temp.path().display().to_string());
    let site = site.service("web", &[program.as_str(), "--say", "hello"], "");
    open(&site);
    let logs = site.sandbox.file("logs");
    fs::create_dir(&logs).expect("cannot make the log folder");
    fs::set_permissions(&logs, fs::Permissions::from_mode(0o555)).expect("cannot change the mode");
    user.assert_denied(&logs.join("director.log"), Access::Write);

    let mut command = user.command(env!("CARGO_BIN_EXE_director").as_ref());
    command
        .args(["run", "-c"])
        .arg(site.config())
        .env("TMPDIR", temp.path())
        .env_remove("XDG_RUNTIME_DIR");
    let director = Director::start(&site, command);
    site.until_running("web");
    assert_says(
        &director.said(),
        &[
            "warning: cannot open",
            "director.log",
            "the director's log goes to",
            &temp.path().display().to_string(),
        ],
    );
    eventually(BOUND, "the fallback log tells of the service", || {
        let log = temp.read("director-end-to-end.log");
        if log.contains("web") && log.contains("cannot open") {
            Ok(())
        } else {
            Err(log)
        }
    });
    eventually(BOUND, "the lost output is counted", || {
        let web = site.status("web");
        if web["log_lines_dropped"].as_u64() > Some(0) {
            Ok(())
        } else {
            Err(web.to_string())
        }
    });
    site.until_event("web", "log-lines-dropped");
}
