//! The identity provider, as a process.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The secret of our client there: a canary.
pub const SECRET: &str = "client-secret-canary-5f1d9b";

/// A running provider; killed when dropped.
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
    /// Starts a provider that sends browsers back to `redirect_uri`. With the style `id`, its ID tokens hold all claims.
    pub fn start(port: u16, redirect_uri: &str, style: &'static str) -> Self {
        Self { port, process: run(port, redirect_uri, style, None) }
    }

    /// Takes its place with another one that speaks https, with this key and certificate.
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

    /// Makes or changes people.
    pub async fn people(&self, people: Value) {
        self.tell("people", &people).await;
    }

    /// Makes or changes one person, who has this id and these groups.
    pub async fn person(&self, id: &str, name: &str, groups: &[&str]) {
        let claims = json!({"preferred_username": name, "groups": groups, "department": "web/api"});
        self.people(json!({ id: {"claims": claims} })).await;
    }

    /// Disables somebody.
    pub async fn disable(&self, id: &str) {
        self.people(json!({ id: {"disabled": true, "claims": {}} })).await;
    }

    /// Has each refresh of somebody fail in a way that says nothing about others.
    pub async fn make_unclear(&self, id: &str) {
        self.people(json!({ id: {"unclear": true, "claims": {}} })).await;
    }

    /// Holds the answers of the token endpoint back. What they say is decided before.
    pub async fn delay(&self, delay: Duration) {
        self.tell("delay", &json!(delay.as_millis())).await;
    }

    /// All tokens that were handed out.
    pub async fn tokens(&self) -> Vec<String> {
        serde_json::from_value(self.tell("tokens", &Value::Null).await).unwrap()
    }

    /// How often the key set was read.
    pub async fn keys_read(&self) -> i64 {
        self.tell("counts", &Value::Null).await["keys_read"].as_i64().unwrap()
    }

    /// `normal`, `silent`, `failing`, `failing_token`, `failing_userinfo`, `invalid_client`, `large`, `large_token`,
    /// `large_userinfo`, `redirecting`, `other_keys` or `nameless_userinfo`.
    pub async fn mode(&self, mode: &str) {
        self.tell("mode", &json!(mode)).await;
    }

    /// How many refresh tokens were exchanged, and how many were refused.
    pub async fn counts(&self) -> (i64, i64) {
        let counts = self.tell("counts", &Value::Null).await;
        (counts["refreshed"].as_i64().unwrap(), counts["refused"].as_i64().unwrap())
    }

    /// Kills it. Whatever it knew is lost.
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
