//! Tokens that the registry refuses, with the same answer for every reason, and registries that ask for no token.

use crate::clinic::Clinic;
use crate::fake::said;
use crate::front::{Front, Manner};

#[test]
fn a_set_up_as_it_was_printed_is_healthy() {
    let mut clinic = Clinic::open();
    clinic.start_registry();
    let said = clinic.doctor(&[]);
    said.healthy();
    assert_eq!(said.err, "", "no progress is printed with JSON");
    let checks: Vec<String> = said.of("ok").into_iter().map(|(check, _, _)| check).collect();
    assert_eq!(checks, ["registry", "challenge", "realm", "token", "acceptance", "clock", "config"]);
    assert_eq!(said.of("warning"), []);
    // For people, the doctor shows its progress, and its verdict at the end.
    let said = clinic.ask(&[&clinic.registry(), "--user", "admin"], crate::clinic::PASSWORD);
    assert_eq!(said.code, 0);
    assert!(said.out.ends_with("healthy\n") && said.err.contains("looking at the token server"), "{said:?}");
}

#[test]
fn a_wrong_issuer() {
    let mut clinic = Clinic::open();
    clinic.set("issuer", "\"somebody else\"");
    clinic.start_registry();
    clinic.proves(&[], "issuer", "expects the issuer `somebody else`, but tokens are issued by `portreeve`");
}

#[test]
fn a_wrong_service() {
    let mut clinic = Clinic::open();
    clinic.set("service", "\"registry.example.org\"");
    clinic.start_registry();
    clinic.proves(&[], "service", "does not know the registry's service `registry.example.org`");
}

#[test]
fn the_log_names_the_one_cause_and_from_outside_it_is_a_list() {
    let mut clinic = Clinic::open();
    clinic.set("issuer", "\"somebody else\"");
    for form in ["text", "json"] {
        let file = std::fs::read_to_string(clinic.file()).unwrap();
        let form = format!("level: info\n  formatter: {form}\n");
        std::fs::write(clinic.file(), file.replace("level: info\n", &form)).unwrap();
        clinic.start_registry();
        let log = clinic.log();
        let said = clinic.doctor_from_outside(&["--registry-log", log.to_str().unwrap()]);
        let fix = said.one_problem("issuer", "does not expect the issuer of the tokens, `portreeve`");
        assert!(fix.starts_with("`issuer: \"portreeve\"` under auth.token"), "{fix}");
        clinic.write_file("");
        clinic.set("issuer", "\"somebody else\"");
    }
    // The doctor gets a keys folder that does not exist.
    let elsewhere = tempfile::tempdir().unwrap();
    let elsewhere = elsewhere.path().join("none");
    let said = clinic.doctor_from_outside(&["--keys-dir", elsewhere.to_str().unwrap()]);
    let fix = said.one_problem("acceptance", "refuses the token (401 `invalid_token`)");
    let issuer = fix.find("issuer: \"portreeve\"").unwrap_or_else(|| panic!("{fix}"));
    let bundle = fix.find("CN=Portreeve token CA").unwrap_or_else(|| panic!("{fix}"));
    assert!(issuer < bundle, "the most probable cause comes first: {fix}");
}

#[test]
fn a_log_that_is_too_quiet_says_so() {
    let mut clinic = Clinic::open();
    clinic.set("issuer", "\"somebody else\"");
    clinic.set("level", "warn");
    clinic.start_registry();
    let log = clinic.log();
    let said = clinic.doctor_from_outside(&["--registry-log", log.to_str().unwrap()]);
    said.one_problem("acceptance", "refuses the token");
    assert!(said.out.contains("names the cause only with `log: {level: info}`"), "{}", said.out);
}

#[test]
fn a_configuration_that_is_not_in_force() {
    let mut clinic = Clinic::open();
    clinic.set("issuer", "\"somebody else\"");
    clinic.start_registry();
    // The file is corrected, but the registry is not restarted.
    clinic.write_file("");
    clinic.proves(&[], "config", "it runs with another configuration");
}

#[test]
fn a_change_that_breaks_at_the_next_restart_is_a_warning() {
    let mut clinic = Clinic::open();
    clinic.start_registry();
    clinic.set("issuer", "\"somebody else\"");
    let said = clinic.doctor(&[]);
    said.healthy();
    let warnings = said.of("warning");
    assert!(warnings.len() == 1 && warnings[0].0 == "config", "{said:#?}");
}

#[test]
fn passwords_instead_of_tokens() {
    let mut clinic = Clinic::open();
    let file = std::fs::read_to_string(clinic.file()).unwrap();
    let (head, _) = file.split_once("# Paste").unwrap();
    let passwords = clinic.path().join("passwords");
    let basic = format!("auth:\n  htpasswd:\n    realm: basic\n    path: {}\n", passwords.display());
    std::fs::write(&passwords, "admin:$2y$05$abcdefghijklmnopqrstuuQZQ5xwqJ8f3Dlq5PVvW1Z3p6m0w9yZi\n")
        .unwrap();
    std::fs::write(clinic.file(), format!("{head}{basic}")).unwrap();
    clinic.start_registry();
    clinic.proves(&[], "challenge", "asks for `Basic`, not for a token");
}

#[test]
fn no_authentication_at_all() {
    let mut clinic = Clinic::open();
    let file = std::fs::read_to_string(clinic.file()).unwrap();
    std::fs::write(clinic.file(), file.split_once("# Paste").unwrap().0).unwrap();
    clinic.start_registry();
    clinic.proves(&[], "challenge", "lets everybody in without asking");
}

#[test]
fn passwords_although_the_file_asks_for_tokens() {
    let mut clinic = Clinic::open();
    clinic.start_registry();
    const BODY: &str = "<html>401 Authorization Required</html>";
    let text = said(401, &["WWW-Authenticate: Basic realm=x", "Content-Type: text/html"], BODY);
    let front = Front::before(clinic.registry_port, None, Manner::Always(text));
    let (address, file) = (format!("localhost:{}", front.port), clinic.file());
    let arguments = [&address, "--registry-config", file.to_str().unwrap(), "--output", "json"];
    let said = clinic.ask(&arguments, "");
    let fix = said.one_problem("challenge", "a proxy in front of the registry asks for `Basic`");
    assert!(fix.contains("auth_basic off"), "{fix}");
    assert!(!said.out.contains("restart"), "{}", said.out);

    // Now the registry itself asks for `Basic`. Its file was corrected after its start.
    let file = std::fs::read_to_string(clinic.file()).unwrap();
    let head = file.split_once("# Paste").unwrap().0;
    let passwords = clinic.path().join("passwords");
    std::fs::write(&passwords, "").unwrap();
    let basic = format!("auth:\n  htpasswd:\n    realm: basic\n    path: {}\n", passwords.display());
    std::fs::write(clinic.file(), format!("{head}{basic}")).unwrap();
    clinic.start_registry();
    clinic.write_file("");
    let said = clinic.doctor(&[]);
    assert!(said.of("note").iter().all(|(check, _, _)| check != "config"), "no second finding: {said:#?}");
    clinic.proves(&[], "challenge", "the registry asks for `Basic`, not for a token");
}
