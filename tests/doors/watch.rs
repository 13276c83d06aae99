//! Watches the effect of the attackers on other clients, and the metrics of the server.

use crate::Port;
use crate::attack::Kind;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// The number of connections that are open without an attack. This file opens them.
const OWN: f64 = 4.0;
const PAUSE: Duration = Duration::from_millis(20);

/// The experience of other clients during an attack.
#[derive(Debug)]
pub struct Seen {
    /// The number of requests of other clients.
    pub requests: usize,
    pub errors: usize,
    pub p50: Duration,
    pub p99: Duration,
    /// The number of attackers that were refused.
    pub refused: u64,
    pub cut: u64,
    /// The time from the beginning of the attack until the last connection of an attacker was closed.
    pub closed: Duration,
    /// The resident memory of the server before the attack, in bytes.
    pub memory_before: u64,
    pub most_memory: u64,
}

/// The figures of one attack.
#[derive(Debug)]
pub struct Figures {
    pub kind: Kind,
    pub is_https: bool,
    pub never_cut: usize,
    pub last_cut: Duration,
    /// The number of processor cores that the server used while the attackers waited.
    pub load: f64,
    pub seen: Seen,
}

impl Display for Figures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { kind, is_https, never_cut, last_cut, load, seen } = self;
        let megabytes = |bytes: u64| bytes / 1024 / 1024;
        write!(
            f,
            "{kind:?}{}: {} refused, {} cut, {never_cut} never; last cut {last_cut:.2?}, gone {:.2?}; others: {} requests, \
             {} errors, p50 {:.1?}, p99 {:.1?}; memory {} to {} MB; {load:.2} cores",
            if *is_https { " (https)" } else { "" },
            seen.refused,
            seen.cut,
            seen.closed,
            seen.requests,
            seen.errors,
            seen.p50,
            seen.p99,
            megabytes(seen.memory_before),
            megabytes(seen.most_memory),
        )
    }
}

fn proc(port: &Port, file: &str) -> String {
    std::fs::read_to_string(format!("/proc/{}/{file}", port.server.id())).unwrap()
}

/// Reads the resident memory of the server, in bytes.
pub fn memory(port: &Port) -> u64 {
    resident(&proc(port, "status"))
}

fn resident(status: &str) -> u64 {
    // The status of an ended process has no line `VmRSS`.
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Reads the processor time that the server has used.
pub fn processor(port: &Port) -> Duration {
    let stat = proc(port, "stat");
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    // Linux counts processor time in hundredths of a second.
    Duration::from_millis(ticks * 10)
}

/// Returns the sum of the samples whose names begin with this text.
fn sum(metrics: &str, name: &str) -> f64 {
    let samples = metrics.lines().filter(|line| line.starts_with(name));
    samples.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

struct Sampled {
    most_memory: u64,
    closed: Duration,
}

pub struct Watch {
    stop: Arc<AtomicBool>,
    watching: JoinHandle<(Vec<Option<Duration>>, Sampled)>,
    memory_before: u64,
    kind: Kind,
    refused_before: f64,
    cut_before: f64,
}

const REFUSED: &str = "portreeve_http_connections_refused_total{reason=\"network\"}";

/// Returns the number of connections that were cut for this kind of attack.
fn cut(metrics: &str, kind: Kind) -> f64 {
    sum(metrics, &format!("portreeve_http_connections_cut_total{{reason=\"{}\"}}", kind.reason()))
}

const OPEN: &str = "portreeve_http_connections ";

async fn metrics(client: &reqwest::Client, url: &str) -> String {
    client.get(url).send().await.unwrap().text().await.unwrap()
}

impl Watch {
    pub async fn start(port: &Port, kind: Kind) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let before = metrics(&port.client("127.0.0.3"), &port.url("/metrics")).await;
        let url = port.url("/token?service=registry&scope=repository:public/base:pull");
        let others = ask(port.client("127.0.0.2"), url, stop.clone());
        let status = format!("/proc/{}/status", port.server.id());
        let sampled = sample(port.client("127.0.0.3"), port.url("/metrics"), status, stop.clone());
        // The watched clients run on a separate thread, so that they do not wait for the attackers' tasks.
        let watching = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { tokio::join!(others, sampled) })
        });
        Self {
            stop,
            watching,
            memory_before: memory(port),
            kind,
            refused_before: sum(&before, REFUSED),
            cut_before: cut(&before, kind),
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the figures are counts")]
    pub async fn stop(self, port: &Port) -> Seen {
        self.stop.store(true, Ordering::SeqCst);
        let (others, sampled) = tokio::task::spawn_blocking(|| self.watching.join().unwrap()).await.unwrap();
        let after = metrics(&port.client("127.0.0.3"), &port.url("/metrics")).await;
        let mut took: Vec<Duration> = others.iter().flatten().copied().collect();
        took.sort_unstable();
        let at = |part: usize| took.get(took.len() * part / 100).copied().unwrap_or_default();
        Seen {
            requests: others.len(),
            errors: others.len() - took.len(),
            p50: at(50),
            p99: at(99),
            refused: (sum(&after, REFUSED) - self.refused_before) as u64,
            cut: (cut(&after, self.kind) - self.cut_before) as u64,
            closed: sampled.closed,
            memory_before: self.memory_before,
            most_memory: sampled.most_memory,
        }
    }
}

/// Asks for tokens, one after the other. Returns the duration of each request, or `None` if the request got no token.
async fn ask(client: reqwest::Client, url: String, stop: Arc<AtomicBool>) -> Vec<Option<Duration>> {
    let mut answers = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let begin = Instant::now();
        let answer = client.get(&url).send().await;
        answers.push(answer.is_ok_and(|answer| answer.status() == 200).then(|| begin.elapsed()));
        sleep(PAUSE).await;
    }
    answers
}

async fn sample(client: reqwest::Client, url: String, status: String, stop: Arc<AtomicBool>) -> Sampled {
    let begin = Instant::now();
    let mut sampled = Sampled { most_memory: 0, closed: Duration::ZERO };
    while !stop.load(Ordering::SeqCst) {
        sampled.most_memory = sampled.most_memory.max(resident(&std::fs::read_to_string(&status).unwrap()));
        if sum(&metrics(&client, &url).await, OPEN) > OWN {
            sampled.closed = begin.elapsed();
        }
        sleep(PAUSE * 3).await;
    }
    sampled
}
