use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use director_core::spec::WatchSpec;

use super::debounce::Debounce;
use super::filter::Filter;
use super::known::Known;

fn filter(root: &str) -> Filter {
    let root = Path::new(root);
    let watch = WatchSpec::new(vec![root.to_path_buf()]);
    Filter::new(root, &watch, vec![root.join("logs"), root.join("python")]).expect("the defaults are globs")
}

#[test]
fn what_counts_and_what_does_not() {
    let filter = filter("/app");
    for path in [
        "main.py",
        "a/b/c.py",
        "templates/x.html",
        "static/js/y.js",
        "z.css",
        ".hidden/x.py",
    ] {
        assert!(filter.wants(&Path::new("/app").join(path)), "{path}");
    }
    for path in [
        "main.pyc",
        "README.md",
        "app.db",
        "app.db-wal",
        "app.db-shm",
        "__pycache__/x.py",
        "a/__pycache__/x.py",
        ".git/hooks/x.py",
        "node_modules/left/index.js",
        "web/node_modules/left/index.js",
        "lib/site-packages/x.py",
        "logs/x.py",
        "python/Lib/os.py",
        "x.log",
        ".#main.py",
        "a/.#main.py",
        "main.py~",
    ] {
        assert!(!filter.wants(&Path::new("/app").join(path)), "{path}");
    }
    assert!(!filter.wants(Path::new("/other/main.py")));
    assert!(filter.enters(Path::new("/app")) && filter.enters(Path::new("/app/a/b")));
    assert!(!filter.enters(Path::new("/app/node_modules/x")) && !filter.enters(Path::new("/other")));
}

#[test]
fn a_virtual_environment_is_known_by_its_mark() {
    let folder = tempfile::tempdir().expect("a folder");
    let filter = {
        let watch = WatchSpec::new(vec![folder.path().to_path_buf()]);
        Filter::new(folder.path(), &watch, Vec::new()).expect("globs")
    };
    let file = folder.path().join("odd-name/lib/x.py");
    fs::create_dir_all(folder.path().join("odd-name/lib")).expect("folders");
    assert!(filter.wants(&file));
    fs::write(folder.path().join("odd-name/pyvenv.cfg"), "").expect("a mark");
    assert!(!filter.wants(&file));
}

#[test]
fn a_change_is_due_after_the_pause_or_the_longest_wait() {
    let start = Instant::now();
    let at = |ms| start + Duration::from_millis(ms);
    let mut debounce = Debounce::new(Duration::from_millis(100), Duration::from_millis(250));
    assert_eq!(debounce.due(), None);
    debounce.note(at(0));
    assert_eq!(debounce.due(), Some(at(100)));
    debounce.note(at(90));
    assert_eq!(debounce.due(), Some(at(190)));
    debounce.note(at(180));
    assert_eq!(debounce.due(), Some(at(250)));
    debounce.clear();
    assert_eq!(debounce.due(), None);
}

#[test]
fn only_content_makes_a_change() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.py");
    let later = SystemTime::now() + Duration::from_secs(60);
    let mut known = Known::default();
    fs::write(&path, "one").expect("written");
    assert!(known.learn(&path, later), "it is older than the beginning");
    assert!(!known.compare(&path));
    // Touched and rewritten alike.
    let touched = fs::File::options().write(true).open(&path).expect("open");
    touched.set_modified(later).expect("a new time");
    drop(touched);
    assert!(!known.compare(&path));
    fs::write(&path, "two").expect("written");
    assert!(known.compare(&path));
    assert!(!known.compare(&path));
    fs::remove_file(&path).expect("removed");
    assert!(known.compare(&path));
    assert!(!known.compare(&path));
    fs::write(&path, "two").expect("written");
    assert!(known.compare(&path), "a new file is a change");
}

#[test]
fn what_changed_after_the_beginning_is_not_taken_for_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.py");
    fs::write(&path, "one").expect("written");
    let mut known = Known::default();
    assert!(!known.learn(&path, SystemTime::now() - Duration::from_secs(3_600)));
    assert!(known.compare(&path));
}

#[test]
fn the_known_files_of_a_folder_are_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let later = SystemTime::now() + Duration::from_secs(60);
    let mut known = Known::default();
    let names = ["a/x.py", "a/b/y.py", "a.py", "ab/z.py"];
    for name in names {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(&path, name).expect("written");
        known.learn(&path, later);
    }
    let below: Vec<PathBuf> = known.below(&folder.path().join("a"));
    assert_eq!(
        below,
        [folder.path().join("a/b/y.py"), folder.path().join("a/x.py")]
    );
}
