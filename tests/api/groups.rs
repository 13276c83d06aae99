//! `/groups` and `/services`.

use super::helpers::{App, PASSWORD};
use super::traps_requests::harbour;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn members_are_set_at_once_or_one_by_one_and_must_exist() {
    let app = harbour().await;
    app.robot("ci", Value::Null).await;
    let body = json!({"description": "web team", "members": ["user:alice", "robot:ci"]});
    let reply = app.api("PUT", "/groups/web", body.clone()).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.json()["members"], json!(["user:alice", "robot:ci"]));
    assert_eq!(app.api("PUT", "/groups/web", body).await.status, 200);
    assert_eq!(app.must("GET", "/users/alice", Value::Null).await["groups"], json!(["web"]));
    let bad = json!({"members": ["user:alice", "user:ghost", "robot:alice", "nonsense"]});
    let errors = app.api("PUT", "/groups/web", bad).await.json()["errors"].clone();
    let fields: Vec<&str> = errors.as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["members[1]", "members[2]", "members[3]"]);
    let member = "/groups/web/members/user:alice";
    assert_eq!(app.api("DELETE", member, Value::Null).await.status, 204);
    assert_eq!(app.api("DELETE", member, Value::Null).await.status, 404);
    assert_eq!(app.api("PUT", member, Value::Null).await.status, 204);
    assert_eq!(app.api("PUT", member, Value::Null).await.status, 204, "a repeated PUT succeeds");
    assert_eq!(app.api("PUT", "/groups/web/members/user:ghost", Value::Null).await.status, 404);
    let group = app.must("PATCH", "/groups/web", json!({"members": ["robot:ci"]})).await;
    assert_eq!(
        (group["members"].clone(), group["description"].clone()),
        (json!(["robot:ci"]), json!("web team"))
    );
    assert_eq!(app.api("DELETE", "/groups/web", Value::Null).await.status, 204);
    assert_eq!(app.must("GET", "/robots/ci", Value::Null).await["groups"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn group_rights_come_and_go_with_membership_at_once() {
    let app = App::spawn().await;
    app.user("bob").await;
    app.must("PUT", "/groups/web", json!({})).await;
    app.rule(
        "spaces",
        json!({"subjects": ["authenticated"], "names": ["${group}/**"], "actions": ["pull", "push"]}),
    )
    .await;
    let ask = "scope=repository:web/shop/cart:pull,push";
    let bob = Some(("bob", PASSWORD));
    assert_eq!(app.token(bob, ask).await.granted(), "");
    app.must("PUT", "/groups/web/members/user:bob", Value::Null).await;
    assert_eq!(app.token(bob, ask).await.granted(), "repository:web/shop/cart:pull,push");
    app.must("DELETE", "/groups/web/members/user:bob", Value::Null).await;
    assert_eq!(app.token(bob, ask).await.granted(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rules_name_is_deleted_only_with_cascade_and_its_rights_pass_to_nobody() {
    let app = harbour().await;
    app.must("PUT", "/groups/web", json!({"members": ["user:alice"]})).await;
    app.rule(
        "both",
        json!({"subjects": ["user:alice", "group:web"], "names": ["both/**"], "actions": ["pull"]}),
    )
    .await;
    let reply = app.api("DELETE", "/users/alice", Value::Null).await;
    assert_eq!((reply.status, reply.json()["rules"].clone()), (409, json!(["both", "team"])));
    assert_eq!(app.api("DELETE", "/groups/web", Value::Null).await.json()["rules"], json!(["both"]));
    assert_eq!(app.api("DELETE", "/users/alice?cascade=true", Value::Null).await.status, 204);
    let both = app.must("GET", "/rules/both", Value::Null).await;
    assert_eq!((both["subjects"].clone(), both["enabled"].clone()), (json!(["group:web"]), json!(true)));
    let team = app.must("GET", "/rules/team", Value::Null).await;
    assert_eq!((team["subjects"].clone(), team["enabled"].clone()), (json!([]), json!(false)));
    app.user("alice").await;
    let reply = app
        .token(Some(("alice", PASSWORD)), "scope=repository:team/app:pull&scope=repository:both/x:pull")
        .await;
    assert_eq!(reply.granted(), "", "a new user with the same name inherits nothing");
    assert_eq!(app.api("PATCH", "/rules/team", json!({"enabled": true})).await.status, 422);
    assert_eq!(app.api("DELETE", "/groups/web?cascade=maybe", Value::Null).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn services_have_a_lifetime_a_profile_and_bounds() {
    let app = App::spawn().await;
    let service = app.must("GET", "/services/registry", Value::Null).await;
    assert_eq!(
        service,
        json!({"name": "registry", "token_ttl": 300, "offline_tokens": true, "push_includes_pull": null, "password_grant": true, "events": true, "search": false, "crawl": null, "profile": "distribution-2", "trust": null, "key_id": null, "managed_by": null})
    );
    let reply = app
        .api("PUT", "/services/Docker%20registry", json!({"token_ttl": 3600, "profile": "distribution-3"}))
        .await;
    assert_eq!((reply.status, reply.json()["name"].clone()), (201, json!("Docker registry")));
    for body in [json!({"token_ttl": 59}), json!({"token_ttl": 3601}), json!({"profile": "floppy"})] {
        assert_eq!(app.api("PUT", "/services/registry", body.clone()).await.status, 422, "{body}");
    }
    assert_eq!(app.api("PUT", "/services/a%2Cb", json!({})).await.status, 422);
    app.must("DELETE", "/services/Docker%20registry", Value::Null).await;
    assert_eq!(app.token(Some(super::helpers::ADMIN), "service=Docker+registry").await.status, 400);
}
