//! Clients that guess: what they cost others, and what they leave in memory.
//!
//! A longer flood: `PORTREEVE_FLOOD_SECONDS=60 cargo nextest run --release --test api flood`.

use crate::helpers::{App, PASSWORD};
use portreeve::domain::secret::MachineCredential;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const SCOPE: &str = "service=registry&scope=repository:web/site:pull";
/// What a flood may leave behind, bytes.
const MOST_GROWTH: u64 = 50 * 1024 * 1024;

fn seconds() -> u64 {
    std::env::var("PORTREEVE_FLOOD_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(6)
}

/// The resident memory of this process, server and clients, bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Asks from 32 connections, each request another guess, until told to stop.
fn flood(app: &App, going: &Arc<AtomicBool>) -> Vec<tokio::task::JoinHandle<()>> {
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
                // Well-formed, so that they are looked up.
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
                assert!([400, 401, 503].contains(&answer.status().as_u16()), "{}", answer.status());
                if answer.status() == 503 {
                    assert!(answer.headers().contains_key("retry-after"));
                }
                answer.bytes().await.unwrap();
            }
        })
    };
    (0..32).map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_costs_neither_memory_nor_those_with_a_key() {
    let app = App::spawn().await;
    app.user("alice").await;
    app.rule("pull", json!({"subjects": ["everyone"], "names": ["web/**"], "actions": ["pull"]})).await;
    let key = app.robot("ci", json!(null)).await;
    let going = Arc::new(AtomicBool::new(true));
    let begin = |going: &Arc<AtomicBool>| flood(&app, going);
    // Alone, for what a hash works in, and for how long a key takes undisturbed.
    assert_eq!(app.token(Some(("alice", PASSWORD)), SCOPE).await.status, 200);
    let asked = Instant::now();
    for _ in 0..50 {
        app.token(Some(("ci", &key)), SCOPE).await;
    }
    let undisturbed = asked.elapsed() / 50;
    let before = resident();
    let guessing = begin(&going);
    let until = Instant::now() + Duration::from_secs(seconds());
    let mut times = Vec::new();
    while Instant::now() < until {
        let asked = Instant::now();
        let answer = app.token(Some(("ci", &key)), SCOPE).await;
        assert_eq!(answer.granted(), "repository:web/site:pull", "a key needs no turn to be hashed");
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
    // Passwords wait for their turn; keys are not in that queue. They share the
    // processors with 32 who guess.
    let most = undisturbed * 100 + Duration::from_millis(100);
    assert!(median < most, "a key took {median:?}, alone {undisturbed:?}");
    assert_eq!(app.token(Some(("alice", PASSWORD)), SCOPE).await.status, 200, "and it is over afterwards");
}
