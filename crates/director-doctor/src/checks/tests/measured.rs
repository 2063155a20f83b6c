//! Checks of what the machine says.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use director_core::report::{Holder, HolderState};

use super::lab::Lab;
use crate::bounded::Ended;
use crate::checks::{Space, State, Volume};

fn said(code: i64, out: &str) -> Option<Ended> {
    Some(Ended {
        code: Some(code),
        out: out.as_bytes().to_vec(),
        err: Vec::new(),
    })
}

#[test]
fn sd001_the_program() {
    Lab::new("command = ['@']").says("SD001", State::Ok, "director_doctor");
    Lab::new("command = ['no-such-program']").says("SD001", State::Error, "`no-such-program` is not found");
    Lab::new("command = ['%']").says("SD001", State::Error, "cannot be executed");
}

#[test]
fn sd003_and_sd021_what_lies_in_a_profile() {
    let web = "command = ['@']\ndatabase = { sqlite = 'app.db' }";
    Lab::new(web)
        .says("SD003", State::Ok, "")
        .says("SD021", State::Ok, "");
    let everything = || Lab::new(web).on(|machine| machine.profiles = roots());
    everything()
        .says("SD003", State::Warning, "below")
        .says("SD021", State::Warning, "below");
}

/// Folders above all others: of this program, and of the lab.
fn roots() -> Vec<PathBuf> {
    let folders = [std::env::current_exe().unwrap(), std::env::temp_dir()];
    let root = |path: &PathBuf| path.ancestors().last().unwrap().to_path_buf();
    folders.iter().map(root).collect()
}

#[test]
fn sd006_the_working_folder() {
    Lab::new("command = ['@']").says("SD006", State::Ok, "");
    Lab::new("command = ['@']\ncwd = 'gone'").says("SD006", State::Error, "does not exist");
    Lab::new("command = ['@']\ncwd = 'app.py'")
        .file("app.py", b"")
        .says("SD006", State::Error, "is no folder");
}

#[test]
fn sd011_ports_of_the_system() {
    let of = |port: u16| Lab::new(&format!("command = ['@']\nport = {port}"));
    of(8004).says("SD011", State::Ok, "");
    of(40_000).says("SD011", State::Warning, "32768 to 60999");
    of(8004)
        .on(|machine| machine.excluded = vec![8000..=8100])
        .says("SD011", State::Error, "8000 to 8100");
}

#[test]
fn sd013_the_port_is_free() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let lab = Lab::new(&format!("command = ['@']\nport = {port}"));
    lab.says("SD013", State::Error, &format!("pid {}", std::process::id()));
    assert!(lab.item("SD013").unwrap().blocks);
    drop(listener);
    lab.says("SD013", State::Ok, "free");
}

const DB: &str = "command = ['@']\ndatabase = { sqlite = 'data/app.db' }";

#[test]
fn sd020_where_the_database_lies() {
    let on = |volume: Volume| Lab::new(DB).on(|machine| machine.volume = volume);
    on(Volume::Local).says("SD020", State::Ok, "");
    on(Volume::Network(r"\\server\share".to_owned())).says("SD020", State::Error, r"\\server\share");
    on(Volume::Removable).says("SD020", State::Warning, "taken away");
    on(Volume::Unknown).says("SD020", State::Unknown, "");
    Lab::new("command = ['@']").is_silent("SD020");
}

#[test]
fn sd022_the_folder_of_the_database() {
    Lab::new(DB).says("SD022", State::Error, "is not there");
    Lab::new(DB).file("data/app.db", b"").says("SD022", State::Ok, "");
    Lab::new(DB)
        .file("data/app.db", b"")
        .on(|machine| machine.may_write = false)
        .says("SD022", State::Error, "cannot be written");
}

/// A database with this in bytes 18 and 19.
fn header(version: u8) -> Vec<u8> {
    let mut bytes = b"SQLite format 3\0\x10\0".to_vec();
    bytes.extend([version, version]);
    bytes.resize(4096, 0);
    bytes
}

#[test]
fn sd023_wal_by_the_header() {
    let with = |bytes: &[u8]| Lab::new(DB).file("data/app.db", bytes);
    with(&header(2)).says("SD023", State::Ok, "WAL");
    with(&header(1)).says("SD023", State::Warning, "rollback journal");
    with(b"").says("SD023", State::Warning, "rollback journal");
    with(b"<html>").says("SD023", State::Error, "does not begin as one");
    with(b"SQLite format 3\0").says("SD023", State::Error, "does not begin as one");
    Lab::new(DB).says("SD023", State::Ok, "does not exist yet");
    let asked = DB.replace("'data/app.db'", "'data/app.db', wal = true");
    Lab::new(&asked)
        .file("data/app.db", &header(1))
        .says("SD023", State::Note, "the next start sets it");
}

#[test]
fn sd023_reads_what_sqlite_writes() {
    let lab = Lab::new(DB).file("data/app.db", b"");
    let db = rusqlite::Connection::open(lab.path("data/app.db")).unwrap();
    db.execute_batch("CREATE TABLE t(x)").unwrap();
    lab.says("SD023", State::Warning, "rollback journal");
    db.query_row("PRAGMA journal_mode=WAL", [], |_| Ok(())).unwrap();
    lab.says("SD023", State::Ok, "WAL");
}

#[test]
fn sd025_holders() {
    let held = |state: HolderState, answer: &'static str| {
        let holder = Holder {
            pid: 4312,
            start: 1,
            name: "python".to_owned(),
            user: None,
            file: None,
            since: None,
            state,
        };
        Lab::new(DB).file("data/app.db", b"").on(|machine| {
            machine.holders = vec![holder];
            machine.database = answer;
        })
    };
    let usable = "{\"state\":\"usable\"}";
    held(HolderState::Alive, usable).says("SD025", State::Warning, "4312");
    held(HolderState::Suspended, usable).says("SD025", State::Error, "4312");
    let locked = held(HolderState::Alive, "{\"state\":\"locked\"}");
    locked
        .says("SD025", State::Error, "4312")
        .says("SD025", State::Error, "deleting");
    assert!(locked.item("SD025").unwrap().blocks);
    let free = held(HolderState::Alive, usable).on(|machine| machine.holders.clear());
    free.says("SD025", State::Ok, "nobody");
    Lab::new(DB).says("SD025", State::Ok, "does not exist yet");
}

#[test]
fn sd023_is_mended_only_while_nobody_has_the_file() {
    let asked = || Lab::new(DB).file("data/app.db", &header(1));
    let line = |lab: Lab| {
        lab.mended()
            .into_iter()
            .find(|item| item.code == "SD023")
            .unwrap()
    };
    let held = line(asked().on(|machine| machine.database = "{\"state\":\"locked\"}"));
    assert_eq!((held.state, &held.fixed), (State::Warning, &None), "{held:#?}");
    assert!(
        held.evidence
            .iter()
            .any(|line| line.contains("it was not mended")),
        "{held:#?}"
    );
}

#[test]
fn sd030_the_logs_and_their_folder_is_made() {
    let lab = Lab::new("command = ['@']");
    lab.says("SD030", State::Note, "--fix");
    let mended = lab.mended();
    let item = mended.iter().find(|item| item.code == "SD030").unwrap();
    assert_eq!(item.state, State::Ok, "{item:#?}");
    assert!(
        item.fixed.as_deref().unwrap().starts_with("created "),
        "{item:#?}"
    );
    assert!(lab.path("logs").is_dir());
    lab.says("SD030", State::Ok, "");
    Lab::new("command = ['@']")
        .file("logs", b"")
        .says("SD030", State::Error, "is no folder");
    Lab::new("command = ['@']")
        .file("logs/x", b"")
        .on(|machine| machine.may_write = false)
        .says("SD030", State::Error, "cannot be written");
}

#[test]
fn sd031_the_disk() {
    let with = |free: u64, total: u64| {
        Lab::new("command = ['@']").on(|machine| {
            machine.space = Space {
                free_bytes: free,
                total_bytes: total,
            }
        })
    };
    with(50 << 30, 100 << 30).says("SD031", State::Ok, "50 GiB");
    with(900 << 20, 100 << 30).says("SD031", State::Warning, "900 MiB");
    with(4 << 30, 100 << 30).says("SD031", State::Warning, "4 GiB");
    with(40 << 30, 1000 << 30).says("SD031", State::Ok, "40 GiB");
    with(50 << 20, 100 << 30).says("SD031", State::Error, "50 MiB");
}

#[test]
fn sd050_and_sd051_the_watch() {
    let watch = |more: &str| {
        Lab::new(&format!(
            "command = ['@']\ndatabase = {{ sqlite = 'app.db' }}\nwatch = {{ enabled = true{more} }}"
        ))
    };
    watch("")
        .file("app/main.py", b"")
        .says("SD050", State::Ok, "main.py")
        .says("SD051", State::Ok, "");
    watch(", paths = ['src']")
        .file("app/main.py", b"")
        .says("SD050", State::Warning, "does not exist");
    watch(", patterns = ['*.rb']")
        .file("app/main.py", b"")
        .says("SD050", State::Warning, "*.rb");
    watch("")
        .file("node_modules/x.js", b"")
        .says("SD050", State::Warning, "none matches");
    let all = ", patterns = ['*'], ignore = []";
    watch(all)
        .file("app/run.log", b"")
        .says("SD051", State::Warning, "run.log")
        .says("SD051", State::Warning, "app.db");
    // Our own logs never count.
    let of_ours = ", patterns = ['*.log'], ignore = []";
    watch(of_ours)
        .file("logs/web/current.log", b"")
        .says("SD051", State::Ok, "");
    Lab::new("command = ['@']").is_silent("SD050").is_silent("SD051");
}

#[test]
fn sd060_to_sd062_a_systemd_unit() {
    let with = |name: &str, start: &str| {
        let lab = Lab::new("command = ['@']");
        let start = start.replace('%', &lab.path("director.toml").display().to_string());
        let exe = std::env::current_exe().unwrap().display().to_string();
        let text = format!(
            "[Unit]\n[Service]\n# ExecStart=/nowhere/director run\nExecStart={}\n",
            start.replace('@', &exe)
        );
        let unit = PathBuf::from(name);
        lab.on(|machine| machine.units = vec![(unit, text)])
    };
    let good = with("/etc/systemd/system/hub.service", "@ director run -c %");
    good.says("SD060", State::Ok, "hub.service")
        .says("SD061", State::Ok, "root")
        .says("SD062", State::Ok, "");
    let of_user = with("/etc/systemd/user/hub.service", "@ director run -c %");
    of_user.says("SD061", State::Error, "loginctl");
    let gone = with("/etc/systemd/system/hub.service", "/gone/director run -c %");
    gone.says("SD062", State::Error, "/gone/director does not exist");
    let other = with("/etc/systemd/system/hub.service", "/gone/other --serve %");
    other
        .says("SD060", State::Note, "systemctl")
        .is_silent("SD061")
        .is_silent("SD062");
}

#[test]
fn sd060_to_sd062_a_task() {
    let with = |logon: &str, trigger: &str, arguments: &str| {
        let lab = Lab::new("command = ['@']");
        let exe = std::env::current_exe().unwrap().display().to_string();
        let arguments = arguments.replace('%', &lab.path("director.toml").display().to_string());
        let xml = format!(
            "<Task><Triggers>{trigger}</Triggers><Principals><Principal><UserId>ann</UserId>{logon}</Principal></Principals>\
             <Actions><Exec><Command>{exe}</Command><Arguments>{arguments}</Arguments></Exec></Actions></Task>"
        );
        lab.on(|machine| {
            machine.windows = true;
            machine.says = said(0, &xml);
        })
    };
    let run = "run -c &quot;%&quot;";
    let good = with("", "<BootTrigger/>", run);
    good.says("SD060", State::Ok, "begins at boot")
        .says("SD061", State::Ok, "ann")
        .says("SD062", State::Ok, "");
    let interactive = "<LogonType>InteractiveToken</LogonType>";
    with(interactive, "<BootTrigger/>", run).says("SD061", State::Error, "InteractiveToken");
    with("", "<LogonTrigger/>", run).says("SD060", State::Error, "no trigger at boot");
    with("", "<BootTrigger/>", "run -c other.toml").says("SD062", State::Error, "other.toml");
    let none = Lab::new("command = ['@']").on(|machine| {
        machine.windows = true;
        machine.says = said(1, "");
    });
    none.says("SD060", State::Note, "schtasks /create")
        .is_silent("SD061")
        .is_silent("SD062");
    none.on(|machine| machine.says = said(5, "Access is denied."))
        .says("SD060", State::Unknown, "Access is denied.");
}

#[test]
fn sd063_to_sd067_rights() {
    let web = || {
        Lab::new("command = ['@']")
            .file(".env", b"KEY=1")
            .file(".director/x", b"")
    };
    web()
        .says("SD063", State::Note, "sudo")
        .says("SD064", State::Ok, "")
        .says("SD065", State::Ok, "");
    web()
        .on(|machine| machine.elevated = true)
        .says("SD063", State::Ok, "");
    let open = || web().on(|machine| machine.writers = Some("everybody"));
    open()
        .says("SD064", State::Warning, "everybody")
        .says("SD065", State::Warning, "everybody");
    let as_root = open().on(|machine| machine.elevated = true);
    as_root
        .says("SD064", State::Error, "everybody")
        .says("SD065", State::Error, "everybody");
    web().says("SD066", State::Ok, "").says("SD067", State::Ok, "");
    let read = web().on(|machine| machine.readers = Some("everybody"));
    read.says("SD066", State::Warning, ".env")
        .says("SD067", State::Warning, "--fix");
    let of_account = web().on(|machine| machine.readers = Some("the account hub"));
    of_account
        .says("SD066", State::Warning, "hub")
        .says("SD067", State::Ok, "private to the account hub");
    Lab::new("command = ['@']").is_silent("SD066").is_silent("SD067");
}

/// A program with the name of an interpreter, that says this.
fn python(more: &str, answer: Option<Ended>) -> Lab {
    let lab = Lab::new(&format!("command = ['%/python.exe']\n{more}")).on(|machine| machine.says = answer);
    std::fs::copy(std::env::current_exe().unwrap(), lab.path("python.exe")).unwrap();
    lab
}

#[test]
fn sd004_the_interpreter_runs() {
    python("", said(0, "Python 3.13.1\n")).says("SD004", State::Ok, "Python 3.13.1");
    python("", said(106, "No Python at '/usr/bin/python3.9'\n")).says("SD004", State::Error, "No Python at");
    Lab::new("command = ['@']").is_silent("SD004");
}

#[test]
fn sd005_the_modules() {
    let requires = "python = { requires = ['fastapi', 'httpx'] }";
    python(requires, said(0, "a package talks\nmissing=\n")).says("SD005", State::Ok, "fastapi, httpx");
    python(requires, said(0, "missing=httpx\n")).says("SD005", State::Error, "modules are missing: httpx");
    python(requires, said(1, "Traceback\n")).says("SD005", State::Unknown, "Traceback");
    python("", said(0, "missing=httpx\n")).is_silent("SD005");
}

#[test]
fn sd002_an_alias_of_the_store() {
    let lab =
        Lab::new("command = ['%/Microsoft/WindowsApps/python.exe']").file("Microsoft/WindowsApps/x", b"");
    std::fs::copy(
        std::env::current_exe().unwrap(),
        lab.path("Microsoft/WindowsApps/python.exe"),
    )
    .unwrap();
    lab.is_silent("SD002");
    let lab = lab.on(|machine| machine.windows = true);
    lab.says("SD002", State::Error, "Store");
    Lab::new("command = ['@']")
        .on(|machine| machine.windows = true)
        .says("SD002", State::Ok, "");
}

#[test]
fn sd065_and_sd066_the_account_of_the_service_is_no_stranger() {
    let web = |who: &'static str| {
        Lab::new("command = ['@']")
            .user("hub")
            .file(".env", b"KEY=1")
            .on(|machine| {
                machine.writers = Some(who);
                machine.readers = Some(who);
            })
    };
    web("the account hub")
        .says("SD065", State::Ok, "")
        .says("SD066", State::Ok, "");
    web("the account hub, by a right to the folder /srv").says("SD065", State::Ok, "");
    web("the account hubert")
        .says("SD065", State::Warning, "hubert")
        .says("SD066", State::Warning, "hubert");
}
