//! Keys that the operator brings are accepted by the registry, in every form that openssl writes.

use super::port::{ADMIN, Port, run};
use super::skopeo::push;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn open_with_key(openssl: &'static [&'static str]) -> Port {
    Port::open_with(|folder: &Path| {
        let keys = folder.join("keys");
        std::fs::create_dir(&keys).unwrap();
        let said = run("openssl", openssl, &keys);
        assert!(said.ok, "{}", said.text);
        for path in [keys.join("mine.key"), keys.clone()] {
            let mode = if path == keys { 0o700 } else { 0o600 };
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pkcs1_rsa_key_signs_what_the_registry_accepts() {
    let port = open_with_key(&["genrsa", "-traditional", "-out", "mine.key", "2048"]);
    let said = push(&port, Some(ADMIN), "a/b");
    assert!(said.ok, "{}", said.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sec1_ec_key_signs_what_the_registry_accepts() {
    let port = open_with_key(&["ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", "mine.key"]);
    let said = push(&port, Some(ADMIN), "a/b");
    assert!(said.ok, "{}", said.text);
}
