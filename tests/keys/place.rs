//! A server with its keys folder, and the program beside it.

use crate::said::Said;
use crate::server::{ADMIN_PASSWORD, Server, client};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The database of a server that has one to itself.
pub const SQLITE: &str = "sqlite://portreeve.db";
/// Running servers sign with another key within this time.
pub const PROMISED: Duration = Duration::from_secs(2);
/// What is waited for on a machine that is busy with other tests; the promise is kept to by those that have the
/// machine to themselves.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A server on SQLite in a folder of its own.
pub struct Place {
    pub server: Server,
    pub folder: TempDir,
}

/// Runs the program in a folder, with the arguments of one line, and then these.
pub async fn run(folder: &Path, line: &str, more: &[&str]) -> Said {
    let mut command = command(folder, line);
    command.args(more);
    tokio::task::spawn_blocking(move || command.output().unwrap().into()).await.unwrap()
}

pub fn command(folder: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portreeve"));
    command.args(line.split_whitespace()).env_clear().env("HOME", folder);
    command.current_dir(folder).stdin(Stdio::null());
    command
}

/// What `keys list` shows.
pub async fn list(folder: &Path) -> Vec<Value> {
    run(folder, "keys list -o json", &[]).await.json().as_array().unwrap().clone()
}

impl Place {
    pub async fn open() -> Self {
        Self::open_with(&[], |_| {}).await
    }

    /// With these flags of `serve`, in a folder where something may be before the first start.
    pub async fn open_with(flags: &[&str], prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let mut server = Server::spawn(folder.path(), SQLITE, flags);
        server.ready().await;
        Self { server, folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file of the keys folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join("keys").join(name)
    }

    pub async fn run(&self, line: &str) -> Said {
        run(self.path(), line, &[]).await
    }

    /// Logs the command line in.
    pub async fn log_in(&self) {
        std::fs::write(self.path().join("password"), ADMIN_PASSWORD).unwrap();
        let mut command = command(self.path(), "login --user admin");
        command.arg(self.server.url("")).stdin(std::fs::File::open(self.path().join("password")).unwrap());
        let said: Said = tokio::task::spawn_blocking(move || command.output().unwrap().into()).await.unwrap();
        said.ok();
    }

    /// Makes a service, or changes it.
    pub async fn service(&self, name: &str, body: Value) -> Value {
        self.server.must("PUT", &format!("/services/{name}"), body).await
    }

    /// The keys that are in this state, of this service or of all others.
    pub async fn keys(&self, state: &str, service: Option<&str>) -> Vec<String> {
        let listed = list(self.path()).await;
        let found = listed.iter().filter(|key| key["state"] == state && key["service"] == json!(service));
        found.map(|key| key["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The one key that signs.
    pub async fn signing(&self, service: Option<&str>) -> String {
        let mut found = self.keys("signing", service).await;
        assert_eq!(found.len(), 1, "{service:?}");
        found.remove(0)
    }

    /// The key that waits.
    pub async fn next(&self, service: Option<&str>) -> Option<String> {
        let mut found = self.keys("next", service).await;
        assert!(found.len() < 2, "{service:?}: {found:?}");
        found.pop()
    }

    /// The id of a key, as tokens of the service name it.
    pub async fn id_of(&self, key: &str, form: &str) -> String {
        let listed = list(self.path()).await;
        let found = listed.iter().find(|listed| listed["name"] == key).expect(key);
        found[form].as_str().unwrap().to_owned()
    }

    pub async fn token(&self, service: &str, scope: &str) -> String {
        token(&self.server, service, scope).await
    }

    /// The key set of a service, or of all.
    pub async fn key_set(&self, service: Option<&str>) -> Vec<Value> {
        key_set(&self.server, service).await
    }

    /// Waits until tokens of a service are signed by this key, and returns how long that took.
    pub async fn signed_by(&self, service: &str, key: &str, form: &str) -> Duration {
        let id = self.id_of(key, form).await;
        signed_by(&self.server, service, &id).await
    }

    /// What the audit trail tells of the signing keys, the last first: action, name, before, after.
    pub async fn trail(&self) -> Vec<(String, String, Value, Value)> {
        let page = self.server.must("GET", "/changes?kind=signing-key&limit=100", Value::Null).await;
        let told = page["items"].as_array().unwrap().iter().map(|change| {
            let text = |field: &str| change[field].as_str().unwrap().to_owned();
            assert_eq!(text("actor"), "system");
            (text("action"), text("name"), change["before"].clone(), change["after"].clone())
        });
        told.collect()
    }
}

/// A token of the administrator's.
pub async fn token(server: &Server, service: &str, scope: &str) -> String {
    let request = client().get(server.url("/token")).query(&[("service", service), ("scope", scope)]);
    let answer = request.basic_auth("admin", Some(ADMIN_PASSWORD)).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 200, "{service}: {text}");
    let body: Value = serde_json::from_str(&text).unwrap();
    body["token"].as_str().unwrap().to_owned()
}

pub async fn key_set(server: &Server, service: Option<&str>) -> Vec<Value> {
    let query: Vec<_> = service.map(|service| ("service", service)).into_iter().collect();
    let answer = client().get(server.url("/.well-known/jwks.json")).query(&query).send().await.unwrap();
    let body: Value = answer.json().await.unwrap();
    body["keys"].as_array().unwrap().clone()
}

/// Waits until a server signs the tokens of a service by the key with this id, and returns how long that took.
pub async fn signed_by(server: &Server, service: &str, id: &str) -> Duration {
    let began = Instant::now();
    loop {
        let token = token(server, service, "").await;
        let took = began.elapsed();
        if crate::token::header(&token)["kid"] == *id {
            return took;
        }
        assert!(took < PATIENCE, "the server on port {} does not sign with the new key", server.port);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
