//! The started program: its exit codes, the settings that prevent a start, its log, and its warnings.

use std::process::Command;

fn portreeve(arguments: &[&str], folder: &std::path::Path) -> (Option<i32>, String) {
    let output = Command::new("timeout")
        .arg("20")
        .arg(env!("CARGO_BIN_EXE_portreeve"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn the_program_tells_bad_usage_from_other_failures() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = portreeve(&["serve", "--help"], folder.path());
    assert_eq!(code, Some(0));
    for flag in [
        "--listen",
        "--database-url",
        "--keys-dir",
        "--issuer",
        "--service",
        "--realm",
        "--trusted-proxy",
        "--token-path",
        "--cors-origin",
        "--max-token-bytes",
        "--max-connections",
        "--internal-listen",
        "--tls-cert",
        "--tls-key",
        "--tls-client-ca",
    ] {
        assert!(text.contains(flag), "{flag}");
    }
    assert!(text.contains("PORTREEVE_DATABASE_URL") && text.contains("Examples:"));
    assert_eq!(portreeve(&["serve", "--nonsense"], folder.path()).0, Some(2));
    assert_eq!(portreeve(&[], folder.path()).0, Some(2));
    std::fs::write(folder.path().join("portreeve.toml"), "listen = \"127.0.0.1:0\"\nfoo = 1\n").unwrap();
    let (code, text) = portreeve(&["serve"], folder.path());
    assert_eq!(code, Some(2));
    assert!(text.contains("portreeve.toml, line 2"), "{text}");
    std::fs::remove_file(folder.path().join("portreeve.toml")).unwrap();
    assert_eq!(portreeve(&["serve", "--log", "a=b=c"], folder.path()).0, Some(2));
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--database-url", "sqlite:///nowhere/at/all.db"];
    let (code, text) = portreeve(&arguments, folder.path());
    assert_eq!(code, Some(1));
    assert!(text.contains("/nowhere/at/all.db"), "{text}");
}

#[test]
fn the_database_is_shown_without_its_password() {
    let shown = |url: &str| portreeve::config::DatabaseUrl::parse(url).unwrap().shown();
    let here = std::env::current_dir().unwrap();
    assert_eq!(shown("sqlite://portreeve.db"), here.join("portreeve.db").display().to_string());
    assert_eq!(shown("sqlite:///var/lib/p.db?mode=rwc"), "/var/lib/p.db");
    assert_eq!(shown("postgres://u:hunter2@h:5433/d?sslmode=require&password=x"), "postgres://u@h:5433/d");
    assert_eq!(shown("postgres:///d?host=/run/postgresql&password=x"), "postgres:///d");
}

/// Starts a server in `folder`, lets `visit` use its port, and stops it. Returns the log.
fn log_of(folder: &std::path::Path, flags: &[&str], visit: impl FnOnce(u16)) -> String {
    use std::io::{BufRead, BufReader, Read};
    let port = crate::ports::free_port();
    let mut server = Command::new(env!("CARGO_BIN_EXE_portreeve"))
        .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
        .args(flags)
        .current_dir(folder)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut printed = BufReader::new(server.stdout.take().unwrap()).lines();
    assert!(printed.any(|line| line.unwrap().contains("rootcertbundle")));
    visit(port);
    let told = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(told.success());
    let mut log = String::new();
    server.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    server.wait().unwrap();
    log
}

#[test]
fn the_start_tells_what_it_works_on_and_whether_it_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().canonicalize().unwrap();
    let first = log_of(folder.path(), &[], |_| {});
    let start = first.lines().next().unwrap();
    for part in [
        format!("version=\"{}\"", env!("CARGO_PKG_VERSION")),
        format!("database={}", here.join("portreeve.db").display()),
        format!("keys_dir={}", here.join("keys").display()),
    ] {
        assert!(start.contains(&part), "{part}: {first}");
    }
    let begins = "the database has no users, so a new installation begins";
    assert!(first.contains(begins), "{first}");
    // A directive for one target does not silence the other targets.
    let again = log_of(folder.path(), &["--log", "portreeve::http=debug"], |_| {});
    assert!(again.contains("starting") && !again.contains(begins), "{again}");
}

#[test]
fn a_forwarded_address_from_a_peer_that_is_not_trusted_is_told_of_once() {
    let ask = |port: u16| {
        for _ in 0..3 {
            let status = Command::new("curl")
                .args(["-s", "-o", "/dev/null", "-H", "X-Forwarded-For: 203.0.113.7"])
                .arg(format!("http://127.0.0.1:{port}/token"))
                .status()
                .unwrap();
            assert!(status.success());
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let hint = "if 127.0.0.1 is your proxy: --trusted-proxy 127.0.0.1";
    let log = log_of(folder.path(), &[], ask);
    assert_eq!(log.matches(hint).count(), 1, "{log}");
    let log = log_of(folder.path(), &["--trusted-proxy", "127.0.0.1"], ask);
    assert!(!log.contains("X-Forwarded-For"), "{log}");
    assert!(!log_of(folder.path(), &[], |_| {}).contains("X-Forwarded-For"));
}

#[test]
fn one_event_is_one_line_and_no_control_character_reaches_the_terminal() {
    for format in ["text", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let log = log_of(folder.path(), &["--log-format", format], |port| {
            let status = Command::new("curl")
                .args(["-s", "-o", "/dev/null", "-u", "al\u{1b}[31mice\nforged event:a wrong password"])
                .arg(format!("http://localhost:{port}/token?scope=%0aforged%1b%5b2J&client_id=x%0ay%07"))
                .status()
                .unwrap();
            assert!(status.success());
        });
        assert!(log.contains("token_refused"), "{log}");
        assert!(!log.chars().any(|c| c.is_control() && c != '\n'), "{log:?}");
        assert!(!log.lines().any(|line| line.starts_with("forged")), "{log}");
        if format == "json" {
            for line in log.lines() {
                let event: serde_json::Value =
                    serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
                assert!(event["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
            }
        }
    }
}

#[test]
fn more_connections_than_descriptors_are_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 500; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_portreeve")])
        .args(["config", "check", "--listen", "127.0.0.1:0", "--max-connections", "400"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(text.contains("needs 528 file descriptors and there are 500"), "{text}");
    assert!(text.contains("at most 372 connections"), "{text}");
}
