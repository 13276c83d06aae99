//! Keys that operators add, in the forms PKCS#8, SEC1 and PKCS#1, and the keys and certificate chains that are accepted
//! or refused.

use crate::openssl::{authority, certify, certify_long_ago, join, key};
use crate::place::Place;
use crate::token::{header, is_public, verifies_by_authority, verifies_by_key_set};
use serde_json::{Value, json};
use std::path::Path;

/// Reads the names and contents of the files in the keys folder.
fn contents(place: &Place) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<_> = std::fs::read_dir(place.file("."))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    found.sort();
    found
}

/// Runs a command that must be refused with these words, and must not change the folder.
async fn refused(place: &Place, line: &str, words: &str) {
    let before = contents(place);
    place.run(line).await.fails_with(1, words);
    assert!(contents(place) == before, "{line} changed the folder");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_every_form_signs_and_is_told_of() {
    let kinds = [
        ("p256", "P-256", "ES256"),
        ("p384", "P-384", "ES384"),
        ("sec1", "P-256 SEC1", "ES256"),
        ("sec1-384", "P-384 SEC1", "ES384"),
        ("rsa", "RSA", "RS256"),
        ("pkcs1", "RSA PKCS1", "RS256"),
    ];
    let place = Place::open_with(&[], |folder| {
        kinds.iter().for_each(|(name, kind, _)| key(folder, &format!("{name}.key"), kind));
    })
    .await;
    let mut before = place.signing(None).await;
    for (name, _, algorithm) in kinds {
        let said = place.run(&format!("keys add {name}.key")).await;
        let expected = format!(
            "added the key `{name}` ({algorithm}) as the next one\nrun `portreeve keys rotate` to let the key sign\n"
        );
        assert_eq!(said.ok(), expected);
        assert_eq!(place.next(None).await.as_deref(), Some(name));
        let said = place.run("keys rotate").await;
        assert!(said.ok().starts_with(&format!("`{name}` signs now; ")), "{said:?}");
        assert!(said.out.contains(&format!("`{before}` is retired: ")), "{said:?}");
        place.signed_by("registry", name, "libtrust_id").await;

        let token = place.token("registry", "repository:team/image:pull").await;
        assert_eq!(header(&token)["alg"], algorithm);
        let ca = place.run("keys export").await;
        assert!(verifies_by_authority(&token, "registry", ca.ok()), "{name}");
        assert!(verifies_by_key_set(&token, "registry", &place.key_set(Some("registry")).await), "{name}");
        assert!(
            !verifies_by_key_set(&token, "another", &place.key_set(None).await),
            "the token is for another audience"
        );
        assert!(is_public(&place.key_set(None).await));
        before = name.to_owned();
    }
    let told = place.trail().await;
    assert_eq!(told.len(), 2 * kinds.len());
    for (i, (name, _, algorithm)) in kinds.iter().enumerate() {
        let after = json!({"state": "next", "service": null, "algorithm": algorithm});
        assert_eq!(told[2 * i], ("create".to_owned(), (*name).to_owned(), Value::Null, after));
        let (action, key, _, after) = &told[2 * i + 1];
        assert_eq!((action.as_str(), key.as_str(), &after["state"]), ("rotate", *name, &json!("signing")));
    }
    // `audit list` prints the same records as the API.
    place.log_in().await;
    let listed = place.run("audit list --kind signing-key -o json").await.json();
    assert_eq!(listed.as_array().unwrap().len(), told.len());
    assert_eq!(listed[0]["name"], "pkcs1", "`audit list` prints the newest record first");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_sign_is_refused_with_the_reason() {
    let place = Place::open_with(&[], |folder: &Path| {
        for (name, kind) in [
            ("good", "P-256"),
            ("ed", "Ed25519"),
            ("weak", "RSA 1024"),
            ("p521", "P-521"),
            ("encrypted", "encrypted"),
        ] {
            key(folder, &format!("{name}.key"), kind);
        }
        std::fs::write(folder.join("words.key"), "words").unwrap();
        std::fs::write(folder.join("empty.key"), "").unwrap();
    })
    .await;
    let signing = place.signing(None).await;
    let long = format!("keys add good.key --name {}", "x".repeat(65));
    for (line, words) in [
        (
            "keys add ed.key",
            "the registry of `registry` (distribution-2) does not verify EdDSA, only ES256, ES384, RS256",
        ),
        ("keys add weak.key", "bring P-256, P-384, Ed25519 or RSA of at least 2048 bits"),
        ("keys add p521.key", "bring P-256, P-384, Ed25519 or RSA of at least 2048 bits"),
        ("keys add encrypted.key", "it is encrypted: write it without pass phrase"),
        ("keys add words.key", "it holds no private key in PEM form"),
        ("keys add empty.key", "it holds no private key in PEM form"),
        ("keys add keys/ca.crt --name other", "it holds no private key in PEM form"),
        ("keys add none.key", "cannot read `none.key`: No such file"),
        ("keys add good.key --certificate none.crt", "cannot read `none.crt`: No such file"),
        ("keys add good.key --name ca", "`ca` cannot be the name of a key"),
        ("keys add good.key --name Secrets", "neither `ca` nor `secrets`"),
        ("keys add good.key --name a/b", "`a/b` cannot be the name of a key"),
        ("keys add good.key --name .hidden", "`.hidden` cannot be the name of a key"),
        ("keys add good.key --name -- x y", ""),
        (&long, "cannot be the name of a key"),
        ("keys add good.key --service none", "there is no service `none`"),
        (
            "keys add good.key --service registry",
            "`registry` (distribution-2) has no key of its own: its registry trusts the CA, so leave --service out",
        ),
        (&format!("keys add keys/{signing}.key"), "already: choose another --name"),
        (
            &format!("keys add keys/{signing}.key --name other"),
            &format!("the folder contains this key already, as `{signing}`"),
        ),
    ] {
        if words.is_empty() {
            place.run(line).await.fails_with_usage();
        } else {
            refused(&place, line, words).await;
        }
    }
    place.run("keys add good.key").await.ok();
    refused(
        &place,
        "keys add good.key --name second",
        "the key `good` is next already: rotate to it, or take it back",
    )
    .await;
    place.run("keys retire good").await.ok();
    place.run("keys add good.key --name A.good_one-2").await.ok();
    assert_eq!(place.trail().await.len(), 3, "refusals change nothing, and are not in the trail");
}

#[tokio::test(flavor = "multi_thread")]
async fn ed25519_signs_where_every_registry_verifies_it() {
    let place = Place::open_with(&["--service", "three"], |folder| key(folder, "ed.key", "Ed25519")).await;
    place.service("three", json!({"profile": "distribution-3"})).await;
    place.run("keys add ed.key").await.ok();
    // While the key waits, a service can be added whose registry cannot verify the key. Then the key must not sign.
    place.service("two", json!({})).await;
    refused(&place, "keys rotate", "the registry of `two` (distribution-2) does not verify EdDSA").await;
    place.server.must("DELETE", "/services/two", Value::Null).await;
    place.run("keys rotate").await.ok();
    place.signed_by("three", "ed", "thumbprint").await;
    let token = place.token("three", "").await;
    assert_eq!(header(&token)["alg"], "EdDSA");
    assert!(verifies_by_authority(&token, "three", place.run("keys export").await.ok()));
    assert!(verifies_by_key_set(&token, "three", &place.key_set(Some("three")).await));
    // While the EdDSA key signs, no service can be added whose registry cannot verify EdDSA.
    let (status, answer) = place.server.api("PUT", "/services/two", json!({})).await;
    assert_eq!(status, 422, "{answer}");
    assert_eq!(answer["errors"][0]["field"], "profile");
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("EdDSA") && message.contains("distribution-2"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn chains_are_taken_when_a_registry_can_follow_them() {
    let place = Place::open_with(&[], |folder: &Path| {
        authority(folder, "root", None);
        authority(folder, "middle", Some("root"));
        // These authorities have the names of the first two authorities, but other keys.
        std::fs::create_dir(folder.join("false")).unwrap();
        authority(&folder.join("false"), "root", None);
        authority(&folder.join("false"), "middle", Some("root"));
        key(folder, "leaf.key", "P-256");
        certify(folder, "leaf", "middle", "-days 20");
        key(folder, "other.key", "P-256");
        certify(folder, "other", "middle", "-days 20");
        key(folder, "old.key", "P-256");
        certify_long_ago(folder, "old", "middle");
        for (files, into) in [
            (&["leaf.crt", "middle.crt", "root.crt"][..], "whole"),
            (&["middle.crt", "leaf.crt"], "reversed"),
            (&["leaf.crt", "root.crt", "middle.crt"], "jumbled"),
            (&["leaf.crt", "root.crt"], "gap"),
            (&["other.crt", "middle.crt"], "others"),
            (&["leaf.crt", "false/middle.crt"], "impostor"),
            (&["old.crt", "middle.crt"], "ended"),
            (&["leaf.key"], "no-certificate"),
        ] {
            join(folder, files, into);
        }
    })
    .await;
    for (line, words) in [
        ("leaf.key --certificate reversed", "the first certificate of the chain does not belong to the key"),
        ("leaf.key --certificate others", "the first certificate of the chain does not belong to the key"),
        ("leaf.key --certificate jumbled", "the chain is not in order"),
        ("leaf.key --certificate gap", "the chain is not in order"),
        ("leaf.key --certificate impostor", "the chain is not in order"),
        ("old.key --certificate ended", "a certificate of the chain ended at 2020-02-01T00:00:00Z"),
        ("leaf.key --certificate no-certificate", "it holds no certificate in PEM form"),
    ] {
        refused(&place, &format!("keys add {line}"), words).await;
    }
    let said = place.run("keys add leaf.key --certificate whole").await;
    assert!(said.ok().contains(
        "give registries the root of its chain as well, then run `portreeve keys rotate --confirm`"
    ));
    let before = place.signing(None).await;
    for waits in ["`leaf` waits to sign\n", "`leaf` waits to sign\n"] {
        let said = place.run("keys rotate").await;
        assert!(said.ok().starts_with(waits), "{said:?}");
        assert!(
            said.out.contains(
                "1. make sure that the rootcertbundle of every registry contains the root of this key's certificate"
            )
        );
        assert!(said.out.ends_with("3. run `portreeve keys rotate --confirm`\n"));
        assert_eq!(place.signing(None).await, before);
    }
    place.run("keys rotate --confirm").await.ok();
    place.signed_by("registry", "leaf", "libtrust_id").await;
    let token = place.token("registry", "").await;
    assert_eq!(header(&token)["x5c"].as_array().unwrap().len(), 3, "the token contains the chain");
    let middle = std::fs::read_to_string(place.path().join("middle.crt")).unwrap();
    assert!(verifies_by_authority(&token, "registry", &middle));
    assert!(!verifies_by_authority(&token, "registry", place.run("keys export").await.ok()));
    let ready: Value = crate::server::client()
        .get(place.server.url("/health/ready"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let warnings = ready["warnings"].to_string();
    assert!(
        warnings.contains("the certificate leaf.crt is not signed by ca.crt: give registries the root"),
        "{warnings}"
    );
    assert!(warnings.contains("the certificate leaf.crt ends at "), "it ends within 30 days: {warnings}");
    let listed = crate::place::list(place.path()).await;
    let leaf = listed.iter().find(|key| key["name"] == "leaf").unwrap();
    assert_eq!(leaf["certified_by"], "another authority");
}
