//! What clients and registries need in an answer, by the numbers of the interoperability notes in
//! `docs/interoperability.md`.

use super::helpers::{ADMIN, App, claims, part};
use super::traps_requests::{ALICE, furnish, harbour};
use base64::Engine;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn trap_11_missing_rights_are_an_empty_grant_and_never_an_error() {
    let app = harbour().await;
    for login in [ALICE, None] {
        let reply = app.token(login, "scope=repository:secret/app:pull,push,delete").await;
        assert_eq!((reply.status, reply.granted().as_str()), (200, ""));
    }
    let reply = app.token(ALICE, "scope=repository:team/app:pull,delete").await;
    assert_eq!(reply.granted(), "repository:team/app:pull");
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_13_a_star_is_expanded_and_granted_literally_only_with_full_rights() {
    let app = harbour().await;
    assert_eq!(
        app.token(ALICE, "scope=repository:team/app:*").await.granted(),
        "repository:team/app:pull,push"
    );
    assert_eq!(
        app.token(Some(ADMIN), "scope=repository:team/app:*").await.granted(),
        "repository:team/app:*,delete,pull,push"
    );
    assert_eq!(app.token(ALICE, "scope=registry:catalog:*").await.granted(), "");
    assert_eq!(app.token(Some(ADMIN), "scope=registry:catalog:*").await.granted(), "registry:catalog:*");
    app.rule(
        "freeze",
        json!({"effect": "deny", "subjects": ["everyone"], "names": ["team/**"], "actions": ["delete"]}),
    )
    .await;
    assert_eq!(
        app.token(Some(ADMIN), "scope=repository:team/app:*").await.granted(),
        "repository:team/app:pull,push"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_14_access_is_an_array_with_exact_names_and_no_class() {
    let app = harbour().await;
    let empty = claims(&app.token(ALICE, "").await.token());
    assert_eq!(empty["access"], json!([]));
    let reply = app.token(ALICE, "scope=repository(plugin):team/app:pull").await;
    assert_eq!(
        claims(&reply.token())["access"],
        json!([{"type": "repository", "name": "team/app", "actions": ["pull"]}])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_15_16_and_17_the_answer_has_both_tokens_and_a_whole_lifetime_and_no_issued_at() {
    let app = harbour().await;
    let get = app.token(ALICE, "").await;
    let form = [("grant_type", "password"), ("username", "alice"), ("password", ALICE.unwrap().1)];
    let post = app.post_token(&form).await;
    for reply in [&get, &post] {
        let body = reply.json();
        assert_eq!(body["token"], body["access_token"]);
        assert_eq!(body["expires_in"], json!(300));
        assert!(body["expires_in"].is_u64());
        assert!(body.get("issued_at").is_none());
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert!(reply.header("x-request-id").is_some());
    }
    assert_ne!(get.token(), post.token());
    assert_ne!(claims(&get.token())["jti"], claims(&post.token())["jti"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_18_19_and_20_times_are_integers_backdated_and_outlive_what_is_advertised() {
    let app = harbour().await;
    let now = app.now_seconds();
    let token = app.token(ALICE, "service=registry").await.token();
    let claims = claims(&token);
    assert_eq!(claims["exp"], json!(now + 300 + 60));
    assert_eq!(claims["nbf"], json!(now - 30));
    assert_eq!(claims["iat"], json!(now - 30));
    assert_eq!(claims["aud"], json!("registry"));
    assert_eq!(claims["iss"], json!("portreeve"));
    assert_eq!(claims["sub"], json!("alice"));
    app.must("PATCH", "/services/registry", json!({"token_ttl": 60})).await;
    let reply = app.token(None, "scope=repository:public/a:pull").await;
    assert_eq!(reply.json()["expires_in"], json!(60));
    let claims = super::helpers::claims(&reply.token());
    assert_eq!((claims["exp"].clone(), claims["sub"].clone()), (json!(now + 120), json!("")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signature_verifies_with_the_published_key_and_the_header_carries_the_leaf() {
    let app = harbour().await;
    let token = app.token(ALICE, "").await.token();
    let header = part(&token, 0);
    assert_eq!((header["typ"].clone(), header["alg"].clone()), (json!("JWT"), json!("ES256")));
    assert_eq!(header["x5c"].as_array().unwrap().len(), 1);
    let der = base64::engine::general_purpose::STANDARD.decode(header["x5c"][0].as_str().unwrap()).unwrap();
    let jwks = App::send(app.request("GET", "/.well-known/jwks.json")).await;
    assert_eq!(jwks.header("access-control-allow-origin"), Some("*"));
    assert_eq!(jwks.header("cache-control"), Some("public, max-age=300"));
    let keys = jwks.json()["keys"].as_array().unwrap().clone();
    for key in &keys {
        let members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"], "public members only");
    }
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).expect("the kid is published");
    let key =
        DecodingKey::from_ec_components(key["x"].as_str().unwrap(), key["y"].as_str().unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["registry"]);
    validation.set_issuer(&["portreeve"]);
    jsonwebtoken::decode::<serde_json::Value>(&token, &key, &validation).unwrap();
    assert!(der.len() > 300);
    let of_service = App::send(app.request("GET", "/.well-known/jwks.json?service=registry")).await;
    let kids: Vec<_> =
        of_service.json()["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect();
    assert_eq!(kids, [header["kid"].clone()], "in the form that its registry looks for, and no other");
    for (path, etag) in [("", jwks.header("etag")), ("?service=registry", of_service.header("etag"))] {
        let again = app.request("GET", &format!("/.well-known/jwks.json{path}"));
        assert_eq!(App::send(again.header("if-none-match", etag.unwrap())).await.status, 304);
    }
    assert_eq!(App::send(app.request("GET", "/.well-known/jwks.json?service=x")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_26_a_token_that_proxies_would_cut_is_refused() {
    let app = harbour().await;
    let scopes = |count: usize, length: usize| {
        let scopes: Vec<String> =
            (0..count).map(|i| format!("scope=repository:team/{i:0length$}:pull,push")).collect();
        scopes.join("&")
    };
    let reply = app.token(ALICE, &scopes(60, 150)).await;
    assert_eq!((reply.status, reply.json()["error"].as_str()), (400, Some("invalid_request")));
    let reply = app.token(ALICE, &scopes(64, 4)).await;
    assert!(reply.token().len() <= 7 * 1024);
    let reply = app.token(ALICE, &scopes(65, 4)).await;
    assert_eq!(reply.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_31_and_32_refusals_are_401_with_a_body_that_every_client_can_read() {
    let app = harbour().await;
    let wrong = Some(("alice", "not the password"));
    for reply in
        [app.token(wrong, "service=registry").await, app.token(wrong, "scope=repository:a:pull").await]
    {
        assert_eq!(reply.status, 401);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert!(reply.header("www-authenticate").unwrap().starts_with("Basic realm="));
        let body = reply.json();
        let message = body["errors"][0]["message"].as_str().unwrap();
        assert_eq!(body["errors"][0]["code"], "UNAUTHORIZED");
        assert_eq!(body["details"], message);
        assert_eq!(body["error_description"], message);
        assert!(message.contains("docker logout"), "{message}");
        assert!(body["errors"][0].get("detail").is_none());
    }
    let reply = app.token(ALICE, "service=unknown").await;
    assert_eq!((reply.status, reply.header("www-authenticate")), (400, None));
    assert!(reply.json()["details"].as_str().unwrap().contains("`unknown`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_33_overload_is_told_quickly_and_does_not_stop_others() {
    let app = std::sync::Arc::new(furnish(App::spawn_unthrottled().await).await);
    let secret = app.robot("ci", serde_json::Value::Null).await;
    let started = std::time::Instant::now();
    let flood: Vec<_> = (0..500)
        .map(|i| {
            let app = app.clone();
            tokio::spawn(async move {
                let password = format!("wrong password {i}");
                app.token(Some(("alice", &password)), "").await
            })
        })
        .collect();
    let reply = app.token(Some(("ci", &secret)), "service=registry").await;
    assert_eq!(reply.status, 200, "an access key needs no hashing");
    let mut turned_away = 0;
    for task in flood {
        let reply = task.await.unwrap();
        assert!(reply.status == 401 || reply.status == 503, "{}", reply.status);
        if reply.status == 503 {
            turned_away += 1;
            assert!(reply.header("retry-after").is_some());
            assert_eq!(reply.json()["errors"][0]["code"], "UNAVAILABLE");
        }
    }
    assert!(turned_away > 0, "the queue is bounded");
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
