//! Registries that cannot be run here. The tests use recorded answers and logs of distribution 2.6.2, 3.0.0 and 3.1.1.

use crate::clinic::{Clinic, Diagnosis, PASSWORD};
use crate::fake::{Fake, given, said, token};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::io::Write;

/// Builds a 401 of distribution. An empty `scope` or `error` is left out: distribution names an error only if the
/// request had a token.
fn challenge(realm: &str, scope: &str, error: &str) -> String {
    let error = if error.is_empty() { String::new() } else { format!(",error=\"{error}\"") };
    let scope = if scope.is_empty() { String::new() } else { format!(",scope=\"{scope}\"") };
    let line = format!("WWW-Authenticate: Bearer realm=\"{realm}\",service=\"registry\"{scope}{error}");
    said(401, &["Docker-Distribution-Api-Version: registry/2.0", &line], "{\"errors\":[]}")
}

/// Runs the doctor against a registry that writes these log lines and refuses the token with this error.
fn refused(error: &'static str, lines: &'static [&'static str]) -> Diagnosis {
    let clinic = Clinic::open();
    let log = clinic.path().join("registry.log");
    std::fs::write(&log, "").unwrap();
    let shown = token(json!([]));
    let mine = shown.clone();
    let realm = Fake::new(None, move |_| given(&mine));
    let to = format!("http://localhost:{}/token", realm.port);
    let path = log.clone();
    let registry = Fake::new(None, move |head| {
        if head.contains(&format!("Bearer {shown}\r\n")) {
            let mut log = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
            for line in lines {
                writeln!(log, "{line}").unwrap();
            }
            return challenge(&to, "", error);
        }
        challenge(&to, "", if head.contains("Bearer ") { "invalid_token" } else { "" })
    });
    let (address, nowhere) = (format!("localhost:{}", registry.port), clinic.path().join("nowhere"));
    let (log, keys) = (log.to_str().unwrap(), nowhere.to_str().unwrap());
    clinic.ask(&[&address, "--registry-log", log, "--keys-dir", keys, "--output", "json"], "")
}

#[test]
fn logs_of_newer_releases_name_the_cause() {
    let said = refused(
        "invalid_token",
        &[
            r#"time="2026-11-29T09:00:00Z" level=info msg="failed to verify token: token signed by untrusted key with ID: \"k\"""#,
            r#"time="2026-11-29T09:00:00Z" level=warning msg="error authorizing context: invalid token" version=v3.1.1+unknown"#,
        ],
    );
    let fix = said.one_problem("key", "does not hold the key `k`, which tokens are signed with");
    assert!(fix.contains("`jwks`") && said.out.contains("untrusted key with ID"), "{said:#?}");

    let said = refused(
        "invalid_token",
        &[
            r#"time="2026-11-29T09:00:00Z" level=warning msg="error authorizing context: malformed token" version=v3.0.0+unknown"#,
        ],
    );
    let fix = said.one_problem("key", "its `signingalgorithms` does not list that algorithm");
    assert!(fix.starts_with("add `- ES256` to `signingalgorithms`"), "{fix}");
    assert!(said.out.contains("malformed token"), "the finding quotes the answer: {said:#?}");

    let said = refused(
        "invalid_token",
        &[
            r#"time="2026-11-29T09:00:00Z" level=info msg="token from untrusted issuer: \"portreeve\"" "#,
            r#"time="2026-11-29T09:00:00Z" level=warning msg="error authorizing context: invalid token""#,
        ],
    );
    said.one_problem("issuer", "does not expect the issuer of the tokens, `portreeve`");
    assert!(said.out.contains("the registry's log says `token from untrusted issuer"), "{said:#?}");
}

#[test]
fn only_an_error_that_the_answer_names_is_told() {
    let told = refused("invalid_token", &[]);
    told.one_problem("acceptance", "refuses the token (401 `invalid_token`)");
    assert!(told.out.contains("`signingalgorithms`") && told.out.contains("`jwks`"));
    // Distribution 3 gives this answer if the signature does not match the key.
    let silent = refused("", &[]);
    silent.one_problem("acceptance", "refuses the token (401 without an `error=`)");
    assert!(
        !silent.out.contains("invalid_token") && silent.out.contains("holds a different key"),
        "{silent:#?}"
    );
}

#[test]
fn no_command_is_printed_for_a_token_server_of_others() {
    let clinic = Clinic::open();
    let mine = token(json!([]));
    let realm = Fake::new(None, move |head| {
        if head.contains("Basic ") {
            given(&mine)
        } else {
            said(401, &["WWW-Authenticate: Basic realm=\"auth\""], "")
        }
    });
    let to = format!("http://localhost:{}/token", realm.port);
    let registry = Fake::new(None, move |head| {
        challenge(&to, "", if head.contains("Bearer ") { "invalid_token" } else { "" })
    });
    let (address, nowhere) = (format!("localhost:{}", registry.port), clinic.path().join("nowhere"));
    let keys = nowhere.to_str().unwrap();
    let said = clinic.ask(&[&address, "--user", "admin", "--keys-dir", keys, "--output", "json"], PASSWORD);
    said.one_problem("acceptance", "refuses the token");
    assert!(!said.out.contains("`portreeve "), "{}", said.out);
}

/// Returns the claims of the token in a request.
fn shown(head: &str) -> Option<Value> {
    let (_, rest) = head.split_once("Bearer ")?;
    let claims = rest.split("\r\n").next()?.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

/// Runs the doctor against a registry that needs `*` for a deletion, and a token server that grants these actions.
fn old_registry(granted: &'static [&'static str]) -> Diagnosis {
    let clinic = Clinic::open();
    let realm = Fake::new(None, move |head| {
        let scope =
            head.split(' ').nth(1).unwrap().replace("%3A", ":").replace("%2C", ",").replace("%2F", "/");
        let asked = scope.split_once("repository:a/b:").map_or("", |(_, rest)| rest);
        let asked: Vec<&str> = asked.split('&').next().unwrap().split(',').collect();
        let actions: Vec<&&str> = granted.iter().filter(|action| asked.contains(*action)).collect();
        given(&token(json!([{"type": "repository", "name": "a/b", "actions": actions}])))
    });
    let to = format!("http://localhost:{}/token", realm.port);
    let registry = Fake::new(None, move |head| {
        let Some(claims) = shown(head) else { return challenge(&to, "", "") };
        if head.contains("c2lnbmF0dXJl") {
            let actions = claims["access"][0]["actions"].clone();
            return match head.split(' ').next().unwrap() {
                "PUT" => said(201, &[], ""),
                "DELETE" if actions.as_array().unwrap().contains(&json!("*")) => said(202, &[], ""),
                "DELETE" => challenge(&to, "repository:a/b:*", "insufficient_scope"),
                _ if head.contains("/tags/list") => said(200, &[], r#"{"tags": ["1"]}"#),
                _ => said(200, &["Content-Type: application/vnd.oci.image.manifest.v1+json"], "{}"),
            };
        }
        challenge(&to, "", "invalid_token")
    });
    let address = format!("localhost:{}", registry.port);
    let arguments = [&address, "--user", "admin", "--repository", "a/b", "--write", "--output", "json"];
    clinic.ask(&arguments, PASSWORD)
}

#[test]
fn a_registry_that_wants_a_star_to_delete() {
    let told = old_registry(&["pull", "push", "delete", "*"]);
    told.healthy();
    let pushed = told.of("ok").into_iter().find(|(check, _, _)| check == "push").unwrap();
    assert!(pushed.1.contains("was added and removed"), "{told:#?}");

    let told = old_registry(&["pull", "push", "delete"]);
    let warning = told.of("warning").into_iter().find(|(check, _, _)| check == "push").unwrap();
    assert!(warning.1.contains("the registry requires the right `*`"), "{told:#?}");
    assert!(warning.2.contains("--action '*'"), "{told:#?}");
}
