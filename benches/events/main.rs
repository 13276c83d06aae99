//! Measures the cost of receiving events: against a receiver that does nothing, against the disk, and beside requests
//! for tokens.
//!
//! ```sh
//! cargo bench --bench events              # all parts, about a minute
//! cargo bench --bench events -- 30        # each part for 30 seconds instead of 5
//! ```
//! Every event arrives over a new connection, as registries send them. The measured disk is that of the system's folder
//! for temporary files. Set `TMPDIR` to measure another disk.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark fails by panicking, and prints its figures"
)]

mod bare;
mod sender;
#[path = "../../tests/support/server.rs"]
mod server;

use sender::{Target, flood, flood_at};
use serde_json::json;
use server::{ADMIN_PASSWORD, Server, client};
use sqlx::{AnyConnection, Connection, Executor};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The number of registries that send at once.
const SENDERS: usize = 32;
/// The number of events in the busiest second of a day with ten million pulls.
const PEAK: u32 = 1400;

/// Prints a figure and its goal.
fn tell(name: &str, figure: f64, goal: &str, is_reached: bool) {
    let verdict = if is_reached { "reached" } else { "MISSED" };
    println!("{name:<58} {figure:>9.2}   goal {goal:<8} {verdict}");
}

/// Returns the time of one durable commit of one row on this disk.
async fn sync_time(folder: &Path) -> Duration {
    const COMMITS: u32 = 200;
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}?mode=rwc", folder.join("sync.db").display());
    let mut conn = AnyConnection::connect(&url).await.unwrap();
    conn.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (n BIGINT)")
        .await
        .unwrap();
    let began = Instant::now();
    for _ in 0..COMMITS {
        conn.execute("INSERT INTO t (n) VALUES (1)").await.unwrap();
    }
    let took = began.elapsed() / COMMITS;
    conn.close().await.unwrap();
    took
}

/// Returns the 99th percentile of the duration of requests for tokens, in milliseconds.
async fn tokens(server: &Server, key: &str, seconds: u64) -> f64 {
    let keeping = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = server.url("/token?service=registry&scope=repository:team/app:pull");
    let (end, mut times) = (Instant::now() + Duration::from_secs(seconds), Vec::new());
    while Instant::now() < end {
        let began = Instant::now();
        let answer = keeping.get(&url).basic_auth("reporter", Some(key)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.bytes().await.unwrap();
        times.push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    times.sort_unstable();
    times[times.len() * 99 / 100].as_secs_f64() * 1000.0
}

/// Puts a process on one processor, so that the clients and the server do not share a processor.
fn pin(process: u32, processor: &str) {
    let done = Command::new("taskset").args(["-a", "-c", "-p", processor, &process.to_string()]).output();
    assert!(done.is_ok_and(|done| done.status.success()), "taskset cannot pin process {process}");
}

/// Measures how much events slow tokens down. The server runs on one processor, and the clients run on
/// another one.
async fn beside_tokens(server: &Server, target: &Target, seconds: u64) {
    pin(server.id(), "0");
    pin(std::process::id(), "1");
    let quiet = tokens(server, &target.key, seconds).await;
    let interval = Duration::from_secs(1) * u32::try_from(SENDERS).unwrap() / PEAK;
    for (name, interval) in [("events at the peak rate", interval), ("a flood without limit", Duration::ZERO)]
    {
        let (of_flood, span) = (target.clone(), Duration::from_secs(seconds));
        let flooding = tokio::spawn(async move { flood_at(&of_flood, SENDERS, interval, span).await });
        let beside = tokens(server, &target.key, seconds).await;
        let rate = flooding.await.unwrap().rate(span);
        println!("token, 99th percentile: quiet {quiet:.2} ms, beside {name} ({rate:.0}/s) {beside:.2} ms");
        let name = format!("token p99 beside {name} / quiet");
        tell(&name, beside / quiet, "<= 1.20", beside / quiet <= 1.2);
    }
}

/// Starts a server with a robot that may report events and pull images. Returns the server and the robot's
/// key.
async fn receiver(folder: &Path) -> (Server, String) {
    let mut server = Server::spawn(folder, "sqlite://bench.db", &["--log", "warn"]);
    server.ready().await;
    server.must("PUT", "/robots/reporter", json!({})).await;
    for (name, kind, names, action) in
        [("report", "registry", "events", "push"), ("pull", "repository", "team/**", "pull")]
    {
        let rule =
            json!({"subjects": ["robot:reporter"], "type": kind, "names": [names], "actions": [action]});
        server.must("PUT", &format!("/rules/{name}"), rule).await;
    }
    let key = server.must("POST", "/robots/reporter/access-keys", json!({"name": "bench"})).await;
    (server, key["secret"].as_str().unwrap().to_owned())
}

#[tokio::main]
async fn main() {
    let seconds = std::env::args().filter_map(|text| text.parse().ok()).next().unwrap_or(5);
    let folder = tempfile::tempdir().unwrap();
    let span = Duration::from_secs(seconds);
    let bare_port = bare::listen().await;
    let (server, key) = receiver(folder.path()).await;
    let durable = Target { port: server.port, key: key.clone() };
    flood(&durable, SENDERS, Duration::from_secs(1)).await;

    let bare = flood(&Target { port: bare_port, key: key.clone() }, SENDERS, span).await.rate(span);
    let many = flood(&durable, SENDERS, span).await;
    let rate = many.rate(span);
    println!("bare receiver, {SENDERS} senders: {bare:.0}/s; durable: {rate:.0}/s, {} sent away", many.busy);
    tell("32 senders, durable / bare receiver", rate / bare, ">= 0.10", rate / bare >= 0.10);

    let sync = sync_time(folder.path()).await;
    let one = flood(&durable, 1, span).await.rate(span);
    let most = 1.0 / sync.as_secs_f64();
    println!("one sender: {one:.0}/s; a durable commit takes {:.0} us", sync.as_secs_f64() * 1e6);
    tell("one sender, of 1 / sync time", one / most, ">= 0.80", one / most >= 0.8);

    beside_tokens(&server, &durable, seconds).await;
    let lost = client().get(server.url("/metrics")).basic_auth("admin", Some(ADMIN_PASSWORD));
    let metrics = lost.send().await.unwrap().text().await.unwrap();
    for line in metrics.lines().filter(|line| line.starts_with("portreeve_events_total")) {
        println!("{line}");
    }
}
