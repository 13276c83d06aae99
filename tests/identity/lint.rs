//! Warnings about a provider, and about rules that wait for the people of a provider. Each warning says what to do.

use super::world::{Database, World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(what_is_odd_about_a_provider_is_told_with_what_to_do);

async fn what_is_odd_about_a_provider_is_told_with_what_to_do(database: Database) {
    let world = World::with_provider(database, json!({"automatic": false})).await;
    let shown = world.must("GET", "/identity-providers/corp", json!(null)).await;
    assert_eq!(shown["warnings"], json!([]));
    world.provider.person("id-1", "erin", &[]).await;
    world.sign_in("id-1").await;
    world.must("PUT", "/groups/by-hand", json!({})).await;
    let map = json!([{"value": "a", "group": "by-hand"}, {"value": "b", "group": "nowhere"}, {"value": "c", "group": "used"}]);
    let rule = json!({"subjects": ["group:used", "user:newcomer"], "names": ["web/**"], "actions": ["pull"]});
    let rule = world.must("PUT", "/rules/web", rule).await;
    let odd = |object: &Value| {
        let warnings = object["warnings"].as_array().unwrap().clone();
        let told = |one: Value| (one["code"].as_str().unwrap().to_owned(), one["message"].to_string());
        warnings.into_iter().map(told).collect::<Vec<_>>()
    };
    assert!(odd(&rule)[1].1.contains("wait for the first sign-in"), "{rule}");
    let odd_settings = json!({"enabled": false, "map": map, "require_groups": ["staff"]});
    world.must("PATCH", "/identity-providers/corp", odd_settings).await;
    let shown = world.must("GET", "/identity-providers", json!(null)).await["items"][0].clone();
    let told = odd(&shown);
    for (i, (code, words)) in [
        ("disabled-with-people", "portreeve identity-providers update corp --enabled"),
        ("required-group-unmapped", "`staff`"),
        ("foreign-group", "portreeve groups delete by-hand"),
        ("unused-group", "portreeve rules create NAME --subject group:nowhere"),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(told[i].0 == code && told[i].1.contains(words), "{code}: {told:?}");
    }
    assert_eq!(told.len(), 4, "{told:?}");
    // A client can send a provider back as the API shows it.
    world.must("PUT", "/identity-providers/corp", shown).await;
    world.must("PATCH", "/identity-providers/corp", json!({"enabled": true})).await;
    let rule = world.must("GET", "/rules/web", json!(null)).await;
    assert!(odd(&rule)[0].1.contains("so do not create it"), "{rule}");
}
