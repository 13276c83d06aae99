//! Starts a server for a test and talks to it: a guide for a first test.
//!
//! 1. Name the test after the promise that it checks: `a_pull_is_granted_when_push_is_denied`. One test, one promise.
//!    Put many inputs of one promise into a table in the test.
//! 2. `let app = App::spawn().await` starts a separate server with a new database and new keys, on a free port
//!    of loopback. It stops with `app`. `App::spawn_with` takes flags of `serve`.
//! 3. Set the scene through the API, as [`ADMIN`]: `app.user("alice")`, `app.robot("ci", scopes)`,
//!    `app.rule("team", json!({…}))`, and for everything else `app.must("PUT", "/groups/web", json!({…}))`, which fails
//!    the test unless the answer is a success.
//! 4. Ask: `app.token(login, "scope=repository:web:pull")` is `GET /token`, `app.post_token(&form)` is `POST /token`,
//!    `app.api(method, path, body)` is the administration API. `app.api_as` uses another login, `app.api_text`
//!    sends a body that is not JSON, `app.api_with` adds one header. `App::send` sends any other request, and
//!    `app.raw` sends bytes that no HTTP library would send.
//! 5. Check only what a client sees: [`Reply`] has the status, the headers and the text. `reply.granted()` is what a
//!    token grants, `reply.json()` is the body, [`claims`] are the claims of the token.
//! 6. Time is an argument: `app.advance(seconds)` sets the server's clock ahead, so a test need not wait.
//! 7. Restart with the same data: `app.stop()`, then `App::spawn_on(app.folder)`. `Folder` contains the data.
//! 8. Every test runs twice: `tests/api_postgresql` is a link to `tests/api`, and runs on PostgreSQL. Name a new file
//!    in `main.rs`.
//! 9. Run it: `cargo nextest run --test api NAME`. After a change of an answer: `INSTA_UPDATE=always cargo nextest run
//!    --test api bodies`.

#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/reply.rs"]
mod reply;

use portreeve::app::{self, Running};
use portreeve::clock::Clock;
use portreeve::config::{Config, FlagSettings};
use postgres::Cluster;
#[allow(unused_imports, reason = "tests of other folders use a part of it")]
pub use reply::{Reply, claims, part};
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

/// The state of a server: its folder, and its database in that folder or in a cluster.
pub struct Folder {
    folder: TempDir,
    cluster: Option<Cluster>,
}

impl Folder {
    /// Creates a folder with the database of this test binary. Every test of the API exists twice:
    /// `tests/api_postgresql` is a link to `tests/api` and uses PostgreSQL.
    pub fn new() -> Self {
        let is_postgresql = env!("CARGO_CRATE_NAME").ends_with("_postgresql");
        Self { folder: tempfile::tempdir().unwrap(), cluster: is_postgresql.then(Cluster::start) }
    }

    /// Creates a folder with SQLite, also in the tests that use PostgreSQL.
    pub fn with_database_file() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), cluster: None }
    }

    /// Creates a folder with PostgreSQL, also in the tests that use SQLite.
    #[allow(dead_code, reason = "only tests outside of tests/api use it")]
    pub fn with_cluster() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), cluster: Some(Cluster::start()) }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the SQLite file, or `None` with PostgreSQL.
    pub fn database_file(&self) -> Option<PathBuf> {
        self.cluster.is_none().then(|| self.path().join("portreeve.db"))
    }

    pub fn database_url(&self) -> String {
        match &self.cluster {
            Some(cluster) => cluster.url(),
            None => format!("sqlite://{}", self.path().join("portreeve.db").display()),
        }
    }

    /// Reads the whole content of the database, as bytes.
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

/// A change of the folder before the start.
pub type Prepare = Box<dyn FnOnce(&Path)>;

/// The settings of a server, without its folder.
#[derive(Default)]
pub struct Setup {
    pub flags: FlagSettings,
    pub without_password: bool,
    pub prepare: Option<Prepare>,
    /// The greatest number of repository names that one request looks at. `None` keeps the server's limit.
    pub looked_at: Option<usize>,
}

/// Builds the settings for a server in `folder`.
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
    let mut config = Config::load(&flags, &environment, no_file).unwrap().0;
    config.looked_at = setup.looked_at.unwrap_or(config.looked_at);
    config
}

impl App {
    pub async fn spawn() -> Self {
        Self::spawn_with(Setup::default()).await
    }

    /// Starts a server that does not throttle clients that guess passwords.
    pub async fn spawn_unthrottled() -> Self {
        let throttle_exempt = ["127.0.0.0/8", "::1"].map(str::to_owned).to_vec();
        let flags = FlagSettings { throttle_exempt, ..FlagSettings::default() };
        Self::spawn_with(Setup { flags, ..Setup::default() }).await
    }

    /// Starts a server on this folder, which may be the folder of a stopped server.
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
        // The test has its own clock. The clock starts near the present, so that certificates are valid.
        let clock = Arc::new(AtomicI64::new(Clock::System.now().as_micros()));
        let running = app::start(config(&folder, &setup), Clock::Fixed(clock.clone())).await.unwrap();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self {
            address: running.address,
            folder,
            clock,
            // The tests of TLS use their own clients, which verify certificates.
            client: client.tls_danger_accept_invalid_certs(true).build().unwrap(),
            scheme: if setup.flags.tls_cert.is_some() { "https" } else { "http" },
            running: Some(running),
        }
    }

    /// Returns the address of `--internal-listen`, which serves metrics and documentation.
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

    /// Sets the server's clock, in microseconds since the epoch.
    pub fn set_micros(&self, micros: i64) {
        self.clock.store(micros, Ordering::SeqCst);
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}://localhost:{}{path}", self.scheme, self.address.port())
    }

    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method.parse().unwrap(), self.url(path))
    }

    /// Sends a request. Sends the request again if the server closed the connection before the whole body was sent.
    pub async fn send(request: reqwest::RequestBuilder) -> Reply {
        reply::send(request).await
    }

    /// Builds a request of the administration API as the administrator.
    pub fn api_request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.request(method, &format!("/api/v1{path}")).basic_auth(ADMIN.0, Some(ADMIN.1))
    }

    /// Calls the API as the administrator, with a body as text.
    pub async fn api_text(&self, method: &str, path: &str, kind: &str, body: String) -> Reply {
        Self::send(self.api_request(method, path).header("content-type", kind).body(body)).await
    }

    /// Calls the API as the administrator, with one additional header.
    pub async fn api_with(
        &self,
        method: &str,
        path: &str,
        (name, value): (&str, &str),
        body: Option<Value>,
    ) -> Reply {
        let request = self.api_request(method, path).header(name, value);
        Self::send(if let Some(body) = body { request.json(&body) } else { request }).await
    }

    /// Sends `GET /token?QUERY`.
    pub async fn token(&self, login: Option<(&str, &str)>, query: &str) -> Reply {
        let mut request = self.request("GET", &format!("/token?{query}"));
        if let Some((user, password)) = login {
            request = request.basic_auth(user, Some(password));
        }
        Self::send(request).await
    }

    /// Sends `POST /token` with a form.
    pub async fn post_token(&self, form: &[(&str, &str)]) -> Reply {
        Self::send(self.request("POST", "/token").form(form)).await
    }

    /// Calls the administration API with this login.
    pub async fn api_as(&self, login: (&str, &str), method: &str, path: &str, body: Option<Value>) -> Reply {
        let mut request = self.request(method, &format!("/api/v1{path}")).basic_auth(login.0, Some(login.1));
        if let Some(body) = body {
            request = request.json(&body);
        }
        Self::send(request).await
    }

    /// Calls the administration API as the administrator.
    pub async fn api(&self, method: &str, path: &str, body: Value) -> Reply {
        let body = if body.is_null() { None } else { Some(body) };
        self.api_as(ADMIN, method, path, body).await
    }

    /// Calls the API as the administrator. The test fails if the answer is not a success.
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

    /// Creates a robot with a key. Returns the secret of the key.
    pub async fn robot(&self, name: &str, scopes: Value) -> String {
        self.must("PUT", &format!("/robots/{name}"), json!({})).await;
        let path = format!("/robots/{name}/access-keys");
        let key = self.must("POST", &path, json!({"name": "test", "scopes": scopes})).await;
        key["secret"].as_str().unwrap().to_owned()
    }

    /// Sends these bytes. Returns the whole answer.
    pub async fn raw(&self, request: impl Into<Vec<u8>>) -> String {
        let (address, request) = (self.address, request.into());
        tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            // The server may close the connection before it has read everything.
            let _ = stream.write_all(&request);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            String::from_utf8_lossy(&answer).into_owned()
        })
        .await
        .unwrap()
    }
}
