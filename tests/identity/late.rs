//! Sign-ins that come too late, twice at once, or during a change, a provider that exchanges its keys, and people who
//! use several servers.

use super::browser::Browser;
use super::database;
use super::world::{Database, World, on_both_databases};
use portreeve::clock::Clock;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

on_both_databases!(
    who_comes_back_late_or_twice_is_refused,
    a_provider_that_changes_meanwhile_lets_nobody_in,
    keys_that_are_exchanged_are_read_again_once_a_minute,
);

async fn who_comes_back_late_or_twice_is_refused(database: Database) {
    let world = World::with_provider(database, json!({})).await;
    world.provider.person("id-1", "alice", &[]).await;
    let start = world.start_path();
    let mut browser = Browser::new();
    let callback = browser.until_callback(&start, "id-1").await.unwrap();
    database::run(&world.database(), "UPDATE signin_flows SET expires_at = 1").await;
    let page = browser.open(callback.as_str()).await;
    assert!(page.status == 403 && page.text.contains("ten minutes"), "{}", page.text);
    assert_eq!(world.api("GET", "/users/alice", json!(null)).await.status, 404);
    // Two tabs send the same answer at once.
    for _ in 0..5 {
        let mut browser = Browser::new();
        let callback = browser.until_callback(&start, "id-1").await.unwrap();
        let mut other = browser.clone();
        let (one, two) = tokio::join!(browser.open(callback.as_str()), other.open(callback.as_str()));
        let mut both = [one, two];
        both.sort_by_key(|page| page.status);
        assert_eq!([both[0].status, both[1].status], [303, 403], "{both:?}");
        assert!(both[1].text.contains("completed before"), "{}", both[1].text);
    }
}

async fn a_provider_that_changes_meanwhile_lets_nobody_in(database: Database) {
    let world = World::with_provider(database, json!({})).await;
    world.provider.person("id-1", "alice", &[]).await;
    world.provider.delay(Duration::from_millis(1000)).await;
    for (change, back) in [
        (json!({"create_users": false}), json!({"create_users": true})),
        (json!({"require_groups": ["staff"]}), json!({"require_groups": []})),
        (json!({"enabled": false}), json!({"enabled": true})),
        (json!({"client_id": "other"}), json!({"client_id": "portreeve"})),
    ] {
        let words = "changed its settings while you signed in";
        let changing = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            world.must("PATCH", "/identity-providers/corp", change.clone()).await;
        };
        let (page, ()) = tokio::join!(world.refused("id-1"), changing);
        assert!(page.status == 403 && page.text.contains(words), "{change}: {} {}", page.status, page.text);
        assert_eq!(world.api("GET", "/users/alice", json!(null)).await.status, 404, "{change}");
        world.must("PATCH", "/identity-providers/corp", back).await;
    }
    world.sign_in("id-1").await;
}

async fn keys_that_are_exchanged_are_read_again_once_a_minute(database: Database) {
    let time = Arc::new(AtomicI64::new(Clock::System.now().as_micros()));
    let world = World::start_at(database, 1, "id", Clock::Fixed(time.clone())).await;
    world.set_up(json!({})).await;
    let minute = || time.fetch_add(61_000_000, Ordering::SeqCst);
    world.provider.person("id-1", "alice", &[]).await;
    world.provider.mode("other_keys").await;
    for _ in 0..5 {
        let page = world.refused("id-1").await;
        assert!(page.text.contains("no key for it"), "{}", page.text);
    }
    assert_eq!(world.provider.keys_read().await, 1, "the key set is not read again for each unknown key");
    minute();
    for _ in 0..3 {
        world.refused("id-1").await;
    }
    assert_eq!(world.provider.keys_read().await, 2, "the key set is read at most once a minute");
    // The key set now contains the key. A minute later the server reads the key set again.
    world.provider.mode("normal").await;
    world.refused("id-1").await;
    minute();
    for _ in 0..3 {
        world.sign_in("id-1").await;
    }
    assert_eq!(world.provider.keys_read().await, 3);
    // The provider now publishes other keys. The server still knows the key of the token.
    world.provider.mode("other_keys").await;
    minute();
    world.sign_in("id-1").await;
    assert_eq!(world.provider.keys_read().await, 3, "a known key needs no read of the key set");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_to_three_servers_at_once_is_asked_about_once() {
    let world = World::start_with(Database::Postgresql, 3, "userinfo").await;
    world.set_up(json!({"recheck": 86400})).await;
    world.provider.person("id-1", "alice", &[]).await;
    world.sign_in("id-1").await;
    let mut keys = Vec::new();
    for server in 0..3 {
        keys.push(world.key("alice").await);
        world.must("GET", "/users/alice", json!(null)).await;
        let found = async || world.token_at(server, "alice", &keys[server]).await.status == 200;
        world.until("the key is known", Duration::from_secs(3), found).await;
    }
    world.provider.delay(Duration::from_millis(700)).await;
    for round in 1..=3 {
        database::run(&world.database(), "UPDATE identities SET valid_until = 0").await;
        let fresh = world.key("alice").await;
        // Each server gets two requests with the new key. No server has this key in memory, so each request finds the
        // present identity.
        let asked = [0, 1, 2, 0, 1, 2].map(|server| world.token_at(server, "alice", &fresh));
        for reply in futures_util::future::join_all(asked).await {
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
        assert_eq!(world.provider.counts().await, (round, 0), "only one server asks the provider");
    }
}
