//! The lines of the log about the files of TLS, and about plain HTTP.

use super::certificates::{Authority, put};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Runs the program on `listen` while `during` runs. Returns the program's log.
fn log_of(folder: &Path, listen: &str, flags: &[String], during: impl FnOnce()) -> String {
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_portreeve"))
        .args(["serve", "--listen", listen])
        .args(flags)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let read = || std::fs::read_to_string(folder.join("log")).unwrap();
    while !read().contains("ready") {
        assert!(server.try_wait().unwrap().is_none(), "{}", read());
        std::thread::sleep(Duration::from_millis(20));
    }
    during();
    assert!(Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap().success());
    assert!(server.wait().unwrap().success());
    read()
}

#[test]
fn the_log_tells_once_of_files_that_cannot_be_used_and_of_plain_http() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    let files = tempfile::tempdir().unwrap();
    let (certificate, key) = authority.pair(5).put(files.path());
    let flag = |name: &str, path: &Path| [name.to_owned(), path.to_str().unwrap().to_owned()];
    let flags = [flag("--tls-cert", &certificate), flag("--tls-key", &key)].concat();
    let log = log_of(folder.path(), "0.0.0.0:0", &flags, || {
        put(files.path(), "server.key", "no key", 0o600);
        std::thread::sleep(Duration::from_millis(2000));
        authority.pair(90).put(files.path());
        std::thread::sleep(Duration::from_millis(1200));
    });
    for (text, times) in [
        ("no private key", 1),
        ("the TLS certificate was exchanged", 1),
        ("server.crt ends at", 1),
        ("PLAIN HTTP", 0),
    ] {
        assert_eq!(log.matches(text).count(), times, "{text}: {log}");
    }
    let log = log_of(folder.path(), "0.0.0.0:0", &[], || {});
    assert_eq!(log.matches("PLAIN HTTP").count(), 1, "{log}");
    let proxy = ["--trusted-proxy".to_owned(), "10.0.0.0/8".to_owned()];
    assert!(!log_of(folder.path(), "0.0.0.0:0", &proxy, || {}).contains("PLAIN HTTP"));
}
