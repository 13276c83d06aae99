//! Complete and refused sign-ins, and the user that the server makes for each person.

use super::world::{Database, World, on_both_databases};
use serde_json::json;

on_both_databases!(
    somebody_of_the_provider_becomes_a_user_with_groups_and_labels,
    a_name_that_is_taken_is_refused_with_the_command_that_links,
    who_may_not_sign_in_is_told_why,
);

async fn somebody_of_the_provider_becomes_a_user_with_groups_and_labels(database: Database) {
    let world = World::with_provider(database, json!({"admin_groups": ["/ops"]})).await;
    world.provider.person("id-1", "alice", &["/dev/web", "/ops"]).await;
    let rule = json!({"subjects": ["group:corp.@dev@web"], "names": ["web/**"], "actions": ["pull"]});
    world.must("PUT", "/groups/corp.@dev@web", json!({})).await;
    world.must("DELETE", "/groups/corp.@dev@web", json!(null)).await;
    world.sign_in("id-1").await;
    world.must("PUT", "/rules/web", rule).await;
    let user = world.must("GET", "/users/alice", json!(null)).await;
    assert_eq!(user["groups"], json!(["corp.@dev@web", "corp.@ops"]));
    assert_eq!(user["labels"], json!({"team": ["web/api"]}));
    assert_eq!(
        (&user["admin"], &user["has_password"], &user["managed_by"]),
        (&json!(true), &json!(false), &json!("oidc:corp"))
    );
    let identity = world.must("GET", "/users/alice/identity", json!(null)).await;
    assert_eq!(
        (&identity["external_id"], &identity["state"], &identity["checkable"]),
        (&json!("id-1"), &json!("active"), &json!(true))
    );
    let key = world.key("alice").await;
    assert!(world.granted("alice", &key).await.contains("web/site"));
    // At the provider the person was renamed and left the group of administrators. The user is the same, but is not an
    // administrator any more.
    world.provider.person("id-1", "alicia", &["/dev/web"]).await;
    world.sign_in("id-1").await;
    let identity = world.must("GET", "/users/alice/identity", json!(null)).await;
    assert_eq!(identity["external_name"], "alicia");
    let user = world.must("GET", "/users/alice", json!(null)).await;
    assert_eq!((&user["groups"], &user["admin"]), (&json!(["corp.@dev@web"]), &json!(false)));
    assert_eq!(world.api("GET", "/users/alicia", json!(null)).await.status, 404);
    // Only the provider decides who is in its groups. A user of a provider cannot get a password on this server.
    let members = "/groups/corp.@dev@web/members/user:admin";
    let refused = world.api("PUT", members, json!(null)).await;
    assert!(
        refused.status == 409 && refused.text.contains("kept by the identity provider `corp`"),
        "{refused:?}"
    );
    let refused = world.api("PATCH", "/users/alice", json!({"password": "a perfectly long password"})).await;
    assert!(refused.status == 422 && refused.text.contains("unlink the user"), "{refused:?}");
    // An administrator can still disable the user on this server.
    world.must("PATCH", "/users/alice", json!({"disabled": true})).await;
    let page = world.refused("id-1").await;
    assert!(page.status == 403 && page.text.contains("is disabled here"), "{}", page.text);
    assert_eq!(world.token("alice", &key).await.status, 401);
}

async fn a_name_that_is_taken_is_refused_with_the_command_that_links(database: Database) {
    let world = World::with_provider(database, json!({})).await;
    world.must("PUT", "/users/bob", json!({"password": "a perfectly long password"})).await;
    let key = world.key("bob").await;
    for name in ["bob", "BOB", "admin"] {
        world.provider.person("id-2", name, &[]).await;
        let page = world.refused("id-2").await;
        assert!(page.status == 403 && page.text.contains("portreeve users link"), "{name}: {}", page.text);
        assert!(page.text.contains("--provider corp --external-id id-2"), "{name}: {}", page.text);
    }
    let users = world.must("GET", "/users", json!(null)).await;
    assert_eq!(users["items"].as_array().unwrap().len(), 2, "no user was created");
    world.must("PUT", "/users/bob/identity", json!({"provider": "corp", "external_id": "id-2"})).await;
    world.provider.person("id-2", "robert", &["web"]).await;
    world.sign_in("id-2").await;
    let bob = world.must("GET", "/users/bob", json!(null)).await;
    assert_eq!((&bob["groups"], &bob["has_password"]), (&json!(["corp.web"]), &json!(false)));
    assert_eq!(world.token("bob", &key).await.status, 200);
    // The last administrator cannot be linked.
    let refused =
        world.api("PUT", "/users/admin/identity", json!({"provider": "corp", "external_id": "id-9"})).await;
    assert!(refused.status == 409 && refused.text.contains("last administrator"), "{refused:?}");
    // A user has at most one identity.
    let refused =
        world.api("PUT", "/users/bob/identity", json!({"provider": "corp", "external_id": "id-3"})).await;
    assert!(refused.status == 409 && refused.text.contains("unlink it first"), "{refused:?}");
    world.must("DELETE", "/users/bob/identity", json!(null)).await;
    assert_eq!(world.token("bob", &key).await.status, 401, "keys end with the identity");
    assert_eq!(world.must("GET", "/users/bob", json!(null)).await["groups"], json!([]));
}

async fn who_may_not_sign_in_is_told_why(database: Database) {
    let world = World::with_provider(database, json!({"require_groups": ["staff"]})).await;
    for (id, name, groups, reason) in [
        ("1", "carol", &[][..], "none of the groups that may sign in"),
        ("2", "../carol", &["staff"][..], "is not a name"),
        ("3", "c\u{430}rol", &["staff"], "is not a name"),
        ("4", "carol smith", &["staff"], "is not a name"),
        ("5", "anonymous", &["staff"], "is reserved"),
    ] {
        world.provider.person(id, name, groups).await;
        let page = world.refused(id).await;
        assert!(page.status == 403 && page.text.contains(reason), "{name}: {}", page.text);
    }
    let many: Vec<String> = (0..10_000).map(|i| format!("g{i}")).collect();
    for (claims, reason) in [
        (json!({"preferred_username": "carol"}), "sent no claim `groups`"),
        (json!({"preferred_username": "carol", "groups": many}), "has 10000 values"),
        (json!({"groups": ["staff"]}), "sent no claim `preferred_username`"),
        (json!({"preferred_username": "carol", "groups": ["staff"], "department": 7}), "cannot be a label"),
    ] {
        world.provider.people(json!({"6": {"claims": claims}})).await;
        let page = world.refused("6").await;
        assert!(page.status == 403 && page.text.contains(reason), "{reason}: {} {}", page.status, page.text);
    }
    world.must("PATCH", "/identity-providers/corp", json!({"create_users": false})).await;
    world.provider.person("7", "carol", &["staff"]).await;
    let page = world.refused("7").await;
    assert!(page.text.contains("there is no account here"), "{}", page.text);
    let users = world.must("GET", "/users", json!(null)).await;
    assert_eq!(users["items"].as_array().unwrap().len(), 1, "no user was created: {users}");
    world
        .must(
            "PATCH",
            "/identity-providers/corp",
            json!({"create_users": true, "name_template": "{name}@lab"}),
        )
        .await;
    world.sign_in("7").await;
    world.must("GET", "/users/carol@lab", json!(null)).await;
    world.must("PATCH", "/identity-providers/corp", json!({"enabled": false})).await;
    let page = world.refused("7").await;
    assert!(page.status == 404 && page.text.contains("no such provider"), "{}", page.text);
}
