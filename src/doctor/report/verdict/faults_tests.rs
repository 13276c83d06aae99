//! Tests unusual tokens, registries with two key files, several faults at once, new log lines, and the commands in
//! fixes.

use super::*;

#[test]
fn a_token_that_distribution_cannot_take_is_the_cause() {
    let scene = Scene::new();
    let fits = scene.file("\"issuer\": \"portreeve\", \"rootcertbundle\": \"DIR/own.crt\"");
    let new = scene.file(
        "\"issuer\": \"portreeve\", \"rootcertbundle\": \"DIR/own.crt\", \"signingalgorithms\": [\"ES256\"]",
    );
    let claims = |aud: serde_json::Value, exp: serde_json::Value| json!({"iss": "portreeve", "aud": aud, "nbf": NOW - 30, "exp": exp});
    let listed = scene.odd_token("ES256", "k", true, &claims(json!(["registry"]), json!(NOW + 300)));
    let float = scene.odd_token("ES256", "k", true, &claims(json!("registry"), json!(1_800_000_300.5)));
    let secret = scene.odd_token("HS256", "k", true, &claims(json!("registry"), json!(NOW + 300)));
    for (token, file, check, words) in [
        (&listed, Some(&fits), "token", "is a list"),
        // Distribution 3 accepts a list as `aud`.
        (&listed, Some(&new), "config", "another configuration"),
        (&float, Some(&fits), "token", "`exp`"),
        (&float, None, "token", "`exp`"),
        (&secret, Some(&fits), "key", "`HS256`"),
        (&secret, None, "key", "`HS256`"),
    ] {
        let found = facts(token, file).refused();
        assert!(found.len() == 1 && found[0].check == check, "{check}: {found:?}");
        assert!(found[0].what.contains(words) && found[0].fix.is_some(), "{words}: {found:?}");
    }
    let found = facts(&listed, None).refused();
    assert!(found[0].why.contains("(1) the registry is distribution up to 2.8"), "{found:?}");
}

#[test]
fn no_command_lacks_the_service() {
    let scene = Scene::new();
    let claims = json!({"iss": "portreeve", "aud": ["registry"], "nbf": NOW - 30, "exp": NOW + 300});
    let token = scene.odd_token("ES256", "k", false, &claims);
    let found = facts(&token, None).refused();
    assert!(found[0].fix.as_ref().unwrap().contains("-- registry`"), "{found:?}");
    let found = Facts { service: "--url=x", ..facts(&token, None) }.key_form();
    assert!(found.fix.as_ref().unwrap().contains("-- --url=x`"), "{found:?}");
}

#[test]
fn a_key_may_be_in_the_bundle_or_in_the_key_set() {
    let scene = Scene::new();
    let both =
        "\"issuer\": \"portreeve\", \"rootcertbundle\": \"DIR/other.crt\", \"jwks\": \"DIR/jwks.json\"";
    let file = scene.file(both);
    let known = scene.token("known", false, NOW - 30, NOW + 300);
    assert_eq!(facts(&known, Some(&file)).refused()[0].check, "config");
    let unknown = scene.token("unknown", false, NOW - 30, NOW + 300);
    let found = facts(&unknown, Some(&file)).refused();
    assert!(found[0].check == "key" && found[0].what.contains("other.crt` or `"), "{found:?}");
    // The file that cannot be read may contain the certificate.
    let file = scene.file(&both.replace("other.crt", "none.crt"));
    assert_eq!(facts(&unknown, Some(&file)).refused()[0].check, "acceptance");
}

#[test]
fn two_faults_are_told_at_once() {
    let scene = Scene::new();
    let file = scene.file("\"issuer\": \"other\", \"rootcertbundle\": \"DIR/other.crt\"");
    let token = scene.token("k", true, NOW - 30, NOW + 300);
    let mut facts = facts(&token, Some(&file));
    let checks = |facts: &Facts<'_>| facts.refused().iter().map(|it| it.check).collect::<Vec<_>>();
    assert_eq!(checks(&facts), ["issuer", "bundle"]);
    facts.log = Some(LogEvidence::Reason(evidence(Reason::Issuer)));
    assert_eq!(checks(&facts), ["issuer", "bundle"]);
    // The registry's log shows that it accepted the issuer, so it runs with another file.
    facts.log = Some(LogEvidence::Reason(evidence(Reason::UnknownAuthority)));
    assert_eq!(checks(&facts), ["bundle"]);
}

#[test]
fn without_a_file_every_place_of_a_key_is_named() {
    let scene = Scene::new();
    let (bare, chained) =
        (scene.token("k", false, NOW - 30, NOW + 300), scene.token("k", true, NOW - 30, NOW + 300));
    let silent = Refusal::Silent("Bearer realm=\"r\"".to_owned());
    for (token, refusal, named, not_named) in [
        // Without a certificate in the token, a key set or zot's file is a likelier cause than the issuer.
        (
            &bare,
            &*NAMED,
            &["`jwks`", "`cert` of zot", "`issuer`", "`signingalgorithms`"] as &[&str],
            "a different key",
        ),
        (&chained, &NAMED, &["`issuer`", "`rootcertbundle`", "`signingalgorithms`"], "`jwks`"),
        // Only zot refuses without a challenge. zot checks only the key.
        (&bare, &Refusal::Bare, &["`cert`"], "issuer"),
        (&bare, &silent, &["`jwks`", "holds a different key"], "nothing"),
    ] {
        let found = Facts { refusal, ..facts(token, None) }.refused();
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        let places: Vec<_> = named.iter().map(|words| finding.why.find(words)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{named:?}: {finding:?}");
        assert!(!finding.why.contains(not_named), "{not_named}: {finding:?}");
        // The finding may contain only what the doctor saw.
        assert!(finding.what.contains(&format!("({})", refusal.words())), "{finding:?}");
        assert_eq!(finding.what.contains("invalid_token"), *refusal == *NAMED, "{finding:?}");
    }
}

#[test]
fn what_newer_releases_log_is_told_in_their_words() {
    let scene = Scene::new();
    let thumbprint = scene.token("thumbprint", false, NOW - 30, NOW + 300);
    let libtrust = scene.token("A:B", false, NOW - 30, NOW + 300);
    for (token, reason, words, fix) in [
        (
            &thumbprint,
            Reason::Algorithm,
            "its `signingalgorithms` does not list that algorithm",
            "add `- ES256`",
        ),
        (
            &thumbprint,
            Reason::UnknownKey { is_new: true },
            "does not hold the key `thumbprint`",
            "services config",
        ),
        (&libtrust, Reason::UnknownKey { is_new: true }, "by the libtrust id", "--profile distribution-3"),
        (&thumbprint, Reason::UnknownKey { is_new: false }, "by the RFC 7638 thumbprint", "distribution-2"),
        (&libtrust, Reason::UnknownKey { is_new: false }, "does not hold the key `A:B`", "services config"),
        (&libtrust, Reason::Signature, "did not sign the token", "services config"),
    ] {
        let found =
            Facts { log: Some(LogEvidence::Reason(evidence(reason))), ..facts(token, None) }.refused();
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        assert!(finding.check == "key" && finding.what.contains(words), "{words}: {finding:?}");
        assert!(finding.why.contains("the registry's log says `so it says`"), "{finding:?}");
        assert!(finding.fix.as_ref().is_some_and(|told| told.contains(fix)), "{fix}: {finding:?}");
    }
}

#[test]
fn no_command_is_for_a_token_server_of_others() {
    let scene = Scene::new();
    let fits = "\"issuer\": \"portreeve\", \"rootcertbundle\": \"DIR/other.crt\"";
    let key_set = "\"issuer\": \"portreeve\", \"jwks\": \"DIR/jwks.json\"";
    for chain in [true, false] {
        let token = scene.token("k", chain, NOW - 30, NOW + 300);
        for file in [None, Some(scene.file(fits)), Some(scene.file(key_set)), Some(scene.zot("other.crt"))] {
            for log in [None, Some(Reason::UnknownKey { is_new: false }), Some(Reason::CertificateEnded)] {
                let log = log.map(|reason| LogEvidence::Reason(evidence(reason)));
                let facts = Facts { program: Program::Other, log, ..facts(&token, file.as_ref()) };
                let found = facts.refused();
                assert!(found.iter().all(|it| it.fix.is_some()), "{found:?}");
                assert!(!format!("{found:?}").contains("`portreeve "), "{found:?}");
            }
        }
    }
}

#[test]
fn no_file_that_serves_something_else_is_written_to() {
    let scene = Scene::new();
    let token = scene.token("k", true, NOW - 30, NOW + 300);
    for (bundle, place) in [
        ("other.crt", "/etc/portreeve-ca.crt".to_owned()),
        ("portreeve-ca.crt", scene.folder.path().join("portreeve-ca.crt").display().to_string()),
    ] {
        let own = scene.folder.path().join("portreeve-ca.crt");
        std::fs::copy(scene.folder.path().join("other.crt"), own).unwrap();
        let file = scene.file(&format!("\"issuer\": \"portreeve\", \"rootcertbundle\": \"DIR/{bundle}\""));
        let found = facts(&token, Some(&file)).refused();
        let fix = found[0].fix.clone().unwrap();
        assert!(fix.starts_with(&format!("`cp CA.crt {place}`")), "{fix}");
        assert!(fix.contains(&format!("`rootcertbundle: \"{place}\"`")), "{fix}");
    }
}
