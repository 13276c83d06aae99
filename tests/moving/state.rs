//! A server state with users, robots, groups, services, rules, access keys and sessions, and the answers of servers
//! with this state.

use crate::program::run_with;
use crate::server::{Server, client};
use base64::Engine;
use serde_json::{Value, json};
use std::path::Path;

pub const PASSWORD: &str = "a long enough pass phrase";
const UNUSUAL: &str = "„Größe“ \u{1F6A2} 'one' \"two\" \\ three \u{202e}";
/// The credentials of the users and robots in the state.
pub struct Credentials {
    /// The administrator's access key.
    pub admin_key: String,
    /// The robot's access key, which is narrowed to some scopes.
    pub robot_key: String,
    /// The sessions of `alice`.
    pub sessions: Vec<String>,
}

/// Writes the state to a server. Returns the credentials.
pub async fn fill(server: &Server) -> Credentials {
    let labels = json!({"team": ["w\u{fc}b/a", "x"], "dept": ["\u{1F6A2} '\""]});
    server.must("PUT", "/users/alice", json!({"password": PASSWORD, "labels": labels})).await;
    server
        .must(
            "PUT",
            "/users/bob",
            json!({"password_hash": bcrypt::hash(PASSWORD, 5).unwrap(), "managed_by": "git"}),
        )
        .await;
    server.must("PUT", "/users/carol", json!({"disabled": true, "password": PASSWORD})).await;
    server.must("PUT", "/users/gone", json!({"admin": true})).await;
    let robot = json!({"description": UNUSUAL, "expires_at": "2099-01-01T00:00:00.000001Z"});
    server.must("PUT", "/robots/ci", robot).await;
    server
        .must(
            "PUT",
            "/services/my%20registry",
            json!({"token_ttl": 60, "offline_tokens": false, "push_includes_pull": true, "password_grant": false, "events": false, "search": true, "crawl": {"registry": "http://127.0.0.1:5000", "robot": "ci"}}),
        )
        .await;
    let group = json!({"description": UNUSUAL, "members": ["user:alice", "robot:ci"]});
    server.must("PUT", "/groups/web", group).await;
    server.must("PUT", "/groups/empty", json!({})).await;
    for (name, rule) in [
        (
            "web",
            json!({"subjects": ["group:web"], "names": ["web/**", "${subject}/*"], "actions": ["pull", "push"]}),
        ),
        ("teams", json!({"subjects": ["authenticated"], "names": ["t/${label:team}"], "actions": ["pull"]})),
        (
            "open",
            json!({"subjects": ["everyone"], "names": ["open/*"], "actions": ["pull"], "networks": ["127.0.0.0/8", "::1/128"], "description": UNUSUAL}),
        ),
        (
            "freeze",
            json!({"effect": "deny", "subjects": ["everyone"], "names": ["web/frozen"], "actions": ["push"], "priority": -3, "managed_by": "git"}),
        ),
        (
            "past",
            json!({"subjects": ["user:bob"], "names": ["old/**"], "actions": ["*"], "not_before": "2020-01-01T00:00:00Z", "not_after": "2020-01-02T00:00:00.5Z"}),
        ),
        (
            "off",
            json!({"enabled": false, "subjects": ["user:bob"], "services": ["my*"], "names": ["off"], "actions": ["pull"]}),
        ),
    ] {
        server.must("PUT", &format!("/rules/{name}"), rule).await;
    }
    server.must("DELETE", "/users/gone", Value::Null).await;
    let key = |made: &Value| made["secret"].as_str().unwrap().to_owned();
    let admin_key = key(&server.must("POST", "/users/admin/access-keys", json!({"name": "shell"})).await);
    let narrow =
        json!({"name": UNUSUAL, "scopes": ["repository:web/**:pull"], "expires_at": "2099-01-01T00:00:00Z"});
    let robot_key = key(&server.must("POST", "/robots/ci/access-keys", narrow).await);
    let mut sessions = Vec::new();
    for _ in 0..3 {
        sessions.push(session(server).await);
    }
    Credentials { admin_key, robot_key, sessions }
}

/// Logs alice in as docker does. Returns the refresh token.
pub async fn session(server: &Server) -> String {
    let request = client().get(server.url("/token?service=registry&offline_token=true&client_id=docker"));
    let answer = request.basic_auth("alice", Some(PASSWORD)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    answer["refresh_token"].as_str().unwrap().to_owned()
}

/// Presents a refresh token. Returns the status of the answer.
pub async fn refresh(server: &Server, session: &str) -> u16 {
    let form = [("grant_type", "refresh_token"), ("refresh_token", session), ("service", "registry")];
    client().post(server.url("/token")).form(&form).send().await.unwrap().status().as_u16()
}

/// Returns the subject, the audience, the `access` claim and the lifetime of the issued token, or the status of the
/// refusal.
fn granted(status: u16, answer: &Value) -> Value {
    let Some(token) = answer["token"].as_str().or(answer["access_token"].as_str()) else {
        return json!(status);
    };
    let claims = token.split('.').nth(1).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    json!([
        claims["sub"],
        claims["aud"],
        claims["access"],
        claims["exp"].as_i64().unwrap() - claims["nbf"].as_i64().unwrap()
    ])
}

/// Reads the answers of a server for every credential, and its export.
pub async fn answers(server: &Server, folder: &Path, credentials: &Credentials) -> (Vec<Value>, String) {
    let key = &credentials.robot_key;
    let scopes = "scope=repository:web/a:pull,push&scope=repository:web/frozen:pull,push&scope=repository:alice/x:pull\
        &scope=repository:t/x:pull&scope=repository:open/a:pull,push&scope=repository:old/x:pull&scope=repository:off:pull";
    let mut all = Vec::new();
    for (user, password) in [
        ("", ""),
        ("alice", PASSWORD),
        ("alice", "wrong, wrong and wrong"),
        ("bob", PASSWORD),
        ("carol", PASSWORD),
        ("ci", key.as_str()),
        ("admin", credentials.admin_key.as_str()),
    ] {
        for service in ["registry", "my%20registry", "unknown"] {
            let request = client().get(server.url(&format!("/token?service={service}&{scopes}")));
            let request = if user.is_empty() { request } else { request.basic_auth(user, Some(password)) };
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            all.push(json!([user, service, granted(status, &answer.json().await.unwrap())]));
        }
    }
    for session in &credentials.sessions {
        all.push(json!(refresh(server, session).await));
    }
    for path in ["/users/alice/access-keys", "/robots/ci/access-keys"] {
        let mut keys = server.must("GET", path, Value::Null).await;
        for key in keys["items"].as_array_mut().unwrap() {
            key.as_object_mut().unwrap().remove("last_used_at");
        }
        all.push(keys);
    }
    let variables = [("PORTREEVE_URL", server.url("")), ("PORTREEVE_TOKEN", credentials.admin_key.clone())];
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let said = run_with(folder, &["export"], &variables).await;
    (all, said.ok().to_owned())
}

/// Returns the number of records that `portreeve audit verify` finds in a server's trail.
pub async fn verified(server: &Server, folder: &Path, key: &str) -> i64 {
    let url = server.url("");
    let arguments = ["audit", "verify", "--output", "json"];
    let said = run_with(folder, &arguments, &[("PORTREEVE_URL", &url), ("PORTREEVE_TOKEN", key)]).await;
    let said: Value = serde_json::from_str(said.ok()).unwrap();
    assert_eq!(said["first"], 1);
    said["records"].as_i64().unwrap()
}

/// Writes rules one after the other until `stop` is true. Adds each rule whose write was answered to `written`.
pub async fn write_rules(
    url: String,
    prefix: String,
    written: std::sync::Arc<std::sync::Mutex<Vec<String>>>,
    stop: std::sync::Arc<std::sync::atomic::AtomicBool>,
) {
    let client = client();
    for n in 0.. {
        if stop.load(std::sync::atomic::Ordering::Acquire) {
            return;
        }
        let name = format!("{prefix}-{n}");
        let rule = json!({"subjects": ["everyone"], "names": [format!("load/{name}")], "actions": ["pull"]});
        let request = client.put(format!("{url}/api/v1/rules/{name}")).json(&rule);
        let answer = request.basic_auth("admin", Some(crate::server::ADMIN_PASSWORD)).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        written.lock().unwrap().push(name);
    }
}
