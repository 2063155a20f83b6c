//! What a tree may take: kept by the system, or told. Each test asks for a limit and either sees it, or the reason why not.

use director_sys::limits::{Limit, Limits, Priority, Unenforced};

use crate::common::Lab;

/// Why this limit is not kept, if it is not.
fn why(unenforced: &[Unenforced], what: Limit) -> Option<&str> {
    let found = unenforced.iter().find(|one| one.what == what)?;
    assert!(!found.why.is_empty());
    Some(&found.why)
}

#[test]
fn nothing_is_told_where_nothing_is_asked() {
    let lab = Lab::new("no-limits");
    let spawned = lab.launch(1, lab.request(&[]));
    assert_eq!(spawned.unenforced, []);
    spawned.tree.kill_all().unwrap();
    lab.wait_end(1);
}

#[test]
fn a_limited_tree_still_starts_and_ends_as_a_whole() {
    let lab = Lab::new("all-limits");
    let mut request = lab.request(&[
        "--fork",
        "child",
        "--fork",
        "session",
        "--write-pid",
        &lab.path("pids"),
    ]);
    request.limits = Limits {
        memory_bytes: Some(1 << 30),
        cpu_percent: Some(50),
        priority: Some(Priority::BelowNormal),
        affinity: vec![0],
    };
    let spawned = lab.launch(1, request);
    lab.wait_pids("pids", 3);
    assert_eq!(spawned.tree.members().unwrap().len(), 3);
    spawned.tree.kill_all().unwrap();
    lab.wait_end(1);
    for unenforced in &spawned.unenforced {
        println!("not kept here: {unenforced:?}");
    }
}

#[test]
fn who_takes_more_memory_than_allowed_ends() {
    let lab = Lab::new("eater");
    let mut request = lab.request(&["--eat", "512", "--say", "fed"]);
    request.limits.memory_bytes = Some(128 << 20);
    let spawned = lab.launch(1, request);
    if let Some(why) = why(&spawned.unenforced, Limit::Memory) {
        println!("skipped: {why}");
        spawned.tree.kill_all().unwrap();
        lab.wait_end(1);
        return;
    }
    lab.wait_end(1);
    assert_eq!(lab.text(1), "", "it never got so far");
    assert_eq!(spawned.tree.hit_memory_limit(), cfg!(unix));
}

#[test]
fn processors_that_do_not_exist_are_told() {
    let lab = Lab::new("processors");
    for (token, affinity) in [(1, vec![0, 1023]), (2, vec![1023])] {
        let mut request = lab.request(&[]);
        request.limits.affinity = affinity;
        let spawned = lab.launch(token, request);
        let why = why(&spawned.unenforced, Limit::Affinity).expect("nobody has so many");
        // Wine keeps no affinity at all, and that comes first.
        assert!(why.contains("1023") || why.contains("does not keep"), "{why}");
        spawned.tree.kill_all().unwrap();
        lab.wait_end(token);
    }
}

#[cfg(unix)]
mod linux {
    use super::*;

    /// A line of `/proc/PID/status`.
    fn status(pid: u32, name: &str) -> String {
        let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim_start_matches(':').trim().to_owned()
    }

    fn nice(pid: u32) -> String {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let after = stat.rsplit_once(") ").unwrap().1;
        after.split(' ').nth(16).unwrap().to_owned()
    }

    #[test]
    fn priority_and_processors_hold_for_the_whole_tree() {
        let lab = Lab::new("share");
        let ours = nice(std::process::id());
        let mut request = lab.request(&["--fork", "session", "--write-pid", &lab.path("pids")]);
        request.limits.priority = Some(Priority::Idle);
        request.limits.affinity = vec![0];
        let spawned = lab.launch(1, request);
        assert_eq!(why(&spawned.unenforced, Limit::Affinity), None);
        for (_, pid) in lab.wait_pids("pids", 2) {
            assert_eq!(nice(pid), "19");
            assert_eq!(status(pid, "Cpus_allowed_list"), "0");
        }
        spawned.tree.kill_all().unwrap();
        lab.wait_end(1);
        assert_eq!(nice(std::process::id()), ours, "ours stays as it was");
    }

    #[test]
    fn a_higher_priority_needs_rights_and_is_told_without_them() {
        let lab = Lab::new("rights");
        let mut request = lab.request(&[]);
        request.limits.priority = Some(Priority::High);
        let spawned = lab.launch(1, request);
        let expected = match why(&spawned.unenforced, Limit::Priority) {
            None => "-10".to_owned(),
            Some(why) => {
                println!("not kept here: {why}");
                nice(std::process::id())
            }
        };
        assert_eq!(nice(spawned.tree.main().pid), expected);
        spawned.tree.kill_all().unwrap();
        lab.wait_end(1);
    }

    #[test]
    fn a_limit_on_open_files_that_nobody_may_have_is_told_and_the_program_gets_what_there_is() {
        let lab = Lab::new("too-many-files");
        let mut request = lab.request(&[]);
        request.program = "/bin/sh".into();
        request.args = vec!["-c".into(), "ulimit -n; ulimit -Hn".into()];
        // More than `fs.nr_open` allows anybody.
        request.open_files = Some(4_000_000_000);
        let spawned = lab.launch(1, request);
        let why = why(&spawned.unenforced, Limit::OpenFiles)
            .expect("told")
            .to_owned();
        assert!(why.starts_with("it cannot be raised to 4000000000"), "{why}");
        lab.wait_end(1);
        lab.wait_closed(2);
        let text = lab.text(1);
        let (soft, hard) = text.trim().split_once('\n').unwrap();
        assert_eq!(soft, hard, "{why}");
    }

    #[test]
    fn without_a_cgroup_memory_and_processor_time_are_told() {
        let lab = Lab::new("no-cgroup");
        let mut request = lab.request(&[]);
        request.limits.memory_bytes = Some(1 << 30);
        request.limits.cpu_percent = Some(10);
        let spawned = lab.launch(1, request);
        let containment = director_sys::spawn::prepare_director().unwrap().containment;
        if containment != "cgroup v2" {
            let none = Some("no cgroup is delegated to the director");
            assert_eq!(why(&spawned.unenforced, Limit::Memory), none);
            assert_eq!(why(&spawned.unenforced, Limit::Cpu), none);
        }
        spawned.tree.kill_all().unwrap();
        lab.wait_end(1);
    }
}

#[cfg(windows)]
#[expect(
    unsafe_code,
    reason = "the system's own word on a process has no safe interface"
)]
mod windows {
    use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};

    use windows_sys::Win32::System::Threading::{
        BELOW_NORMAL_PRIORITY_CLASS, GetPriorityClass, GetProcessAffinityMask, OpenProcess,
        PROCESS_QUERY_LIMITED_INFORMATION,
    };

    use super::*;

    fn open(pid: u32) -> OwnedHandle {
        // SAFETY: plain numbers; the fresh handle is owned at once, and null is refused below.
        unsafe {
            let handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid);
            assert!(!handle.is_null());
            OwnedHandle::from_raw_handle(handle)
        }
    }

    #[test]
    fn priority_and_processors_hold_for_the_whole_tree() {
        let lab = Lab::new("share");
        let mut request = lab.request(&["--fork", "session", "--write-pid", &lab.path("pids")]);
        request.limits.priority = Some(Priority::BelowNormal);
        request.limits.affinity = vec![0];
        let spawned = lab.launch(1, request);
        for (role, pid) in lab.wait_pids("pids", 2) {
            let process = open(pid);
            // SAFETY: the handle is open.
            let class = unsafe { GetPriorityClass(process.as_raw_handle()) };
            let (mut mask, mut all) = (0, 0);
            // SAFETY: the handle is open, and both out parameters live through the call.
            let asked = unsafe { GetProcessAffinityMask(process.as_raw_handle(), &mut mask, &mut all) };
            assert_ne!(asked, 0);
            match why(&spawned.unenforced, Limit::Priority) {
                None => assert_eq!(class, BELOW_NORMAL_PRIORITY_CLASS),
                // Wine, which leaves out the class of a creation as well.
                Some(why) if why.contains("does not keep") => println!("skipped: {why}"),
                // The class it is created with.
                Some(_) if role == "main" => assert_eq!(class, BELOW_NORMAL_PRIORITY_CLASS),
                Some(why) => println!("only the first process was checked: {why}"),
            }
            match why(&spawned.unenforced, Limit::Affinity) {
                None => assert_eq!(mask, 1),
                Some(why) => println!("skipped: {why}"),
            }
        }
        spawned.tree.kill_all().unwrap();
        lab.wait_end(1);
    }

    #[test]
    fn a_limited_job_still_ends_with_its_last_handle() {
        let lab = Lab::new("last-handle");
        let mut request = lab.request(&[]);
        request.limits = Limits {
            memory_bytes: Some(1 << 30),
            cpu_percent: Some(50),
            priority: Some(Priority::BelowNormal),
            affinity: vec![0],
        };
        let spawned = director_sys::spawn::spawn(request).unwrap();
        let main = spawned.tree.main();
        drop(spawned);
        crate::common::wait_dead(main);
    }
}
