//! Measures people who edit rules: the time of a preview with many rules and people, and how much fifty editors slow
//! one writer down.
//!
//! Run it with `cargo bench --bench editors`. docs/performance.md explains the tables.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark may fail by panicking"
)]

#[allow(dead_code, reason = "the other benchmark also asks for tokens")]
#[path = "../load/place.rs"]
mod place;
#[allow(dead_code, reason = "the other benchmark reads more facts about a server")]
#[path = "../load/process.rs"]
mod process;
#[allow(dead_code, reason = "the other benchmark also asks for tokens")]
#[path = "../load/state.rs"]
mod state;
#[allow(dead_code, reason = "the other benchmark compares servers")]
#[path = "../load/stats.rs"]
mod stats;

use place::Place;
use process::Server;
use serde_json::{Value, json};
use state::State;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The result of a step of the run.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

const RULES: u32 = 10_000;
const USERS: [u32; 2] = [500, 10_000];
const EDITORS: u32 = 50;
/// The number of previews of each kind.
const TIMES: usize = 21;
/// The time for which the writer writes, first alone and then beside the editors.
const WRITING: Duration = Duration::from_secs(10);

/// A server, and a client that uses it.
#[derive(Clone)]
struct Client {
    client: reqwest::Client,
    url: String,
    key: String,
}

impl Client {
    fn new(server: &Server, place: &Place) -> Self {
        Self {
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            url: server.url("/api/v1"),
            key: place.credentials.admin.clone(),
        }
    }

    /// Sends a request. Returns the duration and the answer; `None` if the server is too busy.
    async fn asked(&self, method: reqwest::Method, path: &str, body: &Value) -> (Duration, Option<Value>) {
        let began = Instant::now();
        let request = self.client.request(method, format!("{}{path}", self.url));
        let response = request.bearer_auth(&self.key).json(body).send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success() || status == 503, "{path}: {status} {text}");
        (began.elapsed(), status.is_success().then(|| serde_json::from_str(&text).unwrap()))
    }

    /// Sends a request that must succeed. Returns the duration and the answer.
    async fn timed(&self, method: reqwest::Method, path: &str, body: &Value) -> (Duration, Value) {
        let (took, answer) = self.asked(method, path, body).await;
        (took, answer.expect(path))
    }

    async fn preview(&self, object: &Value) -> (Duration, Value) {
        self.timed(reqwest::Method::POST, "/preview", object).await
    }

    /// Writes one rule again and again. Returns the duration of each write.
    async fn write(&self) -> Vec<Duration> {
        let (began, mut took) = (Instant::now(), Vec::new());
        while began.elapsed() < WRITING {
            let actions: &[&str] = if took.len() % 2 == 0 { &["pull"] } else { &["pull", "push"] };
            let rule = json!({"subjects": ["group:g00001"], "names": ["written/**"], "actions": actions});
            took.push(self.timed(reqwest::Method::PUT, "/rules/written?warnings=false", &rule).await.0);
        }
        took
    }
}

/// Returns the edits to preview, with their names.
fn edits() -> [(&'static str, Value); 4] {
    let rule = |name: &str, effect: &str, subject: &str, names: &str, actions: &[&str]| {
        json!({"kind": "rule", "name": name, "effect": effect, "subjects": [subject], "names": [names],
            "actions": actions})
    };
    [
        ("a group's rule loses push", rule("r0000005", "allow", "group:g00005", "p5/**", &["pull"])),
        ("a new rule for a group", rule("new", "allow", "group:g00001", "new/**", &["pull", "push"])),
        ("a new denial for everyone", rule("freeze", "deny", "everyone", "p7/old/**", &["push"])),
        ("everyone may pull all", rule("open", "allow", "everyone", "**", &["pull"])),
    ]
}

fn millis(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1000.0)
}

/// Returns the median, and a text with the median, the 95th percentile and the maximum.
fn told(mut took: Vec<Duration>) -> (Duration, String) {
    if took.is_empty() {
        return (Duration::ZERO, "none".to_owned());
    }
    took.sort_unstable();
    let at = |part: usize| took[(took.len() - 1) * part / 100];
    (at(50), format!("median {}, p95 {}, longest {}", millis(at(50)), millis(at(95)), millis(at(100))))
}

async fn measure(place: &Place) -> Outcome {
    let server = place.start().await?;
    let client = Client::new(&server, place);
    println!("{}", place.title());
    for (name, edit) in edits() {
        let (first, plan) = client.preview(&edit).await;
        let mut took = Vec::new();
        for _ in 0..TIMES {
            took.push(client.preview(&edit).await.0);
        }
        let (rows, omitted) = (plan["decisions"].as_array().map_or(0, Vec::len), &plan["decisions_omitted"]);
        let (middle, told) = told(took);
        let goal = if middle <= Duration::from_millis(500) { "reached" } else { "missed" };
        println!(
            "  preview, {name}: first {}, then {told} ({rows} rows, {omitted} omitted; at most 500 ms: {goal})",
            millis(first)
        );
    }
    let (alone, alone_told) = told(client.write().await);
    println!("  one writer alone: {alone_told}");
    let mut editors = JoinSet::new();
    for number in 0..EDITORS {
        let client = client.clone();
        editors.spawn(async move {
            let (edits, mut took, mut refused) = (edits(), Vec::new(), 0_usize);
            tokio::time::sleep(Duration::from_secs(1) * number / EDITORS).await;
            let mut ticks = tokio::time::interval(Duration::from_secs(1));
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            let (began, of) = (Instant::now(), number as usize % 3);
            while began.elapsed() < WRITING {
                ticks.tick().await;
                match client.asked(reqwest::Method::POST, "/preview", &edits[of].1).await {
                    (this, Some(_)) => took.push(this),
                    (_, None) => refused += 1,
                }
            }
            (took, refused)
        });
    }
    let (beside, beside_told) = told(client.write().await);
    let (previews, refused): (Vec<_>, Vec<_>) = editors.join_all().await.into_iter().unzip();
    let (previews, refused): (Vec<_>, usize) = (previews.concat(), refused.iter().sum());
    let ratio = beside.as_secs_f64() / alone.as_secs_f64();
    let goal = if ratio <= 1.10 { "reached" } else { "missed" };
    println!(
        "  one writer beside {EDITORS} editors: {beside_told}: {ratio:.2} of alone (at most 1.10: {goal})"
    );
    println!("  previews of these editors: {}: {}, and {refused} refused", previews.len(), told(previews).1);
    server.stop().await
}

async fn run() -> Outcome {
    for users in USERS {
        let folder = tempfile::tempdir()?;
        let place = Place::prepare(folder.path(), State { rules: RULES, users }, None).await?;
        measure(&place).await?;
    }
    Ok(())
}

fn main() -> ExitCode {
    if !std::env::args().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` also runs this program. That is not a failure.
        eprintln!("editors: nothing is measured: run the benchmark with `cargo bench --bench editors`");
        return ExitCode::SUCCESS;
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("editors: {error}");
            ExitCode::FAILURE
        }
    }
}
