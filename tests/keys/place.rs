//! A server with its keys folder, and commands that run beside it.

use crate::said::Said;
use crate::server::{ADMIN_PASSWORD, Server, client};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The URL of the database of a server that does not share its database.
pub const SQLITE: &str = "sqlite://portreeve.db";
/// The time within which running servers must sign with another key.
pub const PROMISED: Duration = Duration::from_secs(2);
/// The time limit of the tests on a busy machine. The promised time is for a machine that does nothing else.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A server on SQLite in its own folder.
pub struct Place {
    pub server: Server,
    pub folder: TempDir,
}

/// Runs the program in a folder, with the words of `line` and the arguments in `more`.
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

/// Returns the keys that `keys list -o json` prints.
pub async fn list(folder: &Path) -> Vec<Value> {
    run(folder, "keys list -o json", &[]).await.json().as_array().unwrap().clone()
}

impl Place {
    pub async fn open() -> Self {
        Self::open_with(&[], |_| {}).await
    }

    /// Starts a server with these flags of `serve`. Before the start, `prepare` may write files into the server's
    /// folder.
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

    /// Returns the path of a file in the keys folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join("keys").join(name)
    }

    pub async fn run(&self, line: &str) -> Said {
        run(self.path(), line, &[]).await
    }

    /// Runs `portreeve login` as the administrator, for later commands in this folder.
    pub async fn log_in(&self) {
        std::fs::write(self.path().join("password"), ADMIN_PASSWORD).unwrap();
        let mut command = command(self.path(), "login --user admin");
        command.arg(self.server.url("")).stdin(std::fs::File::open(self.path().join("password")).unwrap());
        let said: Said = tokio::task::spawn_blocking(move || command.output().unwrap().into()).await.unwrap();
        said.ok();
    }

    /// Creates or changes a service.
    pub async fn service(&self, name: &str, body: Value) -> Value {
        self.server.must("PUT", &format!("/services/{name}"), body).await
    }

    /// Returns the names of the keys in this state: the keys of a service, or the keys that several services share.
    pub async fn keys(&self, state: &str, service: Option<&str>) -> Vec<String> {
        let listed = list(self.path()).await;
        let found = listed.iter().filter(|key| key["state"] == state && key["service"] == json!(service));
        found.map(|key| key["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Returns the name of the only key that signs for a service, or of the only shared key that signs.
    pub async fn signing(&self, service: Option<&str>) -> String {
        let mut found = self.keys("signing", service).await;
        assert_eq!(found.len(), 1, "{service:?}");
        found.remove(0)
    }

    /// Returns the name of the key that waits to sign, if there is one.
    pub async fn next(&self, service: Option<&str>) -> Option<String> {
        let mut found = self.keys("next", service).await;
        assert!(found.len() < 2, "{service:?}: {found:?}");
        found.pop()
    }

    /// Returns the id of a key in this form: `thumbprint` or `libtrust_id`.
    pub async fn id_of(&self, key: &str, form: &str) -> String {
        let listed = list(self.path()).await;
        let found = listed.iter().find(|listed| listed["name"] == key).expect(key);
        found[form].as_str().unwrap().to_owned()
    }

    pub async fn token(&self, service: &str, scope: &str) -> String {
        token(&self.server, service, scope).await
    }

    /// Reads the key set of a service, or of all services.
    pub async fn key_set(&self, service: Option<&str>) -> Vec<Value> {
        key_set(&self.server, service).await
    }

    /// Waits until this key signs the tokens of a service. Returns the time that this took.
    pub async fn signed_by(&self, service: &str, key: &str, form: &str) -> Duration {
        let id = self.id_of(key, form).await;
        signed_by(&self.server, service, &id).await
    }

    /// Reads the records of the audit trail about signing keys, oldest first: action, name, before, after.
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

/// Gets a token of the administrator.
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

/// Waits until a server signs the tokens of a service by the key with this id. Returns the time that this took.
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
