//! Clients that disconnect at any moment leave nothing behind: no unusable connection to the database, and no occupied
//! place in the queue of password hashes.

use super::helpers::{ADMIN, App, PASSWORD};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const CLIENTS: u64 = 10_000;
const AT_ONCE: u64 = 50;

/// A sequence of numbers that looks random and is the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        // SPEC: xorshift64, G. Marsaglia 2003.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

fn basic(user: &str, password: &str) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Authorization: Basic {text}\r\n")
}

fn request(dice: &mut Dice, number: u64, key: &str) -> String {
    let admin = format!("Authorization: Bearer {key}\r\n");
    let rule = format!(r#""subjects":["everyone"],"names":["a{number}"],"actions":["pull"]}}"#);
    let with = |kind: &str, body: &str| {
        format!("{admin}Content-Type: application/{kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    let (head, rest) = match dice.below(20) {
        0 => {
            ("GET /token?service=registry".to_owned(), basic(&format!("nobody{number}"), "a guess, a guess"))
        }
        1 => ("GET /token?offline_token=true".to_owned(), basic("alice", PASSWORD)),
        2..6 => ("GET /token?scope=repository:a:pull".to_owned(), basic("", &format!("{key}x"))),
        6..10 => (format!("PUT /api/v1/rules/r{}", number % 200), with("json", &format!("{{{rule}"))),
        10..13 => ("GET /api/v1/rules?limit=1000".to_owned(), admin),
        13..16 => (format!("GET /api/v1/users/u{number}"), admin),
        16..18 => (
            format!("POST /api/v1/apply?dry_run={}", number.is_multiple_of(2)),
            with("x-ndjson", &format!(r#"{{"kind":"rule","name":"s{}",{rule}"#, number % 200)),
        ),
        _ => (format!("DELETE /api/v1/rules/r{}", number % 200), admin),
    };
    let end = if rest.contains("\r\n\r\n") { "" } else { "\r\n" };
    format!("{head} HTTP/1.1\r\nHost: localhost\r\n{rest}{end}")
}

async fn hang_up(app: &App, dice: &mut Dice, number: u64, key: &str) {
    let request = request(dice, number, key).into_bytes();
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    // Half of the clients send the whole request, and the others stop at a random byte. Independently of that, half of
    // the clients reset the connection, and the others close it.
    let sent = if dice.below(2) == 0 { request.len() } else { dice.below(request.len()) };
    if dice.below(2) == 0 {
        stream.set_zero_linger().unwrap();
    }
    let _ = stream.write_all(&request[..sent]).await;
    tokio::time::sleep(Duration::from_micros(u64::try_from(dice.below(4000)).unwrap())).await;
}

/// Reads the first sample of `/metrics` whose line begins with `metric`.
pub async fn measured(app: &App, metric: &str) -> f64 {
    let text = App::send(app.request("GET", "/metrics")).await.text;
    let line = text.lines().find(|line| line.starts_with(metric)).expect(metric);
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hang_up_at_any_moment_leave_nothing_behind() {
    let app = App::spawn().await;
    app.user("alice").await;
    let key = app.must("POST", "/users/admin/access-keys", json!({"name": "test"})).await;
    let key = key["secret"].as_str().unwrap().to_owned();
    let clients = (0..AT_ONCE).map(|first| {
        let (app, key) = (&app, key.as_str());
        async move {
            let mut dice = Dice(first + 1);
            for number in (first..CLIENTS).step_by(usize::try_from(AT_ONCE).unwrap()) {
                hang_up(app, &mut dice, number, key).await;
            }
        }
    });
    futures_util::future::join_all(clients).await;

    let patience = Instant::now() + Duration::from_secs(30);
    for metric in ["portreeve_database_connections{state=\"busy\"}", "portreeve_password_hash_queue_length"] {
        while measured(&app, metric).await > 0.0 {
            assert!(Instant::now() < patience, "{metric} stays above 0");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    // These are more calls than the server has database connections. Each call must get a working connection.
    let calls = (0..60).map(|number| {
        let (app, key) = (&app, key.as_str());
        async move {
            let user = json!({"labels": {"n": [number.to_string()]}});
            let path = format!("/api/v1/users/after{number}");
            let write = app.request("PUT", &path).bearer_auth(key).json(&user);
            let read = app.request("GET", &format!("/api/v1/rules?q=r{number}")).bearer_auth(key);
            (App::send(write).await.status, App::send(read).await.status)
        }
    });
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| *answer == (201, 200)), "{answers:?}");
    let started = Instant::now();
    let reply = app.token(Some(("alice", PASSWORD)), "service=registry&offline_token=true").await;
    reply.refresh_token();
    assert_eq!(app.api_as(ADMIN, "GET", "/me", None).await.status, 200);
    assert!(started.elapsed() < Duration::from_secs(5), "passwords are still hashed");

    // Every write is complete or absent.
    let trail = app.must("GET", "/changes?order=desc&limit=1", Value::Null).await;
    let last = trail["items"][0]["seq"].as_i64().unwrap();
    let reply = App::send(
        app.request("GET", "/api/v1/changes").bearer_auth(&key).header("accept", "application/x-ndjson"),
    )
    .await;
    assert_eq!(i64::try_from(reply.text.lines().count()).unwrap(), last, "the trail has no gaps");
}
