//! The mistake of one person or visitor at a provider does not count against the provider, and does not shut other
//! people out.

use super::browser::Browser;
use super::world::{Database, World, on_both_databases};
use serde_json::json;

on_both_databases!(
    a_code_that_anybody_brings_silences_nobody,
    an_odd_answer_about_one_person_silences_nobody,
    a_refresh_token_that_is_lost_is_not_presented_again,
);

/// Checks that people can begin to sign in, and that the provider does not count as unreachable.
async fn is_open(world: &World, what: &str) {
    let page = Browser::new().open(&world.start_path()).await;
    assert_eq!(page.status, 303, "{what}: {}", page.text);
    let status = world.must("GET", "/identity-providers/corp", json!(null)).await["status"].clone();
    assert_ne!(status["reachable"], false, "{what}: {status}");
}

async fn a_code_that_anybody_brings_silences_nobody(database: Database) {
    let world = World::with_provider(database, json!({})).await;
    world.provider.person("id-1", "alice", &[]).await;
    for mode in ["failing_token", "large_token"] {
        let mut browser = Browser::new();
        let callback = browser.until_callback(&world.start_path(), "id-1").await.unwrap();
        world.provider.mode(mode).await;
        let page = browser.open(callback.as_str()).await;
        assert!(page.status == 503 && page.text.contains("no usable answer"), "{mode}: {page:?}");
        is_open(&world, mode).await;
        world.provider.mode("normal").await;
    }
    // The server does not send the provider a text that cannot be a code.
    let asked = world.provider.counts().await;
    for odd in [String::new(), "a\n".to_owned(), "c\u{f6}de".to_owned(), "a".repeat(4097)] {
        let mut browser = Browser::new();
        let mut callback = browser.until_callback(&world.start_path(), "id-1").await.unwrap();
        let kept: Vec<_> = callback.query_pairs().into_owned().filter(|(name, _)| name != "code").collect();
        callback.query_pairs_mut().clear().extend_pairs(kept).append_pair("code", &odd);
        let page = browser.open(callback.as_str()).await;
        assert!(page.status == 400 && page.text.contains("cannot be understood"), "{odd:?}: {page:?}");
    }
    assert_eq!(world.provider.counts().await, asked);
    world.sign_in("id-1").await;
}

async fn an_odd_answer_about_one_person_silences_nobody(database: Database) {
    let world = World::with_provider(database, json!({"recheck": 86400})).await;
    world.provider.person("id-1", "alice", &[]).await;
    world.sign_in("id-1").await;
    let key = world.key("alice").await;
    for (mode, why) in [
        ("failing_token", "status 500"),
        ("failing_userinfo", "status 500"),
        ("large_userinfo", "longer than 256 KiB"),
    ] {
        world.provider.mode(mode).await;
        let identity = world.must("POST", "/users/alice/identity/recheck", json!(null)).await;
        assert_eq!((&identity["state"], &identity["checkable"]), (&json!("active"), &json!(true)), "{mode}");
        assert_eq!(identity["outcome"], "unclear", "{mode}: {identity}");
        assert!(identity["reason"].as_str().unwrap().contains(why), "{mode}: {identity}");
        is_open(&world, mode).await;
        let status = world.must("GET", "/identity-providers/corp", json!(null)).await["status"].clone();
        assert!(status["last_error"].as_str().is_some_and(|error| error.contains(why)), "{mode}: {status}");
    }
    world.provider.mode("normal").await;
    let identity = world.must("POST", "/users/alice/identity/recheck", json!(null)).await;
    assert_eq!((&identity["outcome"], &identity["reason"]), (&json!("confirmed"), &json!(null)));
    assert_eq!(world.token("alice", &key).await.status, 200);
    assert_eq!(world.provider.counts().await.1, 0, "no token was presented twice");
    for (mode, outcome) in [("failing", "silent"), ("normal", "confirmed")] {
        world.provider.mode(mode).await;
        let identity = world.must("POST", "/users/alice/identity/recheck", json!(null)).await;
        assert_eq!(identity["outcome"], outcome, "{identity}");
    }
    world.provider.disable("id-1").await;
    let identity = world.must("POST", "/users/alice/identity/recheck", json!(null)).await;
    assert_eq!(identity["outcome"], "refused", "{identity}");
}

async fn a_refresh_token_that_is_lost_is_not_presented_again(database: Database) {
    let world = World::with_provider(database, json!({"recheck": 86400})).await;
    world.provider.person("id-1", "alice", &[]).await;
    world.sign_in("id-1").await;
    let key = world.key("alice").await;
    world.provider.mode("large_token").await;
    let identity = world.must("POST", "/users/alice/identity/recheck", json!(null)).await;
    assert_eq!((&identity["state"], &identity["checkable"]), (&json!("active"), &json!(false)));
    is_open(&world, "lost").await;
    world.provider.mode("normal").await;
    let again = world.api("POST", "/users/alice/identity/recheck", json!(null)).await;
    assert!(again.status == 409 && again.text.contains("the user must sign in again"), "{again:?}");
    assert_eq!(world.provider.counts().await, (1, 0), "the token was exchanged once, and never refused");
    assert_eq!(world.token("alice", &key).await.status, 200, "nobody loses access");
    world.sign_in("id-1").await;
    let identity = world.must("POST", "/users/alice/identity/recheck", json!(null)).await;
    assert_eq!(identity["checkable"], true);
}
