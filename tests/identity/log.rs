//! The log of a server process contains no secret, even at its most detailed level.

use super::browser::Browser;
use super::provider::{Provider, SECRET};
use super::server::{ADMIN_PASSWORD, Server, free_port};
use serde_json::json;
use std::process::Command;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let provider =
        Provider::start(free_port(), &format!("http://localhost:{port}/signin/with/corp/callback"), "id");
    let host = format!("127.0.0.1:{}", provider.port);
    let flags = ["--identity-host", &host, "--log", "trace"];
    // Calls to this machine must not use a proxy. This proxy does not exist.
    let mut command = Command::new(env!("CARGO_BIN_EXE_portreeve"));
    command.env("http_proxy", "http://127.0.0.1:9").env("all_proxy", "http://127.0.0.1:9");
    let mut server = Server::run(command, port, folder.path(), "sqlite://portreeve.db", &flags);
    server.ready().await;
    let api = async |method: &str, path: &str, body: serde_json::Value| {
        let url = server.url(&format!("/api/v1{path}"));
        let request = reqwest::Client::new().request(method.parse().unwrap(), url).json(&body);
        let answer = request.basic_auth("admin", Some(ADMIN_PASSWORD)).send().await.unwrap();
        let status = answer.status().as_u16();
        assert!(status < 300, "{path}: {status} {}", answer.text().await.unwrap());
    };
    let settings = json!({"issuer": provider.issuer(), "client_id": "portreeve", "client_secret": SECRET});
    api("PUT", "/identity-providers/corp", settings).await;
    provider.person("id-1", "alice", &[]).await;
    let mut browser = Browser::new();
    let start = server.url("/signin/with/corp");
    let callback = browser.until_callback(&start, "id-1").await.unwrap();
    let flow = browser.cookie(&start, "__Host-ptr_flow").unwrap();
    assert_eq!(browser.open(callback.as_str()).await.status, 303);
    let session = browser.cookie(&start, "__Host-ptr_session").unwrap();
    // A sign-in that was already completed is refused, and the refusal is logged.
    browser.set_cookie(&start, "__Host-ptr_flow", &flow);
    assert_eq!(browser.open(callback.as_str()).await.status, 403);
    // An answer with two states is malformed, which is also logged.
    let twice = browser.until_callback(&start, "id-1").await.unwrap();
    assert_eq!(browser.open(&format!("{twice}&state=x")).await.status, 400);
    api("POST", "/users/alice/identity/recheck", json!(null)).await;
    provider.disable("id-1").await;
    api("POST", "/users/alice/identity/recheck", json!(null)).await;
    // The server writes its log in the background.
    let began = Instant::now();
    let events = ["signed_in", "signin_refused", "identity_checked", "identity_refused"];
    let told = events.map(|event| format!("event=\"{event}\"")).into_iter();
    let told: Vec<String> = told.chain(["cause=\"malformed\"".to_owned()]).collect();
    let log = loop {
        let log = server.log();
        let missing = told.iter().find(|text| !log.contains(*text));
        match missing {
            None => break log,
            Some(event) => assert!(began.elapsed() < Duration::from_secs(10), "{event} is not logged"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let parameter = |name: &str| callback.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let tokens = provider.tokens().await;
    assert!(tokens.len() >= 6, "access, refresh and ID tokens of a sign-in and a check: {}", tokens.len());
    let others = [SECRET.to_owned(), flow, session, parameter("code"), parameter("state")];
    for secret in tokens.into_iter().chain(others) {
        assert!(!log.contains(&secret), "the log contains {secret}");
    }
    // Every signed token begins with this text.
    assert!(!log.contains("eyJ"), "the log contains a token");
}
