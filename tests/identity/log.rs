//! The log of a server as a process, as talkative as it can be: no secret is in it.

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
    // No call to this machine goes through a proxy, which this one would not survive.
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
    // What was used once is refused, and told of.
    browser.set_cookie(&start, "__Host-ptr_flow", &flow);
    assert_eq!(browser.open(callback.as_str()).await.status, 403);
    // What comes twice is told of as well.
    let twice = browser.until_callback(&start, "id-1").await.unwrap();
    assert_eq!(browser.open(&format!("{twice}&state=x")).await.status, 400);
    api("POST", "/users/alice/identity/recheck", json!(null)).await;
    provider.disable("id-1").await;
    api("POST", "/users/alice/identity/recheck", json!(null)).await;
    // The log is written behind the answers.
    let began = Instant::now();
    let events = ["signed_in", "signin_refused", "identity_checked", "identity_refused"];
    let told = events.map(|event| format!("event=\"{event}\"")).into_iter();
    let told: Vec<String> = told.chain(["cause=\"malformed\"".to_owned()]).collect();
    let log = loop {
        let log = server.log();
        let missing = told.iter().find(|text| !log.contains(*text));
        match missing {
            None => break log,
            Some(event) => assert!(began.elapsed() < Duration::from_secs(10), "{event} is not told"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let parameter = |name: &str| callback.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let tokens = provider.tokens().await;
    assert!(tokens.len() >= 6, "access, refresh and ID tokens of a sign-in and a check: {}", tokens.len());
    let others = [SECRET.to_owned(), flow, session, parameter("code"), parameter("state")];
    for secret in tokens.into_iter().chain(others) {
        assert!(!log.contains(&secret), "the log holds {secret}");
    }
    // ID tokens and the like begin like this.
    assert!(!log.contains("eyJ"), "the log holds a token");
}
