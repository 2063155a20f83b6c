//! Requests to the director itself.

use std::io::ErrorKind;
use std::sync::mpsc::channel;

use crate::common::BOUND;
use director_sys::os_signals::{OsSignal, Watch};

/// One test: signals belong to the whole process.
#[test]
fn each_request_is_reported_and_there_is_one_watch() {
    let (sender, received) = channel();
    let watch = Watch::start(move |signal| {
        let _ = sender.send(signal);
    })
    .unwrap();
    assert_eq!(Watch::start(|_| ()).unwrap_err().kind(), ErrorKind::AlreadyExists);
    for (name, expected) in [
        ("INT", OsSignal::Interrupt),
        ("TERM", OsSignal::Terminate),
        ("HUP", OsSignal::Reload),
    ] {
        if cfg!(windows) {
            break;
        }
        for _ in 0..2 {
            let status = std::process::Command::new("/bin/sh")
                .args(["-c", &format!("kill -{name} {}", std::process::id())])
                .status()
                .unwrap();
            assert!(status.success());
            assert_eq!(received.recv_timeout(BOUND).unwrap(), expected);
        }
    }
    drop(watch);
    assert!(received.try_recv().is_err());
    Watch::start(|_| ()).expect("after the first one is dropped there may be another");
}
