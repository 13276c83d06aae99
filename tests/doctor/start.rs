//! Registries that do not start.

use crate::clinic::Clinic;

/// Starts a registry that ends with an error, and waits for its end.
fn give_up(clinic: &mut Clinic) {
    clinic.spawn_registry();
    for _ in 0..100 {
        std::thread::sleep(std::time::Duration::from_millis(50));
        if std::fs::read_to_string(clinic.log()).unwrap().contains("panic:") {
            return;
        }
    }
    panic!("the registry did not end with an error");
}

#[test]
fn an_option_that_is_missing_or_no_text() {
    let mut clinic = Clinic::open();
    let right = std::fs::read_to_string(clinic.file()).unwrap();
    let issuer = "issuer: \"portreeve\"";
    for (wrong, words) in [
        (right.replace(issuer, "# none"), "`issuer` is missing"),
        (right.replace(issuer, "issuer: yes"), "`issuer: yes`"),
    ] {
        std::fs::write(clinic.file(), wrong).unwrap();
        give_up(&mut clinic);
        let log = clinic.log();
        let log = ["--registry-log", log.to_str().unwrap()];
        let said = clinic.doctor(&log);
        let problems = said.of("problem");
        let checks: Vec<&str> = problems.iter().map(|(check, _, _)| check.as_str()).collect();
        assert!(checks == ["registry", "config"] && problems[1].1.contains(words), "{said:#?}");
        assert!(problems[1].2.starts_with("`issuer: \""), "{said:#?}");
        assert!(said.of("note").iter().any(|(check, _, _)| check == "log"), "{said:#?}");
        // The log alone also shows the fault.
        let said = clinic.doctor_from_outside(&log);
        let told = said.of("problem").into_iter().find(|(check, _, _)| check == "log").unwrap();
        assert!(told.1.ends_with("requires a valid option string: \"issuer\""), "{said:#?}");
        clinic.apply(&problems[1].2);
    }
    // The fix made the value of `issuer` a text, but this text is not the token server's issuer.
    clinic.proves(&[], "issuer", "expects the issuer `yes`");
}
