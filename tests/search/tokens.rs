//! Lists with registry tokens: the subject of a token, tokens of narrowed keys, and tokens that are refused.

use crate::helpers::{App, PASSWORD, claims, part};
use crate::stock::{ask, basic, bearer, found, listed, stocked};
use serde_json::json;

const IMAGES: [&str; 4] = ["open/app", "team/api", "team/web", "secret/app"];

async fn port() -> App {
    let app = stocked(&IMAGES).await;
    app.user("alice").await;
    app.rule(
        "team",
        json!({"subjects": ["user:alice", "robot:ci"], "names": ["team/**"], "actions": ["pull", "push"]}),
    )
    .await;
    app.rule("open", json!({"subjects": ["everyone"], "names": ["open/**"], "actions": ["pull"]})).await;
    app
}

async fn token(app: &App, login: Option<(&str, &str)>, scope: &str) -> String {
    app.token(login, &format!("service=registry&scope={scope}")).await.token()
}

#[tokio::test]
async fn the_subject_of_a_token_is_decided_anew() {
    let app = port().await;
    let alice = Some(("alice", PASSWORD));
    let plain = token(&app, alice, "").await;
    assert!(claims(&plain).get("narrowed").is_none(), "only tokens of narrowed keys have the claim");
    let all = ["open/app", "team/api", "team/web"];
    assert_eq!(listed(&app, &bearer(&plain), 10).await.into_iter().collect::<Vec<_>>(), all);
    assert_eq!(found(&app, Some(&bearer(&plain)), "").await, all);
    let anonymous = token(&app, None, "").await;
    assert_eq!(found(&app, Some(&bearer(&anonymous)), "").await, ["open/app"]);
    let old = token(&app, alice, "repository:team/api:pull").await;
    app.must("PATCH", "/rules/team", json!({"enabled": false})).await;
    assert_eq!(
        found(&app, Some(&bearer(&old)), "").await,
        ["open/app"],
        "the grants of the token do not matter"
    );
    assert_eq!(ask(&app, Some(&bearer(&old)), "/v2/team/api/tags/list").await.status, 401);
    app.must("PATCH", "/users/alice", json!({"disabled": true})).await;
    assert_eq!(ask(&app, Some(&bearer(&old)), "/v2/_catalog").await.status, 401);
    app.must("DELETE", "/users/alice?cascade=true", json!(null)).await;
    assert_eq!(ask(&app, Some(&bearer(&old)), "/v2/_catalog").await.status, 401);
    app.advance(120);
    app.user("alice").await;
    let other = ask(&app, Some(&bearer(&old)), "/v2/_catalog").await.status;
    assert_eq!(other, 401, "a later account with the same name belongs to another user");
}

#[tokio::test]
async fn a_token_of_a_narrowed_key_lists_only_what_it_names() {
    let app = port().await;
    let key = app.robot("ci", json!(["repository:team/**:pull", "repository:open/**:pull"])).await;
    let (login, secret) = (basic("ci", &key), Some(("ci", key.as_str())));
    assert_eq!(found(&app, Some(&login), "").await, ["open/app", "team/api", "team/web"], "the key itself");
    let token = token(&app, secret, "repository:team/api:pull+repository:secret/app:pull").await;
    assert_eq!(claims(&token)["narrowed"], true);
    assert_eq!(found(&app, Some(&bearer(&token)), "").await, ["team/api"]);
    assert_eq!(listed(&app, &bearer(&token), 10).await.into_iter().collect::<Vec<_>>(), ["team/api"]);
    assert_eq!(ask(&app, Some(&bearer(&token)), "/v2/team/api/tags/list").await.status, 200);
    assert_eq!(ask(&app, Some(&bearer(&token)), "/v2/team/web/tags/list").await.status, 401);
}

#[tokio::test]
async fn only_tokens_of_this_server_and_service_count_and_only_while_they_hold() {
    let app = port().await;
    let alice = Some(("alice", PASSWORD));
    let good = token(&app, alice, "").await;
    assert_eq!(ask(&app, Some(&bearer(&good)), "/v2/_catalog").await.status, 200);
    let elsewhere = port().await;
    let foreign = token(&elsewhere, alice, "").await;
    app.must("PUT", "/services/other", json!({"search": true})).await;
    let other = app.token(alice, "service=other").await.token();
    app.must("PUT", "/services/zot", json!({"search": true, "profile": "zot"})).await;
    let zot = app.token(alice, "service=zot").await.token();
    let parts: Vec<&str> = good.split('.').collect();
    let changed = {
        use base64::Engine;
        let mut claims = part(&good, 1);
        claims["sub"] = json!("admin");
        let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims.to_string());
        format!("{}.{payload}.{}", parts[0], parts[2])
    };
    let path = "/services/registry/v2/_catalog";
    for (what, token) in [
        ("another server", foreign.as_str()),
        ("another service", &other),
        ("a service with a key of its own", &zot),
        ("changed", &changed),
        ("cut", parts[0]),
        ("unsigned", "eyJhbGciOiJub25lIn0.e30."),
        ("nothing between full stops", ".."),
    ] {
        let reply = ask(&app, Some(&bearer(token)), path).await;
        assert_eq!(reply.status, 401, "{what}: {}", reply.text);
        assert!(reply.header("www-authenticate").unwrap().contains("error=\"invalid_token\""), "{what}");
    }
    assert_eq!(ask(&app, Some(&bearer(&zot)), "/services/zot/v2/_catalog").await.status, 200);
    app.must("PATCH", "/services/registry", json!({"profile": "distribution-3", "trust": "jwks"})).await;
    let own = app.token(alice, "service=registry").await.token();
    assert_eq!(ask(&app, Some(&bearer(&own)), path).await.status, 200, "the service has its own key");
    assert_eq!(ask(&app, Some(&bearer(&good)), path).await.status, 401, "the shared key is not accepted");
    let left = claims(&own)["exp"].as_i64().unwrap() - app.now_seconds();
    app.advance(left - 1);
    assert_eq!(ask(&app, Some(&bearer(&own)), path).await.status, 200, "the token's last second");
    app.advance(1);
    assert_eq!(ask(&app, Some(&bearer(&own)), path).await.status, 401, "the token has ended");
}

#[tokio::test]
async fn a_refresh_token_is_not_taken_as_a_registry_token() {
    let app = port().await;
    let session =
        app.token(Some(("alice", PASSWORD)), "service=registry&offline_token=true").await.refresh_token();
    assert_eq!(ask(&app, Some(&bearer(&session)), "/v2/_catalog").await.status, 401);
    let key = app.must("POST", "/users/alice/access-keys", json!({"name": "k"})).await;
    let key = bearer(key["secret"].as_str().unwrap());
    assert_eq!(ask(&app, Some(&key), "/v2/_catalog").await.status, 200, "an access key is accepted");
}
