//! Against a folder that looks like a cgroup: the kernel of a test machine seldom delegates controllers.

use std::fs;
use std::path::PathBuf;

use super::{Leaf, enable, memory_files, write_all};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("director-cgroup-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        for (file, text) in files {
            fs::write(path.join(file), text).unwrap();
        }
        Self(path)
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_controller_is_enabled_once_and_only_where_there_is_one() {
    let folder = Folder::new(
        "enable",
        &[
            ("cgroup.controllers", "cpu memory pids\n"),
            ("cgroup.subtree_control", "pids\n"),
        ],
    );
    enable(&folder.0, "memory").unwrap();
    assert!(folder.text("cgroup.subtree_control").starts_with("+memory"));
    assert!(
        !folder.0.join("director-self").exists(),
        "nobody had to step aside"
    );
    fs::write(folder.0.join("cgroup.subtree_control"), "memory pids\n").unwrap();
    enable(&folder.0, "memory").unwrap();
    assert_eq!(folder.text("cgroup.subtree_control"), "memory pids\n");
    let why = enable(&folder.0, "io").unwrap_err();
    assert_eq!(
        why,
        "the cgroup that is delegated to the director has no `io` controller"
    );
}

#[test]
fn the_limit_must_be_set_and_the_rest_where_the_kernel_knows_it() {
    let files = [
        ("memory.max", "max\n"),
        ("memory.oom.group", "0\n"),
        ("memory.swap.max", "max\n"),
    ];
    let folder = Folder::new("files", &files);
    write_all(&folder.0, &memory_files(1_048_576)).unwrap();
    assert!(folder.text("memory.max").starts_with("1048576"));
    assert!(folder.text("memory.oom.group").starts_with('1'));
    assert!(folder.text("memory.swap.max").starts_with('0'));
    let old = Folder::new("old", &files[..1]);
    write_all(&old.0, &memory_files(1_048_576)).unwrap();
    let none = Folder::new("none", &[]);
    let why = write_all(&none.0, &memory_files(1_048_576)).unwrap_err();
    assert!(why.starts_with("cannot set memory.max: "), "{why}");
    assert!(!none.0.join("memory.max").exists(), "no file is made");
}

#[test]
fn only_an_end_at_the_own_limit_is_one() {
    let cases = [
        (
            "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n",
            true,
        ),
        (
            "low 0\nhigh 0\nmax 12\noom 0\noom_kill 1\noom_group_kill 0\n",
            false,
        ),
        (
            "low 0\nhigh 0\nmax 12\noom 3\noom_kill 0\noom_group_kill 0\n",
            false,
        ),
    ];
    for (events, hit) in cases {
        let folder = Folder::new("events", &[("memory.events", events)]);
        let leaf = Leaf {
            path: folder.0.clone(),
        };
        assert_eq!(leaf.hit_memory_limit(), hit, "{events}");
    }
    let folder = Folder::new("no-events", &[]);
    let leaf = Leaf {
        path: folder.0.clone(),
    };
    assert!(!leaf.hit_memory_limit());
}
