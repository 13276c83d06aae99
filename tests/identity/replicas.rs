//! Several servers and a provider that rotates refresh tokens: each is used once, and none is lost.
//!
//! A longer run, for 1,000 people (also with `--release`):
//! `PORTREEVE_PEOPLE=1000 cargo test --test identity rotating -- --nocapture`

use super::database;
use super::world::{Database, World};
use serde_json::json;
use std::time::Duration;

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
        // The last claims are given back with the last answers.
        let (refreshed, refused) = world.provider.counts().await;
        assert_eq!((refreshed, refused), (round * people, 0), "each token is used once");
        println!("{people} people by three servers: {took:?}");
    }
    let active =
        "SELECT CAST(COUNT(*) AS TEXT) FROM identities WHERE state = 'active' AND upstream_token IS NOT NULL";
    assert_eq!(database::text(&url, active).await, people.to_string(), "none is lost");
    for server in 0..3 {
        let key = world.key("user0").await;
        assert_eq!(world.token_at(server, "user0", &key).await.status, 200);
    }
}
