//! The keys folder while a server runs: a folder that is read-only, a folder that is broken for some time, a
//! certificate that ends soon, and retired keys at their end. Also the due work on a folder, without a server.

use crate::faketime::fast;
use crate::openssl::certify;
use crate::place::{PATIENCE, PROMISED, Place, SQLITE};
use crate::server::{ADMIN_PASSWORD, Server, client, free_port};
use crate::token::{header, verifies_by_authority};
use portreeve::domain::service::ServiceName;
use portreeve::domain::time::Timestamp;
use portreeve::token::{Keyring, KeysFolder, Maintenance, Rotated};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Returns a value that changes when anything in the folder is written.
fn trace(folder: &Path) -> Vec<(String, u64, u64, [i64; 4])> {
    let mut files = vec![folder.to_owned()];
    files.extend(std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    files.sort();
    let of = |path: &std::path::PathBuf| {
        let known = path.metadata().unwrap();
        let times = [known.mtime(), known.mtime_nsec(), known.ctime(), known.ctime_nsec()];
        (path.display().to_string(), known.ino(), known.len(), times)
    };
    files.iter().map(of).collect()
}

async fn warnings(server: &Server) -> Vec<String> {
    let answer: Value = client().get(server.url("/health/ready")).send().await.unwrap().json().await.unwrap();
    let warnings = answer["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| warning.as_str().unwrap().to_owned()).collect()
}

async fn logged(server: &Server, text: &str, times: usize) {
    let began = Instant::now();
    while server.log_lines(text).len() < times {
        assert!(began.elapsed() < PATIENCE, "`{text}` is not logged: {}", server.log());
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_folder_serves_and_is_never_written() {
    let mut place = Place::open_with(&[], |folder| crate::openssl::key(folder, "mine.key", "P-256")).await;
    place.run("keys rotate").await.ok();
    let (signing, retired) = (place.signing(None).await, place.keys("retired", None).await.remove(0));
    place.server.terminate();
    let folder = place.file(".").canonicalize().unwrap();
    // The tests may run as root. For root, only the mode marks the folder as read-only.
    set_permissions(&folder, Permissions::from_mode(0o500)).unwrap();
    let before = trace(&folder);
    place.server = Server::spawn(place.path(), SQLITE, &[]);
    place.server.ready().await;
    place.signed_by("registry", &signing, "libtrust_id").await;
    assert!(warnings(&place.server).await.is_empty());

    for line in [
        "rotate",
        "rotate --confirm",
        "add mine.key",
        &format!("retire {retired}"),
        &format!("revoke {signing} --yes"),
        &format!("revoke {signing} --replace-ca --yes"),
    ] {
        let said = place.run(&format!("keys {line}")).await;
        said.fails_with(1, "keys` is read-only: run the command where the folder can be written");
    }
    // A service that needs its own key has none. The log, the status and the answers of the service say so.
    place.service("zot", json!({"profile": "zot"})).await;
    let request = client().get(place.server.url("/token?service=zot"));
    let answer = request.basic_auth("admin", Some(ADMIN_PASSWORD)).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    let (status, answer) = place.server.api("GET", "/services/zot/registry-config", Value::Null).await;
    assert_eq!(status, 409, "{answer}");
    let missing = "`zot` has no signing key yet";
    assert!(warnings(&place.server).await.iter().any(|warning| warning.starts_with(missing)));
    logged(&place.server, "due keys or certificates could not be made", 1).await;

    sleep(Duration::from_secs(3)).await;
    assert_eq!(trace(&folder), before, "the server must not write to the folder");
    assert_eq!(place.server.log_lines("due keys or certificates").len(), 1, "the failure is logged once");
    place.run("keys list").await.ok();
    place.run("keys export").await.ok();
    assert_eq!(trace(&folder), before, "reading the folder writes nothing");
    let trail = place.trail().await;
    assert_eq!(trail.len(), 1, "{trail:?}");

    // The operator adds a key while the folder can be written.
    set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    place.run("keys add mine.key --service zot").await.ok();
    // Every 20 seconds the server tries to make the missing key. It uses the added key before its next attempt.
    let began = Instant::now();
    while place.keys("signing", Some("zot")).await != ["mine"] {
        assert!(began.elapsed() < Duration::from_secs(15), "the added key does not sign");
        sleep(Duration::from_millis(100)).await;
    }
    place.signed_by("zot", "mine", "thumbprint").await;
}

/// Writes a file into the folder atomically.
fn put(place: &Place, path: &Path, content: &[u8], mode: Permissions) {
    let beside = place.path().join("put");
    std::fs::write(&beside, content).unwrap();
    set_permissions(&beside, mode).unwrap();
    std::fs::rename(&beside, path).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_folder_is_told_once_and_the_keys_in_memory_sign_on() {
    let place = Place::open().await;
    place.run("keys rotate").await.ok();
    let (signing, retired) = (place.signing(None).await, place.keys("retired", None).await.remove(0));
    let id = place.id_of(&signing, "libtrust_id").await;
    logged(&place.server, "the keys folder has changed", 1).await;
    let failure = "the keys folder cannot be read: going on with the keys in memory";
    let cases = [
        ("keyring.json".to_owned(), Some("{"), "it is not a list of keys: line 1, column 1 is wrong"),
        (
            "keyring.json".to_owned(),
            Some("{\"version\": 4, \"keys\": []}"),
            "it was written by a newer release",
        ),
        ("keyring.json".to_owned(), None, "No such file"),
        (format!("{signing}.key"), Some("words"), "it holds no private key in PEM form"),
        (format!("{signing}.key"), None, "No such file"),
        (format!("{signing}.crt"), Some("words"), "it holds no certificate in PEM form"),
        ("ca.crt".to_owned(), None, "No such file"),
    ];
    let mut slowest = Duration::ZERO;
    for (number, (file, text, words)) in cases.iter().enumerate() {
        let path = place.file(file);
        let (whole, mode) = (std::fs::read(&path).unwrap(), path.metadata().unwrap().permissions());
        match text {
            Some(text) => put(&place, &path, text.as_bytes(), mode.clone()),
            None => std::fs::remove_file(&path).unwrap(),
        }
        logged(&place.server, failure, number + 1).await;
        if number == 0 {
            sleep(Duration::from_millis(1600)).await;
        }
        let told = place.server.log_lines(failure);
        assert_eq!(told.len(), number + 1, "each message is logged once: {told:?}");
        assert!(told[number].contains(words) && told[number].contains(file), "{words}: {}", told[number]);
        assert_eq!(
            header(&place.token("registry", "").await)["kid"],
            *id,
            "{file}: the server continues to sign"
        );
        assert_eq!(place.key_set(None).await.len(), 4, "the server continues to publish its keys");
        // If the broken file is not a key, `keys rotate` fails and changes nothing. It would replace a broken key.
        if !file.ends_with(".key") {
            let names = trace(&place.file(".")).len();
            place.run("keys rotate").await.fails_with(1, words);
            assert_eq!(trace(&place.file(".")).len(), names, "the failed command leaves no files behind");
        }

        put(&place, &path, &whole, mode);
        let put_back = Instant::now();
        // The first matching line is about the rotation.
        logged(&place.server, "the keys folder has changed", number + 2).await;
        slowest = slowest.max(put_back.elapsed());
        assert!(put_back.elapsed() < PROMISED, "{file}: {:?}", put_back.elapsed());
    }
    eprintln!("a restored folder was in use within {slowest:?}");
    // The server leaves out a retired key that it cannot read, and continues to use the other keys.
    let path = place.file(&format!("{retired}.key"));
    let (whole, mode) = (std::fs::read(&path).unwrap(), path.metadata().unwrap().permissions());
    std::fs::remove_file(&path).unwrap();
    logged(&place.server, &format!("the key {retired} is left out: a file cannot be read"), 1).await;
    assert_eq!(place.key_set(None).await.len(), 2);
    put(&place, &path, &whole, mode);
    logged(&place.server, "the keys folder has changed", cases.len() + 3).await;
    // The server does not sign with an ended key, even if it cannot read the other files.
    let (states, ca) = (place.file("keyring.json"), place.file("ca.crt"));
    let (whole, authority) = (std::fs::read_to_string(&states).unwrap(), std::fs::read(&ca).unwrap());
    std::fs::remove_file(&ca).unwrap();
    let owner = states.metadata().unwrap().permissions();
    put(&place, &states, whole.replace("\"signing\"", "\"next\"").as_bytes(), owner.clone());
    logged(&place.server, "a key has ended, and signs no more", 1).await;
    let refused =
        client().get(place.server.url("/token?service=registry")).basic_auth("admin", Some(ADMIN_PASSWORD));
    assert_eq!(refused.send().await.unwrap().status().as_u16(), 503);
    assert!(warnings(&place.server).await.iter().any(|told| told.contains("the keys folder cannot be read")));
    put(&place, &states, whole.as_bytes(), owner);
    put(&place, &ca, &authority, Permissions::from_mode(0o644));
    healthy_again(&place).await;
    // Other users can read a key. The server reacts as to a broken file.
    let path = place.file(&format!("{signing}.key"));
    set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    logged(&place.server, failure, cases.len() + 2).await;
    assert!(place.server.log_lines(failure)[cases.len() + 1].contains("chmod 600"));
    set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    // Nothing in the folder has changed since, so the server keeps its keys.
    healthy_again(&place).await;
    assert_eq!(header(&place.token("registry", "").await)["kid"], *id);
    place.run("keys rotate").await.ok();
    place.signed_by("registry", &place.signing(None).await, "libtrust_id").await;
}

/// Waits until the server reports no warning.
async fn healthy_again(place: &Place) {
    let began = Instant::now();
    while !warnings(&place.server).await.is_empty() {
        assert!(began.elapsed() < PATIENCE, "{:?}", warnings(&place.server).await);
        sleep(Duration::from_millis(50)).await;
    }
}

/// Reads the end of a certificate from the metrics, in seconds since 1970.
async fn end_of(place: &Place, role: &str) -> f64 {
    let text = client().get(place.server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    let name = format!("portreeve_certificate_expiry_timestamp_seconds{{certificate=\"{role}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&name)).expect(role).parse().unwrap()
}

fn unix_now() -> f64 {
    portreeve::clock::Clock::System.now().as_seconds() as f64
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_ends_soon_is_told_everywhere() {
    const DAY: f64 = 86_400.0;
    let place = Place::open().await;
    let signing = place.signing(None).await;
    assert!(warnings(&place.server).await.is_empty());
    let end = end_of(&place, "signing").await;
    assert!((end - unix_now() - 90.0 * DAY).abs() < 60.0, "{end}");
    assert!((end_of(&place, "ca").await - unix_now() - 3650.0 * DAY).abs() < 60.0);

    certify(place.path(), &format!("keys/{signing}"), "keys/ca", "-days 6");
    logged(&place.server, "a certificate ends soon", 1).await;
    let told = place.server.log_lines("a certificate ends soon").remove(0);
    // In its first second the certificate has six whole days left, and later five.
    assert!(told.contains("days_left=5") || told.contains("days_left=6"), "{told}");
    assert!(told.contains("WARN") && told.contains(&format!("{signing}.crt")), "{told}");
    let warned = warnings(&place.server).await;
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].starts_with(&format!("the certificate {signing}.crt ends at ")), "{warned:?}");
    assert!(warned[0].ends_with("(in 5 days)") || warned[0].ends_with("(in 6 days)"), "{warned:?}");
    let status = place.server.must("GET", "/status", Value::Null).await;
    let mut codes = status["warnings"].as_array().unwrap().iter().map(|one| &one["code"]);
    assert!(codes.any(|code| code == "certificate-ends"), "{status}");
    let end = end_of(&place, "signing").await;
    assert!((end - unix_now() - 6.0 * DAY).abs() < 60.0, "{end}");
    // Tokens contain the new leaf certificate.
    let ca = place.run("keys export").await.ok().to_owned();
    let token = place.token("registry", "").await;
    assert!(verifies_by_authority(&token, "registry", &ca));
    let leaf = std::fs::read_to_string(place.file(&format!("{signing}.crt"))).unwrap();
    assert!(crate::token::verifies_by_certificate(&token, "registry", &leaf));
    let sent = header(&token)["x5c"][0].as_str().unwrap().to_owned();
    assert!(leaf.replace('\n', "").contains(&sent), "the token contains the new leaf certificate");

    sleep(Duration::from_millis(1200)).await;
    assert_eq!(place.server.log_lines("a certificate ends soon").len(), 1, "the warning is logged once");
    place.run("keys rotate").await.ok();
    place.signed_by("registry", &place.signing(None).await, "libtrust_id").await;
    assert!(warnings(&place.server).await.is_empty(), "the certificate of a retired key causes no warning");
    assert!(end_of(&place, "signing").await > unix_now() + 89.0 * DAY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_forgets_a_retired_key_whose_tokens_have_ended() {
    let mut place = Place::open().await;
    place.run("keys rotate").await.ok();
    let (signing, retired) = (place.signing(None).await, place.keys("retired", None).await.remove(0));
    logged(&place.server, "the keys folder has changed", 1).await;
    assert_eq!(place.key_set(Some("registry")).await.len(), 2);
    place.server.terminate();
    // An hour of this server lasts 18 s in the test. The server's deadlines are shorter as well, so the test sends no
    // requests.
    const TIMES: u32 = 200;
    let began = Instant::now();
    place.server = Server::run(fast(TIMES), free_port(), place.path(), SQLITE, &[]);
    while place.server.log_lines("removed a retired key: all its tokens have ended").is_empty() {
        assert!(began.elapsed() < 3 * PATIENCE, "{}", place.server.log());
        sleep(Duration::from_millis(20)).await;
    }
    let minutes = began.elapsed().as_secs_f64() * f64::from(TIMES) / 60.0;
    assert!(minutes > 62.0, "removed after {minutes} minutes");
    place.server.terminate();
    place.server = Server::spawn(place.path(), SQLITE, &[]);
    place.server.ready().await;
    assert_eq!(place.key_set(Some("registry")).await.len(), 1);
    for ending in ["key", "crt"] {
        assert!(!place.file(&format!("{retired}.{ending}")).exists());
        assert!(place.file(&format!("{signing}.{ending}")).exists());
    }
    assert_eq!(crate::place::list(place.path()).await.len(), 1);
}

#[test]
fn what_is_due_is_done_at_its_time() {
    const DAY: i64 = 86_400;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let folder = KeysFolder::new(&path);
    let begin = Timestamp::from_seconds(1_800_000_000);
    let at = |seconds: i64| begin.plus_seconds(seconds);
    let nothing = BTreeSet::new();
    let maintain = |seconds: i64| folder.maintain(&nothing, at(seconds), false).unwrap();
    let load = |seconds: i64| folder.load(at(seconds)).unwrap();
    let count = |ring: &Keyring| ring.jwks().body.matches("\"kid\"").count() / 2;
    folder.create(begin, false).unwrap();
    let first = load(0).keys().next().unwrap().name.clone();
    assert_eq!(maintain(1), Maintenance::default());

    // The key is deleted exactly 63 minutes after it was retired.
    let Rotated::Signs { key: second, .. } = folder.rotate(None, false, &[], at(100)).unwrap() else {
        panic!("the new key does not sign at once");
    };
    for (seconds, gone) in [(101, false), (100 + 63 * 60 - 1, false), (100 + 63 * 60, true)] {
        assert_eq!(load(seconds).is_due(at(seconds)), gone, "{seconds}");
        assert_eq!(count(&load(seconds)), 2);
        let doubtful = folder.maintain(&nothing, at(seconds), true).unwrap();
        assert_eq!(doubtful, Maintenance::default(), "nothing is done while the clock may be wrong");
        let done = maintain(seconds);
        assert_eq!(done.forgotten, if gone { vec![first.clone()] } else { Vec::new() }, "{seconds}");
    }
    assert_eq!(count(&load(4000)), 1);
    assert!(!path.join(format!("{first}.key")).exists());

    // A leaf certificate in tokens is renewed at 60 days. The leaf of a key that a registry stores is never renewed.
    let zot = BTreeSet::from([Some(ServiceName::parse("zot").unwrap())]);
    let made = folder.maintain(&zot, at(5000), false).unwrap().made.remove(0).1;
    assert_eq!(folder.maintain(&zot, at(5001), false).unwrap(), Maintenance::default(), "nothing is due");
    let of_zot = std::fs::read(path.join(format!("{made}.crt"))).unwrap();
    let issued = 100;
    assert!(!load(issued + 60 * DAY - 1).is_due(at(issued + 60 * DAY - 1)));
    assert!(load(issued + 60 * DAY).is_due(at(issued + 60 * DAY)));
    assert_eq!(maintain(issued + 60 * DAY).renewed, [second]);
    assert!(!load(issued + 60 * DAY).is_due(at(issued + 60 * DAY)));
    assert_eq!(std::fs::read(path.join(format!("{made}.crt"))).unwrap(), of_zot);
    let ends: Vec<_> = load(issued + 60 * DAY).endings().iter().map(|end| (end.role, end.ends_at)).collect();
    assert_eq!(ends, [("ca", at(3650 * DAY)), ("signing", at(issued + 150 * DAY))]);
}
