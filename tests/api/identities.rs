//! Passwords that were set here or imported as hashes, and answers that reveal nothing about accounts.

use super::helpers::{App, PASSWORD};
use super::traps_requests::{ALICE, harbour};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Returns the bcrypt hash, cost 5, of `a perfectly long password`.
fn bcrypt_hash() -> String {
    bcrypt::hash(PASSWORD, 5).unwrap()
}

async fn stored_hash(app: &App, name: &str) -> String {
    let store = read_hash(&app.folder.database_url(), name).await;
    store.expect("the user has no password hash")
}

/// Reads a password hash directly from the database.
#[expect(clippy::disallowed_methods, reason = "no client can read a hash")]
async fn read_hash(url: &str, name: &str) -> Option<String> {
    use sqlx::{ConnectOptions, Row};
    let options: sqlx::any::AnyConnectOptions = url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    let row = sqlx::query("SELECT password_hash FROM subjects WHERE name = $1")
        .bind(name.to_owned())
        .fetch_one(&mut connection)
        .await
        .unwrap();
    row.try_get(0).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_bcrypt_hash_is_verified_and_renewed_at_the_next_sign_in() {
    let app = App::spawn().await;
    let hash = bcrypt_hash().replace("$2b$", "$2y$");
    app.must("PUT", "/users/alice", json!({"password_hash": hash})).await;
    assert_eq!(stored_hash(&app, "alice").await, hash);
    let refresh = app.token(ALICE, "offline_token=true").await.refresh_token();
    let mut renewed = String::new();
    for _ in 0..50 {
        renewed = stored_hash(&app, "alice").await;
        if renewed != hash {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{renewed}");
    assert_eq!(app.token(ALICE, "").await.status, 200);
    // The password is the same, so sessions continue.
    assert_eq!(
        app.post_token(&[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await.status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hashes_that_cannot_be_verified_are_refused() {
    let app = App::spawn().await;
    for hash in [
        "",
        "secret",
        "$apr1$x$y",
        "{SHA}abc",
        "$2y$05$tooshort",
        "$argon2id$v=19$m=99999999,t=2,p=1$YWJjZGVmZ2g$YWJjZGVmZ2hhYmNkZWZnaA",
    ] {
        let reply = app.api("PUT", "/users/alice", json!({"password_hash": hash})).await;
        assert_eq!(reply.status, 422, "{hash}");
        assert_eq!(reply.json()["errors"][0]["field"], "password_hash");
    }
    let both = json!({"password": PASSWORD, "password_hash": bcrypt_hash()});
    assert_eq!(app.api("PUT", "/users/alice", both).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_disabled_and_wrong_look_the_same_in_answer_and_time() {
    let app = harbour().await;
    app.user("off").await;
    app.must("PATCH", "/users/off", json!({"disabled": true})).await;
    app.must("PUT", "/users/imported", json!({"password_hash": bcrypt_hash()})).await;
    app.must("PUT", "/users/empty", json!({})).await;
    app.robot("ci", Value::Null).await;
    let mut answers = Vec::new();
    for (user, password) in [
        ("alice", "a wrong password"),
        ("ghost", "a wrong password"),
        ("off", PASSWORD),
        ("imported", "a wrong password"),
        ("empty", "a wrong password"),
        ("ci", "a wrong password"),
        ("not a name:", "a wrong password"),
    ] {
        let started = Instant::now();
        let reply = app.token(Some((user, password)), "service=registry").await;
        assert!(started.elapsed() >= Duration::from_millis(390), "{user}: {:?}", started.elapsed());
        assert_eq!(reply.status, 401, "{user}");
        answers.push(reply.text);
    }
    assert!(answers.iter().all(|answer| answer == &answers[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_stored_or_told() {
    let app = harbour().await;
    let key = app.robot("ci", Value::Null).await;
    let refresh = app.token(ALICE, "offline_token=true").await.refresh_token();
    app.must("PATCH", "/users/alice", json!({"password": "canary password, please"})).await;
    let bytes = app.folder.database_bytes();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("alice"));
    for secret in [PASSWORD, "canary password, please", key.as_str(), refresh.as_str()] {
        assert!(!holds(secret), "the database contains a secret");
    }
}
