//! The identity provider, in a separate process.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The client secret of the server at the provider. Tests check that no answer, no log and no database contains it.
pub const SECRET: &str = "client-secret-canary-5f1d9b";

/// A running provider. Dropping this value kills the process.
pub struct Provider {
    pub port: u16,
    process: Child,
}

fn run(port: u16, redirect_uri: &str, style: &str, tls: Option<(&Path, &Path)>) -> Child {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = root.join("target/identity-provider/node_modules/oidc-provider/lib/index.js");
    assert!(package.exists(), "the identity provider is missing: run tests/run, which installs it");
    let mut command = Command::new("node");
    if let Some((key, certificate)) = tls {
        command.env("TLS_KEY", key).env("TLS_CERT", certificate);
    }
    let mut process = command
        .arg(root.join("tests/identity/provider.mjs"))
        .arg(package)
        .args([&port.to_string(), redirect_uri, SECRET, style])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("node is missing: run tests/run, which installs it");
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "ready");
    process
}

impl Provider {
    /// Starts a provider that sends browsers back to `redirect_uri`. With the style `id`, its ID tokens contain all
    /// claims.
    pub fn start(port: u16, redirect_uri: &str, style: &'static str) -> Self {
        Self { port, process: run(port, redirect_uri, style, None) }
    }

    /// Stops this provider. Starts one with https on the same port, with this key and certificate.
    pub fn exchange_for_tls(&mut self, redirect_uri: &str, key: &Path, certificate: &Path) {
        self.kill();
        self.process = run(self.port, redirect_uri, "id", Some((key, certificate)));
    }

    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn tell(&self, what: &str, body: &Value) -> Value {
        let url = format!("{}/test/{what}", self.issuer());
        let answer = reqwest::Client::new().post(url).body(body.to_string()).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// Creates or replaces people.
    pub async fn people(&self, people: Value) {
        self.tell("people", &people).await;
    }

    /// Creates or replaces one person with this id, this name and these groups.
    pub async fn person(&self, id: &str, name: &str, groups: &[&str]) {
        let claims = json!({"preferred_username": name, "groups": groups, "department": "web/api"});
        self.people(json!({ id: {"claims": claims} })).await;
    }

    /// Disables a person.
    pub async fn disable(&self, id: &str) {
        self.people(json!({ id: {"disabled": true, "claims": {}} })).await;
    }

    /// Makes each refresh of a person fail with an error that says nothing about other people.
    pub async fn make_unclear(&self, id: &str) {
        self.people(json!({ id: {"unclear": true, "claims": {}} })).await;
    }

    /// Delays the answers of the token endpoint. The content of an answer is decided before the delay.
    pub async fn delay(&self, delay: Duration) {
        self.tell("delay", &json!(delay.as_millis())).await;
    }

    /// Returns all tokens that the provider issued.
    pub async fn tokens(&self) -> Vec<String> {
        serde_json::from_value(self.tell("tokens", &Value::Null).await).unwrap()
    }

    /// Returns how often the key set was read.
    pub async fn keys_read(&self) -> i64 {
        self.tell("counts", &Value::Null).await["keys_read"].as_i64().unwrap()
    }

    /// Sets the behaviour of the provider: `normal`, `silent`, `failing`, `failing_token`, `failing_userinfo`,
    /// `invalid_client`, `large`, `large_token`, `large_userinfo`, `redirecting`, `other_keys` or `nameless_userinfo`.
    pub async fn mode(&self, mode: &str) {
        self.tell("mode", &json!(mode)).await;
    }

    /// Returns the number of exchanged refresh tokens, and the number of refused refresh tokens and codes.
    pub async fn counts(&self) -> (i64, i64) {
        let counts = self.tell("counts", &Value::Null).await;
        (counts["refreshed"].as_i64().unwrap(), counts["refused"].as_i64().unwrap())
    }

    /// Kills the process. Its state is lost.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
