//! The director and the system's signals (Linux; on Windows its console has Ctrl-C alone, which a test cannot send it).

use director_testkit::processes::wait_gone;

use crate::common::system::{code_of, signal};
use crate::common::{BOUND, Site, of_kind, pid};

#[test]
fn term_and_int_stop_everything_in_good_order() {
    for number in [libc::SIGTERM, libc::SIGINT] {
        let site = Site::new("signals").rogue("web", &["--on-term", "exit 0"], "");
        let director = site.start();
        let web = pid(&site.until_running("web")).expect("a pid");
        signal(director.pid(), number);
        assert_eq!(code_of(director.wait()), 0);
        wait_gone(&[web], BOUND);
        let events = site.events("web");
        let exit = of_kind(&events, "process-exited")[0];
        assert_eq!(
            (&exit["status"]["code"], &exit["expected"]),
            (&0.into(), &true.into()),
            "it was asked, not killed"
        );
        // Only `shutdown` says that the director is not wanted any more.
        let _again = site.start();
    }
}

#[test]
fn a_second_signal_does_not_wait_for_the_ladder() {
    let site = Site::new("impatient").rogue("web", &["--ignore", "all"], "");
    let director = site.start();
    let web = pid(&site.until_running("web")).expect("a pid");
    signal(director.pid(), libc::SIGINT);
    site.until_phase("web", "stopping");
    signal(director.pid(), libc::SIGINT);
    // The ladder of defaults would take 35 s, longer than the wait's bound.
    director.wait();
    wait_gone(&[web], BOUND);
}
