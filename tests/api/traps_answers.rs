//! Properties of answers that clients and registries need. The numbers are those of the notes in
//! `docs/interoperability.md`. If a test belongs to a note, its name ends in the number, such as `_trap_11`.

use super::helpers::{ADMIN, App, Reply, claims, part};
use super::traps_requests::{ALICE, furnish, harbour};
use base64::Engine;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn missing_rights_are_an_empty_grant_and_never_an_error_trap_11() {
    let app = harbour().await;
    for login in [ALICE, None] {
        let reply = app.token(login, "scope=repository:secret/app:pull,push,delete").await;
        assert_eq!((reply.status, reply.granted().as_str()), (200, ""));
    }
    let reply = app.token(ALICE, "scope=repository:team/app:pull,delete").await;
    assert_eq!(reply.granted(), "repository:team/app:pull");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_star_is_expanded_to_what_is_granted_trap_13() {
    let app = harbour().await;
    let reply = app.token(ALICE, "scope=repository:team/app:*").await;
    assert_eq!(reply.granted(), "repository:team/app:pull,push");
    assert_eq!(app.token(ALICE, "scope=registry:catalog:*").await.granted(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_star_is_granted_literally_only_with_full_rights_trap_13() {
    let app = harbour().await;
    let star = async || app.token(Some(ADMIN), "scope=repository:team/app:*").await.granted();
    assert_eq!(star().await, "repository:team/app:*,delete,pull,push");
    assert_eq!(app.token(Some(ADMIN), "scope=registry:catalog:*").await.granted(), "registry:catalog:*");
    let freeze =
        json!({"effect": "deny", "subjects": ["everyone"], "names": ["team/**"], "actions": ["delete"]});
    app.rule("freeze", freeze).await;
    assert_eq!(star().await, "repository:team/app:pull,push");
}

#[tokio::test(flavor = "multi_thread")]
async fn access_is_an_array_with_exact_names_and_no_class_trap_14() {
    let app = harbour().await;
    let empty = claims(&app.token(ALICE, "").await.token());
    assert_eq!(empty["access"], json!([]));
    let reply = app.token(ALICE, "scope=repository(plugin):team/app:pull").await;
    assert_eq!(
        claims(&reply.token())["access"],
        json!([{"type": "repository", "name": "team/app", "actions": ["pull"]}])
    );
}

/// Sends the same question by GET and by POST. Returns both answers.
async fn by_both_methods(app: &App) -> [Reply; 2] {
    let form = [("grant_type", "password"), ("username", "alice"), ("password", ALICE.unwrap().1)];
    [app.token(ALICE, "").await, app.post_token(&form).await]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_has_the_token_by_both_names_trap_15() {
    for reply in by_both_methods(&harbour().await).await {
        let body = reply.json();
        assert!(body["token"].is_string());
        assert_eq!(body["token"], body["access_token"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_has_a_whole_lifetime_trap_16() {
    for reply in by_both_methods(&harbour().await).await {
        let body = reply.json();
        assert_eq!(body["expires_in"], json!(300));
        assert!(body["expires_in"].is_u64());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_has_no_issued_at_trap_17() {
    for reply in by_both_methods(&harbour().await).await {
        assert!(reply.json().get("issued_at").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_a_token_is_not_stored_and_has_a_request_id() {
    for reply in by_both_methods(&harbour().await).await {
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert!(reply.header("x-request-id").is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_token_has_an_id_of_its_own() {
    let [get, post] = by_both_methods(&harbour().await).await;
    assert_ne!(get.token(), post.token());
    assert_ne!(claims(&get.token())["jti"], claims(&post.token())["jti"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_outlives_its_advertised_life_by_a_minute_trap_18() {
    let app = harbour().await;
    let now = app.now_seconds();
    for life in [300, 60] {
        app.must("PATCH", "/services/registry", json!({"token_ttl": life})).await;
        let reply = app.token(None, "scope=repository:public/a:pull").await;
        assert_eq!(reply.json()["expires_in"], json!(life));
        assert_eq!(claims(&reply.token())["exp"], json!(now + life + 60));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_begins_30_seconds_before_it_is_made_trap_19() {
    let app = harbour().await;
    let claims = claims(&app.token(ALICE, "service=registry").await.token());
    let begin = json!(app.now_seconds() - 30);
    assert_eq!((&claims["nbf"], &claims["iat"]), (&begin, &begin));
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_whole_numbers_and_the_audience_is_one_text_trap_20() {
    let app = harbour().await;
    let claims = claims(&app.token(ALICE, "service=registry").await.token());
    for time in ["exp", "nbf", "iat"] {
        assert!(claims[time].is_i64(), "{time}: {claims}");
    }
    assert_eq!(claims["aud"], json!("registry"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_names_its_issuer_and_whom_it_is_for() {
    let app = harbour().await;
    for (login, subject) in [(ALICE, "alice"), (None, "")] {
        let claims = claims(&app.token(login, "scope=repository:public/a:pull").await.token());
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("portreeve"), &json!(subject)));
    }
}

/// Reads the published key set of all services, or of the services that the query names.
async fn key_set(app: &App, query: &str) -> Reply {
    App::send(app.request("GET", &format!("/.well-known/jwks.json{query}"))).await
}

/// Returns the keys of a key set.
fn keys(set: &Reply) -> Vec<Value> {
    set.json()["keys"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signature_verifies_with_the_published_key() {
    let app = harbour().await;
    let token = app.token(ALICE, "").await.token();
    let header = part(&token, 0);
    assert_eq!((&header["typ"], &header["alg"]), (&json!("JWT"), &json!("ES256")));
    let published = keys(&key_set(&app, "").await);
    let key = published
        .iter()
        .find(|key| key["kid"] == header["kid"])
        .expect("the key set contains the kid of the token");
    let key =
        DecodingKey::from_ec_components(key["x"].as_str().unwrap(), key["y"].as_str().unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["registry"]);
    validation.set_issuer(&["portreeve"]);
    jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_header_carries_the_certificate_of_the_key() {
    let app = harbour().await;
    let header = part(&app.token(ALICE, "").await.token(), 0);
    assert_eq!(header["x5c"].as_array().unwrap().len(), 1);
    let der = base64::engine::general_purpose::STANDARD.decode(header["x5c"][0].as_str().unwrap()).unwrap();
    assert!(der.len() > 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_set_has_public_members_only() {
    let app = harbour().await;
    for key in keys(&key_set(&app, "").await) {
        let members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_set_of_a_service_has_keys_in_the_form_of_its_registry_alone() {
    let app = harbour().await;
    let header = part(&app.token(ALICE, "").await.token(), 0);
    let of_service = keys(&key_set(&app, "?service=registry").await);
    let kids: Vec<_> = of_service.iter().map(|key| key["kid"].clone()).collect();
    assert_eq!(kids, [header["kid"].clone()]);
    assert_eq!(key_set(&app, "?service=x").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_set_may_be_kept_and_read_by_every_page() {
    let app = harbour().await;
    for query in ["", "?service=registry"] {
        let set = key_set(&app, query).await;
        assert_eq!(set.header("access-control-allow-origin"), Some("*"), "{query}");
        assert_eq!(set.header("cache-control"), Some("public, max-age=300"), "{query}");
        let again = app.request("GET", &format!("/.well-known/jwks.json{query}"));
        let again = App::send(again.header("if-none-match", set.header("etag").unwrap())).await;
        assert_eq!(again.status, 304, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_proxies_would_cut_is_refused_trap_26() {
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
async fn refusals_are_401_with_a_body_that_every_client_can_read_trap_31_32() {
    let app = harbour().await;
    let wrong = Some(("alice", "not the password"));
    // A request without a scope is a login. A request with a scope probably uses a stored login.
    for (query, is_stored) in [("service=registry", false), ("scope=repository:a:pull", true)] {
        let reply = app.token(wrong, query).await;
        assert_eq!(reply.status, 401);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert!(reply.header("www-authenticate").unwrap().starts_with("Basic realm="));
        let body = reply.json();
        let message = body["errors"][0]["message"].as_str().unwrap();
        assert_eq!(body["errors"][0]["code"], "UNAUTHORIZED");
        assert_eq!(body["details"], message);
        assert_eq!(body["error_description"], message);
        assert_eq!(message.contains("docker logout"), is_stored, "{message}");
        assert!(body["errors"][0].get("detail").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_service_is_named_in_the_refusal() {
    let app = harbour().await;
    let reply = app.token(ALICE, "service=unknown").await;
    assert_eq!((reply.status, reply.header("www-authenticate")), (400, None));
    assert!(reply.json()["details"].as_str().unwrap().contains("`unknown`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn overload_is_told_quickly_and_does_not_stop_others_trap_33() {
    let app = std::sync::Arc::new(furnish(App::spawn_unthrottled().await).await);
    let secret = app.robot("ci", Value::Null).await;
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
