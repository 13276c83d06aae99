//! The bodies of answers, word for word except for times, ids, hashes and secrets. A changed body is a change for every
//! client.
//!
//! The bodies are in `snapshots/`. After an intended change, run the tests with `INSTA_UPDATE=always`, and read the
//! difference before you commit.

use super::database;
use super::helpers::{ADMIN, App, PASSWORD, Reply};
use portreeve::domain::events::Day;
use portreeve::domain::time::Timestamp;
use regex::Regex;
use serde_json::{Value, json};

/// Replaces the parts of a text that differ in each run by placeholders.
fn stable(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, word) in [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
        (r"\b[0-9a-f]{64}\b", "HASH"),
        (r"ptr_[0-9A-Za-z_]+", "SECRET"),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, word).into_owned();
    }
    text
}

/// Both databases share the snapshots.
macro_rules! assert_body {
    ($name:expr, $reply:expr) => {{
        let text = shown($reply);
        insta::with_settings!({prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!($name, text);
        })
    }};
}

fn shown(reply: &Reply) -> String {
    let mut text = format!("{}\n", reply.status);
    for name in ["content-type", "etag", "location", "allow", "www-authenticate", "retry-after"] {
        if let Some(value) = reply.header(name) {
            text.push_str(&format!("{name}: {value}\n"));
        }
    }
    match serde_json::from_str::<Value>(&reply.text) {
        Ok(body) => text.push_str(&serde_json::to_string_pretty(&body).unwrap()),
        Err(_) => text.push_str(&reply.text),
    }
    stable(&text)
}

async fn port() -> App {
    let app = App::spawn().await;
    app.must("PUT", "/users/alice", json!({"password": PASSWORD, "labels": {"team": ["web"]}})).await;
    app.must("PUT", "/robots/ci", json!({"description": "builds"})).await;
    app.must("PUT", "/groups/web", json!({"description": "The team", "members": ["user:alice", "robot:ci"]}))
        .await;
    app.rule("web", json!({"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull", "push"]}))
        .await;
    app
}

/// Makes one snapshot of each call.
macro_rules! snapshots {
    ($app:ident: $($name:literal = $method:literal $path:literal $body:expr;)+) => {$(
        let reply = $app.api($method, $path, $body).await;
        assert_body!($name, &reply);
    )+};
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_and_lists_are_shown_like_this() {
    let app = port().await;
    snapshots!(app:
        "user" = "GET" "/users/alice" Value::Null;
        "users" = "GET" "/users?limit=1" Value::Null;
        "user_created" = "PUT" "/users/bob" json!({"disabled": true, "managed_by": "git"});
        "user_patched" = "PATCH" "/users/bob" json!({"disabled": null});
        "robot" = "GET" "/robots/ci" Value::Null;
        "robots" = "GET" "/robots" Value::Null;
        "robot_created" = "PUT" "/robots/other" json!({"expires_at": "2040-01-01T00:00:00Z"});
        "group" = "GET" "/groups/web" Value::Null;
        "groups" = "GET" "/groups" Value::Null;
        "service" = "GET" "/services/registry" Value::Null;
        "services" = "GET" "/services" Value::Null;
        "service_created" = "PUT" "/services/other" json!({"token_ttl": 60});
        "rule" = "GET" "/rules/web" Value::Null;
        "rules" = "GET" "/rules" Value::Null;
        "rules_without_warnings" = "GET" "/rules?warnings=false&limit=1" Value::Null;
        "rule_with_warnings" = "PUT" "/rules/odd" json!({"subjects": ["user:nobody"], "names": ["A"], "actions": ["push"]});
        "deleted" = "DELETE" "/rules/odd" Value::Null;
        "member_added" = "PUT" "/groups/web/members/user:bob" Value::Null;
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_questions_and_records_are_shown_like_this() {
    let app = port().await;
    app.token(Some(("alice", PASSWORD)), "service=registry&offline_token=true&client_id=docker")
        .await
        .refresh_token();
    let check = json!({"subject": "user:alice", "service": "registry", "scope": "repository:web/a:pull,delete nonsense"});
    snapshots!(app:
        "key_created" = "POST" "/robots/ci/access-keys" json!({"name": "k", "scopes": ["repository:web/**:pull"]});
        "keys" = "GET" "/robots/ci/access-keys" Value::Null;
        "refresh_tokens" = "GET" "/refresh-tokens?subject=user:alice" Value::Null;
        "check" = "POST" "/check" check;
        "who_can" = "GET" "/who-can?name=web/a&action=push" Value::Null;
        "who_can_expanded" = "GET" "/who-can?name=web/a&action=push&expand=true" Value::Null;
        "changes" = "GET" "/changes?kind=group&limit=2" Value::Null;
        "me_as_admin" = "GET" "/me" Value::Null;
    );
    let me = app.api_as(("alice", PASSWORD), "GET", "/me", None).await;
    assert_body!("me", &me);
    let keys = app.api_as(("alice", PASSWORD), "GET", "/me/access-keys", None).await;
    assert_body!("my_keys", &keys);
    let sessions = app.api_as(("alice", PASSWORD), "GET", "/me/refresh-tokens", None).await;
    assert_body!("my_refresh_tokens", &sessions);
    let plan = app.request("POST", "/api/v1/apply?dry_run=true").basic_auth(ADMIN.0, Some(ADMIN.1));
    let file = "kind: rule\nname: web\nsubjects: [\"group:web\", \"user:ghost\"]\nnames: [\"web/**\"]\nactions: [pull]\n\
        ---\nkind: group\nname: web\nmembers: [\"user:alice\"]\n---\nkind: user\nname: new\n";
    let plan = App::send(plan.header("content-type", "application/yaml").body(file)).await;
    assert_body!("plan", &plan);
}

#[tokio::test(flavor = "multi_thread")]
async fn suggestions_are_shown_like_this() {
    let app = port().await;
    // The server judges a rule thirty days after the rule's last change, and thirty days after the first counted token.
    let url = app.folder.database_url().replace("portreeve.db", "portreeve-events.db");
    let day = Day::of(Timestamp::from_seconds(app.now_seconds()));
    let insert = format!(
        "INSERT INTO daily_grants (day, service, repository, subject, action, granted, refused, last_at) \
         VALUES ('{day}', 'other', 'a', 'alice', 'pull', 1, 0, 0)"
    );
    database::run(&url, &insert).await;
    app.advance(40 * 86_400);
    app.rule("young", json!({"subjects": ["user:alice"], "names": ["a"], "actions": ["pull"]})).await;
    snapshots!(app: "suggestions" = "GET" "/suggestions" Value::Null;);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_told_like_this() {
    let app = port().await;
    let bad = json!({"subjects": ["alice"], "names": ["a/**b", "/"], "actions": ["PULL"], "networks": ["10.0.0.1/8"],
        "not_after": "soon", "description": "x".repeat(1025)});
    snapshots!(app:
        "error_422_every_field" = "PUT" "/rules/bad" bad;
        "error_422_unknown_field" = "PUT" "/users/x" json!({"surprise": 1});
        "error_422_query" = "GET" "/users?limit=0&after=%20" Value::Null;
        "error_404" = "GET" "/users/nobody" Value::Null;
        "error_404_path" = "GET" "/nowhere" Value::Null;
        "error_405" = "POST" "/rules/web" json!({});
        "error_409_named_by_rules" = "DELETE" "/groups/web" Value::Null;
        "error_409_name" = "PUT" "/users/Alice" json!({});
        "error_409_last_administrator" = "DELETE" "/users/admin" Value::Null;
    );
    let send = |method: &str, path: &str| app.request(method, &format!("/api/v1{path}"));
    let admin = |request: reqwest::RequestBuilder| request.basic_auth(ADMIN.0, Some(ADMIN.1));
    let json_body = |request: reqwest::RequestBuilder, body: String| {
        request.header("content-type", "application/json").body(body)
    };
    for (name, request) in [
        ("error_400", json_body(admin(send("PUT", "/users/x")), "{\"admin\": true,".to_owned())),
        (
            "error_400_twice",
            json_body(admin(send("PUT", "/users/x")), "{\"admin\": true, \"admin\": false}".to_owned()),
        ),
        ("error_401", send("GET", "/me")),
        ("error_403", send("GET", "/users").basic_auth("alice", Some(PASSWORD))),
        (
            "error_412",
            json_body(admin(send("PATCH", "/users/alice").header("if-match", "\"0\"")), "{}".to_owned()),
        ),
        (
            "error_413",
            json_body(admin(send("PUT", "/users/x")), format!("\"{}\"", "x".repeat(2 * 1024 * 1024))),
        ),
        ("error_415", admin(send("PUT", "/users/x")).body("admin=true")),
    ] {
        assert_body!(name, &App::send(request).await);
    }
}
