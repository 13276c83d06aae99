//! Tokens that no registry takes, keys in two places, and several faults at once.

use super::*;

#[test]
fn a_token_that_distribution_cannot_take_is_the_cause() {
    let scene = Scene::new();
    let fits = scene.file("\"issuer\": \"portreeve\", \"rootcertbundle\": \"DIR/own.crt\"");
    let new = scene.file(
        "\"issuer\": \"portreeve\", \"rootcertbundle\": \"DIR/own.crt\", \"signingalgorithms\": [\"ES256\"]",
    );
    let claims = |aud: serde_json::Value, exp: serde_json::Value| json!({"iss": "portreeve", "aud": aud, "nbf": NOW - 30, "exp": exp});
    let listed = scene.odd_token("ES256", "k", true, &claims(json!(["registry"]), json!(NOW + 300)));
    let float = scene.odd_token("ES256", "k", true, &claims(json!("registry"), json!(1_800_000_300.5)));
    let secret = scene.odd_token("HS256", "k", true, &claims(json!("registry"), json!(NOW + 300)));
    for (token, file, check, words) in [
        (&listed, Some(&fits), "token", "is a list"),
        // Distribution 3 takes lists.
        (&listed, Some(&new), "config", "another configuration"),
        (&float, Some(&fits), "token", "`exp`"),
        (&float, None, "token", "`exp`"),
        (&secret, Some(&fits), "key", "`HS256`"),
        (&secret, None, "key", "`HS256`"),
    ] {
        let found = facts(token, file).refused();
        assert!(found.len() == 1 && found[0].check == check, "{check}: {found:?}");
        assert!(found[0].what.contains(words) && found[0].fix.is_some(), "{words}: {found:?}");
    }
    let found = facts(&listed, None).refused();
    assert!(found[0].why.contains("(1) it is distribution up to 2.8"), "{found:?}");
}

#[test]
fn no_command_lacks_the_service() {
    let scene = Scene::new();
    let claims = json!({"iss": "portreeve", "aud": ["registry"], "nbf": NOW - 30, "exp": NOW + 300});
    let token = scene.odd_token("ES256", "k", false, &claims);
    let found = facts(&token, None).refused();
    assert!(found[0].fix.as_ref().unwrap().contains("-- registry`"), "{found:?}");
    let found = Facts { service: "--url=x", ..facts(&token, None) }.key_form();
    assert!(found.fix.as_ref().unwrap().contains("-- --url=x`"), "{found:?}");
}

#[test]
fn a_key_may_be_in_the_bundle_or_in_the_key_set() {
    let scene = Scene::new();
    let both =
        "\"issuer\": \"portreeve\", \"rootcertbundle\": \"DIR/other.crt\", \"jwks\": \"DIR/jwks.json\"";
    let file = scene.file(both);
    let known = scene.token("known", false, NOW - 30, NOW + 300);
    assert_eq!(facts(&known, Some(&file)).refused()[0].check, "config");
    let unknown = scene.token("unknown", false, NOW - 30, NOW + 300);
    let found = facts(&unknown, Some(&file)).refused();
    assert!(found[0].check == "key" && found[0].what.contains("other.crt` or `"), "{found:?}");
    // What cannot be read may hold it.
    let file = scene.file(&both.replace("other.crt", "none.crt"));
    assert_eq!(facts(&unknown, Some(&file)).refused()[0].check, "acceptance");
}

#[test]
fn two_faults_are_told_at_once() {
    let scene = Scene::new();
    let file = scene.file("\"issuer\": \"other\", \"rootcertbundle\": \"DIR/other.crt\"");
    let token = scene.token("k", true, NOW - 30, NOW + 300);
    let mut facts = facts(&token, Some(&file));
    let checks = |facts: &Facts<'_>| facts.refused().iter().map(|it| it.check).collect::<Vec<_>>();
    assert_eq!(checks(&facts), ["issuer", "bundle"]);
    facts.log = Some(Said::Reason(Reason::Issuer));
    assert_eq!(checks(&facts), ["issuer", "bundle"]);
    // The registry has passed the issuer: another file is in force.
    facts.log = Some(Said::Reason(Reason::UnknownAuthority));
    assert_eq!(checks(&facts), ["bundle"]);
}
