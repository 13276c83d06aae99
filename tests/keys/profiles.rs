//! The tokens and the configuration for each kind of registry. The files of the configuration must verify the tokens.

use crate::openssl::key;
use crate::place::Place;
use crate::registry::{IMAGE, Registry, pull};
use crate::server::{ADMIN_PASSWORD, client};
use crate::token::{
    access, claims, header, is_public, verifies_by_authority, verifies_by_certificate, verifies_by_key_set,
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn zot_gets_a_key_of_its_own_and_its_catalogue_for_who_may_see_it() {
    let place = Place::open().await;
    place.service("zot", json!({"profile": "zot"})).await;
    place.service("zot two", json!({"profile": "zot"})).await;
    let token = place.token("zot", "repository:team/image:pull,push").await;
    assert!(header(&token).get("x5c").is_none());
    let certificate = place.run("keys export --service zot --form certificate").await.ok().to_owned();
    assert!(verifies_by_certificate(&token, "zot", &certificate));
    assert!(verifies_by_key_set(&token, "zot", &place.key_set(Some("zot")).await));
    // zot does not check the audience of a token. So a service for zot has its own key. No other key verifies its
    // tokens, and its key verifies no other tokens.
    for other in ["registry", "zot two"] {
        let foreign = place.token(other, "").await;
        assert_ne!(header(&foreign)["kid"], header(&token)["kid"]);
        assert!(!verifies_by_certificate(&foreign, other, &certificate), "{other}");
        assert!(!verifies_by_key_set(&token, "zot", &place.key_set(Some(other)).await), "{other}");
    }
    // zot tolerates no difference between clocks.
    let claims = claims(&token);
    assert_eq!(claims["iat"], claims["nbf"]);

    // In a token for zot, the repository without a name is the catalogue. Only tokens for zot contain it, and only
    // for users who may do everything with the catalogue.
    for user in ["reader", "lister"] {
        place.server.must("PUT", &format!("/users/{user}"), json!({"password": ADMIN_PASSWORD})).await;
    }
    for (name, user, types, names, actions) in [
        ("pull", "reader", "repository", "**", "pull"),
        ("see", "reader", "registry", "catalog", "pull"),
        ("list", "lister", "registry", "catalog", "*"),
    ] {
        let rule = json!({"subjects": [format!("user:{user}")], "type": types, "names": [names], "actions": [actions]});
        place.server.must("PUT", &format!("/rules/{name}"), rule).await;
    }
    for (user, service, granted) in
        [("reader", "zot", false), ("lister", "zot", true), ("lister", "registry", false)]
    {
        let request = client().get(place.server.url("/token")).basic_auth(user, Some(ADMIN_PASSWORD));
        let request = request.query(&[("service", service), ("scope", "repository::pull")]);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let access = access(answer["token"].as_str().unwrap());
        let expected = if granted { vec![("repository:".to_owned(), json!(["pull"]))] } else { Vec::new() };
        assert_eq!(access, expected, "{user} at {service}");
    }
    let answer =
        client().get(place.server.url("/token?service=zot&scope=repository::pull")).send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["token"].as_str().map(access), Some(Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn distribution_3_with_a_key_set_verifies_by_what_was_exported() {
    let place = Place::open().await;
    place.service("three", json!({"profile": "distribution-3", "trust": "jwks"})).await;
    let token = place.token("three", "repository:team/image:pull").await;
    // A registry that has only a key set refuses every token with a certificate.
    assert!(header(&token).get("x5c").is_none());
    let config = place.server.must("GET", "/services/three/registry-config", Value::Null).await;
    let file: Value = serde_json::from_str(config["files"][0]["content"].as_str().unwrap()).unwrap();
    let exported = place.run("keys export --service three").await.json();
    for keys in [&file, &exported] {
        let keys = keys["keys"].as_array().unwrap();
        assert!(is_public(keys));
        assert!(verifies_by_key_set(&token, "three", keys));
    }
    assert_eq!(file["keys"].as_array().unwrap().len(), 1);
    // The key set contains the next key before that key signs.
    place.run("keys rotate --service three").await.ok();
    let next = place.run("keys export --service three").await.json();
    place.run("keys rotate --service three --confirm").await.ok();
    place.signed_by("three", &place.signing(Some("three")).await, "thumbprint").await;
    let token = place.token("three", "").await;
    assert!(verifies_by_key_set(&token, "three", next["keys"].as_array().unwrap()));
    assert!(!verifies_by_key_set(&token, "three", exported["keys"].as_array().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn combinations_that_no_registry_verifies_are_refused_with_the_reason() {
    let place = Place::open().await;
    for (body, field, words) in [
        (json!({"profile": "distribution-2", "trust": "jwks"}), "trust", "distribution 2 reads no key set"),
        (json!({"profile": "gitlab", "trust": "jwks"}), "trust", "GitLab's registry reads no key set"),
        (json!({"profile": "distribution-2", "trust": "certificate"}), "trust", "every key below the CA"),
        (json!({"profile": "distribution-3", "trust": "certificate"}), "trust", "every key below the CA"),
        (json!({"profile": "gitlab", "trust": "certificate"}), "trust", "every key below the CA"),
        (json!({"profile": "zot", "trust": "bundle"}), "trust", "zot ignores the certificates in a token"),
        (json!({"profile": "zot", "trust": "jwks"}), "trust", "zot accepts only key sets with one key"),
        (json!({"profile": "zot", "key_id": "libtrust"}), "key_id", "zot does not look at key ids"),
        (json!({"profile": "distribution-2", "key_id": "thumbprint"}), "key_id", "by their libtrust id"),
        (
            json!({"profile": "distribution-3", "key_id": "libtrust"}),
            "key_id",
            "by their RFC 7638 thumbprint",
        ),
        (json!({"profile": "harbor"}), "profile", "`harbor` is not a profile"),
        (json!({"profile": "custom", "trust": "faith"}), "trust", "`faith` is not a way to trust keys"),
        (json!({"profile": "custom", "key_id": "name"}), "key_id", "`name` is not a form of key ids"),
    ] {
        let (status, answer) = place.server.api("PUT", "/services/x", body.clone()).await;
        assert_eq!(status, 422, "{body}: {answer}");
        assert_eq!(answer["errors"][0]["field"], field, "{body}: {answer}");
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(words), "{body}: {message}");
    }
    place.log_in().await;
    let said = place.run("services create x --profile zot --trust bundle").await;
    said.fails_with(1, "zot ignores the certificates in a token");
    // A change of the profile is checked together with the stored value of `trust`.
    place.service("x", json!({"profile": "custom", "trust": "jwks"})).await;
    let (status, answer) = place.server.api("PATCH", "/services/x", json!({"profile": "zot"})).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("trust")), "{answer}");
    let listed = place.server.must("GET", "/services", Value::Null).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
}

/// Returns the text at a JSON pointer in the registry's configuration.
fn find<'v>(configuration: &'v Value, path: &str) -> &'v str {
    configuration.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("{path}: {configuration}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_of_every_kind_of_registry_is_whole() {
    let place = Place::open().await;
    place.log_in().await;
    let (realm, ca) = (place.server.url("/token"), place.run("keys export").await.ok().to_owned());
    for (profile, trust, folder, file, setting) in [
        ("distribution-2", "", "/etc/docker/registry", "portreeve-ca.crt", "/auth/token/rootcertbundle"),
        ("distribution-3", "", "/etc/distribution", "portreeve-ca.crt", "/auth/token/rootcertbundle"),
        ("distribution-3", "jwks", "/etc/distribution", "portreeve-jwks.json", "/auth/token/jwks"),
        ("zot", "", "/etc/zot", "portreeve.crt", "/http/auth/bearer/cert"),
        ("gitlab", "", "/etc/gitlab/registry", "portreeve-ca.crt", "/auth/token/rootcertbundle"),
        ("custom", "", "/etc/docker/registry", "portreeve-ca.crt", "/auth/token/rootcertbundle"),
        ("custom", "jwks", "/etc/docker/registry", "portreeve-jwks.json", "/auth/token/jwks"),
        ("custom", "certificate", "/etc/docker/registry", "portreeve.crt", "/auth/token/rootcertbundle"),
    ] {
        let name = format!("{profile}-{trust}\"x");
        let mut body = json!({"profile": profile});
        if !trust.is_empty() {
            body["trust"] = json!(trust);
        }
        place.service(&name.replace('"', "%22"), body).await;

        let said = place.run(&format!("services config {name}")).await;
        let configuration: Value = yaml_serde::from_str(said.ok()).unwrap();
        if profile == "zot" {
            serde_json::from_str::<Value>(said.ok()).expect("the configuration of zot is not JSON");
        }
        let section = if profile == "zot" { "/http/auth/bearer" } else { "/auth/token" };
        assert_eq!(find(&configuration, setting), format!("{folder}/{file}"), "{name}");
        assert_eq!(find(&configuration, &format!("{section}/realm")), realm);
        assert_eq!(find(&configuration, &format!("{section}/service")), name);
        if profile != "zot" {
            assert_eq!(find(&configuration, "/auth/token/issuer"), "portreeve");
        }
        assert!(said.err.starts_with(&format!("# {folder}/{file}\n")), "{}", said.err);
        assert!(
            said.err.contains("# restart the registry: it reads this at its start only\n"),
            "{}",
            said.err
        );
        let behind = if matches!(profile, "zot" | "custom") { 30 } else { 90 };
        assert!(
            said.err.contains(&format!("when its own clock is more than {behind} seconds behind")),
            "{}",
            said.err
        );

        // With `--write`, the command writes the file into the named folder.
        let said = place.run(&format!("services config {name} --write .")).await;
        let there = std::fs::canonicalize(place.path()).unwrap().join(file);
        let configuration: Value = yaml_serde::from_str(said.ok()).unwrap();
        assert_eq!(find(&configuration, setting), there.to_str().unwrap());
        assert!(said.err.starts_with(&format!("wrote {}\n", there.display())), "{}", said.err);
        let written = std::fs::read_to_string(&there).unwrap();
        assert!(!written.contains("PRIVATE"));
        let token = place.token(&name, "").await;
        match file {
            "portreeve-ca.crt" => {
                assert_eq!(written, ca);
                assert!(verifies_by_authority(&token, &name, &written), "{name}");
            }
            "portreeve.crt" => assert!(verifies_by_certificate(&token, &name, &written), "{name}"),
            _ => {
                let set: Value = serde_json::from_str(&written).unwrap();
                assert!(verifies_by_key_set(&token, &name, set["keys"].as_array().unwrap()), "{name}");
            }
        }
        // `--directory` names the folder on the registry's machine. `-o json` prints the whole answer.
        let said = place.run(&format!("services config {name} --directory /srv/x/ -o json")).await.json();
        assert_eq!(said["files"][0]["path"], format!("/srv/x/{file}"));
        assert_eq!(said["files"][0]["content"], written);
        std::fs::remove_file(&there).unwrap();
    }
    place.run("services config registry --directory x").await.fails_with(1, "must be an absolute path");
    std::fs::write(place.path().join("taken"), "").unwrap();
    place.run("services config registry --write taken").await.fails_with(2, "cannot write into `taken`");
    place.run("services config registry --write . --directory /x").await.fails_with_usage();
    place.run("services config none").await.fails(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_holds_the_certificate_of_the_key_takes_the_next_one_after_a_restart() {
    let place = Place::open_with(&[], |folder| key(folder, "mine.key", "RSA PKCS1")).await;
    place.log_in().await;
    place.service("held", json!({"profile": "custom", "trust": "certificate", "key_id": "libtrust"})).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let configuration = place.run("services config held --write .").await.ok().to_owned();
    let registry = Registry::start(place.path(), &configuration);
    registry.push(&place, "held").await;
    let first = place.token("held", &format!("repository:{IMAGE}:pull")).await;
    assert!(header(&first).get("x5c").is_none());
    assert_eq!(pull(&http, &registry.manifest(), &first).await.0, 200);
    let (status, text) = pull(&http, &registry.manifest(), &place.token("registry", "").await).await;
    assert_eq!(status, 401, "{text}");

    // The key is published, the registry restarts, and the operator confirms the rotation. The test does this first
    // with a key of the server, and then with a key that the operator adds.
    let mut registry = Some(registry);
    for begin in ["keys rotate --service held", "keys add mine.key --service held"] {
        let before = place.token("held", &format!("repository:{IMAGE}:pull")).await;
        place.run(begin).await.ok();
        let next = place.next(Some("held")).await.unwrap();
        // The server publishes the key a moment later.
        let id = place.id_of(&next, "libtrust_id").await;
        while !place.key_set(Some("held")).await.iter().any(|key| key["kid"] == *id) {}
        let old = registry.take().unwrap();
        assert_eq!(pull(&http, &old.manifest(), &before).await.0, 200, "tokens of the old key work");
        drop(old);
        let configuration = place.run("services config held --write .").await.ok().to_owned();
        let fresh = Registry::start(place.path(), &configuration);
        assert_eq!(pull(&http, &fresh.manifest(), &before).await.0, 401, "the file has only the next key");
        place.run("keys rotate --service held --confirm").await.ok();
        place.signed_by("held", &next, "libtrust_id").await;
        let after = place.token("held", &format!("repository:{IMAGE}:pull")).await;
        let (status, text) = pull(&http, &fresh.manifest(), &after).await;
        assert_eq!(status, 200, "{text}");
        registry = Some(fresh);
    }
}
