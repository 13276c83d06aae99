//! One or more servers on one database, and the identity providers that they ask.

use super::browser::{Browser, Page};
use super::postgres::Cluster;
use super::provider::{Provider, SECRET};
use crate::reply::{Reply, send};
use crate::server::free_port;
use portreeve::app::{self, Running};
use portreeve::clock::Clock;
use portreeve::config::{Config, FlagSettings};
use reqwest::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const ADMIN: (&str, &str) = ("admin", "correct horse battery staple");

/// The database of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgresql,
}

/// Makes a test for each database from a function that takes a database.
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::world::Database::Sqlite).await;
            })+
        }
        mod postgresql {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::world::Database::Postgresql).await;
            })+
        }
    };
}
pub(crate) use on_both_databases;

pub struct World {
    pub folder: TempDir,
    cluster: Option<Cluster>,
    pub provider: Provider,
    /// The port for a second provider, which a test may start.
    second_port: u16,
    servers: Vec<Running>,
    /// The ports of the servers. People reach the first one.
    pub ports: Vec<u16>,
    client: Client,
}

fn config(folder: &Path, database: &str, port: u16, public: u16, hosts: [u16; 2]) -> Config {
    let flags = FlagSettings {
        listen: Some(format!("127.0.0.1:{port}")),
        database_url: Some(database.to_owned()),
        keys_dir: Some(folder.join("keys").to_str().unwrap().to_owned()),
        realm: Some(format!("http://localhost:{public}/token")),
        identity_hosts: hosts.map(|host| format!("127.0.0.1:{host}")).to_vec(),
        ..FlagSettings::default()
    };
    let environment = BTreeMap::from([("PORTREEVE_ADMIN_PASSWORD".to_owned(), ADMIN.1.to_owned())]);
    let no_file = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
    Config::load(&flags, &environment, no_file).unwrap().0
}

impl World {
    /// Starts one server and a provider. The server does not know the provider yet.
    pub async fn start(database: Database) -> Self {
        Self::start_with(database, 1, "userinfo").await
    }

    /// Starts this number of servers and a provider. The provider puts all claims into ID tokens (style `id`) or into
    /// userinfo.
    pub async fn start_with(database: Database, servers: usize, style: &'static str) -> Self {
        Self::start_at(database, servers, style, Clock::System).await
    }

    /// Starts this number of servers with this clock, and a provider of this style.
    pub async fn start_at(database: Database, servers: usize, style: &'static str, clock: Clock) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let cluster = (database == Database::Postgresql).then(Cluster::start);
        let ports: Vec<u16> = (0..servers).map(|_| free_port()).collect();
        let callback = format!("http://localhost:{}/signin/with/corp/callback", ports[0]);
        let provider = Provider::start(free_port(), &callback, style);
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let (servers, second_port) = (Vec::new(), free_port());
        let mut world = Self { folder, cluster, provider, second_port, servers, ports, client };
        for port in world.ports.clone() {
            let hosts = [world.provider.port, world.second_port];
            let config = config(world.folder.path(), &world.database(), port, world.ports[0], hosts);
            world.servers.push(app::start(config, clock.clone()).await.unwrap());
        }
        world
    }

    /// Starts a second provider, and sets it up as `second` with these settings.
    pub async fn second(&self, more: Value) -> Provider {
        let callback = self.url("/signin/with/second/callback");
        let provider = Provider::start(self.second_port, &callback, "userinfo");
        let mut settings = self.settings(more);
        settings["issuer"] = json!(provider.issuer());
        self.must("PUT", "/identity-providers/second", settings).await;
        provider
    }

    /// Starts an empty server on another database, which may ask the same provider. Returns the server's address.
    pub async fn another(&self) -> (String, Running, TempDir) {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let database = format!("sqlite://{}", folder.path().join("portreeve.db").display());
        let config = config(folder.path(), &database, port, port, [self.provider.port, free_port()]);
        let running = app::start(config, Clock::System).await.unwrap();
        (format!("http://localhost:{port}"), running, folder)
    }

    /// Starts a world whose provider is set up as `corp`, with these additional settings.
    pub async fn with_provider(database: Database, more: Value) -> Self {
        let world = Self::start(database).await;
        world.set_up(more).await;
        world
    }

    pub fn settings(&self, more: Value) -> Value {
        let mut settings = json!({
            "kind": "oidc", "issuer": self.provider.issuer(), "client_id": "portreeve", "client_secret": SECRET,
            "groups_claim": "groups", "automatic": true, "labels": {"team": "department"}
        });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        settings
    }

    pub async fn set_up(&self, more: Value) -> Value {
        self.must("PUT", "/identity-providers/corp", self.settings(more)).await
    }

    pub fn database(&self) -> String {
        match &self.cluster {
            Some(cluster) => cluster.url(),
            None => format!("sqlite://{}", self.folder.path().join("portreeve.db").display()),
        }
    }

    /// Reads the whole content of the database, as bytes.
    pub fn database_bytes(&self) -> Vec<u8> {
        match &self.cluster {
            Some(cluster) => cluster.dump(),
            None => ["portreeve.db", "portreeve.db-wal"]
                .iter()
                .flat_map(|file| std::fs::read(self.folder.path().join(file)).unwrap())
                .collect(),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.ports[0])
    }

    /// Calls the administration API as the administrator.
    pub async fn api(&self, method: &str, path: &str, body: Value) -> Reply {
        let url = self.url(&format!("/api/v1{path}"));
        let mut request =
            self.client.request(method.parse().unwrap(), url).basic_auth(ADMIN.0, Some(ADMIN.1));
        if !body.is_null() {
            request = request.json(&body);
        }
        send(request).await
    }

    /// Calls the API as the administrator. The test fails if the answer is not a success.
    pub async fn must(&self, method: &str, path: &str, body: Value) -> Value {
        let reply = self.api(method, path, body).await;
        assert!((200..300).contains(&reply.status), "{method} {path}: {} {}", reply.status, reply.text);
        if reply.text.is_empty() { Value::Null } else { reply.json() }
    }

    /// Returns the URL that begins a sign-in.
    pub fn start_path(&self) -> String {
        self.url("/signin/with/corp")
    }

    /// Signs in with a new browser. The sign-in must succeed.
    pub async fn sign_in(&self, login: &str) -> Browser {
        self.sign_in_with("corp", login).await
    }

    /// Signs in with this provider in a new browser.
    pub async fn sign_in_with(&self, provider: &str, login: &str) -> Browser {
        let mut browser = Browser::new();
        let page = browser.sign_in(&self.url(&format!("/signin/with/{provider}")), login).await;
        assert_eq!(
            (page.status, page.to.map(|to| to.path().to_owned())),
            (303, Some("/signin/keys".to_owned())),
            "{}",
            page.text
        );
        assert!(browser.cookie(&self.url("/"), "__Host-ptr_session").is_some());
        assert!(browser.cookie(&self.url("/"), "__Host-ptr_flow").is_none());
        browser
    }

    /// Tries to sign in with a new browser. Returns the page that refuses the sign-in.
    pub async fn refused(&self, login: &str) -> Page {
        let mut browser = Browser::new();
        let page = browser.sign_in(&self.start_path(), login).await;
        assert!(browser.cookie(&self.url("/"), "__Host-ptr_session").is_none(), "{page:?}");
        assert!(page.status >= 400, "{page:?}");
        page
    }

    /// Creates an access key of a user.
    pub async fn key(&self, user: &str) -> String {
        let key = self.must("POST", &format!("/users/{user}/access-keys"), json!({"name": "laptop"})).await;
        key["secret"].as_str().unwrap().to_owned()
    }

    /// Requests a token with a key, from the server with this number.
    pub async fn token_at(&self, server: usize, user: &str, key: &str) -> Reply {
        let scope = "repository:web/site:pull";
        let url = format!("http://localhost:{}/token?service=registry&scope={scope}", self.ports[server]);
        send(self.client.get(url).basic_auth(user, Some(key))).await
    }

    pub async fn token(&self, user: &str, key: &str) -> Reply {
        self.token_at(0, user, key).await
    }

    /// Returns the grants of a token that is requested with this key.
    pub async fn granted(&self, user: &str, key: &str) -> String {
        use base64::Engine;
        let reply = self.token(user, key).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let token = reply.json()["token"].as_str().unwrap().to_owned();
        let claims =
            base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap());
        serde_json::from_slice::<Value>(&claims.unwrap()).unwrap()["access"].to_string()
    }

    /// Waits until a condition is true. Returns the time that this took.
    pub async fn until(
        &self,
        what: &str,
        patience: Duration,
        mut holds: impl AsyncFnMut() -> bool,
    ) -> Duration {
        let began = Instant::now();
        loop {
            if holds().await {
                return began.elapsed();
            }
            assert!(began.elapsed() < patience, "{what}: not within {patience:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
