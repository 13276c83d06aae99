//! Log lines about requests that get no token: preflights of browsers, wrong paths, wrong credentials at the API,
//! revocations, and bytes that are not HTTP.

use crate::server::{ADMIN_PASSWORD, Server, client};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PASSWORD: &str = "a perfectly long password";

struct Harbour {
    server: Server,
    _folder: TempDir,
}

impl Harbour {
    async fn open(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let flags = [&["--log-format", "json"], flags].concat();
        let mut server = Server::spawn(folder.path(), "sqlite://portreeve.db", &flags);
        server.ready().await;
        Self { server, _folder: folder }
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        client().request(method.parse().unwrap(), self.server.url(path)).timeout(Duration::from_secs(20))
    }

    /// Waits for log lines with this value, and returns them.
    async fn lines(&self, field: &str, value: &str) -> Vec<Value> {
        let patience = Instant::now() + Duration::from_secs(10);
        loop {
            let found = self.lines_now(field, value);
            if !found.is_empty() || Instant::now() > patience {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Returns the log lines with this value, without waiting.
    fn lines_now(&self, field: &str, value: &str) -> Vec<Value> {
        let log = self.server.log();
        let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        events.filter(|event| event[field] == value).collect()
    }

    /// Sends a request. Returns the status of the answer, and the only log line about the request.
    async fn told(&self, request: RequestBuilder) -> (u16, Value) {
        let answer = request.send().await.unwrap();
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let mut lines = self.lines("request_id", &id).await;
        assert_eq!(lines.len(), 1, "{lines:#?} {}", self.server.log());
        (answer.status().as_u16(), lines.remove(0))
    }

    async fn metrics(&self) -> String {
        self.request("GET", "/metrics").send().await.unwrap().text().await.unwrap()
    }

    /// Returns the number that the metrics show for a refusal, or `absent`.
    async fn counted(&self, endpoint: &str, cause: &str) -> String {
        let name = format!("portreeve_refusals_total{{endpoint=\"{endpoint}\",cause=\"{cause}\"}} ");
        let metrics = self.metrics().await;
        metrics.lines().find_map(|line| line.strip_prefix(&name)).unwrap_or("absent").to_owned()
    }
}

fn fields<const N: usize>(line: &Value, names: [&str; N]) -> [Value; N] {
    names.map(|name| line[name].clone())
}

#[tokio::test]
async fn a_page_whose_origin_is_not_listed_is_told_with_its_origin() {
    let harbour = Harbour::open(&["--cors-origin", "https://ui.example.org"]).await;
    let ahead = |path: &str, origin: &[u8]| {
        let origin = reqwest::header::HeaderValue::from_bytes(origin).unwrap();
        let request = harbour.request("OPTIONS", path).header("origin", origin);
        request.header("access-control-request-method", "GET")
    };
    for path in ["/token", "/auth/token/"] {
        let (status, line) = harbour.told(ahead(path, b"http://ui.example.org")).await;
        assert_eq!(status, 405);
        let expected = ["token_refused", "origin_not_listed", "http://ui.example.org", path, "127.0.0.1"];
        let told = fields(&line, ["event", "cause", "origin", "path", "address"]);
        assert_eq!(told, expected.map(Value::from));
        let reason = line["reason"].as_str().unwrap();
        assert!(reason.contains("`http://ui.example.org`") && reason.ends_with("--cors-origin"), "{reason}");
    }
    // Pages of every origin may read the key set.
    let answer = ahead("/.well-known/jwks.json", b"http://ui.example.org").send().await.unwrap();
    assert_eq!(answer.status(), 204);
    assert_eq!(harbour.counted("token", "origin_not_listed").await, "2");
    assert_eq!(harbour.lines_now("cause", "origin_not_listed").len(), 2);
    // The log shows a long origin shortened, and without invisible characters.
    let long = [b"https://\xe2\x80\xae".as_slice(), &b"x".repeat(1000)].concat();
    let (_, line) = harbour.told(ahead("/token", &long)).await;
    let origin = line["origin"].as_str().unwrap();
    assert!(origin.starts_with("https://\\u{202e}xxx") && origin.len() < 150, "{origin}");
    // Without an origin, the request is not a preflight, and its line has the usual cause.
    let (_, line) = harbour.told(harbour.request("OPTIONS", "/token")).await;
    assert_eq!(line["cause"], "no_such_method");
}

#[tokio::test]
async fn a_request_elsewhere_is_told_where_tokens_are() {
    let flags = ["--token-path", "/service/token", "--token-path", "/jwt/auth/"];
    let harbour = Harbour::open(&flags).await;
    let (status, line) = harbour.told(harbour.request("GET", "/v2/token")).await;
    let expected = "there is nothing at this path: tokens are at /token, /auth, /auth/token, /jwt/auth and /service/token";
    assert_eq!((status, &line["cause"], &line["reason"]), (404, &json!("no_token_path"), &json!(expected)));
    let answer = harbour.request("GET", "/docs/nothing.js").send().await.unwrap();
    assert!(answer.text().await.unwrap().contains(expected));
}

#[tokio::test]
async fn only_an_access_key_comes_by_bearer_and_nothing_else_is_hashed() {
    let harbour = Harbour::open(&[]).await;
    harbour.server.must("PUT", "/robots/ci", json!({})).await;
    let key = harbour.server.must("POST", "/robots/ci/access-keys", json!({"name": "test"})).await;
    let key = key["secret"].as_str().unwrap();
    let hashed = async || {
        let metrics = harbour.metrics().await;
        let line =
            metrics.lines().find(|line| line.starts_with("portreeve_password_hash_duration_seconds_count"));
        line.unwrap().to_owned()
    };
    let me = |credential: &str| harbour.request("GET", "/api/v1/me").bearer_auth(credential);
    let before = hashed().await;
    let last = if key.ends_with('0') { '1' } else { '0' };
    let mistyped: String = key.chars().take(key.len() - 1).chain([last]).collect();
    for (credential, cause) in [
        (mistyped.as_str(), "unknown_key"),
        ("ptr_mistyped", "unknown_key"),
        (ADMIN_PASSWORD, "unknown_key"),
        ("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln", "registry_token"),
        ("", "malformed_authorization"),
    ] {
        let (status, line) = harbour.told(me(credential)).await;
        let told = fields(&line, ["event", "cause"]);
        assert_eq!((status, told), (401, ["api_refused", cause].map(Value::from)), "{credential}");
        if !credential.is_empty() {
            assert_eq!(line["scheme"], "bearer");
        }
    }
    assert_eq!(hashed().await, before);
    assert_eq!(me(key).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_wrong_current_password_is_one_line_and_one_count() {
    let harbour = Harbour::open(&[]).await;
    harbour.server.must("PUT", "/users/alice", json!({"password": PASSWORD})).await;
    let change = |current: &str| {
        let body = json!({"current_password": current, "new_password": "another long enough one"});
        harbour.request("PUT", "/api/v1/me/password").basic_auth("alice", Some(PASSWORD)).json(&body)
    };
    for (current, cause) in
        [("not the password, no", "wrong_password"), ("not the password, no", "refused_before")]
    {
        let (status, line) = harbour.told(change(current)).await;
        let names = ["event", "cause", "scheme", "user", "account", "method", "path", "address"];
        let expected =
            ["api_refused", cause, "basic", "alice", "user:alice", "PUT", "/api/v1/me/password", "127.0.0.1"];
        assert_eq!((status, fields(&line, names)), (422, expected.map(Value::from)));
    }
    assert_eq!(harbour.counted("api", "rejected").await, "2");
    assert_eq!(change(PASSWORD).send().await.unwrap().status(), 204);
}

#[tokio::test]
async fn a_refused_revocation_is_one_line_and_one_count() {
    let harbour = Harbour::open(&[]).await;
    harbour.server.must("PUT", "/robots/ci", json!({})).await;
    let key = harbour.server.must("POST", "/robots/ci/access-keys", json!({"name": "test"})).await;
    let key = key["secret"].as_str().unwrap();
    let post = || harbour.request("POST", "/oauth2/revoke");
    let table = [
        (post().form(&[("token", key)]), 400, "not_accepted"),
        (post().form(&[("x", "y")]), 400, "missing_parameter"),
        (post().form(&[("token", "a"), ("token", "b")]), 400, "repeated_parameter"),
        (post().body("{}"), 415, "not_a_form"),
        (post().form(&[("token", "x".repeat(17 * 1024))]), 413, "too_large"),
        (harbour.request("GET", "/oauth2/revoke"), 405, "no_such_method"),
    ];
    for (request, status, cause) in table {
        let (got, line) = harbour.told(request).await;
        let expected = ["token_refused", cause, "/oauth2/revoke", "127.0.0.1"].map(Value::from);
        assert_eq!((got, fields(&line, ["event", "cause", "path", "address"])), (status, expected));
        assert_eq!(harbour.counted("revocation", cause).await, "1");
    }
    assert!(!harbour.server.log().contains(key), "a secret is in the log");
    assert_eq!(post().form(&[("token", "unknown")]).send().await.unwrap().status(), 200);
}

/// The first bytes of a TLS handshake.
const HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS client says hello";

/// Sends bytes. Returns the answer.
fn send_raw(port: u16, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

#[tokio::test]
async fn what_is_not_http_is_one_line_a_minute_with_address_and_hint() {
    let harbour = Harbour::open(&[]).await;
    let large = format!("GET /token HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(200_000));
    let bytes = [HELLO, b"nonsense\r\n\r\n", HELLO, large.as_bytes()];
    for bytes in bytes {
        let _ = send_raw(harbour.server.port, bytes);
        // A request on the next connection gets its usual answer.
        assert_eq!(harbour.request("GET", "/health/live").send().await.unwrap().status(), 200);
    }
    let patience = Instant::now() + Duration::from_secs(10);
    let mut lines = harbour.lines("event", "not_http").await;
    while lines.len() < 2 && Instant::now() < patience {
        tokio::time::sleep(Duration::from_millis(20)).await;
        lines = harbour.lines("event", "not_http").await;
    }
    assert_eq!(lines.len(), 2, "one line for TLS and one for other bytes: {lines:#?}");
    lines.sort_by_key(|line| !line["reason"].as_str().unwrap().contains("TLS"));
    assert!(lines[1]["reason"].as_str().unwrap().contains("is not HTTP"), "{lines:#?}");
    let [level, address, count] = fields(&lines[0], ["level", "address", "count"]);
    assert_eq!((level, address, count), (json!("INFO"), json!("127.0.0.1"), json!(1)));
    let reason = lines[0]["reason"].as_str().unwrap();
    assert!(reason.contains("this port is plain http") && reason.contains("write http://"), "{reason}");
    let log = harbour.server.log();
    assert!(!log.contains("\"ERROR\"") && !log.contains("stream error"), "{log}");
}
