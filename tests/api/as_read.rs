//! Requests for which the server grants more than the client named: a push includes its pull.

use super::helpers::{App, PASSWORD};
use super::traps_requests::{ALICE, harbour};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_push_alone_is_read_with_its_pull_and_rules_decide_on_both() {
    let app = harbour().await;
    app.user("bob").await;
    app.rule("bob", json!({"subjects": ["user:bob"], "names": ["team/**"], "actions": ["push"]})).await;
    let bob = Some(("bob", PASSWORD));
    let scope = "service=registry&scope=repository:team/app:push";
    assert_eq!(app.token(ALICE, scope).await.granted(), "repository:team/app:pull,push");
    assert_eq!(app.token(bob, scope).await.granted(), "repository:team/app:push", "no rule lets bob pull");
    let delete = "service=registry&scope=repository:team/app:delete&scope=registry:team/app:push";
    assert_eq!(app.token(ALICE, delete).await.granted(), "", "no other action is added");
    let narrow = json!({"name": "narrow", "scopes": ["repository:team/**:push"]});
    let key = app.must("POST", "/users/alice/access-keys", narrow).await;
    let reply = app.token(Some(("alice", key["secret"].as_str().unwrap())), scope).await;
    assert_eq!(reply.granted(), "repository:team/app:push", "the key's restriction removes the pull");
    for (setting, expected) in [
        (json!(false), "repository:team/app:push"),
        (json!(true), "repository:team/app:pull,push"),
        (Value::Null, "repository:team/app:pull,push"),
    ] {
        let body = json!({"push_includes_pull": setting});
        let shown = app.must("PATCH", "/services/registry", body).await;
        assert_eq!(shown["push_includes_pull"], setting);
        assert_eq!(app.token(ALICE, scope).await.granted(), expected, "{setting}");
    }
    app.must("PATCH", "/services/registry", json!({"profile": "zot"})).await;
    assert_eq!(app.must("GET", "/services/registry", Value::Null).await["push_includes_pull"], Value::Null);
    let reply = app.api("PATCH", "/services/registry", json!({"push_includes_pull": "yes"})).await;
    assert_eq!(reply.status, 422, "{}", reply.text);
}

/// The challenge with which distribution (`appendAccessRecords`) asks for the scopes of a POST, PUT or PATCH. It is the
/// same in 2.6, in 3.1 and in GitLab's registry.
const WRITE: &str = r#"Bearer realm="http://localhost:5001/token",service="registry",scope="repository:team/app:pull,push",error="insufficient_scope""#;

#[tokio::test(flavor = "multi_thread")]
async fn a_push_alone_gets_all_that_the_challenge_of_a_write_asks() {
    let app = harbour().await;
    let asked = WRITE.split("scope=\"").nth(1).unwrap().split('"').next().unwrap();
    for profile in ["distribution-2", "distribution-3", "gitlab"] {
        app.must("PATCH", "/services/registry", json!({"profile": profile})).await;
        let alone = app.token(ALICE, "service=registry&scope=repository:team/app:push").await;
        assert_eq!(alone.granted(), asked, "{profile}");
        let whole = app.token(ALICE, &format!("service=registry&scope={asked}")).await;
        assert_eq!(alone.granted(), whole.granted(), "{profile}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_reads_as_a_token_does_and_an_implied_pull_is_no_denial() {
    let app = harbour().await;
    app.user("bob").await;
    app.rule("bob", json!({"subjects": ["user:bob"], "names": ["team/**"], "actions": ["push"]})).await;
    let check = async |subject: &str| {
        let body = json!({"subject": subject, "service": "registry", "scope": "repository:team/app:push"});
        let answer = app.must("POST", "/check", body).await;
        let told = |one: &Value| (one["action"].as_str().unwrap().to_owned(), one["granted"] == true);
        let why: Vec<_> = answer["why"].as_array().unwrap().iter().map(told).collect();
        (answer["granted"][0]["actions"].clone(), why)
    };
    let (granted, why) = check("user:alice").await;
    assert_eq!(granted, json!(["pull", "push"]));
    assert_eq!(why, [("pull".to_owned(), true), ("push".to_owned(), true)]);
    let (granted, why) = check("user:bob").await;
    assert_eq!((granted, why), (json!(["push"]), vec![("push".to_owned(), true)]));
    app.token(Some(("bob", PASSWORD)), "scope=repository:team/app:push").await;
    let metrics = App::send(app.request("GET", "/metrics")).await.text;
    let issued = "portreeve_token_requests_total{grant_type=\"basic\",outcome=\"issued\"} 1\n";
    assert!(metrics.contains(issued), "an implied action never makes an answer incomplete: {metrics}");
}
