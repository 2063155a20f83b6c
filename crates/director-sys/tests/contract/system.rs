//! The smaller capabilities: lock, ports, clocks, accounts, folders, program search.

use std::ffi::{OsStr, OsString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};
use std::path::Path;

use crate::common::{BOUND, Lab};
use director_sys::instance_lock::{InstanceLock, LockError};
use director_sys::port_owner::{self, PortState};
use director_sys::program::{self, ResolveError};
use director_sys::{accounts, clock, fs_guard};
use director_testkit::{Sandbox, eventually};

#[test]
fn the_lock_is_held_once_and_not_inherited() {
    let lab = Lab::new("lock");
    let lock = InstanceLock::acquire(lab.sandbox.path()).unwrap();
    assert!(matches!(
        InstanceLock::acquire(lab.sandbox.path()),
        Err(LockError::Held)
    ));
    let tree = lab.ready(1, &[]);
    drop(lock);
    // A child that another test starts at this moment holds a copy until it executes its program; ours has long done so.
    let again = eventually(BOUND, "a child must not keep our lock", || {
        InstanceLock::acquire(lab.sandbox.path())
    });
    drop(again);
    tree.kill_all().unwrap();
    lab.wait_end(1);
    assert!(matches!(
        InstanceLock::acquire(&lab.sandbox.file("absent")),
        Err(LockError::Io(_))
    ));
}

#[test]
fn the_holder_of_a_port_is_named() {
    let lab = Lab::new("port");
    let port = director_testkit::free_port();
    let local = IpAddr::from(Ipv4Addr::LOCALHOST);
    assert_eq!(port_owner::check(local, port).unwrap(), PortState::Free);
    let tree = lab.ready(1, &["--port", &port.to_string()]);
    for host in [local, Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()] {
        let PortState::Held(owners) = port_owner::check(host, port).unwrap() else {
            panic!("{host} is free")
        };
        assert_eq!(owners.len(), 1);
        assert_eq!(owners[0].pid, Some(tree.main().pid));
        assert_eq!(owners[0].address, (local, port).into());
        assert_eq!(owners[0].process.as_ref().unwrap().id, tree.main());
    }
    let other = IpAddr::from(Ipv4Addr::new(127, 0, 0, 2));
    assert_eq!(port_owner::check(other, port).unwrap(), PortState::Free);
    tree.kill_all().unwrap();
    lab.wait_end(1);
    eventually(BOUND, "free again", || {
        port_owner::check(local, port).unwrap() == PortState::Free
    });
}

#[test]
fn a_wildcard_conflicts_with_every_address() {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in ["127.0.0.1", "10.9.8.7", "0.0.0.0", "::"] {
        let state = port_owner::check(host.parse().unwrap(), port).unwrap();
        assert!(matches!(state, PortState::Held(_)), "{host}");
    }
    assert_eq!(
        port_owner::check(Ipv6Addr::LOCALHOST.into(), port).unwrap(),
        PortState::Free
    );
    let Ok(six) = TcpListener::bind("[::1]:0") else {
        println!("partly skipped: no IPv6 here");
        return;
    };
    let port = six.local_addr().unwrap().port();
    assert!(matches!(
        port_owner::check(Ipv6Addr::LOCALHOST.into(), port).unwrap(),
        PortState::Held(_)
    ));
    assert_eq!(
        port_owner::check(Ipv4Addr::LOCALHOST.into(), port).unwrap(),
        PortState::Free
    );
}

#[test]
fn clocks_go_forward() {
    let before = clock::awake_ms();
    eventually(BOUND, "the clock moves", || clock::awake_ms() > before);
    assert!(clock::unix_ms() > 1_700_000_000_000);
}

#[test]
fn accounts_are_found_or_named_as_unknown() {
    assert!(!accounts::current_user_name().unwrap().is_empty());
    if cfg!(windows) {
        assert!(matches!(
            accounts::resolve("anybody"),
            Err(accounts::AccountError::Unsupported)
        ));
        return;
    }
    let root = accounts::resolve("root").unwrap();
    assert_eq!((root.uid, root.gid), (0, 0));
    assert!(root.groups.contains(&0));
    assert_eq!(root.home, Path::new("/root"));
    assert_eq!(accounts::resolve("0").unwrap(), root);
    let error = accounts::resolve("no-such-user").unwrap_err();
    assert_eq!(error.to_string(), "unknown user `no-such-user`");
}

#[test]
fn a_private_folder_is_made_or_repaired() {
    let sandbox = Sandbox::new("private");
    let folder = sandbox.file("a/b");
    fs_guard::create_private_dir(&folder).unwrap();
    fs_guard::create_private_dir(&folder).unwrap();
    std::fs::write(folder.join("file"), "x").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = || std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o700);
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
        fs_guard::create_private_dir(&folder).unwrap();
        assert_eq!(mode(), 0o700);
        let link = sandbox.file("link");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        assert_eq!(
            fs_guard::create_private_dir(&link).unwrap_err().kind(),
            std::io::ErrorKind::PermissionDenied
        );
    }
    let file = sandbox.write("file", "x");
    assert!(fs_guard::create_private_dir(&file).is_err());
}

#[test]
fn a_file_is_replaced_in_one_step() {
    let sandbox = Sandbox::new("replace");
    let (tmp, to) = (sandbox.write("tmp", "new"), sandbox.write("to", "old"));
    fs_guard::replace_file(&tmp, &to).unwrap();
    assert_eq!(sandbox.read("to"), "new");
    assert!(!tmp.exists());
    assert!(fs_guard::replace_file(&tmp, &to).is_err());
    assert_eq!(sandbox.read("to"), "new");
    assert!(fs_guard::free_space(sandbox.path()).unwrap() > 0);
}

#[test]
fn one_folder_has_one_key() {
    let sandbox = Sandbox::new("key");
    let folder = sandbox.file("data");
    let before = fs_guard::canonical_key(&folder).unwrap();
    std::fs::create_dir(&folder).unwrap();
    let key = fs_guard::canonical_key(&folder).unwrap();
    assert_eq!(before, key, "the key must not change when the folder is made");
    assert_eq!(fs_guard::canonical_key(&folder.join(".")).unwrap(), key);
    assert_ne!(fs_guard::canonical_key(sandbox.path()).unwrap(), key);
    if cfg!(windows) {
        assert_eq!(fs_guard::canonical_key(&sandbox.file("DATA")).unwrap(), key);
    }
}

fn make_program(sandbox: &Sandbox, name: &str) -> std::path::PathBuf {
    let path = sandbox.write(name, "x");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    path
}

fn join(paths: &[&Path]) -> OsString {
    std::env::join_paths(paths).unwrap()
}

#[test]
fn a_bare_name_is_searched_in_absolute_folders_only() {
    let sandbox = Sandbox::new("search");
    let second = make_program(&sandbox, "two/tool.exe");
    make_program(&sandbox, "here/tool.exe");
    let (here, two) = (sandbox.file("here"), sandbox.file("two"));
    let pathext = Some(OsStr::new(".COM;.EXE"));
    let name = OsStr::new("tool.exe");
    let path = join(&[
        Path::new("."),
        Path::new("here"),
        Path::new(""),
        &sandbox.file("one"),
        &two,
    ]);
    let found = program::resolve(name, &here, Some(&path), pathext).unwrap();
    assert_eq!(found.program, second);
    assert!(found.leading_args.is_empty());
    for path in [None, Some(OsStr::new(".")), Some(OsStr::new(""))] {
        let error = program::resolve(name, &here, path, pathext).unwrap_err();
        assert_eq!(
            error,
            ResolveError::NotFound {
                name: "tool.exe".to_owned(),
                searched: vec![]
            }
        );
    }
    let one = sandbox.file("one");
    let error =
        program::resolve(OsStr::new("absent"), &here, Some(&join(&[&one, &two])), pathext).unwrap_err();
    let ResolveError::NotFound { searched, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(searched, [one, two]);
}

#[test]
fn a_name_with_a_separator_is_relative_to_the_base() {
    let sandbox = Sandbox::new("relative");
    let tool = make_program(&sandbox, "bin/tool.exe");
    let found = program::resolve(OsStr::new("bin/tool.exe"), sandbox.path(), None, None).unwrap();
    assert_eq!(
        found.program.canonicalize().unwrap(),
        tool.canonicalize().unwrap()
    );
    assert!(found.program.is_absolute());
    assert_eq!(
        program::resolve(tool.as_os_str(), Path::new("/"), None, None)
            .unwrap()
            .program,
        tool
    );
    let error = program::resolve(OsStr::new("./bin"), sandbox.path(), None, None).unwrap_err();
    assert!(
        matches!(
            error,
            ResolveError::NotExecutable { .. } | ResolveError::NotFound { .. }
        ),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_passed_over_and_named_last() {
    let sandbox = Sandbox::new("permission");
    let plain = sandbox.write("one/tool", "x");
    let (one, two) = (sandbox.file("one"), sandbox.file("two"));
    let path = join(&[&one, &two]);
    let error = program::resolve(OsStr::new("tool"), Path::new("/"), Some(&path), None).unwrap_err();
    assert_eq!(
        error,
        ResolveError::NotExecutable {
            path: plain,
            reason: "execute permission is missing".to_owned()
        }
    );
    let good = make_program(&sandbox, "two/tool");
    assert_eq!(
        program::resolve(OsStr::new("tool"), Path::new("/"), Some(&path), None)
            .unwrap()
            .program,
        good
    );
}

#[test]
fn a_disk_of_this_machine_tells_of_changes() {
    let sandbox = Sandbox::new("hides");
    assert_eq!(fs_guard::hides_changes(sandbox.path()).unwrap(), None);
    assert_eq!(
        fs_guard::hides_changes(&sandbox.file("not/there/yet")).unwrap(),
        None
    );
}

#[cfg(windows)]
#[test]
fn a_share_hides_changes() {
    // A share that does not exist is judged by its name: there is no parent on this machine.
    let share = Path::new(r"\\127.0.0.1\no-such-share\app");
    match fs_guard::hides_changes(share) {
        Ok(found) => assert_eq!(found, Some("a network share")),
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
    }
}
