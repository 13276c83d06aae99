//! Starts a server for a test and talks to it.

#[path = "../support/postgres.rs"]
mod postgres;

use portreeve::app::{self, Running};
use portreeve::clock::Clock;
use portreeve::config::{Config, FlagSettings};
use postgres::Cluster;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tempfile::TempDir;

pub const ADMIN: (&str, &str) = ("admin", "correct horse battery staple");
pub const PASSWORD: &str = "a perfectly long password";

/// What a server keeps: its folder, and its database there or in a cluster.
pub struct Folder {
    folder: TempDir,
    cluster: Option<Cluster>,
}

impl Folder {
    /// The tests of the API exist twice, once for each database: `tests/api_postgresql` is `tests/api`.
    pub fn new() -> Self {
        let is_postgresql = env!("CARGO_CRATE_NAME").ends_with("_postgresql");
        Self { folder: tempfile::tempdir().unwrap(), cluster: is_postgresql.then(Cluster::start) }
    }

    /// One with SQLite in any case.
    pub fn with_database_file() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), cluster: None }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The SQLite file, unless the database is another.
    pub fn database_file(&self) -> Option<PathBuf> {
        self.cluster.is_none().then(|| self.path().join("portreeve.db"))
    }

    pub fn database_url(&self) -> String {
        match &self.cluster {
            Some(cluster) => cluster.url(),
            None => format!("sqlite://{}", self.path().join("portreeve.db").display()),
        }
    }

    /// All that the database holds, as bytes.
    pub fn database_bytes(&self) -> Vec<u8> {
        match &self.cluster {
            Some(cluster) => cluster.dump(),
            None => ["portreeve.db", "portreeve.db-wal"]
                .iter()
                .flat_map(|file| std::fs::read(self.path().join(file)).unwrap())
                .collect(),
        }
    }
}

/// A running server with its folder and its clock.
pub struct App {
    pub address: SocketAddr,
    pub folder: Folder,
    pub clock: Arc<AtomicI64>,
    client: reqwest::Client,
    scheme: &'static str,
    running: Option<Running>,
}

/// An answer, read whole.
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn token(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()["token"].as_str().unwrap().to_owned()
    }

    pub fn refresh_token(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()["refresh_token"].as_str().expect("a refresh token").to_owned()
    }

    /// What the token grants, as scopes between spaces.
    pub fn granted(&self) -> String {
        let claims = claims(&self.token());
        let entries = claims["access"].as_array().expect("access is an array").iter();
        let texts: Vec<String> = entries
            .map(|entry| {
                let actions: Vec<&str> =
                    entry["actions"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
                format!(
                    "{}:{}:{}",
                    entry["type"].as_str().unwrap(),
                    entry["name"].as_str().unwrap(),
                    actions.join(",")
                )
            })
            .collect();
        texts.join(" ")
    }
}

/// A part of a JWT, unverified.
pub fn part(token: &str, index: usize) -> Value {
    use base64::Engine;
    let part = token.split('.').nth(index).expect("three parts");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

pub fn claims(token: &str) -> Value {
    part(token, 1)
}

/// Does something to the folder before the start.
pub type Prepare = Box<dyn FnOnce(&Path)>;

/// What a server is started with, besides its own folder.
#[derive(Default)]
pub struct Setup {
    pub flags: FlagSettings,
    pub without_password: bool,
    pub prepare: Option<Prepare>,
}

/// The settings for a server in `folder`.
pub fn config(folder: &Folder, setup: &Setup) -> Config {
    let mut flags = setup.flags.clone();
    flags.listen = Some("127.0.0.1:0".to_owned());
    flags.database_url.get_or_insert(folder.database_url());
    flags.keys_dir.get_or_insert(folder.path().join("keys").to_str().unwrap().to_owned());
    let mut environment = BTreeMap::new();
    if !setup.without_password {
        environment.insert("PORTREEVE_ADMIN_PASSWORD".to_owned(), ADMIN.1.to_owned());
    }
    let no_file = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
    Config::load(&flags, &environment, no_file).unwrap().0
}

impl App {
    pub async fn spawn() -> Self {
        Self::spawn_with(Setup::default()).await
    }

    /// A server that does not throttle those who guess.
    pub async fn spawn_unthrottled() -> Self {
        let throttle_exempt = ["127.0.0.0/8", "::1"].map(str::to_owned).to_vec();
        let flags = FlagSettings { throttle_exempt, ..FlagSettings::default() };
        Self::spawn_with(Setup { flags, ..Setup::default() }).await
    }

    /// A server on this folder, which may be that of one that was stopped.
    pub async fn spawn_on(folder: Folder) -> Self {
        Self::start(folder, Setup::default()).await
    }

    pub async fn spawn_with(setup: Setup) -> Self {
        Self::start(Folder::new(), setup).await
    }

    async fn start(folder: Folder, mut setup: Setup) -> Self {
        if let Some(prepare) = setup.prepare.take() {
            prepare(folder.path());
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A clock of its own, near the present so that certificates hold.
        let clock = Arc::new(AtomicI64::new(Clock::System.now().as_micros()));
        let running = app::start(config(&folder, &setup), Clock::Fixed(clock.clone())).await.unwrap();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self {
            address: running.address,
            folder,
            clock,
            // Whom to trust is the business of the tests of TLS, which have clients of their own.
            client: client.tls_danger_accept_invalid_certs(true).build().unwrap(),
            scheme: if setup.flags.tls_cert.is_some() { "https" } else { "http" },
            running: Some(running),
        }
    }

    /// Where it listens for internal use.
    pub fn internal_address(&self) -> SocketAddr {
        self.running.as_ref().unwrap().internal_address.unwrap()
    }

    pub async fn stop(&mut self) {
        self.running.take().unwrap().stop().await.unwrap();
    }

    pub fn now_seconds(&self) -> i64 {
        self.clock.load(Ordering::SeqCst) / 1_000_000
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}://localhost:{}{path}", self.scheme, self.address.port())
    }

    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method.parse().unwrap(), self.url(path))
    }

    /// Sends a request, and again if the server closed before all of a body was sent: it answers some requests before it
    /// has read them, and closes soon after, so that not every client still reads the answer.
    pub async fn send(request: reqwest::RequestBuilder) -> Reply {
        let (mut request, mut tries) = (request.timeout(Duration::from_secs(30)), 10);
        let response = loop {
            let again = request.try_clone().filter(|_| tries > 0);
            tries -= 1;
            match (request.send().await, again) {
                (Err(error), Some(again)) if format!("{error:?}").contains("BodyWrite") => request = again,
                (sent, _) => break sent.unwrap(),
            }
        };
        Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    /// `GET /token?QUERY`.
    pub async fn token(&self, login: Option<(&str, &str)>, query: &str) -> Reply {
        let mut request = self.request("GET", &format!("/token?{query}"));
        if let Some((user, password)) = login {
            request = request.basic_auth(user, Some(password));
        }
        Self::send(request).await
    }

    /// `POST /token` with a form.
    pub async fn post_token(&self, form: &[(&str, &str)]) -> Reply {
        Self::send(self.request("POST", "/token").form(form)).await
    }

    /// A call of the administration API.
    pub async fn api_as(&self, login: (&str, &str), method: &str, path: &str, body: Option<Value>) -> Reply {
        let mut request = self.request(method, &format!("/api/v1{path}")).basic_auth(login.0, Some(login.1));
        if let Some(body) = body {
            request = request.json(&body);
        }
        Self::send(request).await
    }

    /// The same as the administrator.
    pub async fn api(&self, method: &str, path: &str, body: Value) -> Reply {
        let body = if body.is_null() { None } else { Some(body) };
        self.api_as(ADMIN, method, path, body).await
    }

    /// Calls the API as the administrator. Any other answer than success fails the test.
    pub async fn must(&self, method: &str, path: &str, body: Value) -> Value {
        let reply = self.api(method, path, body).await;
        assert!((200..300).contains(&reply.status), "{method} {path}: {} {}", reply.status, reply.text);
        if reply.text.is_empty() { Value::Null } else { reply.json() }
    }

    pub async fn user(&self, name: &str) {
        self.must("PUT", &format!("/users/{name}"), json!({"password": PASSWORD})).await;
    }

    pub async fn rule(&self, name: &str, rule: Value) {
        self.must("PUT", &format!("/rules/{name}"), rule).await;
    }

    /// Makes a robot and returns the secret of a key of its.
    pub async fn robot(&self, name: &str, scopes: Value) -> String {
        self.must("PUT", &format!("/robots/{name}"), json!({})).await;
        let path = format!("/robots/{name}/access-keys");
        let key = self.must("POST", &path, json!({"name": "test", "scopes": scopes})).await;
        key["secret"].as_str().unwrap().to_owned()
    }

    /// Sends bytes as they are and returns the whole answer.
    pub async fn raw(&self, request: impl Into<Vec<u8>>) -> String {
        let (address, request) = (self.address, request.into());
        tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            // The server may cut the connection before all is sent.
            let _ = stream.write_all(&request);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            String::from_utf8_lossy(&answer).into_owned()
        })
        .await
        .unwrap()
    }
}
