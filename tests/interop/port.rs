//! A server and a registry for one test, on loopback. They end with the test.

use crate::registry::{Process, free_port, read_configuration, registry, start, wait_for};
use crate::said::Said;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

pub const ADMIN: &str = "admin:correct horse battery staple";
pub const PASSWORD: &str = "a perfectly long password";

/// A token server and a registry that trusts it.
pub struct Port {
    pub folder: TempDir,
    pub server: String,
    pub registry: String,
    _server: Process,
    _registry: Process,
    client: reqwest::Client,
}

/// Runs a command for at most a minute.
pub fn run(program: &str, arguments: &[&str], folder: &Path) -> Said {
    run_with(program, arguments, folder, &[], "")
}

pub fn run_with(
    program: &str,
    arguments: &[&str],
    folder: &Path,
    environment: &[(&str, &str)],
    input: &str,
) -> Said {
    run_within(60, program, arguments, folder, environment, input)
}

/// Runs a command for at most this number of seconds.
pub fn run_within(
    seconds: u32,
    program: &str,
    arguments: &[&str],
    folder: &Path,
    environment: &[(&str, &str)],
    input: &str,
) -> Said {
    use std::io::Write;
    let mut child = Command::new("timeout")
        .arg(seconds.to_string())
        .arg(program)
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env_remove("DOCKER_CONFIG")
        .env_remove("REGISTRY_AUTH_FILE")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.code() != Some(127), "`{program}` is missing: run tests/run, which installs it");
    output.into()
}

impl Port {
    pub fn open() -> Self {
        Self::open_with(|_| {})
    }

    /// Starts the server and the registry. `prepare` may write files into the folder before the first start.
    pub fn open_with(prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let (server_port, registry_port) = (free_port(), free_port());
        let log = std::fs::File::create(folder.path().join("server.log")).unwrap();
        let mut server = Command::new(env!("CARGO_BIN_EXE_portreeve"))
            .args(["serve", "--listen", &format!("127.0.0.1:{server_port}")])
            .current_dir(folder.path())
            .env("PORTREEVE_ADMIN_PASSWORD", ADMIN.split_once(':').unwrap().1)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let printed = read_configuration(server.stdout.take().unwrap());
        let server = Process(server);
        wait_for(server_port, "the server");

        // The registry gets the printed block unchanged, and its own settings.
        let storage = folder.path().join("registry");
        let config = format!(
            "version: 0.1\nlog: {{level: warn}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\n  delete: {{enabled: true}}\nhttp: {{addr: \"127.0.0.1:{registry_port}\"}}\n{printed}",
            storage.display()
        );
        let config_file = folder.path().join("registry.yml");
        std::fs::write(&config_file, config).unwrap();
        let registry = start(registry(&config_file, &folder.path().join("registry.log")));
        wait_for(registry_port, "the registry");
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            folder,
            server: format!("localhost:{server_port}"),
            registry: format!("localhost:{registry_port}"),
            _server: server,
            _registry: registry,
            client: reqwest::Client::new(),
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes a tar file, which is the content of an image.
    pub fn content(&self, text: &str) -> PathBuf {
        std::fs::write(self.path().join("content"), text).unwrap();
        let said = run("tar", &["-cf", "content.tar", "content"], self.path());
        assert!(said.succeeded(), "{}", said.text());
        self.path().join("content.tar")
    }

    /// Calls the administration API. The call must succeed.
    pub async fn api(&self, method: &str, path: &str, body: Value) -> Value {
        let (user, password) = ADMIN.split_once(':').unwrap();
        let url = format!("http://{}/api/v1{path}", self.server);
        let mut request = self.client.request(method.parse().unwrap(), url).basic_auth(user, Some(password));
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Creates users. `writer` may pull, push and delete below `team`, and pull and push below `public`. `reader` may
    /// pull below `team`. Everybody may pull below `public`.
    pub async fn people(&self) {
        for name in ["writer", "reader"] {
            self.api("PUT", &format!("/users/{name}"), json!({"password": PASSWORD})).await;
        }
        for (rule, subject, names, actions) in [
            ("writers", "user:writer", "team/**", json!(["pull", "push", "delete"])),
            ("publishers", "user:writer", "public/**", json!(["pull", "push"])),
            ("readers", "user:reader", "team/**", json!(["pull"])),
            ("everybody", "everyone", "public/**", json!(["pull"])),
        ] {
            let rule_body = json!({"subjects": [subject], "names": [names], "actions": actions});
            self.api("PUT", &format!("/rules/{rule}"), rule_body).await;
        }
    }

    /// Sends a GET to the registry with a token for `scope`. Returns the status.
    pub async fn get(&self, login: (&str, &str), scope: &str, path: &str) -> u16 {
        let url = format!("http://{}/token?service=registry&scope={scope}", self.server);
        let answer = self.client.get(url).basic_auth(login.0, Some(login.1)).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        let url = format!("http://{}{path}", self.registry);
        let answer = self.client.get(url).bearer_auth(body["token"].as_str().unwrap()).send().await.unwrap();
        answer.status().as_u16()
    }

    pub fn server_log(&self) -> String {
        std::fs::read_to_string(self.path().join("server.log")).unwrap()
    }
}
