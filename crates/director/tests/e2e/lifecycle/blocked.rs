//! A port that somebody else holds.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use director_testkit::{eventually, free_port, http_get, rogue};

use crate::common::{BOUND, Site, assert_says, of_kind, text};

/// A foreign program on a port.
struct Holder(Child);

impl Holder {
    fn on(port: u16) -> Self {
        let child = Command::new(rogue())
            .args(["--port", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("cannot start the holder");
        eventually(BOUND, "the holder listens", || http_get(port, "/"));
        Self(child)
    }

    fn end(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.end();
    }
}

#[test]
fn a_taken_port_blocks_names_its_holder_and_is_waited_out() {
    let port = free_port();
    let mut holder = Holder::on(port);
    let site = Site::new("port").rogue(
        "web",
        &["--port", &port.to_string()],
        &format!("port = {port}\nautostart = false"),
    );
    let _director = site.start();

    let asked = Instant::now();
    let blocked = site.cli(&["start", "web"]).exits(6);
    assert!(
        asked.elapsed() < Duration::from_secs(20),
        "looks at 0, 2 and 8 s, then says so: {:?}",
        asked.elapsed()
    );
    let holder_pid = format!("pid {}", holder.0.id());
    let port_held = format!("port {port} is held by rogue");
    let command = if cfg!(windows) { "taskkill /F /PID" } else { "kill" };
    let command = format!("{command} {}", holder.0.id());
    assert_says(
        &blocked.err,
        &[
            "web is blocked",
            "ACTION REQUIRED",
            &port_held,
            &holder_pid,
            "alive",
            &command,
        ],
    );

    let status = site.status("web");
    assert_eq!(text(&status, "phase"), "blocked");
    assert_eq!(status["blocker"]["code"], "port-in-use");
    assert_eq!(status["blocker"]["holders"][0]["pid"], holder.0.id());
    assert_says(&site.cli(&["status"]).exits(6).out, &["blocked", &port_held]);
    assert_says(
        &site.why("web"),
        &[
            "is blocked",
            &port_held,
            &holder_pid,
            "What you can do",
            "What not to do",
            "starts by itself",
        ],
    );
    let events = site.events("web");
    assert!(
        of_kind(&events, "process-started").is_empty(),
        "nothing is started on a taken port"
    );
    assert!(
        holder.0.try_wait().expect("cannot look at the holder").is_none(),
        "a foreign process is never killed"
    );

    holder.end();
    site.until_running("web");
    assert_eq!(of_kind(&site.events("web"), "unblocked").len(), 1);
    site.cli(&["status"]).exits(0);
}

#[test]
fn a_port_that_is_freed_in_time_delays_a_start_only() {
    let port = free_port();
    let mut holder = Holder::on(port);
    let site = Site::new("port-soon").rogue("web", &["--port", &port.to_string()], &format!("port = {port}"));
    let _director = site.start();
    site.until("web", "has looked once", |web| {
        text(web, "because").contains("look 1 of 3")
    });
    holder.end();
    site.until_running("web");
    assert!(of_kind(&site.events("web"), "blocked").is_empty());
}
