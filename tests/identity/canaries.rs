//! Secrets do not leak: the database has no plain secret, and neither the audit trail nor an answer contains one.

use super::provider::SECRET;
use super::world::{Database, World, on_both_databases};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;

on_both_databases!(no_secret_is_in_the_database_or_in_an_answer);

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn no_secret_is_in_the_database_or_in_an_answer(database: Database) {
    let world = World::with_provider(database, json!({"recheck": 1})).await;
    world.provider.person("id-1", "alice", &[]).await;
    let mut browser = super::browser::Browser::new();
    let callback = browser.until_callback(&world.start_path(), "id-1").await.unwrap();
    let flow = browser.cookie(&world.start_path(), "__Host-ptr_flow").unwrap();
    browser.open(callback.as_str()).await;
    let session = browser.cookie(&world.start_path(), "__Host-ptr_session").unwrap();
    world.must("POST", "/users/alice/identity/recheck", json!(null)).await;
    let parameter = |name: &str| callback.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let tokens = world.provider.tokens().await;
    assert!(tokens.len() >= 6, "access, refresh and ID tokens of a sign-in and a check: {}", tokens.len());
    let key = world.key("alice").await;
    assert_eq!(world.token("alice", &key).await.status, 200);
    let metrics = reqwest::get(world.url("/metrics")).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("portreeve_identity_checks_total{outcome=\"person\"} 1"), "{metrics}");
    let dump = world.database_bytes();
    let answers = [
        world.must("GET", "/identity-providers/corp", json!(null)).await.to_string(),
        world.must("GET", "/users/alice/identity", json!(null)).await.to_string(),
        world.must("GET", "/changes?limit=1000", json!(null)).await.to_string(),
        world.must("POST", "/identity-providers/corp/test", json!({})).await.to_string(),
        metrics,
    ];
    assert!(holds(&dump, "s1."), "the database contains sealed secrets");
    let others = [SECRET.to_owned(), flow, session, parameter("code"), parameter("state")];
    for secret in tokens.into_iter().chain(others) {
        assert!(!holds(&dump, &secret), "the database contains {secret}");
        assert!(answers.iter().all(|answer| !answer.contains(&secret)), "an answer contains {secret}");
    }
    let file = world.folder.path().join("keys/secrets.key");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}
