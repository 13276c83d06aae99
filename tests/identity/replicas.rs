//! Several servers and a provider that rotates refresh tokens. Each refresh token is used once, and none is lost. A
//! sign-in may begin at one server and end at another.
//!
//! This command makes a longer run with 1,000 people. `--release` may be added:
//! `PORTREEVE_PEOPLE=1000 cargo test --test identity rotating -- --nocapture`

use super::browser::Browser;
use super::database;
use super::world::{Database, World};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_begins_at_one_server_and_ends_at_another() {
    let world = World::start_with(Database::Postgresql, 2, "userinfo").await;
    world.set_up(json!({})).await;
    world.provider.person("id-1", "erin", &["web"]).await;
    let at = |server: usize, path: &str| format!("http://localhost:{}{path}", world.ports[server]);
    let mut browser = Browser::new();
    world
        .until("the other server knows the provider", Duration::from_secs(5), async || {
            Browser::new().open(&at(1, "/signin/with/corp")).await.status == 303
        })
        .await;
    let callback = browser.until_callback(&at(1, "/signin/with/corp"), "id-1").await.unwrap();
    assert_eq!(callback.port(), Some(world.ports[0]));
    // A real browser keeps cookies by host, and ignores the port.
    let flow = browser.cookie(&at(1, "/"), "__Host-ptr_flow").unwrap();
    browser.set_cookie(&at(0, "/"), "__Host-ptr_flow", &flow);
    assert_eq!(browser.open(callback.as_str()).await.status, 303);
    let session = browser.cookie(&at(0, "/"), "__Host-ptr_session").unwrap();
    for server in [0, 1] {
        browser.set_cookie(&at(server, "/"), "__Host-ptr_session", &session);
        let page = browser.open(&at(server, "/signin/keys")).await;
        assert!(page.status == 200 && page.text.contains("erin"), "{server}: {page:?}");
    }
    // The cookie of a sign-in is valid once, for all servers together.
    browser.set_cookie(&at(1, "/"), "__Host-ptr_flow", &flow);
    let again = callback.as_str().replace(&world.ports[0].to_string(), &world.ports[1].to_string());
    assert!(browser.open(&again).await.text.contains("completed before"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rotating_tokens_are_used_once_by_one_of_three_servers() {
    let people: i64 = std::env::var("PORTREEVE_PEOPLE").map_or(100, |count| count.parse().unwrap());
    let world = World::start_with(Database::Postgresql, 3, "userinfo").await;
    world.set_up(json!({"recheck": 86400, "labels": {}, "automatic": false, "groups_claim": null})).await;
    let mut all = serde_json::Map::new();
    for i in 0..people {
        all.insert(format!("id-{i}"), json!({"claims": {"preferred_username": format!("user{i}")}}));
    }
    world.provider.people(all.into()).await;
    for i in 0..people {
        world.sign_in(&format!("id-{i}")).await;
    }
    let url = world.database();
    for round in 1..=2 {
        database::run(&url, "UPDATE identities SET recheck_at = 0").await;
        let patience = Duration::from_secs(20 + people.unsigned_abs() / 10);
        let took = world
            .until("everybody is checked", patience, async || {
                let due = "SELECT CAST(COUNT(*) AS TEXT) FROM identities WHERE recheck_at = 0";
                database::text(&url, due).await == "0"
            })
            .await;
        // A person counts as checked only after the provider's answer, so these counts are final.
        let (refreshed, refused) = world.provider.counts().await;
        assert_eq!((refreshed, refused), (round * people, 0), "each token is used once");
        println!("three servers checked {people} people in {took:?}");
    }
    let active =
        "SELECT CAST(COUNT(*) AS TEXT) FROM identities WHERE state = 'active' AND upstream_token IS NOT NULL";
    assert_eq!(database::text(&url, active).await, people.to_string(), "no refresh token is lost");
    for server in 0..3 {
        let key = world.key("user0").await;
        assert_eq!(world.token_at(server, "user0", &key).await.status, 200);
    }
}
