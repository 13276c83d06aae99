//! Settings that give less: in force at once, also for those about whom the provider is being asked; and groups of
//! providers that are not there.

use super::database;
use super::world::{Database, World, on_both_databases};
use serde_json::{Value, json};
use std::time::Duration;

on_both_databases!(
    rights_that_were_withdrawn_are_not_written_back,
    other_settings_are_in_force_at_once,
    groups_of_a_provider_that_goes_are_ordinary,
);

const CORP: &str = "/identity-providers/corp";

/// Somebody who is an administrator by the provider, and whom it is not asked about by itself.
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
    assert_eq!(user(&world).await["admin"], false, "by a check");
    world.must("PATCH", CORP, json!({"admin_groups": ["ops"]})).await;
    let (page, ()) = tokio::join!(world.refused("id-1"), withdraw());
    assert!(page.text.contains("changed its settings while you signed in"), "{}", page.text);
    assert_eq!(user(&world).await["admin"], false, "by a sign-in");
    assert_eq!(world.provider.counts().await.1, 0);
}

async fn other_settings_are_in_force_at_once(database: Database) {
    let world = administrator(database).await;
    let refused = world.api("PATCH", "/users/erin", json!({"admin": false})).await;
    assert!(refused.status == 409 && refused.text.contains("out of `admin_groups`"), "{refused:?}");
    // One of several groups: whoever is one by another group is one again by the next check.
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
    // By hand, what is not by the provider.
    world.must("PATCH", CORP, json!({"admin_groups": []})).await;
    world.must("PATCH", "/users/erin", json!({"admin": true})).await;
    world.must("PATCH", "/users/erin", json!({"admin": false})).await;
    world.must("PATCH", CORP, json!({"require_groups": ["staff"]})).await;
    let refused = async || world.must("GET", "/users/erin/identity", json!(null)).await["state"] == "refused";
    world.until("she is refused", soon, refused).await;
}

async fn groups_of_a_provider_that_goes_are_ordinary(database: Database) {
    let world = World::with_provider(database, json!({})).await;
    let key = world.key("admin").await;
    let apply = async |document: Value| {
        let url = world.url("/api/v1/apply");
        let request = reqwest::Client::new().post(url).header("content-type", "application/x-ndjson");
        world.send(request.bearer_auth(&key).body(format!("{document}\n"))).await
    };
    let ghost =
        json!({"kind": "group", "name": "ghosts", "members": ["user:admin"], "managed_by": "oidc:ghost"});
    let refused = apply(ghost).await;
    assert!(refused.status == 422 && refused.text.contains("identity providers keep"), "{refused:?}");
    world.provider.person("id-1", "erin", &["web"]).await;
    world.sign_in("id-1").await;
    let (group, member) = ("/groups/corp.web", "/groups/corp.web/members/user:admin");
    let keeper = async || world.must("GET", group, json!(null)).await["managed_by"].clone();
    assert_eq!(keeper().await, "oidc:corp");
    world.must("DELETE", &format!("{CORP}?cascade=true"), json!(null)).await;
    assert_eq!(keeper().await, Value::Null);
    world.must("PUT", member, json!(null)).await;
    // As a server left it behind that did not know of this.
    database::run(&world.database(), "UPDATE subject_groups SET managed_by = 'oidc:corp'").await;
    world.set_up(json!({})).await;
    assert_eq!(keeper().await, Value::Null);
    world.must("DELETE", member, json!(null)).await;
    world.provider.person("id-2", "frank", &["web"]).await;
    world.sign_in("id-2").await;
    let frank = world.must("GET", "/users/frank", json!(null)).await;
    assert_eq!(frank["groups"], json!([]), "the provider does not keep it");
}
