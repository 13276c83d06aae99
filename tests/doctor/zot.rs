//! A fake zot that verifies tokens as zot's source does: only with the key of `cert`, whatever key a token names.

use crate::clinic::{Clinic, Diagnosis, PASSWORD};
use crate::fake::{Fake, said};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use std::path::Path;

/// Returns the public key of a certificate file.
fn key_of(path: &Path) -> Vec<u8> {
    let text = std::fs::read(path).unwrap();
    let pem = x509_parser::pem::parse_x509_pem(&text).unwrap().1;
    pem.parse_x509().unwrap().public_key().subject_public_key.data.to_vec()
}

fn is_signed(head: &str, key: &[u8]) -> bool {
    let text = head.split_once("Bearer ").and_then(|(_, rest)| rest.split("\r\n").next());
    let parts = text.and_then(|text| text.rsplit_once('.'));
    let Some((message, signature)) = parts else { return false };
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(message.as_bytes(), &signature).is_ok()
}

/// Starts a fake zot with this configuration file.
fn run(file: &Path) -> Fake {
    let read: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let bearer = &read["http"]["auth"]["bearer"];
    let text = |name: &str| bearer[name].as_str().unwrap().to_owned();
    let key = key_of(Path::new(&text("cert")));
    let (realm, service) = (text("realm"), text("service"));
    let challenge = format!("WWW-Authenticate: Bearer realm=\"{realm}\",service=\"{service}\",scope=\"\"");
    const JSON: &str = "Content-Type: application/json";
    Fake::new(None, move |head| {
        if !head.to_ascii_lowercase().contains("\r\nauthorization: ") {
            return said(401, &[JSON, &challenge], r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#);
        }
        if is_signed(head, &key) {
            return said(200, &[JSON, "Docker-Distribution-Api-Version: registry/2.0"], "{}");
        }
        said(401, &[JSON], r#"{"errors":[{"code":"UNSUPPORTED"}]}"#)
    })
}

fn ask(clinic: &Clinic, zot: &Fake, more: &[&str]) -> Diagnosis {
    let address = format!("localhost:{}", zot.port);
    clinic.ask(&[&[address.as_str(), "--output", "json"][..], more].concat(), PASSWORD)
}

/// Creates a service for zot, and writes the configuration that `services config` prints. Returns the clinic and the
/// path of that file.
fn printed() -> (Clinic, std::path::PathBuf) {
    let clinic = Clinic::open();
    clinic.administer("services create z --profile zot");
    let folder = clinic.path().join("zot");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("zot.json");
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
    // The server creates the key of the service in the background.
    while !std::fs::read_dir(clinic.path().join("keys")).unwrap().any(|entry| {
        entry.unwrap().file_name().to_string_lossy().contains("z-") || std::time::Instant::now() > patience
    }) {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    clinic.administer(&format!("services config z --write {} > {}", folder.display(), file.display()));
    (clinic, file)
}

#[test]
fn the_file_that_is_printed_for_zot_is_in_force() {
    let (clinic, file) = printed();
    let zot = run(&file);
    let config = ["--registry-config", file.to_str().unwrap()];
    for login in [&["--user", "admin"] as &[&str], &[]] {
        for config in [&config[..], &[]] {
            let said = ask(&clinic, &zot, &[login, config].concat());
            println!("{said:#?}");
            if login.is_empty() && config.is_empty() {
                assert_eq!(said.of("problem"), [], "the doctor does not know zot's key: {said:#?}");
                continue;
            }
            said.healthy();
            assert!(said.of("warning").is_empty(), "{said:#?}");
        }
    }
}

#[test]
fn a_key_of_zot_that_is_an_older_one() {
    let (clinic, file) = printed();
    let config: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let cert = config["http"]["auth"]["bearer"]["cert"].as_str().unwrap().to_owned();
    let right = std::fs::read(&cert).unwrap();
    let other = rcgen::generate_simple_self_signed(vec!["other".to_owned()]).unwrap();
    std::fs::write(&cert, other.cert.pem()).unwrap();
    let zot = run(&file);
    let nowhere = ["--user", "admin", "--keys-dir", "nowhere"];
    let fix = ask(&clinic, &zot, &nowhere).one_problem("acceptance", "401 without a challenge");
    assert!(fix.contains("portreeve services config --write DIR -- z") && !fix.contains("issuer"), "{fix}");
    let said = ask(&clinic, &zot, &[&nowhere[..], &["--registry-config", file.to_str().unwrap()]].concat());
    said.one_problem("bundle", "does not hold the key that signs tokens");
    // As the fix says, the test writes the file of the key and restarts the registry.
    clinic.administer(&format!(
        "services config --write {} -- z > again.json",
        file.parent().unwrap().display()
    ));
    assert_eq!(std::fs::read(&cert).unwrap(), right);
    ask(&clinic, &run(&file), &nowhere).healthy();
}
