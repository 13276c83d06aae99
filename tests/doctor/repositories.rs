//! Pulls and pushes that fail. The doctor must report each failure, and must not call the registry healthy.

use crate::clinic::{Clinic, Diagnosis, PASSWORD};
use crate::fake::{Fake, brings, challenge, given, said, token};
use serde_json::json;

const TOKEN_DOWN: &str = r#"{"details": "out of order"}"#;

/// Runs the doctor with `--repository a/b` and the arguments `more`. The token server answers requests that contain the
/// text in `refusal` with the status there. An empty text refuses nothing. The registry answers `tags/list` with
/// `tags`.
fn ask(refusal: (u16, &'static str), tags: (u16, &'static str), more: &[&str]) -> Diagnosis {
    let clinic = Clinic::open();
    let access = json!([{"type": "repository", "name": "a/b", "actions": ["pull", "push"]}]);
    let good = token(access);
    let mine = good.clone();
    let realm = Fake::new(None, move |head| {
        let (status, scope) = refusal;
        if !head.to_ascii_lowercase().contains("\r\nauthorization: ") {
            said(401, &["WWW-Authenticate: Basic realm=x"], r#"{"details": "log in"}"#)
        } else if !scope.is_empty() && head.contains(scope) {
            said(status, &[], TOKEN_DOWN)
        } else {
            given(&mine)
        }
    });
    let to = format!("http://localhost:{}/token", realm.port);
    let registry = Fake::new(None, move |head| {
        if !brings(head, &good) {
            challenge(&to)
        } else if head.contains("/tags/list") {
            said(tags.0, &[], tags.1)
        } else {
            said(200, &["Content-Type: application/vnd.oci.image.manifest.v1+json"], "{}")
        }
    });
    let name = format!("localhost:{}", registry.port);
    let arguments = [&name, "--user", "admin", "--repository", "a/b", "--output", "json"];
    clinic.ask(&[&arguments[..], more].concat(), PASSWORD)
}

#[test]
fn a_token_server_that_fails_for_repositories() {
    let tags = (200, r#"{"tags": ["1"]}"#);
    for status in [401, 503] {
        ask((status, "%3Apull"), tags, &[])
            .one_problem("pull", &format!("no token to pull `a/b`: {status}, out of order"));
        let said = ask((status, "%2Cpush"), tags, &["--write"]);
        said.one_problem("push", &format!("no token to push to `a/b`: {status}, out of order"));
        assert!(said.of("ok").iter().any(|(check, _, _)| check == "pull"), "{said:#?}");
    }
}

#[test]
fn tags_that_the_registry_does_not_list() {
    for (tags, words) in [
        ((404, r#"{"errors": [{"code": "NAME_UNKNOWN"}]}"#), "has no repository `a/b`"),
        ((401, "{}"), "refuses to list the tags of `a/b`"),
        ((500, ""), "answers 500 for the tags of `a/b`"),
    ] {
        let said = ask((0, ""), tags, &["--write"]);
        said.one_problem("pull", words);
        assert!(said.of("note").iter().any(|(check, _, _)| check == "push"), "{said:#?}");
    }
    let said = ask((0, ""), (200, r#"{"tags": null}"#), &[]);
    said.healthy();
    assert!(said.of("note").iter().any(|(_, what, _)| what.contains("has no tags")), "{said:#?}");
}
