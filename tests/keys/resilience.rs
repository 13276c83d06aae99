//! Revocations while other parts fail, files that killed programs left behind, keys of deleted services, folders of
//! links, and a certificate that ended while no server ran.

use crate::openssl::{authority, certify, certify_long_ago, key};
use crate::place::{PATIENCE, Place};
use crate::server::{ADMIN_PASSWORD, Server, client};
use crate::token::header;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::time::sleep;

fn names(place: &Place) -> Vec<String> {
    let entries = std::fs::read_dir(place.file(".")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn status(place: &Place, service: &str) -> u16 {
    let request = client().get(place.server.url("/token")).query(&[("service", service)]);
    request.basic_auth("admin", Some(ADMIN_PASSWORD)).send().await.unwrap().status().as_u16()
}

async fn becomes(place: &Place, service: &str, expected: u16) {
    let began = Instant::now();
    while status(place, service).await != expected {
        assert!(began.elapsed() < 2 * PATIENCE, "{service} is not {expected}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_key_is_ended_without_the_authority_and_without_the_database() {
    let place = Place::open().await;
    let (stolen, elsewhere) = (place.signing(None).await, place.path().join("ca.key"));
    std::fs::rename(place.file("ca.key"), &elsewhere).unwrap();
    let before = names(&place);
    for (line, words) in [
        ("keys rotate", "ca.key` cannot be used: it is missing"),
        ("keys add mine.key", "cannot read `mine.key`"),
    ] {
        place.run(line).await.fails_with(1, words);
    }
    key(place.path(), "mine.key", "P-256");
    place.run("keys add mine.key").await.fails(1);
    place.service("zot", json!({"profile": "zot"})).await;
    sleep(Duration::from_millis(1500)).await;
    let ours: Vec<_> = names(&place).into_iter().filter(|name| !name.starts_with("mine.")).collect();
    assert_eq!(ours, before, "an unfinished command leaves no files behind");

    let said = place.run(&format!("keys revoke {stolen} --yes")).await;
    assert!(said.ok().contains("NO KEY SIGNS in its place"), "{said:?}");
    becomes(&place, "registry", 503).await;
    std::fs::rename(&elsewhere, place.file("ca.key")).unwrap();
    becomes(&place, "registry", 200).await;
    becomes(&place, "zot", 200).await;
    assert_ne!(place.signing(None).await, stolen);

    // With `--without-database`, a revocation does not wait for a database.
    let second = place.signing(None).await;
    let line = format!("keys revoke {second} --without-database --yes --database-url sqlite:///nowhere/x.db");
    let said = place.run(&line).await;
    assert!(
        said.ok().contains("signs now")
            && said.err.contains("the audit trail has no record of this revocation"),
        "{said:?}"
    );
    place.signed_by("registry", &place.signing(None).await, "libtrust_id").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_lost_its_turn_undoes_nothing() {
    let place = Place::open().await;
    let stolen = place.signing(None).await;
    // The slow command pauses for longer than its lease, after it has opened `keyring.json`. It then continues with the
    // old content of the file.
    let mut slow = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-P", "keys/keyring.json", "-e", "trace=openat"])
        .args([
            "-e",
            "inject=openat:delay_exit=24000000:when=1",
            env!("CARGO_BIN_EXE_portreeve"),
            "keys",
            "rotate",
        ])
        .current_dir(place.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("strace is missing: run tests/run, which installs it");
    sleep(Duration::from_millis(1500)).await;
    let began = Instant::now();
    let said = place.run(&format!("keys revoke {stolen} --yes")).await;
    let waited = began.elapsed();
    slow.wait().unwrap();
    eprintln!("a revocation waited {waited:?} for a stopped command");
    // One of the two commands fails. It must not overwrite what the other command wrote.
    if said.code != 0 {
        assert!(said.err.contains("another process is changing the keys"), "{said:?}");
        place.run(&format!("keys revoke {stolen} --yes")).await.ok();
    }
    let signing = place.signing(None).await;
    assert_ne!(signing, stolen);
    place.signed_by("registry", &signing, "libtrust_id").await;
    assert!(!names(&place).iter().any(|name| name.starts_with(&stolen)), "{:?}", names(&place));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_half_done_is_swept_away() {
    let place = Place::open().await;
    let before = names(&place);
    for stray in
        ["signing-0123abcd.key", "signing-0123abcd.crt", "signing-89abcdef.key.new", "keyring.json.new"]
    {
        std::fs::copy(place.file("ca.key"), place.file(stray)).unwrap();
    }
    std::fs::copy(place.file("ca.crt"), place.file("mine.crt")).unwrap();
    let began = Instant::now();
    while names(&place).len() > before.len() + 1 {
        assert!(began.elapsed() < PATIENCE, "{:?}", names(&place));
        sleep(Duration::from_millis(50)).await;
    }
    assert!(place.file("mine.crt").exists(), "the operator's file is unchanged");
    // `keys add` also does not overwrite the file.
    key(place.path(), "mine.key", "P-256");
    place.run("keys add mine.key").await.fails_with(1, "choose another --name");
    let ca = place.path().join("copied.key");
    std::fs::copy(place.file("ca.key"), &ca).unwrap();
    place.run("keys add copied.key").await.fails_with(1, "it is the key of the CA");
    place.run("keys add mine.key --name CA").await.fails_with(1, "cannot be the name of a key");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_service_that_is_gone_gets_no_successor() {
    let place = Place::open().await;
    place.service("zot", json!({"profile": "zot"})).await;
    let own = place.signing(Some("zot")).await;
    place.server.must("DELETE", "/services/zot", Value::Null).await;
    let said = place.run(&format!("keys revoke {own} --yes")).await;
    assert!(!said.ok().contains("signs now"), "{said:?}");
    assert!(place.keys("signing", Some("zot")).await.is_empty());
    place.run("keys export --service zot").await.fails_with(1, "no key signs for `zot` alone");
    place.run("keys export --service zot --form ca").await.fails_with(1, "leave --service out");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_to_a_registry_has_the_key_that_was_published_just_before() {
    let place = Place::open().await;
    place.log_in().await;
    place.service("zot", json!({"profile": "zot"})).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let said = place.run("services config zot --write .").await;
        said.ok();
        let certificate = std::fs::read_to_string(place.path().join("portreeve.crt")).unwrap();
        assert!(!seen.contains(&certificate), "the command wrote the old certificate");
        seen.push(certificate);
        place.run("keys rotate --service zot").await.ok();
        place.run("services config zot --write .").await.ok();
        let next = std::fs::read_to_string(place.path().join("portreeve.crt")).unwrap();
        assert!(!seen.contains(&next), "the command did not write the next certificate");
        place.run("keys rotate --service zot --confirm").await.ok();
        seen.pop();
    }
    let file = place.path().join("portreeve.crt");
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("elsewhere", &file).unwrap();
    place.run("services config zot --write .").await.fails_with(1, "is a link");
}

/// Replaces the keys folder by links, as Kubernetes mounts secrets: each file is a link through `..data`, and `..data`
/// is a link to the folder of the files. Returns the keys folder and the folder of the files.
fn mounted(place: &Path) -> (PathBuf, PathBuf) {
    let (keys, real) = (place.join("keys"), place.join("real"));
    std::fs::rename(&keys, &real).unwrap();
    std::fs::create_dir(&keys).unwrap();
    std::os::unix::fs::symlink(&real, keys.join("..data")).unwrap();
    for entry in std::fs::read_dir(&real).unwrap() {
        let name = entry.unwrap().file_name();
        std::os::unix::fs::symlink(Path::new("..data").join(&name), keys.join(&name)).unwrap();
    }
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&keys, private).unwrap();
    (keys, real)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_links_is_taken_over_when_the_links_lead_elsewhere() {
    let mut place = Place::open().await;
    place.run("keys rotate").await.ok();
    let first = place.signing(None).await;
    let retired = place.keys("retired", None).await.remove(0);
    place.server.terminate();
    let (keys, real) = mounted(place.path());
    let port = place.server.port;
    place.server = Server::spawn_on(port, place.path(), crate::place::SQLITE, &[]);
    place.server.ready().await;
    let old = header(&place.token("registry", "").await)["kid"].clone();

    let other = place.path().join("other");
    assert!(Command::new("cp").arg("-a").arg(&real).arg(&other).status().unwrap().success());
    let states = std::fs::read_to_string(other.join("keyring.json")).unwrap();
    let (a, b) = (format!("\"{first}\""), format!("\"{retired}\""));
    let swapped = states.replace(&a, "\"?\"").replace(&b, &a).replace("\"?\"", &b);
    std::fs::write(other.join("keyring.json"), swapped).unwrap();
    std::os::unix::fs::symlink(&other, keys.join("..next")).unwrap();
    std::fs::rename(keys.join("..next"), keys.join("..data")).unwrap();
    let began = Instant::now();
    while header(&place.token("registry", "").await)["kid"] == old {
        assert!(began.elapsed() < PATIENCE, "the server does not see the new target of the links");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_ended_while_nothing_ran_is_renewed_at_the_start() {
    let mut place = Place::open_with(&[], |folder| {
        authority(folder, "root", None);
        key(folder, "mine.key", "P-256");
        certify(folder, "mine", "root", "-days 60");
    })
    .await;
    let signing = place.signing(None).await;
    place.server.terminate();
    certify_long_ago(&place.file("."), &signing, "ca");
    let port = place.server.port;
    place.server = Server::spawn_on(port, place.path(), crate::place::SQLITE, &[]);
    place.server.ready().await;
    place.signed_by("registry", &signing, "libtrust_id").await;
}
