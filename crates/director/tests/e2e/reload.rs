//! A new configuration under a running director.

use director_testkit::rogue;
use serde_json::Value;

use crate::common::{Site, assert_says, of_kind, pid, quoted, run_number, text};
use crate::health::Patient;

/// A config with these tables of services.
fn configure(site: &Site, services: &[(&str, &str, &str)]) {
    let program = quoted(&rogue().display().to_string());
    let mut config = "[director]\nname = \"end-to-end\"\n".to_owned();
    for (name, arguments, lines) in services {
        config.push_str(&format!(
            "\n[service.{name}]\ncommand = [{program}{arguments}]\n{lines}\n"
        ));
    }
    site.sandbox.write("director.toml", &config);
}

fn names(site: &Site) -> Vec<String> {
    let report = site.report().expect("a director");
    let services = report["services"].as_array().expect("services");
    services.iter().map(|one| text(one, "name").to_owned()).collect()
}

fn all_events(site: &Site) -> Vec<Value> {
    let told = site.cli(&["events", "--json", "-n", "5000"]).exits(0).out;
    let parse = |line| serde_json::from_str(line).expect("a line of JSON");
    told.lines().map(parse).collect()
}

#[test]
fn a_file_that_the_director_has_not_read_is_told() {
    let site = Site::new("unread");
    configure(&site, &[("web", "", "")]);
    let _director = site.start();
    site.until_running("web");
    assert_eq!(site.cli(&["status"]).exits(0).err, "");
    configure(&site, &[("web", "", "port = 0")]);
    assert_says(&site.cli(&["status"]).exits(0).err, &["the file is invalid now"]);
    configure(&site, &[("web", "", "restart = { max = 5 }")]);
    assert_says(
        &site.cli(&["status"]).exits(0).err,
        &["has changed since the director read it", "`director reload`"],
    );
    site.cli(&["reload"]).exits(0);
    assert_eq!(site.cli(&["status"]).exits(0).err, "");
}

#[test]
fn only_what_changed_is_touched() {
    let site = Site::new("reload");
    configure(
        &site,
        &[
            ("same", "", ""),
            ("web", ", \"--say\", \"one\"", ""),
            ("old", "", ""),
            ("slow", "", ""),
        ],
    );
    let _director = site.start();
    let before: Vec<Value> = ["same", "web", "old", "slow"]
        .map(|name| site.until_running(name))
        .into();

    configure(
        &site,
        &[
            ("same", "", ""),
            ("web", ", \"--say\", \"two\"", ""),
            ("slow", "", "stop = { grace = \"7s\" }"),
            ("fresh", "", ""),
        ],
    );
    let dry = site.cli(&["reload", "--dry-run"]).exits(0).out;
    assert_says(
        &dry,
        &[
            "nothing was changed; a reload would do this",
            "web: restarted, since this differs: command",
        ],
    );
    assert_eq!(names(&site), ["old", "same", "slow", "web"]);

    let told = site.cli(&["reload"]).exits(0).out;
    assert_says(
        &told,
        &[
            "web: restarted, since this differs: command",
            "slow: changed without a restart: stop",
            "old: no longer declared: stopped and forgotten",
            "fresh: new",
            "web: running (run 2",
            "fresh: running (run 1",
        ],
    );
    for (name, was) in [("same", &before[0]), ("slow", &before[3])] {
        assert_eq!(pid(&site.status(name)), pid(was), "{name} was not touched");
    }
    site.cli(&["logs", "web"]).exits(0);
    assert_says(&site.cli(&["logs", "web"]).out, &["one", "two"]);
    director_testkit::eventually(crate::common::BOUND, "the old service is forgotten", || {
        let names = names(&site);
        if names == ["fresh", "same", "slow", "web"] {
            Ok(())
        } else {
            Err(names.join(", "))
        }
    });
    site.cli(&["start", "old"]).exits(2);
    assert_eq!(site.status("web")["restart_count"], 0, "no crash");
    assert_says(&site.cli(&["reload"]).exits(0).out, &["nothing differs"]);
    assert_says(
        &site.cli(&["events"]).exits(0).out,
        &["a new configuration is in force; new: fresh; removed: old"],
    );
}

#[test]
fn an_invalid_file_changes_nothing() {
    let site = Site::new("bad-reload");
    configure(&site, &[("web", "", "")]);
    let _director = site.start();
    let before = pid(&site.until_running("web"));
    configure(
        &site,
        &[
            (
                "web",
                ", \"--say\", \"new\"",
                "restart = { backof = [\"1s\"], max = \"many\" }",
            ),
            ("more", "", ""),
        ],
    );
    let refused = site.cli(&["reload"]).exits(3);
    assert_says(
        &refused.err,
        &[
            "did you mean `backoff`?",
            "service.web.restart.max",
            "nothing was changed; the configuration in force stays",
        ],
    );
    assert!(refused.out.is_empty());
    assert_eq!(
        (pid(&site.status("web")), names(&site)),
        (before, vec!["web".to_owned()])
    );
    assert_says(
        &site.cli(&["events"]).exits(0).out,
        &["the config file is invalid, and the configuration in force stays"],
    );
    site.sandbox.write("director.toml", "[service.");
    site.cli(&["reload", "--dry-run"]).exits(3);

    configure(&site, &[("web", ", \"--say\", \"new\"", "")]);
    site.cli(&["reload"]).exits(0);
    assert_ne!(pid(&site.status("web")), before);
}

#[test]
fn a_new_probe_is_asked_of_the_present_run() {
    let (site, _web) = Patient::admit(Site::new("live-reload"), "web", "", "");
    let _director = site.start();
    let run = run_number(&site.until_running("web"));
    let config = std::fs::read_to_string(site.config()).expect("the config");
    let config = config.replace(
        "start_interval",
        "max_failures = 1, accept = [\"fine\"], start_interval",
    );
    site.sandbox.write("director.toml", &config);
    assert_says(
        &site.cli(&["reload"]).exits(0).out,
        &["web: changed without a restart: health"],
    );
    site.until("web", "a second run", |found| run_number(found) > run);
    let events = site.events("web");
    let failed = of_kind(&events, "probe-failed")[0];
    assert_eq!(
        (&failed["run"], &failed["max_failures"]),
        (&run.into(), &1.into())
    );
}

#[test]
fn a_watch_that_comes_with_a_reload_watches() {
    let site = Site::new("watch-reload");
    configure(&site, &[("web", "", "")]);
    site.sandbox.write("app/main.py", "one");
    let _director = site.start();
    let run = run_number(&site.until_running("web"));
    configure(
        &site,
        &[(
            "web",
            "",
            "watch = { enabled = true, paths = [\"app\"], debounce = \"100ms\" }",
        )],
    );
    assert_says(
        &site.cli(&["reload"]).exits(0).out,
        &["changed without a restart: watch"],
    );
    assert_eq!(site.status("web")["watched"], true);
    site.sandbox.write("app/main.py", "two");
    let run = run_number(&site.until_run_after("web", run));
    configure(&site, &[("web", "", "")]);
    site.cli(&["reload"]).exits(0);
    assert_eq!(
        (run_number(&site.status("web")), &site.status("web")["watched"]),
        (run, &false.into())
    );
}

#[test]
fn a_changed_file_is_put_into_force_by_itself_where_that_is_wanted() {
    let site = Site::new("auto-reload");
    let begin = |services: &[(&str, &str, &str)]| {
        configure(&site, services);
        let config = std::fs::read_to_string(site.config()).expect("the config");
        let config = config.replace("[director]\n", "[director]\nreload = \"auto\"\n");
        site.sandbox.write("next.toml", config);
        std::fs::rename(site.sandbox.file("next.toml"), site.config()).expect("cannot rename the config");
    };
    begin(&[("web", "", "")]);
    let _director = site.start();
    let before = pid(&site.until_running("web"));
    site.sandbox.write("director.toml", "[service.web]\ncommand = 1");
    let refused = || of_kind(&all_events(&site), "reload-refused").len();
    director_testkit::eventually(crate::common::BOUND, "the invalid file is refused", || {
        if refused() > 0 {
            Ok(())
        } else {
            Err("no word about it")
        }
    });
    assert_eq!(pid(&site.status("web")), before);
    begin(&[("web", "", ""), ("more", "", "")]);
    director_testkit::eventually(crate::common::BOUND, "the new service is there", || {
        let names = names(&site);
        if names.len() == 2 {
            Ok(())
        } else {
            Err(names.join(", "))
        }
    });
    site.until_running("more");
    assert_eq!(pid(&site.status("web")), before);
    // By a reload of the ordinary kind it ends.
    configure(&site, &[("web", "", ""), ("more", "", "")]);
    site.cli(&["reload"]).exits(0);
}

#[cfg(unix)]
#[test]
fn the_hangup_signal_reloads() {
    let site = Site::new("hup");
    configure(&site, &[("web", "", "")]);
    let director = site.start();
    site.until_running("web");
    configure(&site, &[("web", "", ""), ("more", "", "")]);
    crate::common::system::signal(director.pid(), 1);
    let is_there = || names(&site).contains(&"more".to_owned());
    director_testkit::eventually(crate::common::BOUND, "the new service is there", || {
        if is_there() {
            Ok(())
        } else {
            Err(names(&site).join(", "))
        }
    });
    site.until_running("more");
}
