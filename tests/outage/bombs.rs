//! Uploaded files that keep the server busy. The server refuses hostile files, and stops work on a long file when its
//! client leaves. Meanwhile the server answers other requests, and a signal still stops it in time.

use crate::server::{ADMIN_PASSWORD, Server, client};
use reqwest::RequestBuilder;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// The time within which the server must refuse a file. The tested build is not optimised.
const REFUSAL: Duration = Duration::from_secs(25);
/// The greatest duration of a small write while the server reads a file.
const WRITE: Duration = Duration::from_secs(2);

fn apply(server: &Server, kind: &str, body: String) -> RequestBuilder {
    let request = client().post(server.url("/api/v1/apply")).basic_auth("admin", Some(ADMIN_PASSWORD));
    request.header("content-type", kind.to_owned()).body(body)
}

/// Returns the processor time that the process has used, in ticks of 10 ms.
fn work(server: &Server) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{}/stat", server.id())).unwrap();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

async fn write(server: &Server, name: &str) {
    let began = Instant::now();
    server.must("PUT", &format!("/robots/{name}"), json!({})).await;
    assert!(began.elapsed() < WRITE, "a write took {:?}", began.elapsed());
}

/// Builds a file with this number of small objects.
fn long_file(count: usize) -> String {
    let mut file = String::new();
    for number in 0..count {
        writeln!(file, "kind: user\nname: u{number}\nlabels: {{team: [a, b, c], n: [\"{number}\"]}}\n---")
            .unwrap();
    }
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bomb_is_refused_with_its_line_and_nobody_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::spawn(folder.path(), "sqlite://test.db", &[]);
    server.ready().await;
    let many = |piece: &str| piece.repeat(2 * 1024 * 1024 / piece.len());
    let (yaml, ndjson) = ("application/yaml", "application/x-ndjson");
    let head = "kind: user\nname: a\n";
    for (what, kind, body, words) in [
        ("brackets", yaml, format!("{head}labels: {}", "[".repeat(200_000)), "line 3: it nests too deep"),
        ("braces", yaml, format!("{head}labels: {}", "{a: ".repeat(200_000)), "line 3: it nests too deep"),
        ("dashes", yaml, format!("{head}labels:\n{}", many("- ")), "line 4: it nests too deep"),
        ("questions", yaml, many("? "), "line 1: it nests too deep"),
        ("directives", yaml, many("%TAG !a! x\n"), "line 1: a directive"),
        (
            "aliases",
            yaml,
            format!("a: &a [{}]\nb: [{}*a]", "x, ".repeat(999), "*a, ".repeat(9999)),
            "too much",
        ),
        ("values", yaml, format!("{head}labels: {{a: [{}]}}", many("1,")), "too much"),
        ("a long value", yaml, format!("{head}labels: {{a: [\"{}\"]}}", many("x")), "label `a`"),
        ("a long key", yaml, format!("{head}{}: 1", many("x")), "line 3, column"),
        (
            "a long key of json",
            ndjson,
            format!("{{\"kind\":\"user\",\"name\":\"a\",\"{}\":1}}", many("x")),
            "unknown field",
        ),
        ("many keys", yaml, format!("{head}labels: {{{}}}", numbered(150_000)), "labels"),
        ("many fields", yaml, format!("{head}{}", numbered(150_000).replace(", ", "\n")), "unknown field"),
        ("documents", yaml, many("---\na\n"), "must be an object"),
        ("json", ndjson, "[".repeat(2_000_000), "line 1, column"),
        ("nested json", ndjson, format!("{{\"a\":{}1{}}}", "[".repeat(70), "]".repeat(70)), "nests too deep"),
    ] {
        let refused = tokio::spawn(apply(&server, kind, body).timeout(Duration::from_secs(60)).send());
        tokio::time::sleep(Duration::from_millis(50)).await;
        write(&server, "other").await;
        let began = Instant::now();
        let answer = refused.await.unwrap().unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        println!("{what}: {:?} for {} bytes", began.elapsed(), text.len());
        assert!(status == 422 && text.contains(words), "{what}: {status} {text:.500}");
        assert!(began.elapsed() < REFUSAL && text.len() < 300_000, "{what}");
        write(&server, "other").await;
    }
    let deep = format!("{{\"labels\":{}{}}}", "[".repeat(65), "]".repeat(65));
    let body =
        client().put(server.url("/api/v1/users/a")).header("content-type", "application/json").body(deep);
    let answer = body.basic_auth("admin", Some(ADMIN_PASSWORD)).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("nests too deep"));
}

fn numbered(count: usize) -> String {
    (0..count).map(|number| format!("k{number}: v, ")).collect::<String>().trim_end_matches(", ").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_ends_what_it_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::spawn(folder.path(), "sqlite://test.db", &[]);
    server.ready().await;
    // The client leaves once while the server reads the file, and once while the server writes the objects.
    for (what, file) in [("read", long_file(400_000)), ("written", long_file(150_000))] {
        let asked = tokio::spawn(apply(&server, "application/yaml", file).send());
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(!asked.is_finished(), "{what}: the file is too short for this test");
        if what == "written" {
            let patience = Instant::now() + Duration::from_secs(120);
            let busy = || async {
                let body = json!({});
                server.api("PUT", "/robots/other", body).await.0 == 503
            };
            while !busy().await {
                assert!(
                    Instant::now() < patience && !asked.is_finished(),
                    "the file never blocks the writers"
                );
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        asked.abort();
        tokio::time::sleep(Duration::from_secs(2)).await;
        write(&server, "other").await;
        let before = work(&server);
        tokio::time::sleep(Duration::from_secs(2)).await;
        let spent = work(&server) - before;
        assert!(spent < 60, "{what}: {spent} ticks of work after the client was gone");
        let (status, _) = server.api("GET", "/users/u0", Value::Null).await;
        assert_eq!(status, 404, "{what}: no object of the file was stored");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_stops_whatever_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::spawn(folder.path(), "sqlite://test.db", &[]);
    server.ready().await;
    let asked = tokio::spawn(apply(&server, "application/yaml", long_file(400_000)).send());
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!asked.is_finished());
    server.signal(Signal::TERM);
    let told = Instant::now();
    let status = server.ended_within(Duration::from_secs(30));
    println!("stopped {:?} after SIGTERM", told.elapsed());
    assert_eq!(status.and_then(|status| status.code()), Some(0), "{}", server.events());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_the_server_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::spawn(folder.path(), "sqlite://test.db", &[]);
    server.ready().await;
    let _asked = tokio::spawn(apply(&server, "application/yaml", long_file(400_000)).send());
    tokio::time::sleep(Duration::from_secs(3)).await;
    server.signal(Signal::TERM);
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.signal(Signal::INT);
    let status = server.ended_within(Duration::from_secs(2));
    assert_eq!(status.and_then(|status| status.code()), Some(0), "{}", server.events());
}
