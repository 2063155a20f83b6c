//! Another process that answers on the service's port.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;

use director_testkit::{eventually, free_port, http_get, rogue};

use crate::common::{BOUND, Site, assert_says, of_kind, run_number, text};

/// A program of somebody else that says it is well.
struct Twin(Child);

impl Twin {
    fn on(site: &Site, port: u16) -> Self {
        director_testkit::write_health(&site.sandbox.file("twin.health"), "200", super::HEALTHY);
        let child = Command::new(rogue())
            .args([
                "--port",
                &port.to_string(),
                "--health-file",
                &site.path("twin.health"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("cannot start the twin");
        eventually(BOUND, "the twin answers", || http_get(port, "/"));
        Self(child)
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A service that never listens, and is asked where the twin does.
fn silent(name: &str, port: u16, more: &str) -> Site {
    let health = format!(
        "health = {{ http = \"http://127.0.0.1:{port}/health\", start_interval = \"100ms\", interval = \"100ms\"{more} }}"
    );
    Site::new(name).rogue("web", &[] as &[&str], &health)
}

#[test]
fn a_stale_twin_is_named_and_waited_out() {
    let port = free_port();
    let site = silent("twin", port, "");
    let twin = Twin::on(&site, port);
    let _director = site.start();
    let blocked = site.until_phase("web", "blocked");
    let finding = &blocked["blocker"];
    assert_eq!(text(finding, "code"), "stale-twin", "{blocked}");
    let holder = &finding["holders"][0];
    assert_eq!(holder["pid"].as_u64(), Some(u64::from(twin.0.id())), "{finding}");
    assert!(holder["since"].as_i64().is_some(), "{finding}");
    assert_says(
        &site.why("web"),
        &[
            "another process answers in its place",
            "rogue",
            "owner_check = false",
        ],
    );
    let events = site.events("web");
    assert!(of_kind(&events, "probe-failed").is_empty(), "no failed probe");
    assert!(of_kind(&events, "restart-scheduled").is_empty(), "no crash");
    assert_eq!(text(of_kind(&events, "stop-began")[0], "reason"), "stale-twin");
    drop(twin);
    site.until("web", "a second run", |found| {
        run_number(found) == 2 && text(found, "phase") == "starting"
    });
    assert_eq!(of_kind(&site.events("web"), "unblocked").len(), 1);
}

#[test]
fn a_twin_that_is_meant_is_accepted() {
    let port = free_port();
    let site = silent("twin-meant", port, ", owner_check = false");
    let _twin = Twin::on(&site, port);
    let _director = site.start();
    site.until_running("web");
}

/// The run's own descendants answer for it.
#[cfg(unix)]
#[test]
fn a_child_of_the_run_is_no_twin() {
    let port = free_port();
    let script = format!("{} --port {port} & wait", rogue().display());
    let site = Site::new("twin-child").service(
        "web",
        &["sh", "-c", &script],
        &format!("health = {{ tcp = \"127.0.0.1:{port}\", start_interval = \"100ms\" }}"),
    );
    let _director = site.start();
    site.until_running("web");
    assert!(of_kind(&site.events("web"), "answer-owner-unknown").is_empty());
}

/// Whoever answers elsewhere is accepted, and that is said once.
#[test]
fn an_answer_from_elsewhere_is_accepted_and_noted() {
    let Some(listener) = elsewhere() else { return };
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || listener.incoming().flatten().for_each(answer));
    let health =
        format!("health = {{ http = \"http://{address}/\", json = false, start_interval = \"100ms\" }}");
    let site = Site::new("twin-elsewhere").rogue("web", &[] as &[&str], &health);
    let _director = site.start();
    site.until_running("web");
    let noted = site.until_event("web", "answer-owner-unknown");
    assert!(text(&noted, "because").contains("no loopback address"), "{noted}");
}

/// An address of this machine that is no loopback address; none where it has none.
fn elsewhere() -> Option<TcpListener> {
    let route = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    route.connect("192.0.2.1:9").ok()?;
    let ip = route.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then(|| TcpListener::bind((ip, 0)).ok())?
}

fn answer(mut stream: TcpStream) {
    let mut request = [0_u8; 4096];
    let _ = stream.read(&mut request);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}
