//! Clients that guess passwords: the cost for other clients, and the memory that stays in use afterwards.
//!
//! The long flood checks the figures that the server promises in `security.md`. It needs a machine that does nothing
//! else: `PORTREEVE_FLOOD_SECONDS=60 cargo test --release --test api flood -- --nocapture`.

use crate::helpers::{App, PASSWORD, Setup};
use portreeve::config::FlagSettings;
use portreeve::domain::secret::MachineCredential;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const SCOPE: &str = "service=registry&scope=repository:web/site:pull";
/// The greatest growth of memory after a flood, in bytes.
const MOST_GROWTH: u64 = 50 * 1024 * 1024;
/// The number of requests that a flood sends in a second.
const RATE: u64 = 500;
/// The number of networks in a flood from many networks.
const NETWORKS: u64 = 1_000;
/// The greatest number of requests of a flood that wait for an answer at once.
const UNDER_WAY: usize = 2_000;
/// The greatest time for an answer to an access key, at the 99th percentile, in a long flood.
const MOST_FOR_KEYS: Duration = Duration::from_millis(50);

fn asked_seconds() -> Option<u64> {
    std::env::var("PORTREEVE_FLOOD_SECONDS").ok().and_then(|text| text.parse().ok())
}

fn seconds() -> u64 {
    asked_seconds().unwrap_or(6)
}

/// Returns the resident memory of this process, which contains the server and the clients, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Guesses passwords, access keys and refresh tokens from 32 connections until `going` is false. Each request has a
/// different guess.
fn guess(app: &App, going: &Arc<AtomicBool>) -> Vec<tokio::task::JoinHandle<()>> {
    let guesses = Arc::new(AtomicU64::new(0));
    let one = |number: u64| {
        let (going, guesses) = (going.clone(), guesses.clone());
        let (get, post) = (app.url("/token"), app.url("/token"));
        tokio::spawn(async move {
            let client = reqwest::Client::new();
            while going.load(Ordering::Relaxed) {
                let guess = guesses.fetch_add(1, Ordering::Relaxed);
                let random = uuid::Uuid::new_v4().simple().to_string();
                let bytes = [uuid::Uuid::new_v4().into_bytes(), uuid::Uuid::new_v4().into_bytes()].concat();
                let bytes = bytes.try_into().unwrap();
                // The key has the right form, so the server looks it up.
                let key = MachineCredential::new_access_key(&bytes).expose().to_owned();
                let refresh = MachineCredential::new_refresh_token(&bytes).expose().to_owned();
                let request = match (guess + number) % 4 {
                    0 => client.get(format!("{get}?{SCOPE}")).basic_auth(&random, Some(&random)),
                    1 => client.get(format!("{get}?{SCOPE}")).basic_auth("alice", Some(&random)),
                    2 => client.get(format!("{get}?{SCOPE}")).basic_auth("<token>", Some(&key)),
                    _ => client.post(&post).form(&[
                        ("grant_type", "refresh_token"),
                        ("service", "registry"),
                        ("client_id", &random),
                        ("refresh_token", &refresh),
                    ]),
                };
                let answer = request.timeout(Duration::from_secs(30)).send().await.unwrap();
                let status = answer.status().as_u16();
                assert!([400, 401, 429, 503].contains(&status), "{status}");
                assert_eq!(answer.headers().contains_key("retry-after"), [429, 503].contains(&status));
                answer.bytes().await.unwrap();
            }
        })
    };
    (0..32).map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_costs_neither_memory_nor_those_with_a_key() {
    let app = App::spawn_unthrottled().await;
    app.user("alice").await;
    app.rule("pull", json!({"subjects": ["everyone"], "names": ["web/**"], "actions": ["pull"]})).await;
    let key = app.robot("ci", json!(null)).await;
    let going = Arc::new(AtomicBool::new(true));
    // One request with a password allocates the memory for a hash. Then 50 requests with a key show the time without a
    // flood.
    assert_eq!(app.token(Some(("alice", PASSWORD)), SCOPE).await.status, 200);
    let asked = Instant::now();
    for _ in 0..50 {
        app.token(Some(("ci", &key)), SCOPE).await;
    }
    let undisturbed = asked.elapsed() / 50;
    let before = resident();
    let guessing = guess(&app, &going);
    let until = Instant::now() + Duration::from_secs(seconds());
    let mut times = Vec::new();
    while Instant::now() < until {
        let asked = Instant::now();
        let answer = app.token(Some(("ci", &key)), SCOPE).await;
        assert_eq!(answer.granted(), "repository:web/site:pull", "a key does not wait for hashing");
        times.push(asked.elapsed());
    }
    let growth = resident().saturating_sub(before);
    going.store(false, Ordering::Relaxed);
    for task in guessing {
        task.await.unwrap();
    }
    assert!(growth < MOST_GROWTH, "{growth} bytes more after {} s", seconds());
    times.sort();
    let median = times[times.len() / 2];
    // Passwords wait in a queue, and keys do not. But keys share the processors with 32 clients that guess.
    let most = undisturbed * 100 + Duration::from_millis(100);
    assert!(median < most, "a key took {median:?}, alone {undisturbed:?}");
    assert_eq!(app.token(Some(("alice", PASSWORD)), SCOPE).await.status, 200, "the flood has ended");
}

/// The networks from which a flood comes.
#[derive(Clone, Copy)]
enum From {
    OneNetwork,
    ManyNetworks,
}

impl From {
    fn address(self, number: u64) -> String {
        match self {
            Self::OneNetwork => "203.0.113.66".to_owned(),
            Self::ManyNetworks => {
                let network = number % NETWORKS;
                format!("10.{}.{}.9", network / 250, network % 250)
            }
        }
    }
}

/// Sends wrong passwords at a fixed rate until `going` is false, for 10,000 user names in turn. Returns the number of
/// answers with each status.
async fn flood(get: String, from: From, going: Arc<AtomicBool>) -> BTreeMap<u16, u64> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
    let mut clock = tokio::time::interval(Duration::from_micros(1_000_000 / RATE));
    let (mut under_way, mut answers, mut number) = (JoinSet::new(), BTreeMap::new(), 0);
    let mut note = |status: Result<u16, _>| *answers.entry(status.unwrap()).or_default() += 1;
    while going.load(Ordering::Relaxed) {
        tokio::select! {
            Some(status) = under_way.join_next() => note(status),
            _ = clock.tick(), if under_way.len() < UNDER_WAY => {
                number += 1;
                let name = format!("somebody-{}", number % 10_000);
                let request = client.get(&get).basic_auth(name, Some(format!("wrong password {number}")));
                let request = request.header("x-forwarded-for", from.address(number));
                under_way.spawn(async { request.send().await.unwrap().status().as_u16() });
            }
        }
    }
    while let Some(status) = under_way.join_next().await {
        note(status);
    }
    answers
}

/// Starts a server that trusts its proxy, with users whose passwords were not used yet. Returns the server and an
/// access key of the robot `ci`.
async fn harbour(newcomers: u64) -> (App, String) {
    let trusted_proxies = vec!["127.0.0.0/8".to_owned()];
    let flags = FlagSettings { trusted_proxies, ..FlagSettings::default() };
    let app = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    app.rule("pull", json!({"subjects": ["everyone"], "names": ["web/**"], "actions": ["pull"]})).await;
    app.user("regular").await;
    let known = app.must("GET", "/users/regular", Value::Null).await;
    assert_eq!(known["has_password"], true);
    for number in 0..newcomers {
        app.user(&format!("newcomer-{number}")).await;
    }
    let key = app.robot("ci", json!(null)).await;
    (app, key)
}

async fn sign_in(app: &App, user: &str, password: &str, from: &str) -> (u16, Duration) {
    let asked = Instant::now();
    let request = app.request("GET", &format!("/token?{SCOPE}")).basic_auth(user, Some(password));
    (App::send(request.header("x-forwarded-for", from)).await.status, asked.elapsed())
}

/// Checks how the server treats other clients during a flood.
async fn live_through(from: From) {
    let newcomers = seconds().min(30);
    let (app, key) = harbour(newcomers).await;
    assert_eq!(sign_in(&app, "regular", PASSWORD, "198.51.100.1").await.0, 200);
    // A day later, the password is changed and changed back. So the password is in no cache of the server.
    app.advance(86_400);
    app.must("PATCH", "/users/regular", json!({"password": "another one for a moment"})).await;
    app.user("regular").await;
    let began = (Instant::now(), app.clock.load(Ordering::SeqCst));
    let before = resident();
    let going = Arc::new(AtomicBool::new(true));
    let flooding = tokio::spawn(flood(app.url(&format!("/token?{SCOPE}")), from, going.clone()));
    // The server must first see a request from each network of the flood.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (mut keys, mut first) = (Vec::new(), Vec::new());
    let mut signing_in = JoinSet::new();
    let app = Arc::new(app);
    for second in 0..newcomers {
        let passed = i64::try_from(began.0.elapsed().as_micros()).unwrap();
        app.clock.store(began.1 + passed, Ordering::SeqCst);
        let shared = app.clone();
        signing_in.spawn(async move {
            let from = format!("198.51.{}.7", second + 100);
            sign_in(&shared, &format!("newcomer-{second}"), PASSWORD, &from).await
        });
        if second == 1 {
            let (status, took) = sign_in(&app, "regular", PASSWORD, "198.51.100.1").await;
            assert_eq!(status, 200, "a user who signed in yesterday, after {took:?}");
        }
        let until = Instant::now() + Duration::from_secs(1);
        while Instant::now() < until {
            let (status, took) = sign_in(&app, "ci", &key, "198.51.100.9").await;
            assert_eq!(status, 200, "an access key is accepted");
            keys.push(took);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let growth = resident().saturating_sub(before);
    while let Some(signed_in) = signing_in.join_next().await {
        first.push(signed_in.unwrap());
    }
    going.store(false, Ordering::Relaxed);
    let answers = flooding.await.unwrap();
    keys.sort();
    let p99 = keys[keys.len() * 99 / 100];
    let longest = first.iter().map(|(_, took)| *took).max().unwrap();
    println!(
        "the flood got {answers:?}; keys: {} requests, median {:?}, p99 {p99:?}; {} first sign-ins, longest \
         {longest:?}; {} KiB more",
        keys.len(),
        keys[keys.len() / 2],
        first.len(),
        growth / 1024
    );
    assert!(
        first.iter().all(|(status, _)| *status == 200),
        "the right password of a newcomer was refused: {first:?}"
    );
    assert!(growth < MOST_GROWTH, "the memory grew by {growth} bytes");
    assert!(answers.keys().all(|status| [401, 429, 503].contains(status)), "{answers:?}");
    if asked_seconds().is_some() {
        assert!(p99 < MOST_FOR_KEYS, "{p99:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_from_one_network_disturbs_nobody_else() {
    live_through(From::OneNetwork).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_from_many_networks_keeps_no_newcomer_out() {
    live_through(From::ManyNetworks).await;
}
