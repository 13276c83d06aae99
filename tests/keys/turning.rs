//! Rotation, retirement and revocation of keys in every state, and the records in the audit trail.

use crate::openssl::{authority, certify, key};
use crate::place::{PATIENCE, Place};
use crate::token::{header, verifies_by_authority, verifies_by_key_set};
use serde_json::{Value, json};
use std::time::Instant;

/// A record of the audit trail: action, key, before, after.
type Told = (&'static str, String, Value, Value);

fn told(entries: Vec<Told>) -> Vec<(String, String, Value, Value)> {
    entries.into_iter().map(|(action, key, before, after)| (action.to_owned(), key, before, after)).collect()
}

/// Waits until the published keys of a service are exactly these keys.
async fn published(place: &Place, service: &str, form: &str, keys: &[&str]) {
    let mut wanted = Vec::new();
    for key in keys {
        wanted.push(place.id_of(key, form).await);
    }
    wanted.sort();
    let began = Instant::now();
    loop {
        let set = place.key_set(Some(service)).await;
        let mut ids: Vec<_> = set.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        if ids == wanted {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "published: {ids:?}, wanted: {wanted:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_all_services_turns_at_once() {
    let place = Place::open_with(&[], |folder| {
        key(folder, "mine.key", "P-256");
        key(folder, "late.key", "P-256");
    })
    .await;
    let id = "libtrust_id";
    let first = place.signing(None).await;
    let old = place.token("registry", "").await;
    let ca = place.run("keys export").await.ok().to_owned();

    // No key waits, so the command makes one. `--confirm` has nothing to confirm.
    let said = place.run("keys rotate --confirm").await;
    let second = place.signing(None).await;
    let expected = format!(
        "`{second}` signs now; every server uses it within two seconds\n`{first}` is retired: it stays published for \
         63 minutes, as long as its tokens may live\n"
    );
    assert_eq!(said.ok(), expected);
    place.signed_by("registry", &second, id).await;
    published(&place, "registry", id, &[&first, &second]).await;
    assert!(verifies_by_key_set(&old, "registry", &place.key_set(Some("registry")).await));

    // `keys retire` gets a next key, the signing key, a retired key and keys that are not published.
    place.run("keys add mine.key").await.ok();
    published(&place, "registry", id, &[&first, &second, "mine"]).await;
    assert_eq!(place.run("keys retire mine").await.ok(), "withdrew the key `mine`, which did not sign\n");
    assert!(!place.file("mine.key").exists() && !place.file("mine.crt").exists());
    place.run(&format!("keys retire {second}")).await.fails_with(
        1,
        &format!("`{second}` signs: `portreeve keys rotate` makes another key sign and retires it"),
    );
    assert_eq!(
        place.run(&format!("keys retire {first}")).await.ok(),
        format!("the key `{first}` is no longer published\n")
    );
    published(&place, "registry", id, &[&second]).await;
    for line in
        ["keys retire mine".to_owned(), format!("keys retire {first}"), "keys revoke ca --yes".to_owned()]
    {
        place.run(&line).await.fails_with(1, "`: `portreeve keys list` shows all keys");
    }
    place.run("keys revoke").await.fails_with_usage();

    // If a key waits, `keys rotate` lets that key sign, and makes no new key.
    place.run("keys add mine.key").await.ok();
    place.run("keys rotate").await.ok();
    assert_eq!(place.signing(None).await, "mine");

    // Keys in every state are revoked. Without a terminal the command asks nothing.
    place.run("keys add late.key").await.ok();
    let said = place.run("keys revoke mine").await;
    assert!(
        said.ok().starts_with("ended the key `mine`; `late` signs now, at every server within two seconds\n")
    );
    assert!(said.out.contains("registries that trust the CA do not learn of the revocation"), "{said:?}");
    assert!(said.out.contains("--replace-ca` on the key that signs now"), "{said:?}");
    place.signed_by("registry", "late", id).await;
    published(&place, "registry", id, &[&second, "late"]).await;
    let said = place.run(&format!("keys revoke {second} --yes")).await;
    assert!(said.ok().starts_with(&format!("ended the key `{second}`, which did not sign\n")));
    place.run("keys add mine.key").await.ok();
    let said = place.run("keys revoke mine --yes").await;
    assert!(said.ok().starts_with("ended the key `mine`, which did not sign\n"));
    published(&place, "registry", id, &["late"]).await;

    // A key is revoked together with the authority. Registries with the new CA refuse the certificates of the old one.
    place.run("keys rotate").await.ok();
    let third = place.signing(None).await;
    place.signed_by("registry", &third, id).await;
    let of_old_ca = place.token("registry", "").await;
    assert!(verifies_by_authority(&of_old_ca, "registry", &ca));
    let said = place.run("keys revoke late --replace-ca --yes").await;
    assert!(
        said.ok().contains("the CA is new: registries refuse every token until they have the new ca.crt")
    );
    assert!(!said.out.contains("do not learn of the revocation"), "{said:?}");
    let new_ca = place.run("keys export").await.ok().to_owned();
    assert_ne!(ca, new_ca);
    assert_eq!(place.signing(None).await, third, "the signing key is unchanged");
    let began = Instant::now();
    while !verifies_by_authority(&place.token("registry", "").await, "registry", &new_ca) {
        assert!(began.elapsed() < PATIENCE, "the new certificate is not used");
    }
    assert!(!verifies_by_authority(&of_old_ca, "registry", &new_ca));
    let said = place.run(&format!("keys revoke {third} --replace-ca --yes")).await;
    let last = place.signing(None).await;
    assert!(said.ok().starts_with(&format!("ended the key `{third}`; `{last}` signs now")));
    place.signed_by("registry", &last, id).await;
    let newest = place.run("keys export").await.ok().to_owned();
    assert!(verifies_by_authority(&place.token("registry", "").await, "registry", &newest));
    let files = std::fs::read_dir(place.file(".")).unwrap().count();
    assert_eq!(files, 5, "the CA and the signing key have two files each, and the list has one");

    let signs = |retired: &str| json!({"state": "signing", "service": null, "retired": retired});
    let next = || json!({"state": "next", "service": null, "algorithm": "ES256"});
    let was = |state: &str| json!({"state": state, "service": null});
    let end = |successor: Option<&str>, ca: bool| json!({"successor": successor, "replaced_ca": ca});
    let own = |name: &str| name.to_owned();
    let expected = told(vec![
        ("rotate", second.clone(), Value::Null, signs(&first)),
        ("create", own("mine"), Value::Null, next()),
        ("delete", own("mine"), json!({"state": "next"}), Value::Null),
        ("delete", first.clone(), json!({"state": "retired"}), Value::Null),
        ("create", own("mine"), Value::Null, next()),
        ("rotate", own("mine"), Value::Null, signs(&second)),
        ("create", own("late"), Value::Null, next()),
        ("revoke", own("mine"), was("signing"), end(Some("late"), false)),
        ("revoke", second, was("retired"), end(None, false)),
        ("create", own("mine"), Value::Null, next()),
        ("revoke", own("mine"), was("next"), end(None, false)),
        ("rotate", third.clone(), Value::Null, signs("late")),
        ("revoke", own("late"), was("retired"), end(None, true)),
        ("revoke", third, was("signing"), end(Some(&last), true)),
    ]);
    assert_eq!(place.trail().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_one_service_waits_until_its_registry_has_it() {
    let place = Place::open_with(&[], |folder| key(folder, "mine.key", "RSA")).await;
    place.service("zot", json!({"profile": "zot"})).await;
    let (shared, first, form) = (place.signing(None).await, place.signing(Some("zot")).await, "thumbprint");
    place.signed_by("zot", &first, form).await;

    for (line, words) in [
        ("keys rotate --service none", "there is no service `none`"),
        (
            "keys rotate --service registry",
            "has no key of its own: its registry trusts the CA, so leave --service out",
        ),
        (
            "keys rotate --service zot --confirm",
            "no key waits to sign: run the command without --confirm first",
        ),
        (&format!("keys retire {first}"), "signs for `zot`: run `portreeve keys rotate --service zot` first"),
        ("keys export --service none --form certificate", "no key signs for `none` alone"),
    ] {
        place.run(line).await.fails_with(1, words);
    }
    let said = place.run("keys rotate --service zot").await;
    let second = place.next(Some("zot")).await.unwrap();
    let expected = format!(
        "`{second}` is published, and does not sign yet\n1. install the output of `portreeve services \
         config zot` at the registry\n2. restart the registry\n3. run `portreeve keys rotate --service zot --confirm`\n"
    );
    assert_eq!(said.ok(), expected);
    published(&place, "zot", form, &[&first, &second]).await;
    let said = place.run("keys rotate --service zot").await;
    assert!(said.ok().starts_with(&format!("`{second}` waits to sign\n")));
    assert_eq!(place.signing(Some("zot")).await, first, "the new key waits");
    place.signed_by("zot", &first, form).await;
    place.run("keys rotate --service zot --confirm").await.ok();
    place.signed_by("zot", &second, form).await;
    place.run("keys rotate --service zot --confirm").await.fails_with(1, "no key waits to sign");
    assert_eq!(place.signing(None).await, shared, "the shared key is not affected");

    // After a theft a new key signs, and the registry needs the certificate of that key.
    let said = place.run(&format!("keys revoke {second} --yes")).await;
    assert!(said.ok().contains(
        "the registry of `zot` refuses tokens until it has the output of `portreeve services config zot`"
    ));
    assert!(!said.out.contains("do not learn of the revocation"), "{said:?}");
    let third = place.signing(Some("zot")).await;
    place.signed_by("zot", &third, form).await;
    published(&place, "zot", form, &[&first, &third]).await;

    // A waiting or retired key can be revoked. After the signing key is revoked, the waiting key signs.
    place.run("keys rotate --service zot").await.ok();
    let waiting = place.next(Some("zot")).await.unwrap();
    for key in [&waiting, &first] {
        let said = place.run(&format!("keys revoke {key} --yes")).await;
        let expected = format!(
            "ended the key `{key}`, which did not sign\nif the registry of `zot` has this key, it trusts the key \
             until it has the output of `portreeve services config zot`, and a restart\n"
        );
        assert_eq!(said.ok(), expected);
    }
    published(&place, "zot", form, &[&third]).await;
    place.run("keys rotate --service zot").await.ok();
    let successor = place.next(Some("zot")).await.unwrap();
    let said = place.run(&format!("keys revoke {third} --yes")).await;
    assert!(said.ok().starts_with(&format!("ended the key `{third}`; `{successor}` signs now")), "{said:?}");
    place.signed_by("zot", &successor, form).await;

    // An operator adds a key in two steps, `keys add` and `keys rotate --confirm`. A waiting key can be withdrawn.
    let said = place.run("keys add mine.key --service zot").await;
    assert!(
        said.ok().ends_with("then run `portreeve keys rotate --service zot --confirm` to let the key sign\n")
    );
    place.run("keys retire mine").await.ok();
    place.run("keys add mine.key --service zot").await.ok();
    place.run("keys rotate --service zot --confirm").await.ok();
    place.signed_by("zot", "mine", form).await;
    assert_eq!(header(&place.token("zot", "").await)["alg"], "RS256");

    // The key of a service that no longer needs its own key can be retired. If the service needs a key again, it gets a
    // new one.
    place.run("keys retire mine").await.fails_with(1, "signs for `zot`");
    place.service("zot", json!({"profile": "distribution-3"})).await;
    place.signed_by("zot", &shared, form).await;
    place.run("keys retire mine").await.ok();
    place.service("zot", json!({"profile": "zot"})).await;
    let fourth = place.signing(Some("zot")).await;
    place.signed_by("zot", &fourth, form).await;
    place.server.must("DELETE", "/services/zot", Value::Null).await;
    place.run(&format!("keys retire {fourth}")).await.ok();

    let expected: Vec<(&str, &str)> = vec![
        ("create", &first),
        ("create", &second),
        ("rotate", &second),
        ("revoke", &second),
        ("create", &waiting),
        ("revoke", &waiting),
        ("revoke", &first),
        ("create", &successor),
        ("revoke", &third),
        ("create", "mine"),
        ("delete", "mine"),
        ("create", "mine"),
        ("rotate", "mine"),
        ("delete", "mine"),
        ("create", &fourth),
        ("delete", &fourth),
    ];
    let trail = place.trail().await;
    let listed: Vec<_> = trail.iter().map(|(action, key, ..)| (action.as_str(), key.as_str())).collect();
    assert_eq!(listed, expected);
    let of_zot =
        trail.iter().filter(|(_, _, before, after)| before["service"] == "zot" || after["service"] == "zot");
    assert_eq!(of_zot.count(), 13, "all records except deletions name the service of the key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_a_certificate_of_another_authority_waits_as_well() {
    let place = Place::open_with(&[], |folder| {
        authority(folder, "root", None);
        key(folder, "mine.key", "P-256");
        certify(folder, "mine", "root", "-days 60");
    })
    .await;
    let first = place.signing(None).await;
    place.run("keys add mine.key --certificate mine.crt").await.ok();
    assert!(place.run("keys rotate").await.ok().starts_with("`mine` waits to sign\n"));
    place.run("keys rotate --confirm").await.ok();
    place.signed_by("registry", "mine", "libtrust_id").await;
    // The next rotation returns to a key of the server's own authority. Registries may no longer have its certificate.
    let said = place.run("keys rotate").await;
    assert!(said.ok().contains(" is published, and does not sign yet\n"), "{said:?}");
    place.signed_by("registry", "mine", "libtrust_id").await;
    place.run("keys rotate --confirm").await.ok();
    let third = place.signing(None).await;
    assert!(third != first && third != "mine");
    place.signed_by("registry", &third, "libtrust_id").await;
    // A new authority of the server does not change the certificates of another authority.
    let chain = std::fs::read(place.file("mine.crt")).unwrap();
    place.run(&format!("keys revoke {third} --replace-ca --yes")).await.ok();
    assert_eq!(std::fs::read(place.file("mine.crt")).unwrap(), chain);
    let ca = place.run("keys export").await.ok().to_owned();
    let last = place.signing(None).await;
    place.signed_by("registry", &last, "libtrust_id").await;
    assert!(verifies_by_authority(&place.token("registry", "").await, "registry", &ca));

    // Broken files do not prevent a revocation in an emergency.
    std::fs::write(place.file(&format!("{last}.crt")), "words").unwrap();
    std::fs::remove_file(place.file("mine.key")).unwrap();
    place.run("keys rotate").await.fails_with(1, "it holds no certificate in PEM form");
    place.run(&format!("keys revoke {last} --yes")).await.ok();
    place.run("keys revoke mine --yes").await.ok();
    let newest = place.signing(None).await;
    place.signed_by("registry", &newest, "libtrust_id").await;
}
