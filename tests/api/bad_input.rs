//! Hostile and broken requests: the server gives the documented answer and does not panic.

use super::helpers::{ADMIN, App};
use super::traps_requests::{ALICE, harbour};
use serde_json::{Value, json};

async fn alive(app: &App) {
    assert_eq!(app.token(ALICE, "").await.status, 200, "the server still runs");
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_heads_bodies_and_scopes_are_cut_off() {
    let app = harbour().await;
    let long = "a".repeat(17 * 1024);
    assert_eq!(app.token(None, &format!("x={long}")).await.status, 414);
    let request = app.request("GET", "/token").header("authorization", format!("Basic {long}"));
    assert_eq!(App::send(request).await.status, 431);
    let huge = "b".repeat(200 * 1024);
    let answer = app.raw(format!("GET /token HTTP/1.1\r\nHost: x\r\nX-Big: {huge}\r\n\r\n")).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer:.80}");
    let form = format!("grant_type=password&username=a&password={}", "c".repeat(20 * 1024));
    let request = app.request("POST", "/token").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(App::send(request.body(form)).await.status, 413);
    let scopes: Vec<String> = (0..1000).map(|i| format!("s{i}")).collect();
    assert_eq!(app.token(ALICE, &format!("scope={}", scopes.join("+"))).await.status, 400);
    let big = json!({"description": "d".repeat(2 * 1024 * 1024)});
    assert_eq!(app.api("PUT", "/robots/x", big).await.status, 413);
    alive(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_text_grants_nothing_and_breaks_nothing() {
    let app = harbour().await;
    for (query, status) in [
        ("service=%ff", 400),
        ("service=registry%00", 400),
        ("scope=%ff%fe:%00:pull", 200),
        ("scope=repository:team%2fapp:pull", 200),
        ("%", 200),
        ("&&&=&==&scope", 200),
        ("service=registry&service=registry", 200),
        ("service=registry&service=other", 400),
        ("offline_token=true&offline_token=false", 400),
        ("client_id=%ff", 400),
        ("account=a&account=b", 400),
    ] {
        assert_eq!(app.token(ALICE, query).await.status, status, "{query}");
    }
    for user in ["a:b", "\0", "\u{fffd}", "x\r\ny"] {
        let form = [("grant_type", "password"), ("username", user), ("password", "whatever this is")];
        assert_eq!(app.post_token(&form).await.status, 401, "{user:?}");
    }
    let request = app.request("POST", "/token").header("content-type", "application/x-www-form-urlencoded");
    let reply = App::send(request.body("grant_type=password&username=%ff&password=x")).await;
    assert_eq!(reply.status, 400);
    alive(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_that_are_none_are_told_so() {
    let app = harbour().await;
    for (form, error) in [
        (&[][..], "invalid_request"),
        (&[("grant_type", "")], "invalid_request"),
        (&[("grant_type", "client_credentials")], "unsupported_grant_type"),
        (&[("grant_type", "password")], "invalid_request"),
        (&[("grant_type", "password"), ("username", "alice")], "invalid_request"),
        (&[("grant_type", "refresh_token")], "invalid_request"),
        (&[("grant_type", "password"), ("grant_type", "refresh_token")], "invalid_request"),
    ] {
        let reply = app.post_token(form).await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (400, Some(error)), "{form:?}");
    }
    for junk in ["", "ptr_", "ptr_r_nonsense", "eyJhbGciOiJub25lIn0.e30."] {
        let reply = app.post_token(&[("grant_type", "refresh_token"), ("refresh_token", junk)]).await;
        assert_eq!(reply.status, 401, "{junk}");
    }
    let json = app.request("POST", "/token").json(&json!({"grant_type": "password"}));
    assert_eq!(App::send(json).await.status, 415);
    for method in ["PUT", "DELETE", "PATCH", "TRACE"] {
        let status = App::send(app.request(method, "/token")).await.status;
        assert_eq!(status, 405, "{method}");
    }
    assert_eq!(App::send(app.request("GET", "/nowhere")).await.status, 404);
    alive(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_json_and_paths_are_refused() {
    let app = harbour().await;
    let put = |body: &'static str, kind: &'static str| {
        let request = app.request("PUT", "/api/v1/users/bob").basic_auth(ADMIN.0, Some(ADMIN.1));
        App::send(request.header("content-type", kind).body(body))
    };
    for (body, kind, status) in [
        ("{", "application/json", 400),
        ("", "application/json", 400),
        ("[]", "application/json", 422),
        ("null", "application/json", 422),
        ("{\"admin\": \"yes\"}", "application/json", 422),
        ("{\"surprise\": 1}", "application/json", 422),
        ("{\"admin\": false, \"admin\": true}", "application/json", 400),
        ("{\"groups\": []}", "application/json", 422),
        ("{\"password\": 5}", "application/json", 422),
        ("{}", "text/plain", 415),
        ("a=b", "application/x-www-form-urlencoded", 415),
    ] {
        let reply = put(body, kind).await;
        assert_eq!(reply.status, status, "{body} {kind}: {}", reply.text);
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{body}");
    }
    for path in ["/users/%ff", "/users/a%00b", "/nowhere", "/users/", "/groups/x/members/nonsense"] {
        let reply = app.api("GET", path, Value::Null).await;
        assert!(matches!(reply.status, 404 | 405), "{path}: {}", reply.status);
    }
    let deep = "[".repeat(100_000);
    let request = app.request("PUT", "/api/v1/users/bob").basic_auth(ADMIN.0, Some(ADMIN.1));
    let reply = App::send(request.header("content-type", "application/json").body(deep)).await;
    assert_eq!(reply.status, 400);
    alive(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_drips_is_cut_off() {
    let app = harbour().await;
    let started = std::time::Instant::now();
    let head = "POST /token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ngrant";
    let answer = app.raw(head).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(started.elapsed().as_secs() < 15);
    alive(&app).await;
}
