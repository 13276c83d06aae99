//! The log lines about refused requests for tokens, refused sign-ins and denied scopes. Each refusal has one line, with
//! the id of the request and the true cause. Requests for paths that do not exist have one line a minute together.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::too_many_lines, reason = "a test tells one story from its beginning to its end")]

#[path = "support/reply.rs"]
mod reply;
#[path = "support/server.rs"]
mod server;

use serde_json::{Value, json};
use server::{ADMIN_PASSWORD, Server, client};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PASSWORD: &str = "a perfectly long password";
const WRONG: &str = "not the password, no";

struct Harbour {
    server: Server,
    _folder: TempDir,
}

/// An answer, and the log lines with the id of its request.
struct Told {
    status: u16,
    body: Value,
    lines: Vec<Value>,
}

impl Told {
    /// Returns the only line.
    fn line(&self) -> &Value {
        assert_eq!(self.lines.len(), 1, "{} {} {:#?}", self.status, self.body, self.lines);
        &self.lines[0]
    }

    /// Returns the values of these fields of the only line. The value of a missing field is `null`.
    fn fields<const N: usize>(&self, names: [&str; N]) -> [Value; N] {
        names.map(|name| self.line()[name].clone())
    }
}

impl Harbour {
    /// Starts a server with `alice`, the disabled user `shut` and the robot `ci`. Returns the robot's key.
    async fn open() -> (Self, String) {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}", folder.path().join("portreeve.db").display());
        let mut server = Server::spawn(folder.path(), &database, &["--log-format", "json"]);
        server.ready().await;
        server.must("PUT", "/users/alice", json!({"password": PASSWORD})).await;
        server.must("PUT", "/users/shut", json!({"password": PASSWORD, "disabled": true})).await;
        server.must("PUT", "/robots/ci", json!({})).await;
        let key = server.must("POST", "/robots/ci/access-keys", json!({"name": "test"})).await;
        let key = key["secret"].as_str().unwrap().to_owned();
        (Self { server, _folder: folder }, key)
    }

    fn events(&self) -> Vec<Value> {
        let log = self.server.log();
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Waits for this number of events for which `is_meant` is true, for at most five seconds. Returns the events that
    /// it found, even if they are fewer.
    async fn await_events(&self, count: usize, is_meant: impl Fn(&Value) -> bool) -> Vec<Value> {
        let patience = Instant::now() + Duration::from_secs(5);
        loop {
            let found: Vec<Value> = self.events().into_iter().filter(&is_meant).collect();
            if found.len() >= count || Instant::now() > patience {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Sends a request, and waits for its log line, for at most five seconds.
    async fn tell(&self, request: reqwest::RequestBuilder) -> Told {
        let reply = reply::send(request).await;
        let id = reply.header("x-request-id").unwrap();
        let lines = self.await_events(1, |event| event["request_id"] == id).await;
        Told { status: reply.status, body: serde_json::from_str(&reply.text).unwrap_or_default(), lines }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        client().request(method.parse().unwrap(), self.server.url(path))
    }

    /// Requests a token by GET with Basic.
    async fn basic(&self, user: &str, password: &str) -> Told {
        self.tell(self.request("GET", "/token?service=registry").basic_auth(user, Some(password))).await
    }

    /// Sends a GET request with this `Authorization` header.
    async fn header(&self, path: &str, authorization: &str) -> Told {
        self.tell(self.request("GET", path).header("authorization", authorization)).await
    }

    async fn form(&self, form: &[(&str, &str)]) -> Told {
        self.tell(self.request("POST", "/token").form(form)).await
    }
}

#[tokio::test]
async fn each_refused_password_and_key_is_one_line_with_its_cause() {
    let (harbour, key) = Harbour::open().await;
    let spaced = format!("{key}\n");
    let table = [
        // Each row contains the user, the password, the cause, the user in the log, and the account in the log.
        ("alice", WRONG, "wrong_password", json!("alice"), json!("user:alice")),
        ("alice", WRONG, "refused_before", json!("alice"), json!("user:alice")),
        ("nobody", WRONG, "unknown_user", json!("nobody"), Value::Null),
        ("nobody", WRONG, "unknown_user", json!("nobody"), Value::Null),
        ("Alice", PASSWORD, "case", json!("Alice"), Value::Null),
        ("alice ", PASSWORD, "whitespace", json!("alice "), Value::Null),
        ("alice", "a perfectly long password\n", "whitespace", json!("alice"), json!("user:alice")),
        ("ci", &spaced, "whitespace", json!("ci"), json!("robot:ci")),
        ("<token>", &spaced, "whitespace", json!("<token>"), Value::Null),
        ("shut", PASSWORD, "disabled", json!("shut"), json!("user:shut")),
        ("alice", &key, "other_owner", json!("alice"), json!("robot:ci")),
        ("CI", &key, "case", json!("CI"), json!("robot:ci")),
        ("ci", "ptr_mistyped", "unknown_key", json!("ci"), json!("robot:ci")),
        ("", "ptr_mistyped", "unknown_key", Value::Null, Value::Null),
    ];
    for (user, password, cause, claimed, account) in table {
        let told = harbour.basic(user, password).await;
        assert_eq!(told.status, 401, "{user}");
        let fields = told.fields(["event", "cause", "grant_type", "user", "account", "service"]);
        let expected =
            [json!("token_refused"), json!(cause), json!("basic"), claimed, account, json!("registry")];
        assert_eq!(fields, expected, "{user} {password}");
        let reason = told.line()["reason"].as_str().unwrap();
        assert!(reason.starts_with("authentication required: invalid user name"), "{reason}");
    }
    // `Nobody` exists from now on. The refused name `nobody` differs from this name only in case.
    harbour.server.must("PUT", "/users/Nobody", json!({"password": PASSWORD})).await;
    assert_eq!(harbour.basic("nobody", WRONG).await.line()["cause"], "case");
    let soon = json!({"name": "short", "expires_at": in_seconds(2)});
    let short = harbour.server.must("POST", "/robots/ci/access-keys", soon).await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let told = harbour.basic("ci", short["secret"].as_str().unwrap()).await;
    assert_eq!(told.fields(["cause", "account"]), [json!("expired_key"), json!("robot:ci")]);
    let id = short["id"].as_str().unwrap();
    harbour.server.must("DELETE", &format!("/access-keys/{id}"), Value::Null).await;
    assert_eq!(harbour.basic("ci", short["secret"].as_str().unwrap()).await.line()["cause"], "unknown_key");
    harbour.server.must("PATCH", "/robots/ci", json!({"disabled": true})).await;
    let told = harbour.header("/token?service=registry", &format!("Bearer {key}")).await;
    let fields = told.fields(["cause", "grant_type", "user", "account"]);
    assert_eq!(fields, [json!("disabled"), json!("bearer"), Value::Null, json!("robot:ci")]);
    let log = harbour.server.log();
    for secret in [key.as_str(), PASSWORD, WRONG, ADMIN_PASSWORD] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}

/// Returns the time in this number of seconds, in RFC 3339.
fn in_seconds(seconds: i64) -> String {
    let now = portreeve::clock::Clock::System.now();
    serde_json::to_value(now.plus_seconds(seconds)).unwrap().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_refused_session_is_one_line_that_names_its_owner_where_it_has_one() {
    let (harbour, key) = Harbour::open().await;
    harbour.server.must("PUT", "/services/second", json!({})).await;
    let signed_in = harbour.request("GET", "/token?service=registry&offline_token=true");
    let told = harbour.tell(signed_in.basic_auth("alice", Some(PASSWORD))).await;
    let session = told.body["refresh_token"].as_str().unwrap().to_owned();
    let jwt = told.body["token"].as_str().unwrap().to_owned();
    let refresh = async |token: &str, service: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("service", service)];
        harbour.form(&form).await
    };
    let told = refresh(&session, "second").await;
    let fields = told.fields(["cause", "grant_type", "user", "account"]);
    assert_eq!(fields, [json!("other_service"), json!("refresh_token"), Value::Null, json!("user:alice")]);
    assert_eq!(refresh(&jwt, "registry").await.line()["cause"], "registry_token");
    assert_eq!(refresh("nonsense", "registry").await.line()["cause"], "unknown_key");
    let by_bearer = |secret: &str| format!("Bearer {secret}");
    for (path, event) in [("/token?service=registry", "token_refused"), ("/api/v1/me", "api_refused")] {
        for (secret, cause) in [(&session, "not_accepted"), (&jwt, "registry_token")] {
            let told = harbour.header(path, &by_bearer(secret)).await;
            assert_eq!(told.fields(["event", "cause"]), [json!(event), json!(cause)], "{path}");
        }
    }
    harbour.server.must("DELETE", "/refresh-tokens?subject=user:alice", Value::Null).await;
    let told = refresh(&session, "registry").await;
    let fields = told.fields(["cause", "grant_type", "user", "account"]);
    assert_eq!(fields, [json!("revoked_session"), json!("refresh_token"), Value::Null, Value::Null]);
    assert!(!harbour.server.log().contains(&key) && !harbour.server.log().contains(&session));
}

#[tokio::test]
async fn each_request_that_cannot_be_understood_is_one_line() {
    let (harbour, _) = Harbour::open().await;
    let get = |path: &str| harbour.request("GET", path);
    let form = |form: &[(&str, &str)]| harbour.request("POST", "/auth/token").form(form);
    let large = "x".repeat(17 * 1024);
    let many: String = (0..65).map(|number| format!("&scope=repository:a{number}:pull")).collect();
    let table = [
        (get("/token?service=nowhere"), 400, "unknown_service", "anonymous"),
        (get("/token?service=registry"), 401, "no_credentials", "anonymous"),
        (get("/token?service=a&service=b"), 400, "repeated_parameter", "anonymous"),
        (get("/token?service=%ff"), 400, "not_text", "anonymous"),
        (get(&format!("/token?service=registry{many}")), 400, "too_many_scopes", "anonymous"),
        (get(&format!("/token?scope={large}")), 414, "too_large", "anonymous"),
        (get("/token").header("authorization", &large), 431, "too_large", "other"),
        (get("/token").header("authorization", "Digest x"), 401, "malformed_authorization", "other"),
        (get("/token").header("authorization", "Basic !!!"), 401, "malformed_authorization", "other"),
        (get("/token").header("authorization", "Bearer abc"), 401, "unknown_key", "bearer"),
        (
            get("/token?service=a&service=b").basic_auth("alice", Some("x")),
            400,
            "repeated_parameter",
            "basic",
        ),
        (harbour.request("POST", "/token").body("{}"), 415, "not_a_form", "other"),
        (form(&[("username", "alice")]), 400, "missing_grant_type", "other"),
        (form(&[("grant_type", "magic")]), 400, "unknown_grant_type", "other"),
        (form(&[("grant_type", "password")]), 400, "missing_parameter", "other"),
        (form(&[("grant_type", &large)]), 413, "too_large", "other"),
        (harbour.request("PUT", "/auth"), 405, "no_such_method", "other"),
    ];
    for (request, status, cause, scheme) in table {
        let told = harbour.tell(request).await;
        assert_eq!(told.status, status, "{cause} {}", told.body);
        let fields = told.fields(["event", "cause", "grant_type"]);
        assert_eq!(fields, [json!("token_refused"), json!(cause), json!(scheme)]);
    }
    let told = harbour
        .tell(get("/token").basic_auth("alice", Some(PASSWORD)).query(&[("account", "a"), ("account", "b")]));
    assert_eq!(told.await.fields(["user", "cause"]), [json!("alice"), json!("repeated_parameter")]);
}

#[tokio::test]
async fn a_throttled_sign_in_is_one_line_with_its_cause_on_every_road() {
    let (harbour, _) = Harbour::open().await;
    assert_eq!(harbour.basic("alice", PASSWORD).await.status, 200);
    let (harbour, token) = (&harbour, ["token_refused", "throttled"]);
    futures_util::future::join_all((0..10).map(async |number| {
        assert_eq!(harbour.basic("alice", &format!("{WRONG}, {number}")).await.status, 401);
    }))
    .await;
    let ask = async |road: usize, wrong: String| match road {
        0 => harbour.basic("alice", &wrong).await,
        1 => {
            let form = [("grant_type", "password"), ("username", "alice"), ("password", &wrong)];
            harbour.form(&form).await
        }
        2 => harbour.tell(harbour.request("GET", "/api/v1/me").basic_auth("alice", Some(wrong))).await,
        _ => {
            let change = json!({"current_password": wrong, "new_password": "another long password"});
            let request = harbour.request("PUT", "/api/v1/me/password").basic_auth("alice", Some(PASSWORD));
            harbour.tell(request.json(&change)).await
        }
    };
    for (road, expected) in
        [token, token, ["api_refused", "throttled"], ["api_refused", "throttled"]].iter().enumerate()
    {
        // The wait may have ended meanwhile. Then the guess is refused as wrong, and the next wait is longer.
        for tried in 0..4 {
            let told = ask(road, format!("{WRONG} by road {road}, {tried}")).await;
            if told.status == 429 {
                assert_eq!(told.fields(["event", "cause"]), expected.map(Value::from));
                assert_eq!(told.line()["user"], "alice");
                break;
            }
            assert!(tried < 3, "road {road}: {}", told.status);
        }
    }
}

#[tokio::test]
async fn each_refused_sign_in_to_the_administration_api_is_one_line() {
    let (harbour, key) = Harbour::open().await;
    for tried in 0..10 {
        let request = harbour.request("GET", "/api/v1/users").basic_auth("alice", Some(WRONG));
        let told = harbour.tell(request).await;
        let cause = if tried == 0 { "wrong_password" } else { "refused_before" };
        let fields = told.fields(["event", "cause", "scheme", "user", "account", "method", "path"]);
        let expected = ["api_refused", cause, "basic", "alice", "user:alice", "GET", "/api/v1/users"];
        assert_eq!(fields, expected.map(Value::from), "{tried}");
        assert_eq!(told.line()["address"], "127.0.0.1");
    }
    let large = "x".repeat(17 * 1024);
    for (authorization, status, cause, scheme) in [
        (None, 401, "no_credentials", "anonymous"),
        (Some("Negotiate x"), 401, "malformed_authorization", "other"),
        (Some("Bearer abc"), 401, "unknown_key", "bearer"),
        (Some("Bearer ptr_mistyped"), 401, "unknown_key", "bearer"),
        (Some(large.as_str()), 431, "too_large", "other"),
    ] {
        let request = harbour.request("GET", "/api/v1/me");
        let request = match authorization {
            Some(header) => request.header("authorization", header),
            None => request,
        };
        let told = harbour.tell(request).await;
        assert_eq!(told.status, status, "{cause}");
        assert_eq!(
            told.fields(["event", "cause", "scheme"]),
            ["api_refused", cause, scheme].map(Value::from)
        );
    }
    // The robot signs in, but may not list users. A 403 is not a refused sign-in, so there is no log line.
    let told = harbour.tell(harbour.request("GET", "/api/v1/users").basic_auth("ci", Some(&key)));
    let refused = tokio::time::timeout(Duration::from_secs(20), told).await.unwrap();
    assert_eq!((refused.status, refused.lines.len()), (403, 0));
}

#[tokio::test]
async fn requests_for_other_paths_are_one_line_a_minute() {
    let (harbour, _) = Harbour::open().await;
    for number in 0..30 {
        let path = format!("/v2/nothing/{number}");
        let request = harbour.request("GET", &path).timeout(Duration::from_secs(10));
        assert_eq!(request.send().await.unwrap().status(), 404);
    }
    let is_meant = |event: &Value| event["cause"] == "no_token_path";
    let lines = harbour.await_events(2, is_meant).await;
    assert_eq!(lines.len(), 1, "{lines:#?}");
    let line = &lines[0];
    assert_eq!((&line["event"], &line["count"]), (&json!("token_refused"), &json!(1)));
    assert_eq!(line["path"], "/v2/nothing/0");
}

#[tokio::test]
async fn a_denial_is_told_with_its_true_reason_and_a_delete_that_works_is_no_denial() {
    let (harbour, _) = Harbour::open().await;
    let rule = json!({"subjects": ["user:fred"], "names": ["foo/*"], "actions": ["pull"]});
    harbour.server.must("PUT", "/rules/fred", rule).await;
    let rule =
        json!({"subjects": ["everyone"], "type": "registry", "names": ["catalog"], "actions": ["search"]});
    harbour.server.must("PUT", "/rules/search", rule).await;
    let rule =
        json!({"subjects": ["user:alice"], "names": ["old/**"], "actions": ["pull", "push", "delete"]});
    harbour.server.must("PUT", "/rules/old", rule).await;
    let ask = async |login: Option<(&str, &str)>, scope: &str| {
        let request = harbour.request("GET", &format!("/token?service=registry&scope={scope}"));
        let told = harbour
            .tell(match login {
                Some((user, password)) => request.basic_auth(user, Some(password)),
                None => request,
            })
            .await;
        assert_eq!(told.status, 200, "{}", told.body);
        told.fields(["event", "granted", "denied"])
    };
    let denied = "`pull` on repository `foo/bar`: no rule about anonymous is for the type `repository`";
    assert_eq!(ask(None, "repository:foo/bar:pull").await, ["token_issued", "", denied].map(Value::from));
    let alice = Some(("alice", PASSWORD));
    let granted = "repository:old/app:delete,pull,push";
    let told = ask(alice, "repository:old/app:*").await;
    assert_eq!(told[2], Value::Null, "{told:?}");
    let mut all: Vec<&str> = told[1].as_str().unwrap().rsplit(':').next().unwrap().split(',').collect();
    all.sort_unstable();
    assert_eq!(all.join(","), granted.rsplit(':').next().unwrap());
    let request = harbour.request("GET", "/token?service=registry&scope=repository:old/app:push");
    let told = harbour.tell(request.basic_auth("alice", Some(PASSWORD))).await;
    let expected =
        ["repository:old/app:push", "repository:old/app:pull,push", "repository:old/app:pull,push"];
    assert_eq!(told.fields(["requested", "read", "granted"]), expected.map(Value::from));
    let told = ask(alice, "repository:foo/bar:*").await;
    let denied = told[2].as_str().unwrap();
    for action in ["delete", "pull", "push"] {
        assert!(denied.contains(&format!("`{action}` on repository `foo/bar`: ")), "{denied}");
    }
    assert!(!denied.contains("`*`"), "{denied}");
    let metrics = harbour.request("GET", "/metrics").send().await.unwrap().text().await.unwrap();
    let issued = "portreeve_token_requests_total{grant_type=\"basic\",outcome=\"issued\"} 2\n";
    assert!(metrics.contains(issued), "{metrics}");
}
