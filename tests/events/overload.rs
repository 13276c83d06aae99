//! More events than the server can record: registries keep the events, the server issues tokens, and its memory stays
//! bounded.

use crate::rows;
use crate::server::{ADMIN_PASSWORD, Server, client};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The number of registries that report at once.
const SENDERS: usize = 200;
const SECONDS: u64 = 8;
/// The greatest time until an answer, in milliseconds.
const SLOWEST_MILLIS: u64 = 5000;
/// The greatest growth of the server's memory, in KiB.
const GROWTH: u64 = 32 * 1024;

fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}

fn body(sender: usize, number: u64) -> String {
    let events: Vec<_> = (0..20)
        .map(|part| {
            json!({
                "id": format!("{sender}-{number}-{part}"), "action": "push", "timestamp": "2026-11-29T09:00:00Z",
                "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": format!("sha256:{sender}a{number}a{part}"),
                    "repository": format!("team/app{sender}"), "tag": format!("t{number}")},
                "request": {"method": "PUT", "useragent": "x".repeat(200)}, "actor": {"name": "alice"},
                "source": {"instanceID": format!("i{sender}")}
            })
        })
        .collect();
    json!({"events": events}).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overload_is_refused_in_time_and_nothing_acknowledged_is_lost() {
    let seconds = std::env::var("PORTREEVE_EVENT_FLOOD_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(SECONDS);
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::spawn(folder.path(), "sqlite://test.db", &[]);
    server.ready().await;
    let url = server.url("/events/registry");
    // The first requests fill caches and open connections.
    let warm = async |number: u64| {
        let request = client().post(&url).basic_auth("admin", Some(ADMIN_PASSWORD)).body(body(9999, number));
        assert_eq!(request.send().await.unwrap().status(), 200);
    };
    for number in 0..50 {
        warm(number).await;
    }
    let before = resident(server.id());
    let (acknowledged, busy, slowest) =
        (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let end = Instant::now() + Duration::from_secs(seconds);
    let senders = (0..SENDERS).map(|sender| {
        let (url, acknowledged, busy, slowest) =
            (url.clone(), acknowledged.clone(), busy.clone(), slowest.clone());
        tokio::spawn(async move {
            let mut number = 0;
            while Instant::now() < end {
                let began = Instant::now();
                let request =
                    client().post(&url).basic_auth("admin", Some(ADMIN_PASSWORD)).body(body(sender, number));
                let status = request.send().await.unwrap().status().as_u16();
                slowest.fetch_max(u64::try_from(began.elapsed().as_millis()).unwrap(), Ordering::SeqCst);
                match status {
                    200 => {
                        acknowledged.fetch_add(20, Ordering::SeqCst);
                        number += 1;
                    }
                    503 => _ = busy.fetch_add(1, Ordering::SeqCst),
                    other => panic!("{other}"),
                }
            }
        })
    });
    let senders: Vec<_> = senders.collect();
    let mut most = before;
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(200)).await;
        most = most.max(resident(server.id()));
        let token =
            client().get(server.url("/token?service=registry")).basic_auth("admin", Some(ADMIN_PASSWORD));
        assert_eq!(token.send().await.unwrap().status(), 200, "the server issues tokens");
    }
    for sender in senders {
        sender.await.unwrap();
    }
    let (acknowledged, busy) = (acknowledged.load(Ordering::SeqCst), busy.load(Ordering::SeqCst));
    println!(
        "{acknowledged} events acknowledged in {seconds} s, {busy} reports refused, slowest answer {} ms, {} KiB more",
        slowest.load(Ordering::SeqCst),
        most - before
    );
    assert!(acknowledged > 0);
    // In the server a report waits for at most 2 s. The limit is longer, because the clients use the same processors.
    let slowest = slowest.load(Ordering::SeqCst);
    assert!(slowest < SLOWEST_MILLIS, "the slowest answer took {slowest} ms");
    assert!(most - before < GROWTH, "{} KiB more", most - before);
    server.terminate();
    let counted =
        rows::number(&rows::beside(folder.path(), "test"), "SELECT SUM(events) FROM event_sources").await;
    // The server may record an event after it has answered 503. The server recognizes the event when it arrives
    // again.
    let least = i64::try_from(acknowledged + 1000).unwrap();
    assert!(counted >= least, "{counted} of {least} events were counted");
    assert!(
        counted <= least + i64::try_from(SENDERS * 20).unwrap(),
        "{counted} of {least}: no event is counted twice"
    );
    let uses = rows::number(&rows::beside(folder.path(), "test"), "SELECT SUM(count) FROM daily_usage").await;
    assert_eq!(uses, counted);
}
