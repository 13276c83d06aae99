//! Token servers that are not Portreeve, and registries that verify no signature or name no service.

use crate::clinic::{Clinic, Diagnosis, PASSWORD};
use crate::fake::{Fake, brings, challenge, given, said, token};
use crate::front::{Front, Manner};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// Runs the doctor with a token server that refuses a wrong password with this answer, and with a registry that accepts
/// the token server's token.
fn ask(headers: &'static [&'static str], refusal: &'static str, token: String, input: &str) -> Diagnosis {
    let clinic = Clinic::open();
    let mine = token.clone();
    let right = format!("Basic {}\r\n", STANDARD.encode(format!("admin:{PASSWORD}")));
    let realm =
        Fake::new(
            None,
            move |head| {
                if head.contains(&right) { given(&mine) } else { said(401, headers, refusal) }
            },
        );
    let to = format!("http://localhost:{}/token", realm.port);
    let registry =
        Fake::new(None, move |head| if brings(head, &token) { said(200, &[], "{}") } else { challenge(&to) });
    let name = format!("localhost:{}", registry.port);
    let nowhere = clinic.path().join("nowhere");
    let keys = nowhere.to_str().unwrap();
    clinic.ask(&[&name, "--user", "admin", "--keys-dir", keys, "--output", "json"], input)
}

#[test]
fn a_token_server_that_refuses_in_plain_text() {
    const BASIC: &[&str] = &["WWW-Authenticate: Basic realm=docker_auth", "Content-Type: text/plain"];
    for headers in [BASIC, &["Content-Type: text/plain"], &[]] {
        ask(headers, "Auth failed.\n", token(json!([])), PASSWORD).healthy();
        let said = ask(headers, "Auth failed.\n", token(json!([])), "wrong");
        let fix = said.one_problem("credentials", "refuses `admin`: Auth failed.");
        assert!(fix.contains("or ask the administrator of the token server"), "{fix}");
        // A server with the realm `docker_auth` is not Portreeve, so the fix contains no command of Portreeve.
        assert_eq!(fix.contains("if the token server is Portreeve: "), headers != BASIC, "{fix}");
    }
}

#[test]
fn tokens_that_nobody_can_read() {
    let clinic = Clinic::open();
    let realm = Fake::new(None, |_| given("opaque-0123"));
    for (accepts, name) in [(true, "takes"), (false, "refuses")] {
        let to = format!("http://localhost:{}/token", realm.port);
        let registry = Fake::new(None, move |head| match head {
            head if !accepts || !brings(head, "opaque-0123") => challenge(&to),
            head if head.contains("/tags/list") => said(200, &[], r#"{"tags": ["1"]}"#),
            head if head.starts_with("PUT") => said(201, &[], ""),
            head if head.starts_with("DELETE") => said(202, &[], ""),
            _ => said(200, &["Content-Type: application/vnd.oci.image.manifest.v1+json"], "{}"),
        });
        let address = format!("localhost:{}", registry.port);
        for login in [&["--user", "admin", "--write"] as &[&str], &[]] {
            let arguments = [&address, "--repository", "a/b", "--output", "json"];
            let said = clinic.ask(&[&arguments[..], login].concat(), PASSWORD);
            assert!(!said.out.contains("cannot find out"), "{name}: {}", said.out);
            if accepts {
                said.healthy();
                let ok = said.of("ok");
                let has = |check: &str| ok.iter().any(|(own, _, _)| own == check);
                assert!(has("acceptance") && has("pull") && has("push") != login.is_empty(), "{said:#?}");
            } else {
                said.one_problem("acceptance", "refuses the token");
            }
        }
    }
}

#[test]
fn a_registry_that_verifies_no_signature() {
    let clinic = Clinic::open();
    let signed = token(json!([]));
    let content = signed.rsplit_once('.').unwrap().0.to_owned();
    let realm = Fake::new(None, move |_| given(&signed));
    let to = format!("http://localhost:{}/token", realm.port);
    let registry = Fake::new(None, move |head| {
        if head.contains(&format!("Bearer {content}.")) { said(200, &[], "{}") } else { challenge(&to) }
    });
    let arguments = [&format!("localhost:{}", registry.port), "--output", "json"];
    clinic.ask(&arguments, "").one_problem("acceptance", "accepts it with a spoiled signature");
}

#[test]
fn what_is_odd_is_said_once() {
    let clinic = Clinic::open();
    let mine = token(json!([]));
    let body = json!({"token": mine}).to_string();
    let realm = Fake::new(None, move |_| said(200, &[], &body));
    let to = format!("http://localhost:{}/token", realm.port);
    let registry =
        Fake::new(None, move |head| if brings(head, &mine) { said(200, &[], "{}") } else { challenge(&to) });
    let address = format!("localhost:{}", registry.port);
    let said = clinic.ask(&[&address, "--user", "admin", "--output", "json"], PASSWORD);
    let mut warnings = said.of("warning");
    assert_eq!(warnings.len(), 2, "one warning for `access_token` and one for `expires_in`: {said:#?}");
    warnings.dedup();
    assert_eq!(warnings.len(), 2);
}

#[test]
fn an_empty_service_is_told_once() {
    let mut clinic = Clinic::open();
    // An empty service is a problem if the token server knows several services. A server with one service uses that
    // service.
    clinic.start_registry();
    let empty = Manner::Replace("service=\"registry\"".to_owned(), "service=\"\"".to_owned());
    let front = Front::before(clinic.registry_port, None, empty);
    let arguments = [&format!("localhost:{}", front.port), "--user", "admin", "--output", "json"];
    clinic.administer("services create other");
    let said = clinic.ask(&arguments, PASSWORD);
    said.one_problem("service", "does not know the registry's service ``");
    assert!(said.of("warning").iter().all(|(check, _, _)| check != "service"), "{said:#?}");
}
