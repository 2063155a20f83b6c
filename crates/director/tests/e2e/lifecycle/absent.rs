//! Bad commands, bad configs, no director, and one too many.

use crate::common::system::POLITE;
use crate::common::{Site, assert_says, pid};

#[test]
fn a_wrong_command_line_exits_2() {
    let site = Site::new("usage").rogue("web", &[""; 0], "");
    let bare = crate::common::bare();
    assert_eq!(bare.code, 2, "{bare:?}");
    assert_says(&format!("{}{}", bare.out, bare.err), &["Usage:", "Commands:"]);
    site.cli(&["staus"]).exits(2);
    site.cli(&["status", "--nonsense"]).exits(2);
    site.cli(&["stop", "web", "--timeout", "30"]).exits(2);
}

#[test]
fn an_invalid_config_exits_3_and_starts_nothing() {
    let site = Site::new("invalid").rogue("web", &["--prot", "80"], "prot = 80\nautostart = \"yes\"");
    let refused = site.cli(&["run"]).exits(3);
    assert_says(
        &refused.err,
        &[
            "unknown-key",
            "prot",
            "did you mean",
            "port",
            "bad-type",
            "autostart",
            "director.toml:",
        ],
    );
    assert!(
        !site.sandbox.file(".director").exists(),
        "a refused start changes nothing"
    );
    assert_says(&site.cli(&["check"]).exits(3).err, &["unknown-key", "bad-type"]);

    std::fs::remove_file(site.config()).expect("cannot remove the config");
    for arguments in [&["run"][..], &["check"], &["status"], &["stop"], &["why", "web"]] {
        assert_says(&site.cli(arguments).exits(3).err, &["director.toml"]);
    }
}

#[test]
fn without_a_director_commands_exit_4_and_records_are_still_read() {
    let site = Site::new("absent").rogue("web", &["--say", "hello from web"], "");
    for arguments in [
        &["status"][..],
        &["status", "--json"],
        &["start", "web"],
        &["stop", "web"],
        &["restart", "web"],
        &["shutdown"],
    ] {
        assert_says(&site.cli(arguments).exits(4).err, &["no director is running"]);
    }

    let director = site.start();
    site.until_running("web");
    director.kill();
    site.cli(&["status"]).exits(4);
    assert_says(&site.why("web"), &["no director is running", "run 1 started"]);
    assert_says(&site.cli(&["logs", "web"]).exits(0).out, &["hello from web"]);
    assert_says(
        &site.cli(&["events"]).exits(0).out,
        &["run 1 started", "the director"],
    );
}

#[test]
fn an_unknown_service_is_named_with_what_there_is() {
    let site = Site::new("unknown").rogue("web", &[""; 0], "");
    let ask = |site: &Site| {
        for command in ["status", "why", "logs", "events"] {
            let outcome = site.cli(&[command, "wep"]).exits(2);
            assert_says(
                &outcome.err,
                &["there is no service `wep`", "did you mean `web`?"],
            );
        }
    };
    ask(&site);
    let director = site.start();
    let before = pid(&site.until_running("web"));
    ask(&site);
    for command in ["start", "stop", "restart"] {
        let outcome = site.cli(&[command, "web", "wep"]).exits(2);
        assert_says(&outcome.err, &["there is no service `wep`"]);
    }
    assert_eq!(
        pid(&site.status("web")),
        before,
        "a refused command changes nothing"
    );
    director.shut_down();
}

#[test]
fn a_second_director_exits_7_and_disturbs_nothing() {
    let site = Site::new("second").rogue("web", &[""; 0], "");
    let director = site.start();
    let before = pid(&site.until_running("web"));
    let refused = site.cli(&["run"]).exits(7);
    assert_says(&refused.err, &["a director already runs", "director status"]);
    site.cli(&["run", "--force"]).exits(7);
    assert_eq!(pid(&site.status("web")), before);
    director.shut_down();
}

#[test]
fn a_stop_that_takes_too_long_exits_8_and_goes_on() {
    let ladder = format!("stop.ladder = [\"{POLITE} 3s\", \"kill\"]");
    let site = Site::new("slow-stop").rogue("web", &["--ignore", "all"], &ladder);
    let _director = site.start();
    site.until_running("web");
    let late = site.cli(&["stop", "web", "--timeout", "200ms"]).exits(8);
    assert_says(&late.err, &["not settled after 200 ms", "web"]);
    site.cli(&["status", "web"]).exits(1);
    site.until_phase("web", "idle");
    site.until_event("web", "tree-killed");
}
