//! This release opens the data of every earlier release, on both databases. All data are complete, every login works as
//! before, and the decisions are the same. A failed upgrade leaves the data as they were.
//!
//! `packaging/fixture.sh` writes the folders in `tests/fixtures/releases`. Sessions and certificates expire, so the
//! server starts at the time when its data were written.

use crate::built::{must, repository, said as command_said, said_by};
use crate::database;
use crate::faketime::library;
use crate::postgres::Cluster;
use crate::said::Said;
use crate::server::{Server, client, free_port};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use portreeve::storage::newest_schema;
use reqwest::RequestBuilder;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The scope of every request for a token, as in `packaging/fixture.sh`.
const SCOPE: &str = "repository:web/app:pull,push repository:open/x:pull,push repository:people/alice/x:pull \
    repository:a/x/b:pull,push";

/// The data of a release, in a separate folder that may be changed.
struct Data {
    release: PathBuf,
    folder: TempDir,
    /// The time at which the data were written, UTC.
    moment: String,
}

/// Returns the data of every release.
fn every_release() -> Vec<Data> {
    let releases = std::fs::read_dir(repository().join("tests/fixtures/releases")).unwrap();
    let all: Vec<Data> = releases.map(|release| Data::of(release.unwrap().path())).collect();
    assert!(!all.is_empty());
    all
}

fn parsed(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

impl Data {
    fn of(release: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (keys, database) = (folder.path().join("keys"), folder.path().join("portreeve.db"));
        std::fs::create_dir(&keys).unwrap();
        let copy = |from: &Path, to: &Path| {
            std::fs::copy(from, to).unwrap();
            std::fs::set_permissions(to, Permissions::from_mode(0o600)).unwrap();
        };
        for file in std::fs::read_dir(release.join("keys")).unwrap().map(|file| file.unwrap()) {
            copy(&file.path(), &keys.join(file.file_name()));
        }
        std::fs::set_permissions(&keys, Permissions::from_mode(0o700)).unwrap();
        copy(&release.join("portreeve.db"), &database);
        let made = parsed(&release.join("release.json"))["made_at"].as_str().unwrap().to_owned();
        Self { release, folder, moment: made }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn lines(&self, name: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.release.join(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn sqlite(&self) -> String {
        format!("sqlite://{}", self.path().join("portreeve.db").display())
    }

    fn postgresql(&self) -> Cluster {
        let cluster = Cluster::start();
        cluster.load(&std::fs::read(self.release.join("postgresql.sql")).unwrap());
        cluster
    }

    /// Starts a server of this release.
    fn serve(&self, database: &str) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portreeve"));
        command.env("LD_PRELOAD", library()).env("TZ", "UTC").env("FAKETIME", format!("@{}", self.moment));
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        Server::run(command, free_port(), self.path(), database, &["--identity-host", "id.example.org"])
    }
}

async fn answer(request: RequestBuilder) -> Value {
    let answer = request.timeout(Duration::from_secs(30)).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn part(token: &str, number: usize) -> Value {
    let part = URL_SAFE_NO_PAD.decode(token.split('.').nth(number).unwrap()).unwrap();
    serde_json::from_slice(&part).unwrap()
}

/// Returns true if a registry that has the CA can verify a token by the certificate in the token.
fn is_verified(token: &str, ca: &Path) -> bool {
    let pem = std::fs::read_to_string(ca).unwrap();
    let ca = x509_parser::pem::Pem::iter_from_buffer(pem.as_bytes()).next().unwrap().unwrap().contents;
    let leaf = STANDARD.decode(part(token, 0)["x5c"][0].as_str().unwrap()).unwrap();
    let ((_, ca), (_, leaf)) =
        (X509Certificate::from_der(&ca).unwrap(), X509Certificate::from_der(&leaf).unwrap());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &leaf.public_key().subject_public_key.data);
    leaf.verify_signature(Some(ca.public_key())).is_ok()
        && key.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).is_ok()
}

/// Gets a token for [`SCOPE`].
async fn token(server: &Server, credential: &Value) -> String {
    let text = |field: &str| credential[field].as_str().unwrap();
    let request = match text("by") {
        "refresh token" => client().post(server.url("/token")).form(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", text("secret")),
            ("service", text("service")),
            ("scope", SCOPE),
        ]),
        _ => client()
            .get(server.url("/token"))
            .query(&[("service", text("service")), ("scope", SCOPE)])
            .basic_auth(text("name"), Some(text("secret"))),
    };
    let answer = answer(request).await;
    answer["token"].as_str().or(answer["access_token"].as_str()).unwrap().to_owned()
}

/// Runs a command of this release against the server of the data. Returns the output.
fn said(data: &Data, server: &Server, key: &str, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portreeve"));
    command.args(arguments).env_clear().env("HOME", data.path()).current_dir(data.path());
    said_by(command.env("PORTREEVE_URL", server.url("")).env("PORTREEVE_TOKEN", key))
}

/// Adds the administrator's login to a request.
fn by_admin(data: &Data, request: RequestBuilder) -> RequestBuilder {
    let credentials = data.lines("credentials.jsonl");
    let admin = credentials.iter().find(|one| one["name"] == "admin").unwrap();
    request.basic_auth("admin", admin["secret"].as_str())
}

/// Fails if a server lacks anything that the old release left.
async fn has_everything(data: &Data, server: &Server) {
    everybody_signs_in(data, server).await;
    decides_alike(data, server).await;
    let request = client().post(server.url("/api/v1/me/access-keys")).json(&json!({"name": "upgrade"}));
    let made = by_admin(data, request).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await.unwrap();
    let key = made["secret"].as_str().unwrap();
    exports_the_same(data, server, key);
    continues_the_trail(data, server, key).await;
}

/// Checks that old credentials have their old grants. Registries with the old CA must accept the new tokens, and
/// registries that read the key set must accept the old tokens.
async fn everybody_signs_in(data: &Data, server: &Server) {
    let ca = data.release.join("keys/ca.crt");
    for credential in data.lines("credentials.jsonl") {
        let token = token(server, &credential).await;
        assert_eq!(part(&token, 1)["access"], credential["access"], "{credential}");
        assert!(is_verified(&token, &ca), "registries trust the CA of the release: {credential}");
    }
    let published = answer(client().get(server.url("/.well-known/jwks.json"))).await;
    for old in data.lines("tokens.jsonl") {
        let id = &part(old["token"].as_str().unwrap(), 0)["kid"];
        let keys = published["keys"].as_array().unwrap();
        assert!(keys.iter().any(|key| key["kid"] == *id), "the key of an old token is published: {id}");
    }
}

async fn decides_alike(data: &Data, server: &Server) {
    let decisions = data.lines("decisions.jsonl");
    assert_eq!(decisions.len(), 1000);
    for decision in &decisions {
        let request = client().post(server.url("/api/v1/check")).json(&decision["question"]);
        let now = answer(by_admin(data, request)).await;
        assert_eq!(now["granted"], decision["granted"], "{}", decision["question"]);
        let (why, then) = (now["why"].as_array().unwrap(), decision["why"].as_array().unwrap());
        assert_eq!(why.len(), then.len(), "{}", decision["question"]);
        for (why, then) in why.iter().zip(then) {
            for (field, value) in then.as_object().unwrap() {
                assert_eq!(why[field], *value, "{field} of {}", decision["question"]);
            }
        }
    }
}

/// Checks that applying the old export changes nothing, and that a new export has as many objects. `key` is a key of
/// the administrator.
fn exports_the_same(data: &Data, server: &Server, key: &str) {
    let export = data.release.join("export.yaml");
    let count = |text: &str| text.lines().filter(|line| line.starts_with("kind: ")).count();
    let objects = count(&std::fs::read_to_string(&export).unwrap());
    let plan = said(data, server, key, &["apply", "--dry-run", export.to_str().unwrap()]);
    let unchanged = format!("0 created, 0 changed, 0 deleted, {objects} unchanged");
    assert!(plan.succeeded() && plan.out.contains(&unchanged), "{}", plan.text());
    assert_eq!(count(&said(data, server, key, &["export"]).out), objects);
}

/// Checks that the trail still contains the last record of the old release and has further records, and that the whole
/// trail is unbroken.
async fn continues_the_trail(data: &Data, server: &Server, key: &str) {
    let trail = &parsed(&data.release.join("release.json"))["trail"];
    let last = trail["records"].as_u64().unwrap();
    let url = server.url(&format!("/api/v1/changes?limit=1&after={}", last - 1));
    let record = &answer(by_admin(data, client().get(url))).await["items"][0];
    assert_eq!((&record["seq"], &record["hash"]), (&json!(last), &trail["head_hash"]));
    let verified = said(data, server, key, &["audit", "verify", "--output", "json"]);
    assert!(verified.succeeded(), "{}", verified.text());
    let verified: Value = serde_json::from_str(&verified.out).unwrap();
    assert!(verified["first"] == 1 && verified["records"].as_u64().unwrap() > last, "{verified}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_every_release_left_is_opened_on_sqlite() {
    for data in every_release() {
        let mut server = data.serve(&data.sqlite());
        server.ready().await;
        has_everything(&data, &server).await;
        assert!(server.terminate().success());
        let steps = database::text(&data.sqlite(), LAST_STEP).await;
        assert_eq!(steps, newest_schema().to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_every_release_left_is_opened_on_postgresql() {
    for data in every_release() {
        let cluster = data.postgresql();
        let mut server = data.serve(&cluster.url());
        server.ready().await;
        has_everything(&data, &server).await;
        assert!(server.terminate().success());
        assert_eq!(cluster.sql(LAST_STEP), newest_schema().to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_keeps_what_this_release_leaves_and_never_writes_over_a_release() {
    let folder = tempfile::tempdir().unwrap();
    let (script, out) = (repository().join("packaging/fixture.sh"), folder.path().join("this"));
    let arguments = [env!("CARGO_BIN_EXE_portreeve"), out.to_str().unwrap()];
    must(script.to_str().unwrap(), &arguments);
    let again = command_said(script.to_str().unwrap(), &arguments);
    assert!(
        !again.succeeded() && again.text().contains("never change the data of a release"),
        "{}",
        again.text()
    );
    let data = Data::of(out);
    let mut server = data.serve(&data.sqlite());
    server.ready().await;
    has_everything(&data, &server).await;
}

const LAST_STEP: &str = "SELECT CAST(MAX(version) AS TEXT) FROM _sqlx_migrations";
/// The statements after which the next start repeats the last step of the schema. That step cannot succeed.
const FORGET: &[&str] = &[
    "CREATE TABLE kept AS SELECT * FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)",
    "DELETE FROM _sqlx_migrations WHERE version = (SELECT version FROM kept)",
];
/// The statements that undo [`FORGET`].
const REMEMBER: &[&str] = &["INSERT INTO _sqlx_migrations SELECT * FROM kept", "DROP TABLE kept"];

/// Starts a server, which must fail because of the schema.
fn fails(data: &Data, database: &str) {
    let mut server = data.serve(database);
    let ended = server.ended_within(Duration::from_secs(60)).expect("the server must not continue");
    assert_eq!(ended.code(), Some(1), "{}", server.log());
    assert!(server.log().contains("the database cannot be used: "), "{}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_upgrade_leaves_the_data_as_they_were() {
    for data in every_release() {
        let url = data.sqlite();
        for statement in FORGET {
            database::run(&url, statement).await;
        }
        let tables = "SELECT group_concat(sql) FROM sqlite_master";
        let before = database::text(&url, tables).await;
        fails(&data, &url);
        assert_eq!(database::text(&url, tables).await, before);
        for statement in REMEMBER {
            database::run(&url, statement).await;
        }
        let mut server = data.serve(&url);
        server.ready().await;
        has_everything(&data, &server).await;

        let cluster = data.postgresql();
        FORGET.iter().for_each(|statement| drop(cluster.sql(statement)));
        // Newer releases of pg_dump write random keys, which are removed.
        let dump = || {
            let text = String::from_utf8(cluster.dump()).unwrap();
            text.lines().filter(|line| !line.contains("restrict ")).collect::<Vec<_>>().join("\n")
        };
        let before = dump();
        fails(&data, &cluster.url());
        assert!(dump() == before, "PostgreSQL has the same content as before");
    }
}
