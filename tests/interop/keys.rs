//! The registry accepts tokens of keys that the operator makes with openssl, in the forms PKCS#1 and SEC1.

use super::port::{ADMIN, Port, run};
use super::skopeo::push;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Starts a registry and a server whose keys folder contains the output of these calls of openssl. The key is in
/// `file`.
fn open_with(file: &'static str, openssl: Vec<&'static [&'static str]>) -> Port {
    Port::open_with(|folder: &Path| {
        let keys = folder.join("keys");
        std::fs::create_dir(&keys).unwrap();
        for arguments in openssl {
            let said = run("openssl", arguments, &keys);
            assert!(said.succeeded(), "{}", said.text());
        }
        for path in [keys.join(file), keys.clone()] {
            let mode = if path == keys { 0o700 } else { 0o600 };
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        }
    })
}

const AUTHORITY: &[&str] = &[
    "req",
    "-x509",
    "-new",
    "-key",
    "ca.key",
    "-out",
    "ca.crt",
    "-days",
    "365",
    "-subj",
    "/CN=authority of the tests",
    "-addext",
    "basicConstraints=critical,CA:TRUE",
    "-addext",
    "keyUsage=critical,keyCertSign,cRLSign",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_pkcs1_rsa_key_signs_what_the_registry_accepts() {
    let port = open_with("mine.key", vec![&["genrsa", "-traditional", "-out", "mine.key", "2048"]]);
    let said = push(&port, Some(ADMIN), "a/b");
    assert!(said.succeeded(), "{}", said.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sec1_ec_key_signs_what_the_registry_accepts() {
    let port = open_with(
        "mine.key",
        vec![&["ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", "mine.key"]],
    );
    let said = push(&port, Some(ADMIN), "a/b");
    assert!(said.succeeded(), "{}", said.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_an_authority_is_taken_in_sec1_form() {
    let key = &["ecparam", "-name", "prime256v1", "-genkey", "-out", "ca.key"];
    let port = open_with("ca.key", vec![key, AUTHORITY]);
    let said = push(&port, Some(ADMIN), "a/b");
    assert!(said.succeeded(), "{}", said.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_an_authority_is_taken_in_pkcs1_form() {
    let port = open_with("ca.key", vec![&["genrsa", "-traditional", "-out", "ca.key", "2048"], AUTHORITY]);
    let said = push(&port, Some(ADMIN), "a/b");
    assert!(said.succeeded(), "{}", said.text());
}
