//! Two thousand clients keep connections open without using them. They must not shut other clients out, and must not
//! cost much.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod attack;
#[path = "../api/certificates.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod certificates;
#[path = "../support/server.rs"]
mod server;
mod watch;

use attack::{Attacker, Kind};
use certificates::Authority;
use serde_json::json;
use server::{Server, free_port};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use watch::{Figures, Watch};

/// The number of clients that attack at once, from one address.
const ATTACKERS: u32 = 2_000;
/// The number of attackers that the server accepts at once: one network may open half of the connections that 1,024
/// descriptors permit.
const ROOM: u64 = 448;
const MEGABYTE: u64 = 1024 * 1024;

/// A server in a separate process, with the default number of descriptors.
struct Port {
    server: Server,
    is_https: bool,
    _folder: TempDir,
}

impl Port {
    async fn open(is_https: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = Authority::new().pair(90).put(folder.path());
        let tls = ["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -n 1024; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_portreeve")]);
        let flags = if is_https { &tls[..] } else { &[] };
        let server = Server::run(command, free_port(), folder.path(), "sqlite://test.db", flags);
        let port = Self { server, is_https, _folder: folder };
        let client = port.client("127.0.0.2");
        let mut tries = 0;
        while !client.get(port.url("/health/ready")).send().await.is_ok_and(|answer| answer.status() == 200) {
            tries += 1;
            assert!(tries < 600, "{}", port.server.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let rule = json!({"subjects": ["anonymous"], "names": ["public/**"], "actions": ["pull"]});
        let made = client.put(port.url("/api/v1/rules/public")).json(&rule);
        let made = made.basic_auth("admin", Some(server::ADMIN_PASSWORD)).send().await.unwrap();
        assert_eq!(made.status(), 201);
        port
    }

    fn url(&self, path: &str) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}{path}", self.server.port)
    }

    /// Builds a client with an address in another network than the attackers. The client opens a new connection for
    /// each request.
    fn client(&self, address: &str) -> reqwest::Client {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
        let builder = builder.local_address(Some(address.parse().unwrap()));
        builder.tls_danger_accept_invalid_certs(true).timeout(Duration::from_secs(10)).build().unwrap()
    }
}

/// Starts all attackers of a kind, and watches them and all other clients.
async fn withstand(port: &Port, kind: Kind) -> Figures {
    let watch = Watch::start(port, kind).await;
    let attackers = (0..ATTACKERS)
        .map(|number| {
            let attacker = Attacker::of(kind, port.server.port, port.is_https);
            tokio::spawn(async move {
                tokio::time::sleep(kind.coming() * number / ATTACKERS).await;
                attacker.attack().await
            })
        })
        .collect::<Vec<_>>();
    // The figures are measured while the attackers keep their connections open.
    let quiet = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (busy, begin) = (watch::processor(port), Instant::now());
        tokio::time::sleep(kind.deadline().max(Duration::from_secs(8)) - Duration::from_secs(3)).await;
        (watch::processor(port) - busy).as_secs_f64() / begin.elapsed().as_secs_f64()
    };
    let (load, ends) = tokio::join!(quiet, futures_util::future::join_all(attackers));
    let ends = ends.into_iter().map(Result::unwrap).collect::<Vec<_>>();
    let figures = Figures {
        kind,
        is_https: port.is_https,
        load,
        never_cut: ends.iter().filter(|end| end.is_none()).count(),
        last_cut: ends.into_iter().flatten().max().unwrap_or_default(),
        seen: watch.stop(port).await,
    };
    println!("{figures}");
    figures
}

fn judge(figures: &Figures) {
    let (seen, kind) = (&figures.seen, figures.kind);
    assert_eq!(seen.refused + seen.cut, u64::from(ATTACKERS), "each attacker is refused or cut: {figures}");
    // The server cuts an `Answered` attacker after a second, and then another attacker gets in.
    let most = if kind == Kind::Answered { u64::from(ATTACKERS) } else { ROOM };
    assert!((ROOM - 32..=most).contains(&seen.cut), "{figures}");
    assert_eq!((figures.never_cut, seen.errors), (0, 0), "{figures}");
    let latest = kind.deadline() + Duration::from_secs(1);
    assert!(seen.closed <= latest + kind.coming(), "the server cut too late, by its metrics: {figures}");
    if !matches!(kind, Kind::Reader | Kind::Pipeline) {
        assert!(figures.last_cut <= latest, "an attacker was cut too late: {figures}");
    }
    assert!(seen.p99 < Duration::from_millis(100), "{figures}");
    assert!(seen.most_memory < seen.memory_before + 64 * MEGABYTE, "{figures}");
    assert!(figures.load < 0.5, "the server used a whole core: {figures}");
}

async fn withstand_all(is_https: bool) {
    let port = Port::open(is_https).await;
    let told = port.server.log_lines("limited the number of connections");
    assert!(told[0].contains("descriptors=1024") && told[0].contains("connections=896"), "{told:?}");
    // These first requests make the server allocate the memory that it allocates only once.
    port.client("127.0.0.2").get(port.url("/api/v1/openapi.json")).send().await.unwrap();
    withstand(&port, Kind::Answered).await;
    let begin = watch::memory(&port);
    let mut all = Vec::new();
    for kind in Kind::ALL {
        all.push(withstand(&port, kind).await);
    }
    let end = watch::memory(&port);
    println!("memory: {} MB before, {} MB after all attacks", begin / MEGABYTE, end / MEGABYTE);
    all.iter().for_each(judge);
    // The allocator keeps free memory. That memory must be enough for later clients.
    for figures in all.iter().filter(|figures| matches!(figures.kind, Kind::Chunks | Kind::Answered)) {
        let more = figures.seen.most_memory.saturating_sub(figures.seen.memory_before);
        assert!(more < 6 * MEGABYTE, "the server does not use its free memory again: {figures}");
    }
    assert!(end < begin + 48 * MEGABYTE, "the memory is still in use: {begin} bytes before, {end} after");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hold_connections_are_cut_and_nobody_else_notices() {
    let encrypted = async {
        // The attacks on this server begin three seconds after those on the other server.
        tokio::time::sleep(Duration::from_secs(3)).await;
        withstand_all(true).await;
    };
    tokio::join!(withstand_all(false), encrypted);
}
