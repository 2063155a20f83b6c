//! A full disk (Linux): no service waits for it, and what is lost is counted.

use std::path::PathBuf;
use std::process::Command;

use director_testkit::eventually;

use crate::common::{BOUND, Director, Site, assert_says, of_kind, text};

use super::{LINE, ONCE, lines_of};

/// A small disk of our own, where that may be made.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None, with the reason printed, without the right to mount.
    fn of_a_megabyte(at: PathBuf) -> Option<Self> {
        std::fs::create_dir(&at).expect("cannot make the mount point");
        let outcome = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(&at)
            .output();
        match outcome {
            Ok(output) if output.status.success() => Some(Self(at)),
            other => {
                eprintln!(
                    "SKIPPED in part: no small disk can be mounted, so files are limited instead: {other:?}"
                );
                None
            }
        }
    }

    fn grow(&self) {
        let grown = Command::new("mount")
            .args(["-o", "remount,size=64m"])
            .arg(&self.0)
            .status();
        assert!(
            grown.is_ok_and(|status| status.success()),
            "cannot grow the small disk"
        );
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a director that a failing test left may still have a file open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Starts a director that may write no file beyond a megabyte.
fn start_limited(site: &Site) -> Director<'_> {
    use std::os::unix::process::CommandExt;
    let mut command = site.command(&["run"]);
    let limit = libc::rlimit {
        rlim_cur: 1 << 20,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: both calls are async-signal-safe and touch only the new process.
    #[expect(unsafe_code, reason = "limiting a child before it runs has no safe interface")]
    unsafe {
        command.pre_exec(move || {
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
            if libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) == 0 {
                Ok(())
            } else {
                Err(std::io::Error::last_os_error())
            }
        });
    }
    Director::start(site, command)
}

#[test]
fn a_full_disk_blocks_no_service_and_every_lost_line_is_counted() {
    let site = Site::new("full-disk");
    let disk = SmallDisk::of_a_megabyte(site.sandbox.file("logs"));
    let site = site
        .rogue(
            "web",
            &["--flood", "20m", "--say", "made it", "--exit", "0"],
            ONCE,
        )
        .rogue("other", &["--tick", "100"], "");
    let _director = if disk.is_some() {
        site.start()
    } else {
        start_limited(&site)
    };
    let done = site.until_phase("web", "completed");
    assert_eq!(
        done["last_exit"]["status"]["code"], 0,
        "its output never failed: {done}"
    );

    let lost = eventually(BOUND, "the losses are counted", || {
        let status = site.status("web");
        let lost = status["log_lines_dropped"].as_u64().unwrap_or(0);
        let kept = whole_lines(&site);
        // The last word may be among the lost or the kept.
        let all = lines_of(20 << 20) + 1;
        if kept + lost == all {
            Ok(lost)
        } else {
            Err(format!("{kept} kept, {lost} lost of {all}"))
        }
    });
    assert!(lost > 0);
    let events = site.events("web");
    let dropped = of_kind(&events, "log-lines-dropped");
    let told: u64 = dropped.iter().filter_map(|event| event["lines"].as_u64()).sum();
    assert_eq!(told, lost, "{dropped:?}");
    let because = if disk.is_some() {
        "no space left on device"
    } else {
        "File too large"
    };
    assert!(
        dropped
            .iter()
            .any(|event| text(event, "because").contains(because)),
        "{dropped:?}"
    );
    assert_says(&site.why("web"), &["lines of output could not be kept"]);
    assert_says(&site.cli(&["status"]).out, &["output lines lost"]);
    assert_eq!(text(&site.until_running("other"), "phase"), "running");

    let Some(disk) = disk else { return };
    disk.grow();
    site.cli(&["start", "web"]).exits(0);
    eventually(BOUND, "the gap is marked, and the log goes on", || {
        let kept = site.cli(&["logs", "web", "-n", "1000000"]).out;
        let marked = kept
            .lines()
            .any(|line| line.starts_with("[director: ") && line.contains("were not kept"));
        if marked && kept.ends_with("made it\n") {
            Ok(())
        } else {
            Err(kept[kept.len().saturating_sub(500)..].to_owned())
        }
    });
}

/// How many whole lines of the service are on disk.
fn whole_lines(site: &Site) -> u64 {
    let kept = site.cli(&["logs", "web", "-n", "1000000"]).out;
    kept.lines()
        .filter(|line| line.len() == LINE - 1 || *line == "made it")
        .count() as u64
}

#[test]
fn a_full_data_folder_stands_in_the_way_of_no_restart() {
    let site = Site::new("full-data");
    let Some(disk) = SmallDisk::of_a_megabyte(site.sandbox.file(".director")) else {
        return;
    };
    let site = site.rogue("web", &["--tick", "1000"], "");
    let director = site.start();
    let first = site.until_running("web")["run"]["pid"].clone();
    let filler = disk.0.join("filler");
    let full = std::fs::write(&filler, vec![0_u8; 2 << 20]).expect_err("it holds a megabyte");
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);

    site.cli(&["restart", "web"]).exits(0);
    assert_ne!(site.until_running("web")["run"]["pid"], first);
    let refused = site.cli(&["stop", "web"]).exits(1);
    assert_says(&refused.err, &["could not be recorded", "nothing was changed"]);
    assert_eq!(text(&site.status("web"), "phase"), "running");

    std::fs::remove_file(filler).expect("cannot make room");
    site.cli(&["stop", "web"]).exits(0);
    director.shut_down();
}
