//! The worlds in which the examples are tried. One world has everything that the examples name, one has only accounts
//! and a registry, and one has only the administrator.

use crate::server::{self, Server, client};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The password of every user. A command reads its input in blocks whose size is a multiple of 32 bytes. With its line
/// end the password has 32 bytes, so the next command finds a whole line.
pub const PASSWORD: &str = "correct horse battery staple...";

/// The folder of a server before an example, and the names that differ in each world.
pub struct World {
    folder: TempDir,
    /// The names in the examples, and their values in this world.
    names: Vec<(&'static str, String)>,
    port: u16,
}

/// The result of an example.
pub struct Ran {
    pub output: Output,
    /// The folder after the example.
    pub folder: TempDir,
}

impl Ran {
    pub fn text(&self) -> String {
        let read = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        read(&self.output.stdout) + &read(&self.output.stderr)
    }

    pub fn code(&self) -> i32 {
        self.output.status.code().unwrap_or(-1)
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
            fs::set_permissions(&target, entry.metadata().unwrap().permissions()).unwrap();
        } else if kind.is_symlink() {
            // The program is linked, not copied. A copy could not be run while another thread starts a process.
            std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), &target).unwrap();
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// Builds a command that runs a shell in a folder, with its own home folder and programs.
fn shell(folder: &Path, script: &str) -> Command {
    let mut command = Command::new("sh");
    let path = std::env::var("PATH").unwrap();
    command
        .args(["-c", script])
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder.join("home"))
        // `xdg-open` opens pages only if a screen is set.
        .env("DISPLAY", ":0")
        .env("PATH", format!("{}:{path}", folder.join("home/bin").display()))
        .stdin(File::open(folder.join("home/passwords")).unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn must(folder: &Path, script: &str) -> String {
    let output = shell(folder, script).output().unwrap();
    assert!(output.status.success(), "{script}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A program that plays the browser: a person signs in and approves the device of the page.
const BROWSER: &str = r#"#!/bin/sh
jar=$(mktemp) base=${1%%/signin*} code=${1##*code=}
open() { /usr/bin/curl --silent --cookie "$jar" --cookie-jar "$jar" --header 'Sec-Fetch-Site: same-origin' "$@"; }
token() { open "$base$1" | sed -n 's/.*name="token" value="\([^"]*\)".*/\1/p' | head -n 1; }
password=$(head -n 1 "$HOME/passwords")
open --data-urlencode "token=$(token /signin)" --data user=admin --data-urlencode "password=$password" "$base/signin/password"
open --data-urlencode "token=$(token /signin/device)" --data "code=$code" --data answer=approve "$base/signin/device/answer"
"#;

/// Writes the files that the examples name. An unquoted `*` would match `a` and `b`.
fn write_files(folder: &Path) {
    let at = |name: &str| folder.join(name);
    for name in [
        "home/bin",
        "etc/docker/registry",
        "etc/portreeve",
        "etc/bash_completion.d",
        "rules",
        "policy",
        "port",
        "backup",
    ] {
        fs::create_dir_all(at(name)).unwrap();
    }
    let team = "kind: group\nname: apes\nmembers: []\n---\nkind: rule\nname: apes\nsubjects: [\"group:apes\"]\nnames: \
                [\"apes/**\"]\nactions: [pull]\n";
    for name in ["port.yaml", "rules/rules.yaml", "policy/rules.yaml", "port/rules.yaml"] {
        fs::write(at(name), team).unwrap();
    }
    for name in ["a", "b"] {
        fs::write(at(name), "").unwrap();
    }
    let registry = "version: 0.1\nauth: {token: {realm: \"http://localhost:5001/token\", service: registry, issuer: portreeve, \
                    rootcertbundle: keys/ca.crt}}\n";
    fs::write(at("etc/docker/registry/config.yml"), registry).unwrap();
    let lines = format!("{PASSWORD}\n").repeat(2048);
    fs::write(at("home/passwords"), &lines).unwrap();
    for name in ["password.txt", "secret.txt"] {
        fs::write(at(name), format!("{PASSWORD}\n")).unwrap();
    }
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_portreeve"), at("home/bin/portreeve")).unwrap();
    // Without `--fail`, a refusal of the API would look like a success.
    let curl = "#!/bin/sh\nexec /usr/bin/curl --fail-with-body \"$@\"\n";
    fs::write(at("home/bin/curl"), curl).unwrap();
    fs::set_permissions(at("home/bin/curl"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(at("home/bin/xdg-open"), BROWSER).unwrap();
    fs::set_permissions(at("home/bin/xdg-open"), fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["portreeve.toml", "etc/portreeve/portreeve.toml"] {
        let hosts =
            "identity_hosts = [\"id.example.org\", \"login.microsoftonline.com\", \"accounts.google.com\"]\n";
        fs::write(at(name), format!("listen = \"127.0.0.1:0\"\n{hosts}")).unwrap();
    }
    let freeze = "kind: rule\nname: freeze\neffect: deny\nsubjects: [everyone]\nnames: [\"web/release/**\"]\nactions: [push]\n";
    fs::write(at("freeze.yaml"), freeze).unwrap();
    fs::write(at("questions.txt"), "user:admin registry repository:web/site:pull,push\n").unwrap();
    fs::write(at("freeze10.yaml"), format!("{freeze}priority: 10\n")).unwrap();
    for name in ["hsm", "mine", "zot"] {
        let make = "umask 077; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out";
        must(folder, &format!("{make} {name}.key 2>/dev/null"));
    }
    must(
        folder,
        "openssl req -x509 -key mine.key -subj /CN=mine -days 30 -out chain.pem && cp chain.pem our-ca.crt",
    );
}

/// The content of the server before an example runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filling {
    /// Everything that examples change, show and delete.
    Everything,
    /// People, machines, one registry and one reported repository. No rule gives the people or machines any rights.
    Accounts,
    /// Only what the first start creates: the administrator and one registry.
    Nothing,
}

/// Creates the people, machines, groups, rules and registries of the examples.
async fn fill(server: &Server, filling: Filling) {
    let accounts = [
        ("/users/alice", json!({"password": PASSWORD, "labels": {"team": ["web"]}})),
        ("/users/bob", json!({"password": PASSWORD})),
        ("/users/carol", json!({})),
        ("/robots/ci", json!({})),
        ("/robots/ci-web", json!({})),
    ];
    let team = json!({"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull", "push"]});
    let freeze =
        json!({"effect": "deny", "subjects": ["everyone"], "names": ["web/release/**"], "actions": ["push"]});
    let others = [
        ("/groups/web", json!({"members": ["user:alice", "robot:ci-web"]})),
        ("/rules/web", team.clone()),
        ("/rules/web-team", team),
        ("/rules/freeze", freeze),
        ("/services/registry.example.org", json!({})),
        ("/services/zot.example.org", json!({"profile": "zot"})),
        ("/identity-providers/corp", json!({"issuer": "https://id.example.org", "client_id": "portreeve"})),
        ("/users/erin", json!({})),
        ("/users/erin/identity", json!({"provider": "corp", "external_id": "4711"})),
    ];
    let put = async |path: &str, body: Value| {
        let (status, answer) = api(server, "PUT", path, body).await;
        assert!(status < 300, "{path}: {status} {answer}");
    };
    if filling != Filling::Nothing {
        for (path, body) in accounts {
            put(path, body).await;
        }
        report(server).await;
    }
    if filling == Filling::Everything {
        for (path, body) in others {
            put(path, body).await;
        }
        assert_eq!(api(server, "POST", "/users/carol/invitation", Value::Null).await.0, 201);
        // An example shows a change by its number, so the server needs at least that many changes.
        for number in 0..42 {
            put("/robots/ci", json!({"description": number.to_string()})).await;
        }
    }
}

/// Reports an image, so that a repository exists.
async fn report(server: &Server) {
    let digest = format!("sha256:{}", "a".repeat(64));
    let event = json!({"id": "1", "timestamp": "2026-11-21T10:27:04Z", "action": "push",
        "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "repository": "web/site",
            "tag": "v1"},
        "request": {"id": "1", "method": "PUT"}, "actor": {"name": "alice"}, "source": {"instanceID": "one"}});
    let request = client().post(server.url("/events/registry")).basic_auth("admin", Some(PASSWORD));
    let answer = request.json(&json!({"events": [event]})).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
}

async fn api(server: &Server, method: &str, path: &str, body: Value) -> (u16, Value) {
    let request = client().request(method.parse().unwrap(), server.url(&format!("/api/v1{path}")));
    let request = request.basic_auth("admin", Some(PASSWORD));
    let request = if body.is_null() { request } else { request.json(&body) };
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

impl World {
    pub async fn build(filling: Filling) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_files(folder.path());
        let mut server = start(folder.path(), server::free_port()).await;
        let mut names = Vec::new();
        must(folder.path(), &format!("portreeve login {} --user admin < password.txt", server.url("")));
        fill(&server, filling).await;
        if filling == Filling::Everything {
            let mut ids = Vec::new();
            for name in ["build server", "other"] {
                let key = api(&server, "POST", "/robots/ci-web/access-keys", json!({"name": name})).await.1;
                ids.push(key["id"].as_str().unwrap().to_owned());
            }
            // `explain --access-key` asks about the robot `ci-web`.
            names.push(("01a1fd33-e11c-7066-b46c-f2ac927f205e", ids[0].clone()));
            names.push(("01a1fd9f-e5ef-722f-85ea-dce286c2115d", ids[1].clone()));
            for user in ["admin", "alice"] {
                let url = server.url("/token?service=registry&offline_token=true&client_id=docker");
                client().get(url).basic_auth(user, Some(PASSWORD)).send().await.unwrap();
            }
            let session = api(&server, "GET", "/refresh-tokens?subject=user:admin", Value::Null).await.1;
            let id = session["items"][0]["id"].as_str().unwrap().to_owned();
            names.push(("01a1fd33-77a6-71e5-8784-8803628184d0", id));
            let keys = must(folder.path(), "portreeve keys rotate && portreeve keys list -o json");
            let list = keys.get(keys.find('[').unwrap()..).unwrap();
            let keys: Vec<Value> = serde_json::from_str(list).unwrap();
            let retired = keys.iter().find(|key| key["state"] == "retired").unwrap();
            names.push(("signing-1a2b3c4d", retired["name"].as_str().unwrap().to_owned()));
            must(folder.path(), "portreeve audit export trail.jsonl && portreeve backup backup/portreeve.db");
        }
        let port = server.port;
        assert!(server.terminate().success());
        drop(server);
        fs::remove_file(folder.path().join(format!("log-{port}"))).unwrap();
        Self { folder, names, port }
    }

    /// Runs a script with a copy of this world. The server of the copy runs, or is stopped.
    pub async fn run(&self, script: &str, with_server: bool) -> Ran {
        let folder = tempfile::tempdir().unwrap();
        copy(self.folder.path(), folder.path());
        let port = server::free_port();
        let login = folder.path().join("home/.config/portreeve/login.json");
        let saved = fs::read_to_string(&login).unwrap();
        fs::write(&login, saved.replace(&format!(":{}", self.port), &format!(":{port}"))).unwrap();
        let server = if with_server { Some(start(folder.path(), port).await) } else { None };
        let script = self.here(script, folder.path(), port);
        let mut command = shell(folder.path(), &script);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        drop(server);
        Ran { output, folder }
    }

    /// Replaces the names of the examples in a script by the names of this world.
    fn here(&self, script: &str, folder: &Path, port: u16) -> String {
        let (url, place) = (format!("http://localhost:{port}"), folder.display().to_string());
        let mut text = script.to_owned();
        for (there, here) in [
            ("http://localhost:5001", url.as_str()),
            ("https://auth.example.org", &url),
            ("/var/lib/portreeve", &place),
            ("/etc/", &format!("{place}/etc/")),
            ("keys/initial-admin-password", "password.txt"),
            ("admin:correct horse battery'", &format!("admin:{PASSWORD}'")),
            ("a long enough secret", PASSWORD),
            // A shell function returns the exit code of its last command.
            ("\"$@\"; echo; }", "\"$@\"; ended=$?; echo; return $ended; }"),
            ("alias portreeve=target/release/portreeve\n", "\n"),
        ] {
            text = text.replace(there, here);
        }
        self.names.iter().fold(text, |text, (there, here)| text.replace(there, here))
    }
}

async fn start(folder: &Path, port: u16) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portreeve"));
    command.env_clear();
    let mut server = Server::run_with(command, port, folder, "sqlite://portreeve.db", &[], PASSWORD);
    server.ready().await;
    server
}

/// Returns the folder of the tested repository.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
