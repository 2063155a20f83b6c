//! Where files lie and who may do what with them, and which ports can be had.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::Path;

use director_sys::ports::{self, Refusal};
use director_sys::volume::{self, VolumeKind};
use director_sys::{access, accounts};
use director_testkit::Sandbox;

#[test]
fn a_port_is_free_or_taken_and_the_question_does_not_take_it() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken = listener.local_addr().unwrap();
    assert!(matches!(
        ports::try_bind(taken).unwrap(),
        Some(Refusal::InUse | Refusal::Forbidden)
    ));
    if cfg!(unix) {
        assert_eq!(ports::try_bind(taken).unwrap(), Some(Refusal::InUse));
        let wildcard = SocketAddr::from((Ipv6Addr::UNSPECIFIED, taken.port()));
        assert_eq!(ports::try_bind(wildcard).unwrap(), Some(Refusal::InUse));
    }
    drop(listener);
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, director_testkit::free_port()));
    assert_eq!(ports::try_bind(free).unwrap(), None);
    assert_eq!(ports::try_bind(free).unwrap(), None);
    TcpListener::bind(free).unwrap();
}

#[test]
fn an_address_of_nobody_here_is_told_apart() {
    // TEST-NET-1, which no machine has.
    let foreign = SocketAddr::from(([192, 0, 2, 1], director_testkit::free_port()));
    assert_eq!(ports::try_bind(foreign).unwrap(), Some(Refusal::NoSuchAddress));
}

#[test]
fn the_ports_that_the_system_keeps_are_in_order() {
    match ports::excluded_ranges() {
        Ok(ranges) if cfg!(unix) => assert_eq!(ranges, []),
        Ok(ranges) => {
            assert!(ranges.is_sorted_by_key(|range| *range.start()), "{ranges:?}");
            println!("{} ranges", ranges.len());
        }
        // A system may lack the program that tells them; what it says then is for people.
        Err(error) => assert!(cfg!(windows) && !error.to_string().is_empty(), "{error}"),
    }
}

#[test]
fn the_room_of_a_disk_is_told_also_for_what_is_not_there_yet() {
    let sandbox = Sandbox::new("room");
    sandbox.write("file", "x");
    for name in ["", "file", "not/there/yet"] {
        let space = volume::space(&sandbox.file(name)).unwrap();
        assert!(space.total_bytes > 0, "{name}");
        assert!(space.free_bytes <= space.total_bytes, "{name}: {space:?}");
    }
}

#[test]
fn a_folder_of_this_machine_is_local_and_a_share_is_not() {
    let sandbox = Sandbox::new("volume");
    assert_eq!(volume::kind(sandbox.path()).unwrap(), VolumeKind::Local);
    assert_eq!(
        volume::kind(&sandbox.file("not/there")).unwrap(),
        VolumeKind::Local
    );
    if cfg!(windows) {
        let share = r"\\no-such-server.invalid\data".to_owned();
        let path = Path::new(r"\\no-such-server.invalid\data\app.db");
        assert_eq!(volume::kind(path).unwrap(), VolumeKind::Network { share });
    }
}

#[test]
fn we_may_write_and_execute_our_own() {
    let sandbox = Sandbox::new("own");
    assert!(access::may_write_dir(sandbox.path()).unwrap());
    assert_eq!(
        fs::read_dir(sandbox.path()).unwrap().count(),
        0,
        "nothing was made"
    );
    assert!(access::may_execute(&std::env::current_exe().unwrap()).unwrap());
    assert!(access::may_write_dir(&sandbox.file("absent")).is_err());
    assert!(access::may_execute(&sandbox.file("absent")).is_err());
    assert!(access::may_execute(sandbox.path()).is_err(), "a folder");
    assert!(access::writable_by_others(&sandbox.file("absent")).is_err());
}

#[test]
fn profiles_are_folders_that_are_there() {
    let profiles = accounts::profile_dirs();
    assert!(!profiles.is_empty());
    for profile in &profiles {
        assert!(profile.is_dir(), "{}", profile.display());
    }
    let ours = std::env::var_os(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
    if let Some(ours) = ours.filter(|ours| Path::new(ours).is_dir()) {
        assert!(
            profiles.iter().any(|known| known.as_os_str() == ours),
            "{profiles:?}"
        );
    }
}

/// Permission bits, and what is denied to whom.
#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    use std::path::PathBuf;

    use super::*;
    use director_testkit::rights::{Access, Unprivileged};

    /// Nobody has had a use for it since long.
    const LOW_PORT: u16 = 9;

    fn mode(path: &Path, bits: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(bits)).unwrap();
    }

    /// A folder of ours alone, with a file of ours alone.
    fn scene(name: &str) -> (Sandbox, PathBuf) {
        let sandbox = Sandbox::new(name);
        mode(sandbox.path(), 0o755);
        fs::create_dir(sandbox.file("folder")).unwrap();
        mode(&sandbox.file("folder"), 0o755);
        let file = sandbox.write("folder/app.toml", "x");
        mode(&file, 0o644);
        (sandbox, file)
    }

    #[test]
    fn who_may_change_a_file_is_named() {
        let (_sandbox, file) = scene("change");
        assert_eq!(access::writable_by_others(&file).unwrap(), None);
        assert_eq!(
            access::readable_by_others(&file).unwrap().as_deref(),
            Some("everybody")
        );
        mode(&file, 0o600);
        assert_eq!(access::readable_by_others(&file).unwrap(), None);
        mode(&file, 0o646);
        assert_eq!(
            access::writable_by_others(&file).unwrap().as_deref(),
            Some("everybody")
        );
    }

    #[test]
    fn who_may_put_another_file_in_its_place_is_named_with_the_folder() {
        let (sandbox, file) = scene("replace");
        let folder = sandbox.file("folder");
        mode(&folder, 0o777);
        let who = access::writable_by_others(&file).unwrap().unwrap();
        assert_eq!(
            who,
            format!("everybody, by a right to the folder {}", folder.display())
        );
        mode(&folder, 0o1777);
        assert_eq!(access::writable_by_others(&file).unwrap(), None, "sticky");
        // The folder of a link counts too.
        let loose = sandbox.file("loose");
        fs::create_dir(&loose).unwrap();
        mode(&loose, 0o777);
        symlink(&file, loose.join("link")).unwrap();
        let who = access::writable_by_others(&loose.join("link")).unwrap().unwrap();
        assert!(who.ends_with("/loose"), "{who}");
    }

    #[test]
    fn another_owner_and_another_group_are_named() {
        let Some(_) = Unprivileged::new() else { return };
        let (_sandbox, file) = scene("owner");
        chown(&file, Some(65_534), None).unwrap();
        let who = access::writable_by_others(&file).unwrap();
        assert_eq!(who.as_deref(), Some("the account nobody"));
        chown(&file, Some(0), Some(4_242)).unwrap();
        assert_eq!(
            access::writable_by_others(&file).unwrap(),
            None,
            "its group only reads"
        );
        mode(&file, 0o664);
        let who = access::writable_by_others(&file).unwrap();
        assert_eq!(who.as_deref(), Some("the group with the number 4242"));
    }

    #[test]
    fn what_is_denied_is_told_to_the_one_it_is_denied_to() {
        let Some(nobody) = Unprivileged::new() else { return };
        let (sandbox, file) = scene("denied");
        sandbox.open_to_all();
        let folder = sandbox.file("folder");
        mode(&folder, 0o755);
        nobody.assert_denied(&folder.join("new"), Access::Write);
        let said = nobody
            .command(&std::env::current_exe().unwrap())
            .args(["--exact", "places::unix::tells_what_it_may", "--nocapture"])
            .env("DIRECTOR_MAY_FOLDER", &folder)
            .env("DIRECTOR_MAY_FILE", &file)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&said.stdout);
        assert!(said.contains("write false execute false"), "{said}");
        let first_open = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap();
        if first_open.trim().parse::<u16>().unwrap() > LOW_PORT {
            assert!(said.contains("low port: Some(Forbidden)"), "{said}");
        } else {
            println!("partly skipped: low ports are open to everybody here");
        }
    }

    /// No test: the part of the test above that runs without rights.
    #[test]
    fn tells_what_it_may() {
        let (Some(folder), Some(file)) = (
            std::env::var_os("DIRECTOR_MAY_FOLDER"),
            std::env::var_os("DIRECTOR_MAY_FILE"),
        ) else {
            return;
        };
        let write = access::may_write_dir(Path::new(&folder)).unwrap();
        let execute = access::may_execute(Path::new(&file)).unwrap();
        println!("write {write} execute {execute}");
        let low = SocketAddr::from((Ipv4Addr::LOCALHOST, LOW_PORT));
        println!("low port: {:?}", ports::try_bind(low).unwrap());
    }
}
