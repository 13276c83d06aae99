//! `HEAD` on every path that has `GET`, access keys by Bearer at the token endpoint, and the answers to clients whose
//! credentials are refused.

use super::helpers::{ADMIN, App, PASSWORD, Reply};
use super::traps_requests::{ALICE, harbour};
use serde_json::{Value, json};

async fn head(app: &App, path: &str, login: Option<(&str, &str)>) -> (Reply, Reply) {
    let send = |method: &str| {
        let request = app.request(method, path);
        App::send(match login {
            Some((user, password)) => request.basic_auth(user, Some(password)),
            None => request,
        })
    };
    (send("GET").await, send("HEAD").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn head_answers_as_get_does_without_a_body() {
    let app = harbour().await;
    let described = app.must("GET", "/openapi.json", Value::Null).await;
    let api = described["paths"].as_object().unwrap().iter().filter(|(_, verbs)| verbs.get("get").is_some());
    let mut paths: Vec<String> = api.map(|(path, _)| path.clone()).collect();
    assert!(paths.iter().any(|path| path == "/token") && paths.len() > 20, "{paths:?}");
    paths.extend(["/docs", "/docs/", "/docs/index.html", "/auth/token/", "/nowhere"].map(str::to_owned));
    for path in paths {
        let path = path.replace("{name}", "alice").replace("{id}", "none").replace("{member}", "user:alice");
        let (get, head) = head(&app, &path, Some(ADMIN)).await;
        assert_eq!(head.status, get.status, "{path}: {}", get.text);
        assert_eq!(head.text, "", "{path}");
        for name in ["content-type", "etag", "www-authenticate", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
    }
    let reply = app.api("POST", "/rules/public", json!({})).await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, HEAD, PUT, PATCH, DELETE")));
    let etag = app.api("GET", "/users/alice", Value::Null).await.header("etag").unwrap().to_owned();
    let request = app.request("HEAD", "/api/v1/users/alice").basic_auth(ADMIN.0, Some(ADMIN.1));
    assert_eq!(App::send(request.header("if-none-match", etag)).await.status, 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn head_at_a_token_path_never_makes_a_refresh_token() {
    let app = harbour().await;
    let sessions = async || {
        let list = app.must("GET", "/refresh-tokens?subject=user:alice", Value::Null).await;
        list["items"].as_array().unwrap().len()
    };
    for path in ["/token", "/token/", "/auth", "/auth/", "/auth/token", "/auth/token/"] {
        let path = format!("{path}?service=registry&offline_token=true");
        let request = app.request("HEAD", &path).basic_auth("alice", Some(PASSWORD));
        let reply = App::send(request).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, ""), "{path}");
    }
    assert_eq!(sessions().await, 0);
    app.token(ALICE, "service=registry&offline_token=true").await.refresh_token();
    assert_eq!(sessions().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_key_by_bearer_gets_a_token_and_nothing_else_by_bearer_does() {
    let app = harbour().await;
    let key = app.robot("ci", Value::Null).await;
    app.rule("ci", json!({"subjects": ["robot:ci"], "names": ["team/**"], "actions": ["pull"]})).await;
    let bearer = async |secret: &str| {
        let path = "/token?service=registry&scope=repository:team/app:pull,push&offline_token=true";
        let request = app.request("GET", path).header("authorization", format!("Bearer {secret}"));
        App::send(request).await
    };
    let reply = bearer(&key).await;
    assert_eq!(reply.granted(), "repository:team/app:pull");
    assert!(reply.json().get("refresh_token").is_none());
    let session = app.token(ALICE, "service=registry&offline_token=true").await.refresh_token();
    let jwt = app.token(ALICE, "").await.token();
    let unknown = "ptr_0000000000000000000000000000000000000000000000000";
    for refused in [session.as_str(), &jwt, unknown, "abc", PASSWORD, "a.b.c"] {
        assert_eq!(bearer(refused).await.status, 401, "{refused}");
    }
    app.must("PATCH", "/robots/ci", json!({"disabled": true})).await;
    assert_eq!(bearer(&key).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_wrong_with_credentials_the_answer_is_one_text() {
    let app = harbour().await;
    let key = app.robot("ci", Value::Null).await;
    app.must("PUT", "/users/shut", json!({"password": PASSWORD, "disabled": true})).await;
    let told = "authentication required: invalid user name, password or token";
    for (user, password) in [
        ("alice", "not the password, no"),
        ("alice", "not the password, no"),
        ("Alice", PASSWORD),
        ("alice ", PASSWORD),
        ("alice", &format!("{PASSWORD}\n")),
        ("nobody", PASSWORD),
        ("shut", PASSWORD),
        ("alice", &key),
        ("<token>", "ptr_mistyped"),
    ] {
        let started = std::time::Instant::now();
        let reply = app.token(Some((user, password)), "service=registry").await;
        assert_eq!(
            (reply.status, reply.json()["errors"][0]["message"].as_str()),
            (401, Some(told)),
            "{user}"
        );
        assert!(reply.text.matches(told).count() == 3, "{}", reply.text);
        let is_key = password.len() > 50;
        assert!(is_key || started.elapsed().as_millis() >= 400, "{user}: {:?}", started.elapsed());
        let api = app.api_as((user, password), "GET", "/me", None).await;
        assert_eq!(api.status, 401, "{user}");
    }
    let reply = app.token(None, "service=registry").await;
    assert_eq!(reply.status, 200, "a public repository exists");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_counted_by_where_and_why() {
    let app = harbour().await;
    app.token(Some(("alice", "not the password, no")), "").await;
    app.token(Some(("nobody", "not the password, no")), "").await;
    app.api_as(("alice", "not the password again"), "GET", "/me", None).await;
    app.post_token(&[("grant_type", "client_credentials")]).await;
    App::send(app.request("GET", "/v2/")).await;
    let metrics = App::send(app.request("GET", "/metrics")).await.text;
    for (endpoint, cause, count) in [
        ("token", "rejected", 2),
        ("token", "unknown_grant_type", 1),
        ("api", "rejected", 1),
        ("elsewhere", "no_token_path", 1),
        ("api", "no_credentials", 0),
    ] {
        let line = format!("portreeve_refusals_total{{endpoint=\"{endpoint}\",cause=\"{cause}\"}} {count}\n");
        assert!(metrics.contains(&line), "{line}{metrics}");
    }
    for secret in ["unknown_user", "wrong_password", "cause=\"disabled"] {
        assert!(!metrics.contains(secret), "everybody may read the metrics: {secret}");
    }
}
