//! Tests when an older line of the log counts as evidence, and the words for a new line about the token's time.

use super::*;

#[test]
fn an_older_line_counts_only_where_it_can_be_true() {
    let scene = Scene::new();
    let token = scene.token("k", true, NOW - 30, NOW + 300);
    let then = || Some("2025-01-02T03:04:05Z".to_owned());
    for (reason, check) in [
        (Reason::Late, "acceptance"),
        (Reason::Early, "acceptance"),
        (Reason::Service, "acceptance"),
        (Reason::CertificateEnded, "acceptance"),
        (Reason::UnknownKey { is_new: false }, "acceptance"),
        (Reason::Issuer, "issuer"),
        (Reason::UnknownAuthority, "bundle"),
    ] {
        let facts = Facts {
            log: Some(LogEvidence::Older(RefusalLine { time: then(), ..evidence(reason) })),
            ..facts(&token, None)
        };
        let found = facts.refused();
        assert!(found.len() == 1 && found[0].check == check, "{found:?}");
        assert!(found[0].why.contains("older") && found[0].why.contains("2025-01-02T"), "{found:?}");
    }
}

#[test]
fn the_file_counts_before_an_older_line() {
    let scene = Scene::new();
    let token = scene.token("k", true, NOW - 30, NOW + 300);
    let fits = scene.file("\"issuer\": \"portreeve\", \"rootcertbundle\": \"DIR/own.crt\"");
    let wrong = scene.file("\"issuer\": \"other\", \"rootcertbundle\": \"DIR/own.crt\"");
    for (file, check) in [(&fits, "config"), (&wrong, "issuer")] {
        let log = Some(LogEvidence::Older(evidence(Reason::UnknownAuthority)));
        let found = Facts { log, ..facts(&token, Some(file)) }.refused();
        assert!(found.len() == 1 && found[0].check == check, "{found:?}");
    }
}

#[test]
fn a_token_that_has_ended_is_not_said_to_begin() {
    let scene = Scene::new();
    let token = scene.token("k", true, NOW - 30, NOW + 300);
    for (reason, words) in [(Reason::Late, "has ended"), (Reason::Early, "has not begun")] {
        let found =
            Facts { log: Some(LogEvidence::Reason(evidence(reason))), ..facts(&token, None) }.refused();
        assert!(found[0].check == "clock" && found[0].what.contains(words), "{found:?}");
    }
}
