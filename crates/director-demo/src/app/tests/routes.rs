//! What each address answers.

use std::time::{Duration, Instant};

use super::{Running, ask, request};
use crate::action::Action;

#[test]
fn the_page_needs_nothing_from_elsewhere_and_counts_visits() {
    let app = Running::start();
    let page = app.get("/");
    assert_eq!(page.status, 200);
    assert!(
        page.head
            .contains("content-security-policy: default-src 'none'; script-src 'self'"),
        "{}",
        page.head
    );
    assert!(
        !page.body.contains("{{") && !page.body.contains("//cdn"),
        "{}",
        page.body
    );
    assert!(page.body.contains("1.2.3"));
    for outside in [
        "src=\"http",
        "href=\"http",
        "style=",
        "onclick",
        "<style",
        "<script>",
    ] {
        assert!(!page.body.contains(outside), "the page has {outside}");
    }
    for action in Action::ALL {
        assert!(
            page.body.contains(&format!("action=\"/do/{}\"", action.name())),
            "no button for {action:?}"
        );
    }
    for asset in ["/app.css", "/app.js", "/icon.svg"] {
        assert!(
            page.body.contains(asset) && app.get(asset).status == 200,
            "{asset}"
        );
    }
    app.get("/");
    let info = app.get("/info").json();
    assert_eq!(info["visits"], 2);
    assert_eq!(info["pid"], std::process::id());
    let head = ask(app.address, &request("HEAD", "/", app.address, "")).expect("an answer");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(app.get("/info").json()["visits"], 2, "a HEAD is no visit");
    app.stop();
}

#[test]
fn health_has_the_fields_of_the_specification() {
    let app = Running::start();
    let answer = app.get("/health");
    assert_eq!(answer.status, 200);
    let expected = serde_json::json!({
        "status": "healthy", "app": "Director demo", "version": "1.2.3", "database": "connected"
    });
    assert_eq!(answer.json(), expected);
    app.stop();
}

#[test]
fn a_locked_database_is_degraded_until_it_is_unlocked() {
    let app = Running::start();
    assert_eq!(app.post("/do/lock", "").status, 200);
    let asked = Instant::now();
    let locked = app.get("/health");
    assert!(
        asked.elapsed() < Duration::from_millis(1900),
        "slower than the probe's timeout"
    );
    assert_eq!(
        (locked.status, locked.json()["status"].as_str()),
        (200, Some("degraded"))
    );
    assert_eq!(locked.json()["database"], "error: database is locked");
    assert_eq!(app.get("/info").json()["locked"], true);
    assert_eq!(app.get("/").status, 200, "the page is served all the same");
    assert_eq!(
        app.post("/do/lock", "").json()["done"],
        "the database is locked already"
    );
    assert_eq!(
        app.post("/do/unlock", "").json()["done"],
        "the database is free again"
    );
    assert_eq!(app.get("/health").json()["status"], "healthy");
    assert_eq!(
        app.post("/do/unlock", "").json()["done"],
        "the database was not locked"
    );
    app.get("/");
    assert_eq!(app.get("/info").json()["visits"], 1, "visits are counted again");
    app.stop();
}

#[test]
fn a_lock_ends_by_itself_but_not_the_next_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = super::super::database::Database::open(&folder.path().join("a.db")).expect("opened");
    let database = std::sync::Arc::new(open);
    assert_eq!(database.lock(Duration::from_millis(50)), Ok(true));
    super::wait_for("the end of the lock", || !database.is_locked());
    assert_eq!(database.check(), Ok(()));
    assert_eq!(database.lock(Duration::from_millis(1)), Ok(true));
    database.unlock();
    assert_eq!(database.lock(Duration::from_secs(60)), Ok(true));
    assert!(
        database.check().is_err(),
        "the timer of the earlier lock ended this one"
    );
}

#[test]
fn a_missing_or_damaged_file_is_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.db");
    let database = super::super::database::Database::open(&path).expect("opened");
    assert_eq!(database.check(), Ok(()));
    drop(database);
    std::fs::write(&path, vec![b'x'; 8192]).expect("written");
    let error = super::super::database::Database::open(&path).expect_err("no database");
    assert!(error.to_string().contains("not a database"), "{error}");
}

#[test]
fn health_can_be_made_bad() {
    let app = Running::start();
    app.post("/do/unhealthy", "");
    assert_eq!(
        (
            app.get("/health").status,
            app.get("/health").json()["status"].as_str()
        ),
        (503, Some("unhealthy"))
    );
    app.post("/do/broken", "");
    assert_eq!(
        (
            app.get("/health").status,
            app.get("/health").json()["status"].as_str()
        ),
        (200, Some("broken"))
    );
    app.post("/do/invalid-json", "");
    let answer = app.get("/health");
    assert_eq!(answer.status, 200);
    assert!(serde_json::from_str::<serde_json::Value>(&answer.body).is_err());
    app.stop();
}

#[test]
fn only_our_own_page_may_press_the_buttons() {
    let app = Running::start();
    let own = format!(
        "Origin: http://{}\r\nSec-Fetch-Site: same-origin\r\n",
        app.address
    );
    assert_eq!(app.post("/do/unlock", &own).status, 200);
    for foreign in [
        "Origin: http://evil.example\r\n".to_owned(),
        "Origin: null\r\n".to_owned(),
        format!("Origin: https://{}\r\n", app.address),
        "Sec-Fetch-Site: cross-site\r\n".to_owned(),
        "Sec-Fetch-Site: same-site\r\n".to_owned(),
    ] {
        assert_eq!(app.post("/do/unlock", &foreign).status, 403, "{foreign}");
    }
    // A foreign name that was made to resolve to this machine.
    let rebound =
        "POST /do/unlock HTTP/1.1\r\nHost: evil.example:80\r\nOrigin: http://evil.example:80\r\n\r\n";
    assert_eq!(ask(app.address, rebound).expect("an answer").status, 421);
    app.stop();
}

#[test]
fn wrong_methods_and_addresses_are_named() {
    let app = Running::start();
    let get = app.get("/do/crash");
    assert_eq!(get.status, 405);
    assert!(get.head.contains("allow: POST"), "{}", get.head);
    assert_eq!(app.post("/health", "").status, 405);
    assert_eq!(app.get("/nothing").status, 404);
    assert_eq!(app.post("/do/nothing", "").status, 404);
    app.stop();
}

#[test]
fn a_browser_without_scripts_comes_back_to_the_page() {
    let app = Running::start();
    let answer = app.post("/do/unlock", "Accept: text/html,*/*\r\n");
    assert_eq!(answer.status, 303);
    assert!(answer.head.contains("location: /"), "{}", answer.head);
    app.stop();
}

#[test]
fn leaking_ends_at_its_limit() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = super::super::database::Database::open(&folder.path().join("a.db")).expect("opened");
    let state = super::super::state::State::new(String::new(), database);
    for step in 1..=10 {
        assert_eq!(state.leak(), (step * 50, true));
    }
    assert_eq!(state.leak(), (500, false));
    assert_eq!(state.leaked_megabytes(), 500);
}

#[test]
fn a_stop_finishes_the_open_request() {
    let app = Running::start();
    let address = app.address;
    let slow = std::thread::spawn(move || ask(address, &request("POST", "/do/slow", address, "")));
    super::wait_for("the slow request", || {
        app.get("/info").json()["open_requests"] == 2
    });
    app.stop();
    let answer = slow
        .join()
        .expect("no panic")
        .expect("an answer in spite of the stop");
    assert_eq!(
        (answer.status, answer.json()["done"].as_str()),
        (200, Some("finished after 5 seconds"))
    );
    assert!(
        std::net::TcpStream::connect(address).is_err(),
        "nobody listens any more"
    );
}
