//! A refusal of credentials reveals nothing about accounts, neither by its words nor by its time.

use super::helpers::{App, PASSWORD};
use portreeve::domain::time::Timestamp;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The shortest time until a password is refused.
const REFUSAL_TIME: Duration = Duration::from_millis(400);
const WRONG: &str = "not the password, no";

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_password_or_key_has_one_text_whatever_was_wrong() {
    let app = App::spawn_unthrottled().await;
    for user in ["alice", "shut"] {
        app.user(user).await;
    }
    app.must("PATCH", "/users/shut", json!({"disabled": true})).await;
    let (revoked, stopped) =
        (app.robot("revoked", Value::Null).await, app.robot("stopped", Value::Null).await);
    let ended = app.robot("ended", Value::Null).await;
    let keys = app.must("GET", "/robots/revoked/access-keys", Value::Null).await;
    app.must("DELETE", &format!("/access-keys/{}", keys["items"][0]["id"].as_str().unwrap()), Value::Null)
        .await;
    app.must("PATCH", "/robots/stopped", json!({"disabled": true})).await;
    let end = Timestamp::from_seconds(app.now_seconds() + 10).to_string();
    app.must("PATCH", "/robots/ended", json!({"expires_at": end})).await;
    app.advance(20);
    let mut unknown = revoked.clone();
    unknown.pop();
    unknown.push('x');
    let first = app.token(Some(("alice", WRONG)), "service=registry").await;
    assert_eq!(first.status, 401);
    for (user, secret) in [
        ("nobody", WRONG),
        ("not/a/name", WRONG),
        ("shut", PASSWORD),
        ("shut", WRONG),
        ("revoked", revoked.as_str()),
        ("stopped", &stopped),
        ("ended", &ended),
        ("alice", &stopped),
        ("revoked", &unknown),
        ("alice", ""),
    ] {
        let reply = app.token(Some((user, secret)), "service=registry").await;
        assert_eq!((reply.status, &reply.text), (401, &first.text), "{user}");
        assert_eq!(reply.header("www-authenticate"), first.header("www-authenticate"), "{user}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_password_takes_a_fixed_time_at_least() {
    let app = App::spawn_unthrottled().await;
    app.user("alice").await;
    // The second time the result is in the cache, and nothing is hashed.
    for user in ["alice", "alice", "nobody", "nobody", "not/a/name"] {
        let began = Instant::now();
        assert_eq!(app.token(Some((user, WRONG)), "service=registry").await.status, 401, "{user}");
        assert!(began.elapsed() >= REFUSAL_TIME, "{user}: {:?}", began.elapsed());
    }
}
