//! The servers to which the doctor sends the password, and the servers to which it must not.

use crate::clinic::{Clinic, PASSWORD};
use crate::fake::{Fake, challenge, given, said, token};
use crate::tls::Authority;
use serde_json::json;

/// Starts a token server that gives one token for a password.
fn giver(tls: Option<std::sync::Arc<rustls::ServerConfig>>) -> Fake {
    Fake::new(tls, |head| {
        if head.to_ascii_lowercase().contains("\r\nauthorization: ") {
            given(&token(json!([])))
        } else {
            said(401, &["WWW-Authenticate: Basic realm=x"], r#"{"details": "log in"}"#)
        }
    })
}

#[test]
fn a_registry_that_nobody_vouches_for_gets_no_password_sent_anywhere() {
    let clinic = Clinic::open();
    let (unknown, known) = (Authority::new(), Authority::new());
    let realm = giver(Some(known.server("0.0.0.0")));
    let to = format!("https://0.0.0.0:{}/token", realm.port);
    let registry = Fake::new(Some(unknown.server("0.0.0.0")), move |_| challenge(&to));
    let ca = known.write(clinic.path(), "known.crt");
    let name = format!("0.0.0.0:{}", registry.port);
    let arguments = [&name, "--user", "admin", "--ca", &ca, "--output", "json"];
    let said = clinic.ask(&arguments, PASSWORD);
    assert_eq!(realm.passwords(), 0, "{said:#?}");
    let warnings = said.of("warning");
    assert!(warnings.iter().any(|(_, what, _)| what.contains("was not sent")), "{said:#?}");
    // With the right authority, the certificate is verified.
    let other = unknown.write(clinic.path(), "unknown.crt");
    clinic.ask(&[&arguments[..], &["--ca", &other]].concat(), PASSWORD);
    assert_eq!(realm.passwords(), 1);
}

#[test]
fn plain_http_that_docker_refuses_gets_no_password() {
    let clinic = Clinic::open();
    let realm = giver(None);
    let to = format!("http://0.0.0.0:{}/token", realm.port);
    let registry = Fake::new(None, move |_| challenge(&to));
    let name = format!("0.0.0.0:{}", registry.port);
    let rules = clinic.path().join("daemon.json");
    std::fs::write(&rules, "{}").unwrap();
    let rules_path = rules.to_str().unwrap();
    let ask = |name: &str| {
        clinic.ask(&[name, "--user", "admin", "--daemon-config", rules_path, "--output", "json"], PASSWORD)
    };
    let said = ask(&name);
    assert_eq!(realm.passwords(), 0, "{said:#?}");
    ask(&format!("http://{name}"));
    assert_eq!(realm.passwords(), 1, "the address of the registry asks for http");
    std::fs::write(&rules, format!("{{\"insecure-registries\": [\"{name}\"]}}")).unwrap();
    ask(&name);
    assert_eq!(realm.passwords(), 2, "docker also sends its password to an insecure registry");
}
