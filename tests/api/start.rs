//! Starts: the first one, later ones, several at once, and starts that must fail.

use super::helpers::{ADMIN, App, Folder, Setup, config};
use super::traps_requests::harbour;
use portreeve::app::{self, StartError};
use portreeve::causes::causes;
use portreeve::clock::Clock;
use portreeve::config::FlagSettings;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

async fn start(folder: &Folder, setup: &Setup) -> Result<app::Running, String> {
    app::start(config(folder, setup), Clock::System).await.map_err(|error| causes(&error))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_makes_everything_private_and_a_password_that_works_once() {
    let setup = Setup { without_password: true, ..Setup::default() };
    let app = App::spawn_with(setup).await;
    let folder = app.folder.path();
    let file = folder.join("keys/initial-admin-password");
    assert_eq!((mode(&folder.join("keys")), mode(&file)), (0o700, 0o600));
    assert_eq!(app.folder.database_file().map_or(0o600, |file| mode(&file)), 0o600);
    for entry in std::fs::read_dir(folder.join("keys")).unwrap() {
        let path = entry.unwrap().path();
        let expected = if path.extension().is_some_and(|e| e == "crt") { 0o644 } else { 0o600 };
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
    let password = std::fs::read_to_string(&file).unwrap().trim().to_owned();
    let login = ("admin", password.as_str());
    assert_eq!(app.api_as(login, "GET", "/me", None).await.json()["groups"], json!(["admins"]));
    let change = json!({"current_password": password, "new_password": ADMIN.1});
    assert_eq!(app.api_as(login, "PUT", "/me/password", Some(change)).await.status, 204);
    assert!(!file.exists(), "the file is deleted with the initial password");
    assert_eq!(app.api("GET", "/me", Value::Null).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_keeps_everything_and_a_second_server_is_refused() {
    let mut app = harbour().await;
    let kid = super::helpers::part(&app.token(Some(ADMIN), "").await.token(), 0)["kid"].clone();
    let second = start(&app.folder, &Setup::default()).await;
    match (app.folder.database_file(), second) {
        (Some(_), Err(refused)) => assert!(refused.contains("in use by another server"), "{refused}"),
        (None, Ok(replica)) => replica.stop().await.unwrap(),
        (_, second) => panic!("{:?}", second.err()),
    }
    app.stop().await;
    let again = start(&app.folder, &Setup::default()).await.unwrap();
    let url = format!("http://localhost:{}/token?scope=repository:team/a:pull", again.address.port());
    let client = reqwest::Client::new();
    let reply = client.get(url).basic_auth("alice", Some(super::helpers::PASSWORD)).send().await.unwrap();
    let body: Value = reply.json().await.unwrap();
    let token = body["token"].as_str().unwrap();
    assert_eq!(super::helpers::part(token, 0)["kid"], kid);
    assert_eq!(super::helpers::claims(token)["access"][0]["name"], "team/a");
    again.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn services_named_in_the_settings_exist_and_only_then() {
    let flags =
        FlagSettings { services: vec!["one".to_owned(), "two".to_owned()], ..FlagSettings::default() };
    let app = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    for (service, status) in [("one", 200), ("two", 200), ("registry", 400)] {
        assert_eq!(app.token(Some(ADMIN), &format!("service={service}")).await.status, status, "{service}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_open_to_others_or_broken_stop_the_start_with_advice() {
    let table: [(Break, &str); 6] = [
        (|f| overwrite_password_file(f), "chmod 600"),
        (|f| set_mode(&f.join("keys"), 0o755), "chmod 700"),
        (|f| set_mode(&f.join("keys/ca.key"), 0o644), "chmod 600"),
        (|f| std::fs::remove_dir_all(f.join("keys")).unwrap(), "mkdir -m 700"),
        (|f| std::fs::write(f.join("keys/keyring.json"), "{").unwrap(), "keyring.json"),
        (|f| overwrite_signing_key(f, "not a key"), "no private key"),
    ];
    for (damage, advice) in table {
        refuses_to_start(Folder::new(), damage, advice).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_file_that_is_open_to_others_or_broken_stops_the_start_with_advice() {
    let table: [(Break, &str); 2] = [
        (|f| set_mode(&f.join("portreeve.db"), 0o644), "chmod 600"),
        (|f| std::fs::write(f.join("portreeve.db"), vec![b'x'; 8192]).unwrap(), "restore it from a backup"),
    ];
    for (damage, advice) in table {
        refuses_to_start(Folder::with_database_file(), damage, advice).await;
    }
}

type Break = fn(&Path);

/// Damages the folder of a stopped server. The next start must fail with this advice.
async fn refuses_to_start(folder: Folder, damage: Break, advice: &str) {
    let mut app = App::spawn_on(folder).await;
    app.stop().await;
    for leftover in ["portreeve.db-wal", "portreeve.db-shm"] {
        let _ = std::fs::remove_file(app.folder.path().join(leftover));
    }
    damage(app.folder.path());
    let refused = start(&app.folder, &Setup::default()).await.err().expect(advice);
    assert!(refused.contains(advice), "{advice}: {refused}");
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

fn overwrite_password_file(folder: &Path) {
    std::fs::write(folder.join("keys/initial-admin-password"), "secret").unwrap();
    set_mode(&folder.join("keys/initial-admin-password"), 0o644);
}

fn overwrite_signing_key(folder: &Path, text: &str) {
    for entry in std::fs::read_dir(folder.join("keys")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "key") && path.file_stem().unwrap() != "ca" {
            std::fs::write(path, text).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_told_before_anything_is_made() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = Folder::new();
    let mut config = config(&folder, &Setup::default());
    config.listen = taken.local_addr().unwrap();
    let error = app::start(config, Clock::System).await.err().unwrap();
    assert!(matches!(error, StartError::Listen { .. }));
    assert!(error.to_string().contains("--listen"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_the_operator_signs_in_every_common_form() {
    for (command, algorithm) in [
        ("openssl genrsa -traditional 2048", "RS256"),
        ("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", "RS256"),
        ("openssl ecparam -name prime256v1 -genkey", "ES256"),
        ("openssl ecparam -name secp384r1 -genkey -noout", "ES384"),
        ("openssl genpkey -algorithm ED25519", "EdDSA"),
    ] {
        let prepare = move |folder: &Path| {
            let output = std::process::Command::new("sh").args(["-c", command]).output().unwrap();
            assert!(output.status.success(), "{command}");
            std::fs::create_dir(folder.join("keys")).unwrap();
            set_mode(&folder.join("keys"), 0o700);
            std::fs::write(folder.join("keys/mine.key"), output.stdout).unwrap();
            set_mode(&folder.join("keys/mine.key"), 0o600);
        };
        let app = App::spawn_with(Setup { prepare: Some(Box::new(prepare)), ..Setup::default() }).await;
        let token = app.token(Some(ADMIN), "").await.token();
        assert_eq!(super::helpers::part(&token, 0)["alg"], algorithm, "{command}");
        let jwks = App::send(app.request("GET", "/.well-known/jwks.json")).await.json();
        for secret in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(jwks["keys"].as_array().unwrap().iter().all(|key| key.get(secret).is_none()), "{secret}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_alive_from_ready() {
    let app = App::spawn().await;
    assert_eq!(App::send(app.request("GET", "/health/live")).await.json(), json!({"status": "live"}));
    let ready = App::send(app.request("GET", "/health/ready")).await;
    assert_eq!((ready.status, ready.json()["status"].clone()), (200, json!("ready")));
}
