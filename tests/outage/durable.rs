//! An acknowledged change is durable: the log of the database is synced between its last write and the first byte of
//! the answer. A trace of the server's system calls proves it.

use crate::fleet::text;
use crate::server::{ADMIN_PASSWORD, Server, client, free_port};
use regex::Regex;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

/// A relevant system call. [`parse`] says at which moment it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    /// A write to the log of the database.
    Write,
    /// A sync of the log.
    Sync,
    /// The first bytes of a successful answer.
    Answer,
}

/// Reads the lines of `strace -f -y`. Returns the writes and syncs of files with this name, and the answers.
///
/// A sync counts when it returns, and an answer when it is sent. A write counts at its beginning and at its end: a sync
/// that returns during the write does not cover the write.
fn parse(trace: &str, file: &str) -> Vec<Call> {
    let call = Regex::new(r"^(\d+) +(?:<\.\.\. )?(\w+)(\(| resumed>)(.*)$").unwrap();
    let mut calls = Vec::new();
    // The unfinished call of each thread.
    let mut begun: Vec<(String, Call)> = Vec::new();
    for line in trace.lines() {
        let Some(found) = call.captures(line) else { continue };
        let (thread, name, rest) = (&found[1], &found[2], &found[4]);
        if &found[3] == " resumed>" {
            let Some(place) = begun.iter().position(|(of, _)| of == thread) else { continue };
            let (_, call) = begun.swap_remove(place);
            if call == Call::Write || rest.contains("= 0") {
                calls.push(call);
            }
            continue;
        }
        let of_file = rest.split(['>', ',']).next().is_some_and(|first| first.ends_with(file));
        let kind = match name {
            "pwrite64" | "pwritev" | "pwritev2" | "write" | "writev" | "ftruncate" if of_file => Call::Write,
            "fsync" | "fdatasync" if of_file => Call::Sync,
            "sendto" | "write" | "writev" | "sendmsg" if rest.contains("\"HTTP/1.1 2") => Call::Answer,
            _ => continue,
        };
        match (kind, rest.ends_with("<unfinished ...>")) {
            (Call::Sync, true) => begun.push((thread.to_owned(), kind)),
            (Call::Write, true) => {
                calls.push(kind);
                begun.push((thread.to_owned(), kind));
            }
            (Call::Sync, false) if !rest.contains("= 0") => {}
            _ => calls.push(kind),
        }
    }
    calls
}

/// Returns two numbers of answers to writes: those that came after the sync of the last write, and those that came
/// before.
fn judge(calls: &[Call]) -> (usize, usize) {
    let (mut durable, mut early) = (0, 0);
    let (mut written, mut synced) = (false, true);
    for call in calls {
        match call {
            Call::Write => (written, synced) = (true, false),
            Call::Sync => synced = true,
            Call::Answer if written && synced => (written, durable) = (false, durable + 1),
            Call::Answer if written => (written, early) = (false, early + 1),
            Call::Answer => {}
        }
    }
    (durable, early)
}

/// Sends a change, which must succeed. Returns the body of the answer.
async fn must(request: RequestBuilder) -> Value {
    let answer = request.timeout(Duration::from_secs(30)).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_change_is_synced_before_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let mut strace = Command::new("strace");
    // strace runs as a grandchild, so that the child process is the server itself.
    strace.args(["-D", "-f", "-y", "-s", "16", "-o"]).arg(&trace);
    strace.args([
        "-e",
        "trace=write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,ftruncate,fsync,fdatasync",
    ]);
    strace.arg(env!("CARGO_BIN_EXE_portreeve"));
    let mut server = Server::run(strace, free_port(), folder.path(), "sqlite://test.db", &[]);
    server.ready().await;
    let client = client();
    let call = |method: &str, path: &str, body: Value| {
        let url = server.url(&format!("/api/v1{path}"));
        let request = client.request(method.parse().unwrap(), url).basic_auth("admin", Some(ADMIN_PASSWORD));
        if body.is_null() { request } else { request.json(&body) }
    };
    let password = "a perfectly long password";
    must(call("PUT", "/robots/ci", json!({}))).await;
    must(call("PUT", "/groups/web", json!({}))).await;
    // No request uses a key or a session here, because the marks of such uses are written in the background.
    let before = std::fs::read_to_string(&trace).unwrap().len();
    for round in 0..10 {
        let rule = json!({"subjects": ["everyone"], "names": ["x"], "actions": ["pull"]});
        must(call("PUT", &format!("/rules/r{round}"), rule)).await;
        must(call("POST", "/robots/ci/access-keys", json!({"name": format!("key {round}")}))).await;
        must(call("PUT", &format!("/users/u{round}"), json!({"password": password}))).await;
        must(call("PUT", &format!("/groups/web/members/user:u{round}"), Value::Null)).await;
        // This is a login as docker sends it.
        let user = format!("u{round}");
        let login = client.get(server.url("/token?service=registry&offline_token=true&client_id=docker"));
        let session = must(login.basic_auth(user, Some(password))).await;
        assert!(!text(&session["refresh_token"]).is_empty());
    }
    server.terminate();
    let trace = std::fs::read_to_string(&trace).unwrap();
    let calls = parse(trace.get(before..).unwrap(), "test.db-wal");
    let (durable, early) = judge(&calls);
    println!("{durable} answers after the sync of the write, {early} before");
    assert_eq!(early, 0, "the server answered before the sync of a write");
    assert!(durable >= 50, "{durable} of 50 changes are in the trace");
}

#[test]
fn a_missing_or_unfinished_sync_is_noticed() {
    let write = "12 pwrite64(9</t/test.db-wal>, \"\\0\"..., 4096, 4152) = 4096";
    let sync = "12 fdatasync(9</t/test.db-wal>) = 0";
    let answer = "13 sendto(7<socket:[1]>, \"HTTP/1.1 201 Cre\"..., 400, MSG_NOSIGNAL, NULL, 0) = 400";
    let refusal = "13 sendto(7<socket:[1]>, \"HTTP/1.1 503 Ser\"..., 400, MSG_NOSIGNAL, NULL, 0) = 400";
    let begun = "12 fdatasync(9</t/test.db-wal> <unfinished ...>";
    let ended = "12 <... fdatasync resumed>)         = 0";
    let failed = "12 fdatasync(9</t/test.db-wal>) = -1 EIO (Input/output error)";
    let other = "12 fdatasync(8</t/test.db>) = 0";
    let begun_write = "14 pwrite64(9</t/test.db-wal>, \"\\0\"..., 4096, 8272 <unfinished ...>";
    let ended_write = "14 <... pwrite64 resumed>) = 4096";
    for (lines, expected) in [
        (vec![write, sync, answer], (1, 0)),
        (vec![write, answer], (0, 1)),
        (vec![write, failed, answer], (0, 1)),
        (vec![write, other, answer], (0, 1)),
        (vec![write, sync, write, answer], (0, 1)),
        (vec![write, begun, ended, answer], (1, 0)),
        (vec![write, begun, answer, ended], (0, 1)),
        (vec![begun_write, sync, ended_write, answer], (0, 1)),
        (vec![begun_write, ended_write, sync, answer], (1, 0)),
        (vec![write, refusal, sync, answer], (1, 0)),
        (vec![answer], (0, 0)),
    ] {
        assert_eq!(judge(&parse(&lines.join("\n"), "test.db-wal")), expected, "{lines:#?}");
    }
}
