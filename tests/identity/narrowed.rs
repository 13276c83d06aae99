//! Settings that grant less apply at once, also to people who are being checked. Settings that grant more or other
//! rights apply within seconds. Groups whose provider does not exist are ordinary groups.

use super::database;
use super::world::{Database, World, on_both_databases};
use crate::reply::send;
use serde_json::{Value, json};
use std::time::Duration;

on_both_databases!(
    rights_that_were_withdrawn_are_not_written_back,
    other_settings_are_in_force_at_once,
    groups_of_a_provider_that_goes_are_ordinary,
);

const CORP: &str = "/identity-providers/corp";

/// Starts a world with a person whose group at the provider makes the person an administrator. No automatic check of
/// that person is due.
async fn administrator(database: Database) -> World {
    let more = json!({"recheck": 86400, "admin_groups": ["ops", "chiefs"]});
    let world = World::with_provider(database, more).await;
    world.provider.person("id-1", "erin", &["ops"]).await;
    world.sign_in("id-1").await;
    assert_eq!(user(&world).await["admin"], true);
    world
}

async fn user(world: &World) -> Value {
    world.must("GET", "/users/erin", json!(null)).await
}

async fn rights_that_were_withdrawn_are_not_written_back(database: Database) {
    let world = administrator(database).await;
    let withdraw = async || {
        tokio::time::sleep(Duration::from_millis(500)).await;
        world.must("PATCH", CORP, json!({"admin_groups": []})).await;
    };
    world.provider.delay(Duration::from_millis(1500)).await;
    let recheck = world.must("POST", "/users/erin/identity/recheck", json!(null));
    tokio::join!(recheck, withdraw());
    assert_eq!(user(&world).await["admin"], false, "a check gives the flag back");
    world.must("PATCH", CORP, json!({"admin_groups": ["ops"]})).await;
    let (page, ()) = tokio::join!(world.refused("id-1"), withdraw());
    assert!(page.text.contains("changed its settings while you signed in"), "{}", page.text);
    assert_eq!(user(&world).await["admin"], false, "a sign-in gives the flag back");
    assert_eq!(world.provider.counts().await.1, 0);
}

async fn other_settings_are_in_force_at_once(database: Database) {
    let world = administrator(database).await;
    let refused = world.api("PATCH", "/users/erin", json!({"admin": false})).await;
    assert!(refused.status == 409 && refused.text.contains("out of `admin_groups`"), "{refused:?}");
    // One of two groups was removed, so erin, a member of the removed group, is not an administrator any more.
    world.must("PATCH", CORP, json!({"admin_groups": ["chiefs"]})).await;
    assert_eq!(user(&world).await["admin"], false);
    let soon = Duration::from_secs(5);
    for (change, field, expected) in [
        (json!({"admin_groups": ["chiefs", "ops"]}), "admin", json!(true)),
        (json!({"map": [{"value": "ops", "group": "operators"}]}), "groups", json!(["operators"])),
        (json!({"labels": {"team": null, "unit": "department"}}), "labels", json!({"unit": ["web/api"]})),
    ] {
        world.must("PATCH", CORP, change.clone()).await;
        let holds = async || user(&world).await[field] == expected;
        world.until(&change.to_string(), soon, holds).await;
    }
    // An administrator set this flag, not the provider.
    world.must("PATCH", CORP, json!({"admin_groups": []})).await;
    world.must("PATCH", "/users/erin", json!({"admin": true})).await;
    world.must("PATCH", "/users/erin", json!({"admin": false})).await;
    world.must("PATCH", CORP, json!({"require_groups": ["staff"]})).await;
    let refused = async || world.must("GET", "/users/erin/identity", json!(null)).await["state"] == "refused";
    world.until("erin is refused", soon, refused).await;
}

async fn groups_of_a_provider_that_goes_are_ordinary(database: Database) {
    let world = World::with_provider(database, json!({})).await;
    let key = world.key("admin").await;
    let apply = async |document: Value| {
        let url = world.url("/api/v1/apply");
        let request = reqwest::Client::new().post(url).header("content-type", "application/x-ndjson");
        send(request.bearer_auth(&key).body(format!("{document}\n"))).await
    };
    let ghost =
        json!({"kind": "group", "name": "ghosts", "members": ["user:admin"], "managed_by": "oidc:ghost"});
    let refused = apply(ghost).await;
    assert!(refused.status == 422 && refused.text.contains("reserved for identity providers"), "{refused:?}");
    world.provider.person("id-1", "erin", &["web"]).await;
    world.sign_in("id-1").await;
    let (group, member) = ("/groups/corp.web", "/groups/corp.web/members/user:admin");
    let keeper = async || world.must("GET", group, json!(null)).await["managed_by"].clone();
    assert_eq!(keeper().await, "oidc:corp");
    world.must("DELETE", &format!("{CORP}?cascade=true"), json!(null)).await;
    assert_eq!(keeper().await, Value::Null);
    world.must("PUT", member, json!(null)).await;
    // An older server could leave this state: a provider that does not exist manages a group.
    database::run(&world.database(), "UPDATE subject_groups SET managed_by = 'oidc:corp'").await;
    world.set_up(json!({})).await;
    assert_eq!(keeper().await, Value::Null);
    world.must("DELETE", member, json!(null)).await;
    world.provider.person("id-2", "frank", &["web"]).await;
    world.sign_in("id-2").await;
    let frank = world.must("GET", "/users/frank", json!(null)).await;
    assert_eq!(frank["groups"], json!([]), "the provider does not manage the group");
}
