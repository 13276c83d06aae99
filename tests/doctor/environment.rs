//! Environment variables that override the registry's configuration file. The file itself is right.

use crate::clinic::Clinic;

fn overridden(field: &str, value: &str) -> Clinic {
    let mut clinic = Clinic::open();
    clinic.environment = vec![(format!("REGISTRY_AUTH_TOKEN_{field}"), value.to_owned())];
    clinic.start_registry();
    clinic
}

#[test]
fn an_issuer_of_the_environment() {
    overridden("ISSUER", "somebody else").proves(&[], "config", "it runs with another configuration");
}

#[test]
fn a_service_of_the_environment() {
    let mut clinic = overridden("SERVICE", "somebody else");
    let said = clinic.doctor(&[]);
    let fix = said.one_problem("service", "does not know the registry's service `somebody else`");
    // No warning recommends the value of the wrong variable.
    assert!(said.of("warning").iter().all(|(_, _, fix)| !fix.contains("somebody else")), "{said:#?}");
    clinic.apply(&fix);
    clinic.doctor(&[]).healthy();
}

#[test]
fn a_realm_of_the_environment() {
    let mut clinic = overridden("REALM", "http://localhost:1/token");
    let said = clinic.doctor(&[]);
    said.one_problem("realm", "does not answer");
    let warning = said.of("warning").into_iter().find(|(check, _, _)| check == "config").unwrap();
    assert!(!warning.2.contains("localhost:1/"), "{said:#?}");
    clinic.apply(&warning.2);
    clinic.doctor(&[]).healthy();
}
