//! Many sign-ins at the same moment: one credential on many nodes, and many guesses.

use crate::hang_up::measured;
use crate::helpers::{App, PASSWORD};
use futures_util::future::join_all;
use serde_json::Value;
use std::time::Duration;

const HASHES: &str = "portreeve_password_hash_duration_seconds_count";
const REFUSED: &str = "portreeve_password_hashes_refused_total";
const QUEUE: &str = "portreeve_password_hash_queue_length";
const SCOPE: &str = "service=registry&scope=repository:web/site:pull";
/// The number of passwords that may wait to be hashed.
const PLACES: f64 = 256.0;

/// Asks for a token, by GET if `number` is even and by POST if it is odd. Returns the status and `Retry-After`.
async fn ask(app: &App, number: usize, password: &str) -> (u16, Option<String>) {
    let request = if number.is_multiple_of(2) {
        app.request("GET", &format!("/token?{SCOPE}")).basic_auth("alice", Some(password))
    } else {
        app.request("POST", "/token").form(&[
            ("grant_type", "password"),
            ("username", "alice"),
            ("password", password),
            ("service", "registry"),
            ("client_id", "node"),
        ])
    };
    let reply = App::send(request).await;
    (reply.status, reply.header("retry-after").map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_password_on_250_nodes_takes_one_hash_and_signs_all_of_them_in() {
    let app = App::spawn().await;
    app.user("alice").await;
    for (password, expected) in [(PASSWORD, 200), ("not the password, no", 401)] {
        let before = measured(&app, HASHES).await;
        let answers = join_all((0..250).map(|number| ask(&app, number, password))).await;
        let others: Vec<_> = answers.iter().filter(|(status, _)| *status != expected).collect();
        assert!(others.is_empty(), "{} of 250 were not {expected}: {:?}", others.len(), others[0]);
        let hashes = measured(&app, HASHES).await - before;
        assert!((hashes - 1.0).abs() < 0.1, "{hashes} hashes for {password}");
    }
    assert_eq!(measured(&app, REFUSED).await, 0.0);
    assert_eq!(measured(&app, QUEUE).await, 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_different_guesses_fill_the_queue_and_no_more() {
    let app = App::spawn_unthrottled().await;
    app.user("alice").await;
    // After this request the server knows the password. So each guess waits only until the server can hash it.
    assert_eq!(ask(&app, 0, PASSWORD).await.0, 200);
    let before = (measured(&app, HASHES).await, measured(&app, REFUSED).await);
    let guesses = join_all((0..700).map(|number| {
        let app = &app;
        async move { ask(app, number, &format!("a guess of many, {number}")).await }
    }));
    let watch = async {
        let mut longest: f64 = 0.0;
        for _ in 0..20 {
            longest = longest.max(measured(&app, QUEUE).await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        longest
    };
    let (answers, longest) = futures_util::future::join(guesses, watch).await;
    assert!(longest > 0.0 && longest <= PLACES, "{longest} passwords waited");
    let count = |status: u16| answers.iter().filter(|answer| answer.0 == status).count();
    let (refused, busy) = (count(401), count(503));
    assert_eq!(refused + busy, 700, "{answers:?}");
    assert!(busy > 0 && refused > 0, "{refused} guesses got 401, and {busy} got 503");
    assert!(answers.iter().all(|(status, after)| (*status == 503) == after.is_some()), "{answers:?}");
    let hashes = measured(&app, HASHES).await - before.0;
    // A request whose time limit ended during its hash got a 503. On a slow machine there are several.
    assert!(hashes <= refused as f64 + 10.0, "{hashes} hashes for {refused} refusals");
    assert_eq!(measured(&app, REFUSED).await - before.1, busy as f64);
    assert_eq!(measured(&app, QUEUE).await, 0.0);
    assert_eq!(ask(&app, 0, PASSWORD).await.0, 200);
    assert_eq!(app.api("GET", "/me", Value::Null).await.status, 200, "other users are not shut out");
}
