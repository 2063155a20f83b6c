//! What another program holds: the database by several kinds of locks, the port. The service is blocked, the program is named
//! and left alone, and when it lets go the service starts by itself.

use crate::common::pid;
use crate::common::{of_kind, text};

use super::holder::Holder;
use super::{App, assert_blocked, fastapi_app};

/// Healthy once, so that the database is there, and stopped.
#[track_caller]
fn stopped(app: &App) {
    app.until_healthy();
    app.site.cli(&["stop", "web"]).exits(0);
}

/// Lets go, and the service starts by itself.
#[track_caller]
fn assert_freed(app: &App, mut holder: Holder) {
    holder.assert_alive();
    drop(holder);
    app.until_healthy();
    let events = app.site.events("web");
    assert_eq!(of_kind(&events, "unblocked").len(), 1, "{events:?}");
}

#[test]
fn sqlite_itself_has_the_database_locked() {
    let app = fastapi_app("held-by-sqlite");
    let _director = app.site.start();
    stopped(&app);
    let holder = Holder::sqlite(&app.site.sandbox.file("hub.db"));
    assert_blocked(&app, "web", "database-locked", holder.pid());
    assert_freed(&app, holder);
}

#[test]
fn a_program_has_the_bytes_locked_that_sqlite_locks() {
    let app = fastapi_app("held-by-bytes");
    let _director = app.site.start();
    stopped(&app);
    let holder = Holder::rogue(&["--sqlite-lock", &app.site.path("hub.db")]);
    assert_blocked(&app, "web", "database-locked", holder.pid());
    assert_freed(&app, holder);
}

/// A lock that Windows keeps: nobody else may open the file at all.
#[cfg(windows)]
#[test]
fn a_program_has_the_database_to_itself_by_its_share_mode() {
    let app = fastapi_app("held-by-share-mode");
    let _director = app.site.start();
    stopped(&app);
    let holder = Holder::rogue(&["--hold", &format!("share-none={}", app.site.path("hub.db"))]);
    assert_blocked(&app, "web", "database-locked", holder.pid());
    assert_freed(&app, holder);
}

/// The same for every byte of the file.
#[cfg(windows)]
#[test]
fn a_program_has_the_whole_database_locked_by_lockfileex() {
    let app = fastapi_app("held-by-lockfileex");
    let _director = app.site.start();
    stopped(&app);
    let holder = Holder::rogue(&["--lock", &app.site.path("hub.db")]);
    assert_blocked(&app, "web", "database-locked", holder.pid());
    assert_freed(&app, holder);
}

#[cfg(unix)]
#[test]
fn a_suspended_holder_is_said_to_be_suspended() {
    let app = fastapi_app("held-suspended");
    let _director = app.site.start();
    stopped(&app);
    let holder = Holder::rogue(&["--sqlite-lock", &app.site.path("hub.db")]);
    crate::common::system::signal(holder.pid(), libc::SIGSTOP);
    crate::common::system::until_suspended(holder.pid());
    let blocker = assert_blocked(&app, "web", "database-locked", holder.pid());
    assert!(blocker.to_string().contains("suspended"), "{blocker}");
    assert_freed(&app, holder);
}

#[cfg(unix)]
#[test]
fn a_holder_of_another_user_is_named_with_its_user() {
    use std::os::unix::fs::PermissionsExt;

    let Some(user) = director_testkit::rights::Unprivileged::new() else {
        return;
    };
    let app = fastapi_app("held-by-nobody");
    let _director = app.site.start();
    stopped(&app);
    let database = app.site.sandbox.file("hub.db");
    user.assert_denied(&database, director_testkit::rights::Access::Write);
    app.site.sandbox.open_to_all();
    let open = std::fs::Permissions::from_mode(0o666);
    std::fs::set_permissions(&database, open).expect("cannot change the mode");
    let command = super::holder::of_rogue(
        user.command(&director_testkit::rogue()),
        &["--sqlite-lock", &app.site.path("hub.db")],
    );
    let holder = Holder::start(command);
    let blocker = assert_blocked(&app, "web", "database-locked", holder.pid());
    assert!(
        blocker.to_string().contains("nobody"),
        "the user is not said: {blocker}"
    );
    assert_freed(&app, holder);
}

#[test]
fn another_program_has_the_port() {
    let app = fastapi_app("held-port");
    let _director = app.site.start();
    stopped(&app);
    let holder = Holder::rogue(&["--port", &app.port.to_string()]);
    assert_blocked(&app, "web", "port-in-use", holder.pid());
    assert_eq!(pid(&app.site.status("web")), None);
    assert_freed(&app, holder);
    assert_eq!(text(&app.site.status("web"), "phase"), "running");
}
