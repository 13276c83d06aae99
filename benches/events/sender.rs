//! Registries that send one event at a time until it is acknowledged. Each event has a new connection.

use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// The port of the server, and the access key for reports.
#[derive(Clone)]
pub struct Target {
    pub port: u16,
    pub key: String,
}

/// The results of the sent events.
#[derive(Debug, Default, Clone, Copy)]
pub struct Sent {
    pub acknowledged: u64,
    /// The number of answers with 503 or without a status, after which the event is sent again.
    pub busy: u64,
}

impl Sent {
    /// Returns the number of acknowledged events in a second.
    pub fn rate(self, span: Duration) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let acknowledged = self.acknowledged as f64;
        acknowledged / span.as_secs_f64()
    }
}

fn request(target: &Target, sender: usize, number: u64) -> Vec<u8> {
    let (tag, repository) = (format!("t{}", number % 20), format!("team/app{sender}"));
    let body = json!({"events": [{
        "id": format!("0198d2a4-{sender:04}-{number:012}"), "timestamp": "2026-11-29T07:41:54.715908273Z", "action": "pull",
        "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 437, "length": 437,
            "digest": format!("sha256:{:064}", number % 20), "repository": repository, "tag": tag,
            "url": "http://registry.example/v2/team/app/manifests/x"},
        "request": {"id": number.to_string(), "addr": "10.0.0.7:48414", "host": "registry.example", "method": "GET",
            "useragent": "docker/28.0.1 go/go1.23.6 git-commit/bbd0a17 kernel/6.1.0 os/linux arch/amd64"},
        "actor": {"name": format!("robot{sender}")}, "source": {"addr": "node1:5000", "instanceID": format!("bench{sender}")}
    }]})
    .to_string();
    format!(
        "POST /events/registry HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        target.key,
        body.len()
    )
    .into_bytes()
}

/// Sends events as this number of registries at once, without pauses, for the time `span`. Returns the sums
/// of their results.
pub async fn flood(target: &Target, senders: usize, span: Duration) -> Sent {
    flood_at(target, senders, Duration::ZERO, span).await
}

/// Sends events as this number of registries at once, for the time `span`. Each registry has a new event at
/// this interval. Returns the sums of their results.
pub async fn flood_at(target: &Target, senders: usize, interval: Duration, span: Duration) -> Sent {
    let end = Instant::now() + span;
    let tasks = (0..senders).map(|sender| {
        let target = target.clone();
        tokio::spawn(async move {
            let mut sent = Sent::default();
            let mut next = Instant::now();
            while Instant::now() < end {
                tokio::time::sleep_until(next.into()).await;
                next += interval;
                let bytes = request(&target, sender, NEXT.fetch_add(1, Ordering::Relaxed));
                loop {
                    match once(&target, &bytes).await {
                        200 => {
                            sent.acknowledged += 1;
                            break;
                        }
                        503 if Instant::now() < end => sent.busy += 1,
                        503 => break,
                        other => panic!("the server answered with status {other}"),
                    }
                }
            }
            sent
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut all = Sent::default();
    for task in tasks {
        let sent = task.await.unwrap();
        all.acknowledged += sent.acknowledged;
        all.busy += sent.busy;
    }
    all
}

async fn once(target: &Target, bytes: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", target.port)).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer);
    text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(503)
}
