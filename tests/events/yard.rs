//! Debian's registry, which reports to a test server through a proxy that can fail.

use crate::front::Front;
use crate::registry::{Process, free_port, registry, start, wait_for};
use crate::rows;
use crate::server::{Server, client};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const PASSWORD: &str = "a perfectly long password";
const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

/// A server, a registry, and the proxy between them.
pub struct Yard {
    pub folder: TempDir,
    pub server: Server,
    pub front: Front,
    pub registry: String,
    debug: u16,
    key: String,
    _registry: Process,
}

/// The output of a command, and a flag for its success.
pub struct Said {
    pub ok: bool,
    pub text: String,
}

/// Runs a command for at most a minute.
pub fn run(program: &str, arguments: &[&str], folder: &Path) -> Said {
    let output = Command::new("timeout")
        .arg("60")
        .arg(program)
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env_remove("REGISTRY_AUTH_FILE")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.code() != Some(127), "`{program}` is missing: run tests/run, which installs it");
    let text = [output.stdout, output.stderr].concat();
    Said { ok: output.status.success(), text: String::from_utf8_lossy(&text).into_owned() }
}

impl Yard {
    /// Starts the server, the proxy and the registry. `alice` may do everything below `team`.
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let flags = ["--registry-host", &format!("localhost:{port}")];
        // The server must not choose the port of the registry.
        let held = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
        let mut server = Server::spawn(folder.path(), "sqlite://test.db", &flags);
        drop(held);
        server.ready().await;
        server.must("PUT", "/users/alice", json!({"password": PASSWORD})).await;
        server.must("PUT", "/robots/reporter", json!({})).await;
        for (name, rule) in [
            (
                "alice",
                json!({"subjects": ["user:alice"], "names": ["team/**"], "actions": ["pull", "push", "delete"]}),
            ),
            (
                "report",
                json!({"subjects": ["robot:reporter"], "type": "registry", "names": ["events"], "actions": ["push"]}),
            ),
        ] {
            server.must("PUT", &format!("/rules/{name}"), rule).await;
        }
        let key = json!({"name": "registry", "scopes": ["registry:events:push"]});
        let key = server.must("POST", "/robots/reporter/access-keys", key).await;
        let key = key["secret"].as_str().unwrap().to_owned();
        let front = Front::open(server.port).await;
        let set_up = server.must("GET", "/services/registry/registry-config", Value::Null).await;
        let debug = free_port();
        let mut config = String::from("version: 0.1\nlog: {level: warn}\n");
        writeln!(
            config,
            "storage:\n  filesystem: {{rootdirectory: {}}}",
            folder.path().join("registry").display()
        )
        .unwrap();
        writeln!(config, "  delete: {{enabled: true}}\nhttp:\n  addr: \"127.0.0.1:{port}\"\n  debug: {{addr: \"127.0.0.1:{debug}\"}}").unwrap();
        let bundle = folder.path().join("keys/ca.crt");
        let auth = set_up["configuration"].as_str().unwrap();
        let path = set_up["files"][0]["path"].as_str().unwrap();
        config.push_str(&auth.replace(path, bundle.to_str().unwrap()));
        // The configuration is the printed one, except for the key, the proxy's address, and shorter waits.
        let block = set_up["notifications"].as_str().unwrap().replace("ACCESS_KEY", &key);
        let block =
            block.replace(&format!("localhost:{}", server.port), &format!("127.0.0.1:{}", front.port));
        config
            .push_str(&block.replace("timeout: 5s", "timeout: 1s").replace("backoff: 1s", "backoff: 100ms"));
        let file = folder.path().join("registry.yml");
        std::fs::write(&file, config).unwrap();
        let process = start(registry(&file, &folder.path().join("registry.log")));
        wait_for(port, "the registry");
        wait_for(debug, "what the registry counts");
        Self { folder, server, front, registry: format!("localhost:{port}"), debug, key, _registry: process }
    }

    /// Returns the URL of the database of events.
    pub fn url(&self) -> String {
        rows::beside(self.folder.path(), "test")
    }

    /// Starts the server again on its old port.
    pub async fn start_again(&mut self) {
        let port = self.server.port;
        self.server = Server::spawn_on(port, self.folder.path(), "sqlite://test.db", &[]);
        self.server.ready().await;
    }

    /// Returns the registry's counts of events: created ones, and acknowledged ones.
    pub async fn counted(&self) -> (u64, u64) {
        let url = format!("http://127.0.0.1:{}/debug/vars", self.debug);
        let vars: Value = client().get(url).send().await.unwrap().json().await.unwrap();
        let metrics = &vars["registry"]["notifications"]["endpoints"][0]["metrics"];
        let metrics = if metrics.is_null() {
            &vars["registry"]["notifications"]["endpoints"][0]["Metrics"]
        } else {
            metrics
        };
        let number = |name: &str| metrics[name].as_u64().unwrap_or_else(|| panic!("{vars}"));
        (number("Events"), number("Successes"))
    }

    /// Waits until the registry has no more events to send. Returns the number of its events.
    pub async fn settle(&self) -> u64 {
        let patience = Instant::now() + Duration::from_secs(90);
        loop {
            let (events, successes) = self.counted().await;
            if events == successes {
                return events;
            }
            assert!(Instant::now() < patience, "{successes} of {events} sent: {}", self.server.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Gets a token of alice for everything in a repository.
    pub async fn token(&self, repository: &str) -> String {
        let url = self
            .server
            .url(&format!("/token?service=registry&scope=repository:{repository}:pull,push,delete"));
        let answer: Value =
            client().get(url).basic_auth("alice", Some(PASSWORD)).send().await.unwrap().json().await.unwrap();
        answer["token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Sends a request to the registry. Returns the status.
    pub async fn ask(&self, method: &str, token: &str, path: &str, body: Option<(&str, Vec<u8>)>) -> u16 {
        let url = format!("http://{}/v2/{path}", self.registry);
        let mut request = client().request(method.parse().unwrap(), url).bearer_auth(token);
        request = request.header("accept", IMAGE);
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body);
        }
        request.send().await.unwrap().status().as_u16()
    }

    /// Pushes an image of one layer, as clients do. Returns the digest.
    pub async fn push(&self, token: &str, repository: &str, tag: &str, content: &str) -> String {
        let layer = digest(content.as_bytes());
        let config = b"{}";
        for (name, bytes) in [(&layer, content.as_bytes()), (&digest(config), &config[..])] {
            let url = format!("http://{}/v2/{repository}/blobs/uploads/", self.registry);
            let begun = client().post(url).bearer_auth(token).send().await.unwrap();
            let place = begun.headers()["location"].to_str().unwrap().to_owned();
            let put = client().put(format!("{place}&digest={name}")).bearer_auth(token);
            let put = put.header("content-type", "application/octet-stream").body(bytes.to_vec());
            assert_eq!(put.send().await.unwrap().status(), 201);
        }
        let manifest = json!({
            "schemaVersion": 2, "mediaType": IMAGE,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(config), "size": 2},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer, "size": content.len()}]
        });
        let body = manifest.to_string().into_bytes();
        let name = digest(&body);
        let path = format!("{repository}/manifests/{tag}");
        assert_eq!(self.ask("PUT", token, &path, Some((IMAGE, body))).await, 201);
        name
    }

    /// Pushes a manifest without layers. Its configuration blob must already be in the repository.
    pub async fn push_again(&self, token: &str, repository: &str, tag: &str, number: usize) {
        let manifest = json!({
            "schemaVersion": 2, "mediaType": IMAGE,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(b"{}"), "size": 2},
            "layers": [], "annotations": {"number": number.to_string()}
        });
        let body = manifest.to_string().into_bytes();
        let path = format!("{repository}/manifests/{tag}");
        assert_eq!(self.ask("PUT", token, &path, Some((IMAGE, body))).await, 201);
    }

    /// Returns the access key of the registry.
    pub fn key(&self) -> &str {
        &self.key
    }
}

fn digest(bytes: &[u8]) -> String {
    let sum = ring::digest::digest(&ring::digest::SHA256, bytes);
    let hex: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
