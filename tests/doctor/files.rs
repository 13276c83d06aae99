//! Files that differ from those with which the registry was started.

use crate::clinic::Clinic;

/// Starts the registry with a wrong bundle, and then replaces the file.
fn with_wrong_bundle() -> Clinic {
    let mut clinic = Clinic::open();
    let other = rcgen::KeyPair::generate().unwrap();
    let other = rcgen::CertificateParams::default().self_signed(&other).unwrap();
    std::fs::write(clinic.path().join("other.crt"), other.pem()).unwrap();
    clinic.set("rootcertbundle", &format!("\"{}\"", clinic.path().join("other.crt").display()));
    clinic.start_registry();
    clinic.write_file("");
    clinic
}

#[test]
fn the_file_of_another_registry() {
    let clinic = with_wrong_bundle();
    clinic.set("realm", "\"https://other.example.org/token\"");
    clinic.set("service", "\"other\"");
    clinic.set("issuer", "\"other issuer\"");
    clinic.set("rootcertbundle", "\"/nonexistent/other.crt\"");
    let log = clinic.log();
    let said = clinic.doctor(&["--registry-log", log.to_str().unwrap()]);
    let fix = said.one_problem("bundle", "does not trust the signer of the tokens");
    assert!(!fix.contains("registry.yml"), "{fix}");
    assert!(!said.out.contains("other issuer") && !said.out.contains("/nonexistent"), "{}", said.out);
    let warnings = said.of("warning");
    let [(check, what, fix)] = warnings.as_slice() else { panic!("{said:#?}") };
    assert!(check == "config" && what.contains("is not in force"), "{said:#?}");
    assert!(fix.contains("`unset REGISTRY_AUTH_TOKEN_REALM REGISTRY_AUTH_TOKEN_SERVICE`"), "{fix}");
    assert!(what.contains("`service: other` where the registry says `registry`"), "{what}");
}

#[test]
fn a_file_that_asks_for_no_tokens() {
    let mut clinic = Clinic::open();
    clinic.start_registry();
    let file = std::fs::read_to_string(clinic.file()).unwrap();
    std::fs::write(clinic.file(), file.split_once("# Paste").unwrap().0).unwrap();
    let said = clinic.doctor(&[]);
    said.healthy();
    assert!(
        said.of("warning")[0].1.ends_with("no `auth` section, but the registry asks for tokens"),
        "{said:#?}"
    );
}

#[test]
fn a_service_that_was_corrected_without_a_restart() {
    let mut clinic = Clinic::open();
    clinic.set("service", "\"registry.example.org\"");
    clinic.start_registry();
    clinic.write_file("");
    clinic.proves(&[], "service", "does not know the registry's service `registry.example.org`");
}
