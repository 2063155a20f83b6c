//! Folders that are no application, or that want to be a trap.

use std::fs;

use director_scan::project::detect;

use crate::{folder, found};

#[test]
fn nothing_is_recognised_in_nothing() {
    assert!(found(&[], false).is_empty());
    assert!(found(&[("readme.txt", "hello"), ("data.json", "{}")], true).is_empty());
    let missing = folder(&[]).path().join("missing");
    assert!(detect(&missing, false).is_empty());
}

#[test]
fn text_that_is_none_does_no_harm() {
    let place = folder(&[("main.py", "")]);
    for bytes in [
        &b"from fastapi import FastAPI\napp = FastAPI(\xff\xfe"[..],
        b"from flask import Flask\n'''never closed\napp = Flask('x')",
        b"\"",
        b"from fastapi import FastAPI\n\xf0\x9f\xa6\x80 = FastAPI()\n",
        b"DJANGO_SETTINGS_MODULE",
        b"from flask import Flask\ndef create_app(\nFlask(",
        b"sqlite:///",
        b"app.get('",
    ] {
        for name in [
            "main.py",
            "manage.py",
            "Procfile",
            "package.json",
            ".env",
            "a.csproj",
            "server.js",
            "a.runtimeconfig.json",
        ] {
            fs::write(place.path().join(name), bytes).expect("a file");
        }
        for windows in [false, true] {
            let found = detect(place.path(), windows);
            assert!(found.len() <= 6, "{found:?}");
        }
    }
}

#[test]
fn a_deep_or_wide_folder_is_bounded() {
    let place = folder(&[("main.py", "from fastapi import FastAPI\napp = FastAPI()\n")]);
    let mut deep = place.path().to_path_buf();
    for _ in 0..40 {
        deep.push("d");
    }
    fs::create_dir_all(&deep).expect("a folder");
    fs::write(deep.join("app.py"), "from flask import Flask\napp = Flask('x')\n").expect("a file");
    let long = format!("x = '{}'\n", "sqlite:///".repeat(200_000));
    fs::write(place.path().join("long.py"), long).expect("a file");
    let found = detect(place.path(), false);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[cfg(unix)]
#[test]
fn a_link_in_a_circle_and_a_pipe_that_nobody_writes_hold_nothing_up() {
    let place = folder(&[("main.py", "from fastapi import FastAPI\napp = FastAPI()\n")]);
    std::os::unix::fs::symlink(place.path(), place.path().join("again")).expect("a link");
    let pipe = place.path().join("pipe.py");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .expect("mkfifo");
    assert!(made.success());
    assert_eq!(detect(place.path(), false).len(), 1);
}
