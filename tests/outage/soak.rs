//! A server under half of its greatest load. It makes no errors, and its memory and descriptors do not grow with time.
//!
//! This command takes an hour: `PORTREEVE_SOAK_SECONDS=3600 cargo test --release --test outage soak -- --nocapture`.

use crate::fleet::text;
use crate::server::{ADMIN_PASSWORD, Server};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const SECONDS: u64 = 180;
const CLIENTS: u64 = 8;
/// The time for which the test measures the greatest load.
const MEASURED: Duration = Duration::from_secs(10);
/// The greatest memory at the end, relative to the memory with full caches.
const MOST_GROWTH: f64 = 1.05;

/// A client of the server, with the credentials of its requests.
struct Caller {
    http: reqwest::Client,
    port: u16,
    key: String,
    session: String,
}

impl Caller {
    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Sends one request of the mix. Fails if the answer is wrong.
    async fn send(&self, number: u64) -> Result<(), String> {
        let get = |path: &str| self.http.get(self.url(path));
        let scope = format!("scope=repository:team/app{}:pull", number % 50);
        let request = match number % 20 {
            0..8 => get(&format!("/token?service=registry&{scope}")).basic_auth("", Some(&self.key)),
            8..12 => get(&format!("/token?service=registry&{scope}")),
            12..15 => {
                let form = [("grant_type", "refresh_token"), ("refresh_token", self.session.as_str())];
                self.http.post(self.url("/token")).form(&form)
            }
            15 => get("/token?service=registry").basic_auth("admin", Some(ADMIN_PASSWORD)),
            16 => get("/.well-known/jwks.json"),
            17 => get("/health/ready"),
            18 => get("/api/v1/rules?limit=20").bearer_auth(&self.key),
            _ if number % 200 == 19 => {
                let rule =
                    json!({"subjects": ["everyone"], "names": [format!("x{number}")], "actions": ["pull"]});
                let name = number / 200 % 20;
                self.http
                    .put(self.url(&format!("/api/v1/rules/soak{name}")))
                    .bearer_auth(&self.key)
                    .json(&rule)
            }
            _ => get("/api/v1/me").bearer_auth(&self.key),
        };
        let answer =
            request.timeout(Duration::from_secs(10)).send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let body = answer.text().await.map_err(|error| error.to_string())?;
        if status.is_success() { Ok(()) } else { Err(format!("{number}: {status} {body}")) }
    }
}

/// Lets all clients send requests for the duration `time`. Each client starts a request every `each`. Returns the
/// number of sent requests.
async fn load(caller: &Arc<Caller>, sent: &Arc<AtomicU64>, time: Duration, each: Duration) -> u64 {
    let before = sent.load(Ordering::Relaxed);
    let clients = (0..CLIENTS).map(|_| {
        let (caller, sent) = (caller.clone(), sent.clone());
        tokio::spawn(async move {
            let (end, mut next) = (Instant::now() + time, Instant::now());
            while Instant::now() < end {
                let number = sent.fetch_add(1, Ordering::Relaxed);
                caller.send(number).await.unwrap();
                next = (next + each).max(Instant::now());
                tokio::time::sleep_until(next.into()).await;
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("a request failed");
    }
    sent.load(Ordering::Relaxed) - before
}

/// Returns the memory in KiB, and the number of open descriptors.
fn taken(server: &Server) -> (u64, usize) {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let memory = line.trim().trim_end_matches(" kB").parse().unwrap();
    (memory, std::fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap().count())
}

#[tokio::test(flavor = "multi_thread")]
async fn half_load_for_long_takes_no_more_memory_and_makes_no_error() {
    let seconds = std::env::var("PORTREEVE_SOAK_SECONDS").map_or(SECONDS, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::spawn(folder.path(), "sqlite://test.db", &["--log", "warn"]);
    server.ready().await;
    let rule = json!({"subjects": ["everyone"], "names": ["team/**"], "actions": ["pull"]});
    server.must("PUT", "/rules/team", rule).await;
    let key = server.must("POST", "/users/admin/access-keys", json!({"name": "soak"})).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let login = http.get(server.url("/token?service=registry&offline_token=true&client_id=docker"));
    let login = login.basic_auth("admin", Some(ADMIN_PASSWORD)).send().await.unwrap();
    let login: Value = login.json().await.unwrap();
    let session = text(&login["refresh_token"]);
    let caller = Arc::new(Caller { http, port: server.port, key: text(&key["secret"]), session });
    let sent = Arc::new(AtomicU64::new(0));

    let most = load(&caller, &sent, MEASURED, Duration::ZERO).await;
    let rate = most as f64 / MEASURED.as_secs_f64();
    let each = Duration::from_secs_f64(CLIENTS as f64 / (rate / 2.0));
    let part = Duration::from_secs(seconds) / 10;
    let mut samples = Vec::new();
    let mut at_half = 0;
    for _ in 0..10 {
        at_half += load(&caller, &sent, part, each).await;
        samples.push(taken(&server));
    }
    println!(
        "at most {rate:.0} requests/s, then {:.0}/s for {seconds} s, memory (KiB) and descriptors: {samples:?}",
        at_half as f64 / seconds as f64
    );
    // The caches fill during the first fifth of the time.
    let (begin, end) = (samples[1], samples[9]);
    let growth = end.0 as f64 / begin.0 as f64;
    assert!(growth < MOST_GROWTH, "memory grew by the factor {growth:.3}: {samples:?}");
    // The background work of the first minute opens connections to the databases, which then stay open.
    assert!(end.1 <= samples[4].1 + 2, "descriptors: {samples:?}");
    assert_eq!(server.log_lines("ERROR"), Vec::<String>::new());
}
