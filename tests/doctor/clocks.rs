//! Clocks that differ, and challenges that a proxy changes. A test can shift the server's clock, but not the
//! registry's, because Go asks the kernel directly.

use crate::clinic::Clinic;
use crate::faketime::library;
use crate::front::{Front, Manner};

#[test]
fn a_token_server_whose_clock_is_ahead_or_behind() {
    let library = library();
    let mut clinic = Clinic::open();
    clinic.start_registry();
    for (shift, words) in [
        ("+10m", "the token server's clock is 600 s ahead of this machine's and the registry's"),
        ("-10m", "the token server's clock is 600 s behind this machine's and the registry's"),
    ] {
        clinic.start_server(&[
            ("LD_PRELOAD", &library),
            ("FAKETIME", shift),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ]);
        let said = clinic.doctor(&[]);
        let what = said.of("problem")[0].1.clone();
        let seconds: i64 = what.split(" is ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        assert!((598..=602).contains(&seconds), "{what}");
        let words = words.replace("600", &seconds.to_string());
        let fix = said.one_problem("clock", &words);
        clinic.apply(&fix);
        clinic.doctor(&[]).healthy();
    }
}

#[test]
fn a_small_skew_is_a_note() {
    let library = library();
    let mut clinic = Clinic::open();
    clinic.start_registry();
    clinic.start_server(&[
        ("LD_PRELOAD", &library),
        ("FAKETIME", "+15s"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ]);
    let said = clinic.doctor(&[]);
    said.healthy();
    assert!(said.of("note").iter().any(|(check, _, _)| check == "clock"), "{said:#?}");
}

#[test]
fn a_challenge_that_a_proxy_spoils() {
    let mut clinic = Clinic::open();
    clinic.start_registry();
    let basic = "\r\nWww-Authenticate: Basic realm=\"proxy\"\r\nWww-Authenticate: Bearer ".to_owned();
    for (from, to, words) in [
        ("\r\nWww-Authenticate: Bearer ", basic.as_str(), "offers Basic beside Bearer"),
        (
            "Www-Authenticate: Bearer ",
            "Www-Authenticate: Basic realm=x, Bearer ",
            "Basic beside Bearer into one",
        ),
    ] {
        let front =
            Front::before(clinic.registry_port, None, Manner::Replace(from.to_owned(), to.to_owned()));
        let address = format!("localhost:{}", front.port);
        let said = clinic.ask(&[&address, "--user", "admin", "--output", "json"], crate::clinic::PASSWORD);
        said.healthy();
        let warnings = said.of("warning");
        assert!(
            warnings.iter().any(|(check, what, _)| check == "challenge" && what.contains(words)),
            "{said:#?}"
        );
    }
}
