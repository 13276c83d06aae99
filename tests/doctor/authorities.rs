//! The certificate authorities in the registry's bundle, the certificate in tokens, and the form of key ids.

use crate::clinic::Clinic;
use rcgen::{CertificateParams, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256};
use std::path::Path;
use std::time::Duration;
use time::OffsetDateTime;

/// Writes the certificate of another authority, which is valid from `from` to `until`, both in days from now.
fn authority(path: &Path, from: i64, until: i64) -> (CertificateParams, KeyPair) {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "another authority");
    let now = OffsetDateTime::now_utc();
    params.not_before = now + time::Duration::days(from);
    params.not_after = now + time::Duration::days(until);
    std::fs::write(path, params.self_signed(&key).unwrap().pem()).unwrap();
    (params, key)
}

fn pem(path: &Path) -> Vec<u8> {
    let text = std::fs::read(path).unwrap();
    x509_parser::pem::parse_x509_pem(&text).unwrap().1.contents
}

/// Returns the path of the file of the signing key with this extension.
fn signing(clinic: &Clinic, extension: &str) -> std::path::PathBuf {
    let mut files = std::fs::read_dir(clinic.path().join("keys")).unwrap().map(|entry| entry.unwrap().path());
    let is_it = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("signing-") && name.ends_with(extension)
    };
    files.find(is_it).unwrap()
}

#[test]
fn a_wrong_bundle() {
    let mut clinic = Clinic::open();
    let other = clinic.path().join("other.crt");
    authority(&other, -1, 100);
    clinic.set("rootcertbundle", &format!("\"{}\"", other.display()));
    clinic.start_registry();
    clinic.proves(
        &[],
        "bundle",
        "it holds `CN=another authority`, but tokens are signed under `CN=Portreeve token CA",
    );
}

#[test]
fn a_bundle_of_another_release_of_the_keys() {
    // The keys folder and the database are deleted and created again. The registry still has the old certificate in
    // memory.
    let mut clinic = Clinic::open();
    clinic.start_registry();
    clinic.stop_server();
    std::fs::remove_dir_all(clinic.path().join("keys")).unwrap();
    std::fs::remove_file(clinic.path().join("portreeve.db")).unwrap();
    clinic.start_server(&[]);
    clinic.proves(&[], "config", "it runs with another configuration");
}

#[test]
fn a_bundle_that_is_not_there() {
    let mut clinic = Clinic::open();
    clinic.set("rootcertbundle", "\"/nonexistent/ca.crt\"");
    clinic.spawn_registry();
    std::thread::sleep(Duration::from_millis(500));
    let said = clinic.doctor(&[]);
    let problems = said.of("problem");
    let checks: Vec<&str> = problems.iter().map(|(check, _, _)| check.as_str()).collect();
    assert_eq!(checks, ["registry", "bundle"], "{said:#?}");
    clinic.apply(&problems[1].2);
    clinic.doctor(&[]).healthy();
}

#[test]
fn an_expired_authority() {
    let mut clinic = Clinic::open();
    let old = clinic.path().join("old.crt");
    let (params, key) = authority(&old, -100, -1);
    // The certificate of the signing key is still valid.
    let signing_key = KeyPair::from_pem(&std::fs::read_to_string(signing(&clinic, ".key")).unwrap()).unwrap();
    let leaf =
        CertificateParams::default().signed_by(&signing_key, &Issuer::from_params(&params, &key)).unwrap();
    let file = signing(&clinic, ".crt");
    std::fs::write(&file, leaf.pem()).unwrap();
    clinic.start_server(&[]);
    clinic.set("rootcertbundle", &format!("\"{}\"", old.display()));
    clinic.start_registry();
    clinic.proves(&[], "bundle", "the certificate of `CN=another authority` in");
}

#[test]
fn an_expired_authority_of_the_token_server_itself() {
    let mut clinic = Clinic::open();
    let path = clinic.path().join("keys/ca.crt");
    let key = clinic.path().join("keys/ca.key");
    let key = KeyPair::from_pem(&std::fs::read_to_string(key).unwrap()).unwrap();
    let ours = pem(&path);
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let (_, parsed) = x509_parser::parse_x509_certificate(&ours).unwrap();
    let name = parsed.subject().iter_common_name().next().unwrap().as_str().unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    let now = OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = (now - time::Duration::days(9), now - time::Duration::days(1));
    std::fs::write(&path, params.self_signed(&key).unwrap().pem()).unwrap();
    clinic.start_registry();
    clinic.proves(&[], "bundle", &format!("the certificate of `CN={name}` in"));
}

#[test]
fn a_wrong_issuer_and_a_wrong_bundle() {
    let mut clinic = Clinic::open();
    let other = clinic.path().join("other.crt");
    authority(&other, -1, 100);
    clinic.set("rootcertbundle", &format!("\"{}\"", other.display()));
    clinic.set("issuer", "\"somebody else\"");
    clinic.start_registry();
    let said = clinic.doctor(&[]);
    let problems = said.of("problem");
    let checks: Vec<&str> = problems.iter().map(|(check, _, _)| check.as_str()).collect();
    assert_eq!(checks, ["issuer", "bundle"], "{said:#?}");
    for (_, _, fix) in &problems {
        clinic.apply(fix);
    }
    clinic.doctor(&[]).healthy();
}

#[test]
fn an_expired_leaf() {
    let mut clinic = Clinic::open();
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap();
    let ca_key = KeyPair::from_pem(&read(clinic.path().join("keys/ca.key"))).unwrap();
    let issuer = Issuer::from_ca_cert_pem(&read(clinic.path().join("keys/ca.crt")), ca_key).unwrap();
    let key = KeyPair::from_pem(&read(signing(&clinic, ".key"))).unwrap();
    let mut params = CertificateParams::default();
    let now = OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = (now - Duration::from_secs(60), now + Duration::from_secs(3));
    let file = signing(&clinic, ".crt");
    std::fs::write(&file, params.signed_by(&key, &issuer).unwrap().pem()).unwrap();
    // The server starts with a certificate that is still valid, and keeps it.
    clinic.start_server(&[]);
    std::thread::sleep(Duration::from_secs(4));
    clinic.start_registry();
    let log = clinic.log();
    clinic
        .doctor_from_outside(&["--registry-log", log.to_str().unwrap()])
        .one_problem("certificate", "the certificate that tokens bring ended at");
    clinic.proves(&[], "certificate", "the certificate that tokens bring ended at");
}

#[test]
fn a_wrong_form_of_key_ids() {
    let mut clinic = Clinic::open();
    // The service has its own key, which the bundle of the registry contains. Tokens contain no certificate.
    let shared = signing(&clinic, ".crt");
    clinic.administer("services update registry --profile custom --trust jwks --key-id thumbprint");
    let keys = clinic.path().join("keys");
    let own = loop {
        let files = std::fs::read_dir(&keys).unwrap().map(|entry| entry.unwrap().path());
        let mut leaves = files.filter(|path| path.extension().is_some_and(|extension| extension == "crt"));
        if let Some(own) = leaves.find(|path| *path != shared && !path.ends_with("ca.crt")) {
            break own;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let bundle = clinic.path().join("bundle.crt");
    let both = [std::fs::read(keys.join("ca.crt")).unwrap(), std::fs::read(own).unwrap()].concat();
    std::fs::write(&bundle, both).unwrap();
    clinic.set("rootcertbundle", &format!("\"{}\"", bundle.display()));
    clinic.start_registry();
    let nowhere = clinic.path().join("nowhere");
    let without_keys = ["--keys-dir", nowhere.to_str().unwrap()];

    // The doctor can find this fault in three ways: by trials with the server's keys, by the registry's configuration
    // file, and by the registry's log.
    let said = clinic.doctor_from_outside(&[]);
    let fix =
        said.one_problem("key", "the registry accepts the same key by its certificate or its libtrust id");
    assert!(fix.contains("--profile distribution-2"), "{fix}");
    let said = clinic.doctor(&without_keys);
    assert_eq!(said.one_problem("key", "by the RFC 7638 thumbprint"), fix);
    let log = clinic.log();
    let log = ["--registry-log", log.to_str().unwrap()];
    clinic
        .doctor_from_outside(&[log, without_keys].concat())
        .one_problem("key", "by the RFC 7638 thumbprint");
    clinic.proves(&[], "key", "by the RFC 7638 thumbprint");

    // Distribution 2 finds keys by their libtrust ids, not by thumbprints.
    clinic.administer("services update registry --profile custom --trust jwks --key-id libtrust");
    clinic.doctor(&[]).healthy();
}

#[test]
fn without_a_user_the_keys_are_enough_to_try() {
    let mut clinic = Clinic::open();
    clinic.start_registry();
    let (registry, file) = (clinic.registry(), clinic.file());
    let arguments = [&registry, "--registry-config", file.to_str().unwrap(), "--output", "json"];
    let said = clinic.ask(&arguments, "");
    said.healthy();
    assert!(said.of("note").iter().any(|(_, what, _)| what.contains("the doctor made a token")), "{said:#?}");
    let other = clinic.path().join("other.crt");
    authority(&other, -1, 100);
    clinic.set("rootcertbundle", &format!("\"{}\"", other.display()));
    clinic.start_registry();
    clinic.ask(&arguments, "").one_problem("bundle", "it holds `CN=another authority`");
}

#[test]
fn a_bundle_that_holds_until_the_next_renewal() {
    let mut clinic = Clinic::open();
    clinic.set("rootcertbundle", &format!("\"{}\"", signing(&clinic, ".crt").display()));
    clinic.start_registry();
    let said = clinic.doctor(&[]);
    said.healthy();
    let warning = said.of("warning").into_iter().find(|(check, _, _)| check == "bundle").unwrap();
    assert!(warning.1.contains("not the authority above it"), "{said:#?}");
    clinic.apply(&warning.2);
    let said = clinic.doctor(&[]);
    said.healthy();
    assert_eq!(said.of("warning"), []);
}

#[test]
fn a_refusal_of_a_made_up_issuer_is_no_problem() {
    let mut clinic = Clinic::open();
    clinic.start_server(&[("PORTREEVE_ISSUER", "https://auth.example.org")]);
    clinic.write_file("");
    clinic.start_registry();
    clinic.doctor(&[]).healthy();
    let log = clinic.log();
    let arguments = [&clinic.registry(), "--registry-log", log.to_str().unwrap(), "--output", "json"];
    let said = clinic.ask(&arguments, "");
    assert_eq!((said.code, said.of("problem")), (0, vec![]), "{said:#?}");
    assert!(said.of("note").iter().any(|(_, what, _)| what.contains("cannot find out")), "{said:#?}");

    // Now the registry's log names another cause. The doctor reports this cause as a problem.
    clinic.start_server(&[]);
    clinic.write_file("");
    let other = clinic.path().join("other.crt");
    authority(&other, -1, 100);
    clinic.set("rootcertbundle", &format!("\"{}\"", other.display()));
    clinic.start_registry();
    clinic.ask(&arguments, "").one_problem("bundle", "does not trust the signer");
}
