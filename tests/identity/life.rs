//! The server's reaction to changes of an account at the provider.

use super::world::{Database, World, on_both_databases};
use serde_json::json;
use std::time::Duration;

on_both_databases!(a_lost_group_and_a_disabled_account_are_in_force_soon, very_many_at_once_are_held);

/// The time within which a change must be in force, with a `recheck` of two seconds.
const SOON: Duration = Duration::from_secs(4);

async fn a_lost_group_and_a_disabled_account_are_in_force_soon(database: Database) {
    let world = World::with_provider(database, json!({"recheck": 2})).await;
    world.provider.person("id-1", "alice", &["web"]).await;
    world.sign_in("id-1").await;
    let rule = json!({"subjects": ["group:corp.web"], "names": ["web/**"], "actions": ["pull"]});
    world.must("PUT", "/rules/web", rule).await;
    let key = world.key("alice").await;
    assert!(world.granted("alice", &key).await.contains("web/site"));
    world.provider.person("id-1", "alice", &["other"]).await;
    let lost = world
        .until("the group is lost", SOON, async || !world.granted("alice", &key).await.contains("web/site"))
        .await;
    world.provider.disable("id-1").await;
    let ended =
        world.until("the account ends", SOON, async || world.token("alice", &key).await.status == 401).await;
    let refused = world.token("alice", &key).await;
    let command = format!("sign-in expired: run portreeve login http://localhost:{}", world.ports[0]);
    assert!(refused.text.contains(&command), "{}", refused.text);
    let identity = world.must("GET", "/users/alice/identity", json!(null)).await;
    assert_eq!(identity["state"], "refused");
    // A sign-in restores the account. The access key works again.
    world.provider.person("id-1", "alice", &["web"]).await;
    world.sign_in("id-1").await;
    assert!(world.granted("alice", &key).await.contains("web/site"));
    println!("in force after {lost:?} (group) and {ended:?} (account)");
    // The answer to a wrong key also recommends the sign-in.
    let refused = world.token("alice", "wrong").await;
    assert!(refused.text.contains("run portreeve login http://localhost"), "{}", refused.text);
}

async fn very_many_at_once_are_held(database: Database) {
    let world = World::with_provider(database, json!({"recheck": 3600})).await;
    let mut people = serde_json::Map::new();
    for i in 0..12 {
        let claims = json!({"preferred_username": format!("user{i}"), "groups": []});
        people.insert(format!("id-{i}"), json!({"claims": claims}));
    }
    world.provider.people(people.clone().into()).await;
    for i in 0..12 {
        world.sign_in(&format!("id-{i}")).await;
    }
    for person in people.values_mut() {
        person["disabled"] = json!(true);
    }
    world.provider.people(people.into()).await;
    for i in 0..12 {
        world.must("POST", &format!("/users/user{i}/identity/recheck"), json!(null)).await;
    }
    let status = async || world.must("GET", "/identity-providers/corp", json!(null)).await["status"].clone();
    assert_eq!(status().await["held"], true);
    let mut states = Vec::new();
    for i in 0..12 {
        let identity = world.must("GET", &format!("/users/user{i}/identity"), json!(null)).await;
        states.push(identity["state"].as_str().unwrap().to_owned());
    }
    let active = states.iter().filter(|state| *state == "active").count();
    assert_eq!(active, 2, "ten people lost access before the provider was held: {states:?}");
    world.must("POST", "/identity-providers/corp/release", json!(null)).await;
    assert_eq!(status().await["held"], false);
    for i in 0..12 {
        world.api("POST", &format!("/users/user{i}/identity/recheck"), json!(null)).await;
        let identity = world.must("GET", &format!("/users/user{i}/identity"), json!(null)).await;
        assert_eq!(identity["state"], "refused", "user{i}");
    }
    assert_eq!(world.api("POST", "/identity-providers/corp/release", json!(null)).await.status, 409);
}
