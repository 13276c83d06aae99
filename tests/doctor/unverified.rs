//! Reports about a registry to which the doctor cannot show a token.

use crate::clinic::{Clinic, PASSWORD};
use crate::front::{Front, Manner};
use crate::tls::Authority;

#[test]
fn a_registry_that_is_not_verified_is_not_called_healthy() {
    let mut clinic = Clinic::open();
    let authority = Authority::new();
    authority.of_registry(&clinic, "localhost");
    // The doctor trusts the certificate of the realm, but not the certificate of the registry.
    let known = Authority::new();
    let front = Front::before(clinic.server_port, Some(known.server("localhost")), Manner::Plain);
    let ca = known.write(clinic.path(), "known.crt");
    clinic.set("realm", &format!("\"https://localhost:{}/token\"", front.port));
    clinic.start_registry();
    let said = clinic.doctor(&["--ca", &ca]);
    assert_eq!((said.code, said.of("problem")), (0, vec![]), "{said:#?}");
    assert_eq!(
        (said.report["healthy"].as_bool(), said.report["tried"].as_bool()),
        (Some(false), Some(false))
    );
    assert!(said.of("ok").iter().any(|(check, _, _)| check == "clock"), "{said:#?}");
    let file = clinic.file();
    let arguments = [&clinic.registry(), "--user", "admin", "--ca", &ca, "--registry-config"];
    let said = clinic.ask(&[&arguments[..], &[file.to_str().unwrap()]].concat(), PASSWORD);
    assert!(said.out.contains("the doctor did not see the registry accept a token"), "{}", said.out);

    clinic.set("issuer", "wrong");
    clinic.set("rootcertbundle", &format!("\"{ca}\""));
    clinic.start_registry();
    let said = clinic.doctor(&["--ca", &ca]);
    let problems = said.of("problem");
    let checks: Vec<&str> = problems.iter().map(|(check, _, _)| check.as_str()).collect();
    assert_eq!(checks, ["issuer", "bundle"], "{said:#?}");
    for (_, _, fix) in &problems {
        clinic.apply(fix);
    }
    assert_eq!(clinic.doctor(&["--ca", &ca]).of("problem"), []);
}
