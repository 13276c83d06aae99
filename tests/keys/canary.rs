//! Private keys stay in the keys folder. During the whole life of the folder, no part of a private key is in the log,
//! in an answer, in the output of a command, in the database or in its backup.

use crate::needle::Needles;
use crate::openssl::{authority, certify, join, key};
use crate::place::{Place, SQLITE};
use crate::said::Said;
use crate::server::{ADMIN_PASSWORD, Server, client};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

const PASSWORD: &str = "a long enough pass phrase";

/// A server, the secrets of its keys, and everything that the server answers and the commands print.
struct Life {
    place: Place,
    needles: Needles,
    said: BTreeMap<String, Vec<u8>>,
}

impl Life {
    /// Adds all keys to the search: the keys in the folder, and the keys that an operator will add.
    fn note_keys(&mut self) {
        for folder in [self.place.path().join("keys"), self.place.path().to_owned()] {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|extension| extension == "key") {
                    self.needles.add(&std::fs::read(path).unwrap());
                }
            }
        }
    }

    fn keep(&mut self, what: &str, bytes: impl Into<Vec<u8>>) {
        self.note_keys();
        self.said.insert(format!("{:03} {what}", self.said.len()), bytes.into());
    }

    /// Runs a command, and keeps its output for the search.
    async fn run(&mut self, line: &str) -> Said {
        self.note_keys();
        let said = self.place.run(line).await;
        self.keep(line, format!("{}{}", said.out, said.err));
        said
    }

    async fn ask(&mut self, request: reqwest::RequestBuilder) -> Value {
        let request = request.build().unwrap();
        let what = format!("{} {}", request.method(), request.url());
        let answer = client().execute(request).await.unwrap();
        let headers = format!("{:?}", answer.headers());
        let body = answer.bytes().await.unwrap();
        self.keep(&what, [headers.as_bytes(), &body].concat());
        serde_json::from_slice(&body).unwrap_or(Value::Null)
    }

    async fn get(&mut self, path: &str) -> Value {
        let request = client().get(self.place.server.url(path)).basic_auth("admin", Some(ADMIN_PASSWORD));
        self.ask(request).await
    }

    async fn put(&mut self, path: &str, body: Value) -> Value {
        let request = client().put(self.place.server.url(&format!("/api/v1{path}"))).json(&body);
        self.ask(request.basic_auth("admin", Some(ADMIN_PASSWORD))).await
    }

    async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Value {
        let request = client().post(self.place.server.url(path)).form(form);
        self.ask(request).await
    }

    /// Gets tokens without a login, with a password, with a refresh token and with an access key.
    async fn tokens(&mut self) {
        let scope = "repository:team/image:pull,push";
        for service in ["registry", "three", "zot", "other"] {
            let url = self.place.server.url("/token");
            let request = client().get(url).query(&[("service", service), ("scope", scope)]);
            self.ask(request).await;
            let login = [
                ("grant_type", "password"),
                ("username", "alice"),
                ("password", PASSWORD),
                ("access_type", "offline"),
                ("client_id", "docker"),
                ("scope", scope),
                ("service", service),
            ];
            let answer = self.post("/token", &login).await;
            let session = answer["refresh_token"].as_str().unwrap().to_owned();
            let again = [("grant_type", "refresh_token"), ("refresh_token", &session), ("service", service)];
            assert!(self.post("/token", &again).await["token"].is_string());
            self.post("/revoke", &[("token", &session)]).await;
        }
        let made = client().post(self.place.server.url("/api/v1/users/alice/access-keys"));
        let request = made.json(&json!({"name": "x"})).basic_auth("admin", Some(ADMIN_PASSWORD));
        let secret = self.ask(request).await["secret"].as_str().unwrap().to_owned();
        let url = self.place.server.url("/token?service=registry&scope=repository:team/image:pull");
        self.ask(client().get(url).basic_auth("<token>", Some(secret))).await;
    }

    /// Keeps the answers to requests and the output of commands that describe keys, services or the audit trail.
    async fn read_all(&mut self) {
        for path in [
            "/.well-known/jwks.json",
            "/.well-known/jwks.json?service=zot",
            "/.well-known/jwks.json?service=registry",
            "/.well-known/jwks.json?service=none",
            "/metrics",
            "/health/ready",
            "/health/live",
            "/api/v1/openapi.json",
            "/api/v1/changes?limit=500",
            "/api/v1/changes?kind=signing-key",
            "/api/v1/services",
            "/api/v1/services/registry/registry-config",
            "/api/v1/services/three/registry-config",
            "/api/v1/services/zot/registry-config",
            "/api/v1/services/other/registry-config?directory=/tmp",
        ] {
            self.get(path).await;
        }
        for line in [
            "keys list",
            "keys list -o json",
            "keys export",
            "keys export --form jwks",
            "keys export --form certificate",
            "keys export --service zot",
            "keys export --service zot --form certificate",
            "services config zot",
            "services config three -o json",
            "audit list --kind signing-key",
            "audit export",
            "export",
        ] {
            self.run(line).await.ok();
        }
    }

    async fn logged(&self, text: &str) {
        let patience = Instant::now() + Duration::from_secs(5);
        while !self.place.server.log().contains(text) {
            assert!(Instant::now() < patience, "`{text}` is not logged");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Returns the kept answers and outputs, and all files in the server's folder except keys.
    fn places(&self) -> Vec<(String, Vec<u8>)> {
        let mut places: Vec<(String, Vec<u8>)> =
            self.said.iter().map(|(what, said)| (what.clone(), said.clone())).collect();
        for entry in std::fs::read_dir(self.place.path()).unwrap() {
            let path = entry.unwrap().path();
            // These files are the log, the database, its write-ahead log, the backup and the exports. The operator's
            // own keys are not among them.
            if path.is_file() && path.extension().is_none_or(|extension| extension != "key") {
                places.push((path.display().to_string(), std::fs::read(path).unwrap()));
            }
        }
        places
    }

    /// Returns those of these places in which parts of keys are found, with the encodings.
    fn leaks(&self, places: &[(String, Vec<u8>)]) -> Vec<String> {
        let leak = |(what, bytes): &(String, Vec<u8>)| {
            let mut found = self.needles.found_in(bytes);
            if bytes.windows(16).any(|part| part == b"PRIVATE KEY-----") {
                found.insert("PEM");
            }
            (!found.is_empty()).then(|| format!("{what}: {found:?}"))
        };
        places.iter().filter_map(leak).collect()
    }
}

/// Returns the base64 content of a PEM file on one line.
fn on_one_line(pem: &[u8]) -> Vec<u8> {
    let lines = pem.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"-"));
    lines.flatten().copied().collect()
}

/// Overwrites files of the keys folder, one after another, with texts that contain a secret. The secret must not reach
/// the log. Restores each file.
async fn break_files(life: &mut Life) {
    let signing = life.place.signing(None).await;
    let secret = std::fs::read(life.place.file("ca.key")).unwrap();
    for file in [format!("{signing}.key"), format!("{signing}.crt"), "keyring.json".to_owned()] {
        let path = life.place.file(&file);
        let whole = std::fs::read(&path).unwrap();
        let line = &on_one_line(&secret)[..];
        let broken = [
            secret.clone(),
            [b"-----BEGIN PRIVATE KEY-----\n", line, b"x\n-----END PRIVATE KEY-----\n"].concat(),
            [b"\"", line, b"\""].concat(),
            [b"{\"version\": 2, \"keys\": \"", line, b"\"}"].concat(),
            [b"{\"", line, b"\": 1}"].concat(),
            line.to_vec(),
        ];
        for (number, text) in broken.iter().enumerate() {
            std::fs::write(&path, text).unwrap();
            life.run("keys list").await;
            // If only the signing key is broken, `keys rotate` would succeed.
            if !file.ends_with(".key") {
                life.run("keys rotate").await;
            }
            if number == 1 {
                life.logged(&file).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
        std::fs::write(&path, whole).unwrap();
        life.run("keys list").await.ok();
    }
    // The file of the signing key contains the key of the CA. Both keys are of the same kind.
    let path = life.place.file(&format!("{signing}.key"));
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, secret).unwrap();
    life.logged("it is not the certificate of the key beside it").await;
    std::fs::write(&path, whole).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_private_key_is_anywhere_but_in_the_keys_folder() {
    let place = Place::open_with(&["--log", "trace"], |folder: &Path| {
        key(folder, "pkcs1.key", "RSA PKCS1");
        key(folder, "sec1.key", "P-384 SEC1");
        key(folder, "ed.key", "Ed25519");
        key(folder, "weak.key", "RSA 1024");
        authority(folder, "root", None);
        key(folder, "chained.key", "P-256");
        certify(folder, "chained", "root", "-days 20");
        join(folder, &["chained.crt", "root.crt"], "chain.pem");
    })
    .await;
    place.log_in().await;
    let mut life = Life { place, needles: Needles::default(), said: BTreeMap::new() };
    life.put("/users/alice", json!({"password": PASSWORD})).await;
    life.put("/rules/r", json!({"subjects": ["user:alice"], "names": ["team/**"], "actions": ["pull"]}))
        .await;
    life.put("/services/zot", json!({"profile": "zot"})).await;
    life.put("/services/three", json!({"profile": "distribution-3", "trust": "jwks"})).await;
    life.put("/services/other", json!({"profile": "custom", "trust": "certificate", "key_id": "libtrust"}))
        .await;
    life.tokens().await;
    life.read_all().await;

    for line in
        ["keys add pkcs1.key", "keys rotate", "keys add ed.key --service zot", "keys rotate --service zot"]
    {
        life.run(line).await.ok();
    }
    life.read_all().await;
    for (line, code) in [
        ("keys rotate --service zot --confirm", 0),
        ("keys add sec1.key", 0),
        ("keys add weak.key", 1),
        ("keys add ca.crt", 1),
        ("keys add none.key", 1),
        ("keys retire none", 1),
        ("keys retire pkcs1", 1),
        ("keys rotate", 0),
        ("keys retire pkcs1", 0),
        ("keys add chained.key --certificate chain.pem", 0),
        ("keys rotate", 0),
        ("keys rotate --confirm", 0),
        ("keys revoke ed --yes", 0),
        ("keys revoke chained --yes", 0),
        ("keys revoke sec1 --replace-ca --yes", 0),
        ("services config zot --write .", 0),
        ("audit export trail.jsonl", 0),
        ("backup backup.db", 0),
    ] {
        assert_eq!(life.run(line).await.code, code, "{line}");
    }
    std::fs::write(life.place.path().join("port.yaml"), "kind: service\nname: late\nprofile: zot\n").unwrap();
    life.run("apply port.yaml").await.ok();
    life.put("/services/zot", json!({"profile": "zot", "trust": "jwks"})).await;
    life.tokens().await;
    life.read_all().await;
    break_files(&mut life).await;
    life.tokens().await;
    life.read_all().await;
    // After a restart, the server reads all keys again.
    life.place.server.terminate();
    let (port, flags) = (life.place.server.port, ["--log", "trace", "--log-format", "json"]);
    life.place.server = Server::spawn_on(port, life.place.path(), SQLITE, &flags);
    life.place.server.ready().await;
    life.tokens().await;
    life.read_all().await;

    let (said, secrets) = (life.said.len(), life.needles.len());
    let log = life.place.server.log().len();
    eprintln!("{secrets} secrets looked for in {said} answers and outputs, and in {log} bytes of log");
    // Each RSA key has six secret parts, and each other key has one.
    assert!(secrets >= 12 + 12, "{secrets}");
    let mut places = life.places();
    assert_eq!(life.leaks(&places), Vec::<String>::new());

    // The search must find a planted key in each kind of place.
    let ca = std::fs::read(life.place.file("ca.key")).unwrap();
    places.retain(|(what, _)| what.contains("list") || what.starts_with('/'));
    for (_, bytes) in &mut places {
        let middle = bytes.len() / 2;
        bytes.splice(middle..middle, on_one_line(&ca));
    }
    let searched = |end: &str| places.iter().any(|(what, _)| what.ends_with(end));
    for file in ["portreeve.db", "portreeve.db-wal", "backup.db", "trail.jsonl", "keys list"] {
        assert!(searched(file), "{file}");
    }
    assert!(searched(&format!("log-{}", life.place.server.port)));
    assert_eq!(life.leaks(&places).len(), places.len());
}
