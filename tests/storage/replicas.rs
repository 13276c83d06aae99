//! Several servers on one PostgreSQL and one keys folder.

use super::postgres::Cluster;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Replica {
    process: Child,
    port: u16,
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn start(folder: &Path, database: &str) -> Replica {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let process = Command::new(env!("CARGO_BIN_EXE_portreeve"))
        .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--database-url", database])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    Replica { process, port }
}

impl Replica {
    fn wait(&mut self) {
        let patience = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if let Some(status) = self.process.try_wait().unwrap() {
                let mut log = String::new();
                self.process.stderr.take().unwrap().read_to_string(&mut log).unwrap();
                panic!("{status}: {log}");
            }
            assert!(Instant::now() < patience, "a replica does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        let mut lines = BufReader::new(self.process.stdout.as_mut().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("rootcertbundle")));
    }

    async fn call(&self, method: &str, path: &str, password: &str, body: Value) -> (u16, Value) {
        let url = format!("http://localhost:{}{path}", self.port);
        let request = reqwest::Client::new().request(method.parse().unwrap(), url);
        let request = request.basic_auth("admin", Some(password));
        let request = if body.is_null() { request } else { request.json(&body) };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_replicas_start_at_once_with_one_authority_and_one_administrator() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let mut replicas: Vec<Replica> = (0..3).map(|_| start(folder.path(), &cluster.url())).collect();
    for replica in &mut replicas {
        replica.wait();
    }
    let password = std::fs::read_to_string(folder.path().join("keys/initial-admin-password")).unwrap();
    let password = password.trim();
    let mut keys = Vec::new();
    for replica in &replicas {
        let (status, answer) = replica.call("GET", "/token?service=registry", password, Value::Null).await;
        assert_eq!(status, 200, "{answer}");
        keys.push(replica.call("GET", "/.well-known/jwks.json", password, Value::Null).await.1);
    }
    assert!(keys.iter().all(|key| *key == keys[0]), "one signing key");
    let files: Vec<String> = std::fs::read_dir(folder.path().join("keys"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files.iter().filter(|name| name.ends_with(".key")).count(), 2, "{files:?}");

    // A rule written at one holds at the others within a second.
    let rule = json!({"subjects": ["everyone"], "names": ["open"], "actions": ["pull"]});
    let (status, _) = replicas[0].call("PUT", "/api/v1/rules/open", password, rule).await;
    assert_eq!(status, 201);
    let written = Instant::now();
    for replica in &replicas[1..] {
        loop {
            let url = format!("http://localhost:{}/token?scope=repository:open:pull", replica.port);
            if reqwest::get(url).await.unwrap().status() == 200 {
                break;
            }
            assert!(written.elapsed() < Duration::from_secs(5), "the rule does not arrive");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[test]
fn a_server_that_is_told_to_stop_ends_with_code_0() {
    let folder = tempfile::tempdir().unwrap();
    let mut replica = start(folder.path(), "sqlite://test.db");
    replica.wait();
    let told = Command::new("kill").args(["-TERM", &replica.process.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(replica.process.wait().unwrap().code(), Some(0));
    assert!(!folder.path().join("test.db-wal").exists(), "the last writes are in the main file");
}
