//! Tests the causes that follow from facts, also for registries that the tests cannot run (distribution 3,
//! zot).

use super::*;
use crate::doctor::registry::bundle;
use crate::doctor::registry::file::RegistryFile;
use crate::doctor::registry::log::RefusalLine;
use crate::doctor::registry::reception::Refusal;
use crate::doctor::server::keys::Keys;
use crate::doctor::server::program::Program;
use crate::doctor::token::clocks::Clocks;
use crate::doctor::token::received::Token;
use crate::doctor::token::trials::Trials;
use crate::token::KeyForm;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::json;
use std::path::Path;
use std::sync::LazyLock;
use tempfile::TempDir;

const NOW: i64 = 1_800_000_000;

/// A folder with certificates and a key set, and the certificate that the tokens contain, DER.
struct Scene {
    folder: TempDir,
    der: Vec<u8>,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let own = CertificateParams::default().self_signed(&key).unwrap();
        std::fs::write(folder.path().join("own.crt"), own.pem()).unwrap();
        let other = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let other = CertificateParams::default().self_signed(&other).unwrap();
        std::fs::write(folder.path().join("other.crt"), other.pem()).unwrap();
        std::fs::write(folder.path().join("jwks.json"), r#"{"keys": [{"kid": "known"}]}"#).unwrap();
        Self { folder, der: own.der().to_vec() }
    }

    fn token(&self, kid: &str, chain: bool, begin: i64, end: i64) -> Token {
        let claims = json!({"iss": "portreeve", "aud": "registry", "nbf": begin, "exp": end});
        self.odd_token("ES256", kid, chain, &claims)
    }

    fn odd_token(&self, algorithm: &str, kid: &str, chain: bool, claims: &serde_json::Value) -> Token {
        let mut header = json!({"alg": algorithm, "kid": kid});
        if chain {
            header["x5c"] = json!([STANDARD.encode(&self.der)]);
        }
        let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        Token::decode(&format!("{}.{}.x", encode(&header), encode(claims))).unwrap()
    }

    fn file(&self, token: &str) -> RegistryFile {
        let token = token.replace("DIR", &self.folder.path().display().to_string());
        let text = format!("{{\"auth\": {{\"token\": {{\"service\": \"registry\", {token}}}}}}}");
        RegistryFile::parse(Path::new("/etc/r.yml"), text).unwrap()
    }
}

static NAMED: LazyLock<Refusal> = LazyLock::new(|| Refusal::Named("invalid_token".to_owned()));

fn evidence(reason: Reason) -> RefusalLine {
    RefusalLine { reason, words: "so it says".to_owned(), time: None }
}

fn facts<'a>(token: &'a Token, file: Option<&'a RegistryFile>) -> Facts<'a> {
    Facts {
        token,
        service: "registry",
        file,
        keys: None,
        log: None,
        refusal: &NAMED,
        program: Program::Portreeve,
        clocks: Clocks { registry: Some(0), realm: Some(0) },
        now: NOW,
        trials: Trials::default(),
    }
}

#[test]
fn the_one_cause_is_told_from_the_file() {
    let scene = Scene::new();
    let good = scene.token("k", true, NOW - 30, NOW + 300);
    let bare = scene.token("unknown", false, NOW - 30, NOW + 300);
    let known = scene.token("known", false, NOW - 30, NOW + 300);
    let late = scene.token("k", true, NOW - 900, NOW - 61);
    let early = scene.token("k", true, NOW + 61, NOW + 300);
    let bundle = "\"issuer\": \"portreeve\", \"rootcertbundle\"";
    for (token, file, check, words) in [
        (&good, "\"issuer\": \"other\", \"rootcertbundle\": \"DIR/own.crt\"".to_owned(), "issuer", "`other`"),
        (&good, format!("{bundle}: \"DIR/other.crt\""), "bundle", "does not verify"),
        (&good, format!("{bundle}: \"DIR/own.crt\""), "config", "another configuration"),
        (&late, format!("{bundle}: \"DIR/own.crt\""), "clock", "ended"),
        (&early, format!("{bundle}: \"DIR/own.crt\""), "clock", "not begun"),
        (&good, "\"issuer\": \"portreeve\"".to_owned(), "bundle", "names no `rootcertbundle`"),
        (&good, "\"issuer\": \"portreeve\", \"jwks\": \"DIR/jwks.json\"".to_owned(), "bundle", "key set"),
        (&bare, "\"issuer\": \"portreeve\", \"jwks\": \"DIR/jwks.json\"".to_owned(), "key", "is not held by"),
        (&known, "\"issuer\": \"portreeve\", \"jwks\": \"DIR/jwks.json\"".to_owned(), "config", "another"),
        (&bare, format!("{bundle}: \"DIR/own.crt\""), "bundle", "is not held by"),
        (
            &good,
            format!("\"signingalgorithms\": [\"RS256\"], {bundle}: \"DIR/own.crt\""),
            "key",
            "does not allow ES256",
        ),
    ] {
        let file = scene.file(&file);
        let found = facts(token, Some(&file)).refused();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].check == check && found[0].what.contains(words), "{check} {words}: {found:?}");
        assert!(found[0].fix.is_some(), "{found:?}");
    }
}

#[test]
fn a_service_that_is_not_the_tokens_is_told_from_outside() {
    let scene = Scene::new();
    let token = scene.token("k", true, NOW - 30, NOW + 300);
    let found = Facts { service: "other", ..facts(&token, None) }.refused();
    assert_eq!(found[0].check, "service");
    assert!(found[0].fix.as_ref().unwrap().contains("`service: \"registry\"`"), "{found:?}");
}

#[test]
fn from_outside_what_is_open_is_listed_in_order() {
    let scene = Scene::new();
    let token = scene.token("k", false, NOW - 30, NOW + 300);
    let mut facts = facts(&token, None);
    facts.clocks = Clocks::default();
    let found = facts.refused();
    let why = &found[0].why;
    let places: Vec<_> = ["`jwks`", "`issuer`", "form of key id", "`signingalgorithms`", "clock"]
        .iter()
        .map(|words| why.find(words))
        .collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{why}");
    // A new line of the log decides. An older line counts only if no cause is certain.
    facts.log = Some(LogEvidence::Reason(evidence(Reason::Issuer)));
    assert_eq!(facts.refused()[0].check, "issuer");
    facts.log = Some(LogEvidence::Older(evidence(Reason::UnknownKey { is_new: false })));
    assert_eq!(facts.refused()[0].check, "key");
    facts.log = None;
    facts.trials = Trials { tried: true, accepted: vec![KeyForm::Libtrust] };
    let found = facts.refused();
    assert!(found[0].check == "key" && found[0].what.contains("libtrust id"), "{found:?}");
}

#[path = "faults_tests.rs"]
mod faults;
#[path = "log_tests.rs"]
mod log;
#[path = "zot_tests.rs"]
mod zot;
