//! Providers and identities as objects of the administration API and of applied files: permitted and refused writes,
//! and the test of a provider's settings.

use super::provider::SECRET;
use super::world::{Database, World, on_both_databases};
use crate::reply::send;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

on_both_databases!(
    a_provider_is_written_shown_and_deleted,
    what_cannot_be_a_provider_is_refused_with_its_reason,
    a_test_says_what_is_right_and_what_to_change,
    providers_stand_in_files,
    a_certificate_of_somebody_else_is_not_accepted,
);

async fn a_provider_is_written_shown_and_deleted(database: Database) {
    let world = World::start(database).await;
    let made = world.set_up(json!({"title": "Company account"})).await;
    assert_eq!(made["redirect_uri"], world.url("/signin/with/corp/callback"));
    assert_eq!((&made["has_secret"], &made["client_secret"]), (&json!(true), &Value::Null));
    let shown = world.api("GET", "/identity-providers/corp", json!(null)).await;
    assert!(!shown.text.contains(SECRET));
    // A client can send a provider back as the API shows it. Then nothing changes.
    let again = world.api("PUT", "/identity-providers/corp", shown.json()).await;
    assert_eq!((again.status, again.header("etag")), (200, shown.header("etag")), "{}", again.text);
    // A missing secret leaves the stored secret unchanged. Null removes it.
    let changed = world.must("PATCH", "/identity-providers/corp", json!({"position": 3})).await;
    assert_eq!((&changed["position"], &changed["has_secret"]), (&json!(3), &json!(true)));
    let without = world.must("PATCH", "/identity-providers/corp", json!({"client_secret": null})).await;
    assert_eq!(without["has_secret"], false);
    let refused = world.api("PUT", "/identity-providers/corp", world.settings(json!({"status": 7}))).await;
    assert!(refused.status == 422 && refused.text.contains("read-only"), "{refused:?}");
    world.set_up(json!({})).await;
    // While a provider has people, its issuer cannot be changed without `move_identities`, and the provider cannot be
    // deleted without `cascade`.
    world.provider.person("id-1", "erin", &["web"]).await;
    world.sign_in("id-1").await;
    let key = world.key("erin").await;
    let moved = world.settings(json!({"issuer": format!("{}/", world.provider.issuer())}));
    let refused = world.api("PUT", "/identity-providers/corp", moved.clone()).await;
    assert!(refused.status == 409 && refused.text.contains("move_identities=true"), "{refused:?}");
    world.must("PUT", "/identity-providers/corp?move_identities=true", moved).await;
    let identity = world.must("GET", "/users/erin/identity", json!(null)).await;
    assert_eq!(identity["issuer"], format!("{}/", world.provider.issuer()));
    let refused = world.api("DELETE", "/identity-providers/corp", json!(null)).await;
    assert!(refused.status == 409 && refused.text.contains("vouches for 1 person"), "{refused:?}");
    world.must("DELETE", "/identity-providers/corp?cascade=true", json!(null)).await;
    assert_eq!(world.token("erin", &key).await.status, 401, "the access keys stop working");
    let user = world.must("GET", "/users/erin", json!(null)).await;
    assert_eq!((&user["managed_by"], &user["groups"]), (&Value::Null, &json!([])), "the user stays");
    world.must("DELETE", "/groups/corp.web", json!(null)).await;
    let trail = world.must("GET", "/changes?limit=1000", json!(null)).await.to_string();
    for kind in ["\"kind\":\"identity-provider\"", "\"kind\":\"identity\"", "\"secret_changed\":true"] {
        assert!(trail.contains(kind), "{kind}: {trail}");
    }
}

async fn what_cannot_be_a_provider_is_refused_with_its_reason(database: Database) {
    let world = World::start(database).await;
    let file = world.folder.path().join("secret");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let secret = json!({"file": file});
    // A link to a file counts as that file.
    let (key, link) = (world.folder.path().join("keys/ca.key"), world.folder.path().join("link"));
    std::os::unix::fs::symlink(&key, &link).unwrap();
    let lines = world.folder.path().join("lines");
    std::fs::write(&lines, "one\ntwo\n").unwrap();
    std::fs::set_permissions(&lines, PermissionsExt::from_mode(0o600)).unwrap();
    for (more, field, reason) in [
        (json!({"issuer": "http://id.example.org"}), "issuer", "is not https"),
        (json!({"issuer": "https://id.example.org"}), "issuer", "--identity-host id.example.org"),
        (json!({"issuer": "https://127.0.0.1:1"}), "issuer", "--identity-host 127.0.0.1:1"),
        (json!({"issuer": "id.example.org"}), "issuer", "is not an address"),
        (json!({"issuer": format!("{}/?a", world.provider.issuer())}), "issuer", "must not contain `?`"),
        (json!({"kind": "saml"}), "kind", "must be `oidc`"),
        (json!({"scopes": ["profile"]}), "scopes", "must contain `openid`"),
        (json!({"name_template": "{nom}"}), "name_template", "must contain `{name}` once"),
        (json!({"groups_claim": null}), "automatic", "needs `groups_claim`"),
        (json!({"map": [{"value": "a", "group": "a b"}]}), "map[0].group", "is not a name"),
        (json!({"labels": {"Team": "a"}}), "labels", "is not a label key"),
        (json!({"recheck": 0}), "recheck", "must be 1 to"),
        (json!({"managed_by": "oidc:corp"}), "managed_by", "reserved for objects of identity providers"),
        (json!({"client_secret": 7}), "client_secret", "must be a text"),
        (json!({"client_secret": ""}), "client_secret", "1 to 4,096 bytes"),
        (json!({"client_secret": {"file": "/nowhere"}}), "client_secret", "cannot be read"),
        (json!({"client_secret": secret}), "client_secret", "is open to others"),
        (json!({"client_secret": {"file": key}}), "client_secret", "is in the keys folder"),
        (json!({"client_secret": {"file": link}}), "client_secret", "is in the keys folder"),
        (json!({"client_secret": {"file": lines}}), "client_secret", "more than one line"),
        (json!({"colour": "red"}), "colour", "unknown"),
    ] {
        let refused = world.api("PUT", "/identity-providers/corp", world.settings(more.clone())).await;
        let error = refused.json()["errors"][0].clone();
        assert!(refused.status == 422 && error["field"] == field, "{more}: {}", refused.text);
        assert!(error["message"].as_str().unwrap().contains(reason), "{more}: {error}");
    }
    for name in ["Corp", "a.b", "..%2Fa", "a%20b"] {
        let refused =
            world.api("PUT", &format!("/identity-providers/{name}"), world.settings(json!({}))).await;
        assert_eq!(refused.status, 422, "{name}: {}", refused.text);
    }
    let owner = world.api("PUT", "/users/eve", json!({"managed_by": "oidc:corp"})).await;
    assert!(owner.status == 422 && owner.text.contains("reserved for identity providers"), "{owner:?}");
    assert_eq!(world.must("GET", "/identity-providers", json!(null)).await["items"], json!([]));
    // A file that only its owner can read is accepted.
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    world.set_up(json!({"client_secret": {"file": file}})).await;
    world.provider.person("id-1", "frank", &[]).await;
    world.sign_in("id-1").await;
}

async fn a_test_says_what_is_right_and_what_to_change(database: Database) {
    let world = World::with_provider(database, json!({"labels": {}})).await;
    let tried = world.must("POST", "/identity-providers/corp/test", json!({})).await;
    assert_eq!(tried["ok"], true, "{tried}");
    assert!(tried["steps"][0]["text"].as_str().unwrap().contains("/signin/with/corp/callback"), "{tried}");
    let claims = json!({"sub": "9", "preferred_username": "gina", "groups": ["web", "a b"]});
    let tried = world.must("POST", "/identity-providers/corp/test", json!({"claims": claims})).await;
    assert_eq!(
        (&tried["person"]["name"], &tried["person"]["groups"]),
        (&json!("gina"), &json!(["corp.web"])),
        "{tried}"
    );
    let step = |tried: &Value, name: &str| {
        let steps = tried["steps"].as_array().unwrap().clone();
        let step = steps.into_iter().find(|step| step["step"] == name);
        step.map(|step| step["text"].as_str().unwrap().to_owned()).unwrap_or_default()
    };
    for (more, name, words) in [
        (json!({"client_secret": "wrong"}), "secret", "invalid_client"),
        (json!({"issuer": format!("{}/", world.provider.issuer())}), "discovery", "slash at the end"),
        (json!({"scopes": ["openid", "roles"]}), "scopes", "does not list the scopes `roles`"),
        (json!({"groups_claim": "teams"}), "claims", "does not list the claims `teams`"),
        (json!({"ca_file": "/nowhere"}), "settings", "cannot be read"),
    ] {
        world.set_up(more.clone()).await;
        let tried = world.must("POST", "/identity-providers/corp/test", json!({})).await;
        assert!(tried["ok"] == false && step(&tried, name).contains(words), "{more}: {tried}");
    }
    world.set_up(json!({})).await;
    for (mode, words) in [
        ("failing", "status 503"),
        ("large", "longer than 256 KiB"),
        ("redirecting", "redirection, which is not followed"),
    ] {
        world.provider.mode(mode).await;
        let tried = world.must("POST", "/identity-providers/corp/test", json!({})).await;
        assert!(tried["ok"] == false && step(&tried, "discovery").contains(words), "{mode}: {tried}");
    }
}

async fn providers_stand_in_files(database: Database) {
    let world = World::start(database).await;
    let apply = async |text: String| {
        let url = world.url("/api/v1/apply");
        let request =
            reqwest::Client::new().post(url).basic_auth(super::world::ADMIN.0, Some(super::world::ADMIN.1));
        send(request.header("content-type", "application/yaml").body(text)).await
    };
    let file = world.folder.path().join("secret");
    std::fs::write(&file, SECRET).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let provider = |secret: &str| {
        let issuer = world.provider.issuer();
        format!(
            "kind: identity-provider\nname: corp\nissuer: {issuer}\nclient_id: portreeve\nclient_secret: {secret}\n"
        )
    };
    let refused = apply(provider("plain-text")).await;
    assert!(refused.status == 422 && refused.text.contains("does not belong in a file"), "{refused:?}");
    let key = world.folder.path().join("keys/ca.key");
    let refused = apply(provider(&format!("{{file: {}}}", key.display()))).await;
    assert!(refused.status == 422 && refused.text.contains("is in the keys folder"), "{refused:?}");
    let applied = apply(provider(&format!("{{file: {}}}", file.display()))).await;
    assert_eq!(applied.status, 200, "{}", applied.text);
    world.provider.people(json!({"1": {"claims": {"preferred_username": "ida"}}})).await;
    world.sign_in("1").await;
    // A file without the field for the secret leaves the stored secret unchanged.
    let issuer = world.provider.issuer();
    let again =
        apply(format!("kind: identity-provider\nname: corp\nissuer: {issuer}\nclient_id: portreeve\n")).await;
    assert_eq!(again.json()["changes"], json!([]), "{}", again.text);
    let other = apply(
        "kind: identity-provider\nname: corp\nissuer: https://id.example.org\nclient_id: a\n".to_owned(),
    )
    .await;
    assert!(other.status == 422 && other.text.contains("--identity-host id.example.org"), "{other:?}");
}

async fn a_certificate_of_somebody_else_is_not_accepted(database: Database) {
    let mut world = World::start(database).await;
    let folder = world.folder.path().to_owned();
    let at = |name: &str| folder.join(name);
    for name in ["own", "other"] {
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
            ])
            .args(["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
            .arg(at(&format!("{name}.key")))
            .arg("-out")
            .arg(at(&format!("{name}.crt")))
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
    }
    let callback = world.url("/signin/with/corp/callback");
    world.provider.exchange_for_tls(&callback, &at("own.key"), &at("own.crt"));
    let issuer = world.provider.issuer().replace("http:", "https:");
    let tried = async |ca_file: Value| {
        world.set_up(json!({"issuer": issuer, "ca_file": ca_file, "labels": {}})).await;
        world.must("POST", "/identity-providers/corp/test", json!({})).await
    };
    let right = tried(json!(at("own.crt"))).await;
    assert_eq!(right["ok"], true, "{right}");
    // A changed file is read again.
    for (source, ok) in [("other.crt", false), ("own.crt", true)] {
        std::fs::copy(at(source), at("ca.crt")).unwrap();
        let tried = tried(json!(at("ca.crt"))).await;
        assert_eq!(tried["ok"], ok, "{source}: {tried}");
    }
    for wrong in [Value::Null, json!(at("other.crt"))] {
        let tried = tried(wrong.clone()).await;
        let text = tried["steps"][1]["text"].as_str().unwrap();
        assert!(tried["ok"] == false && text.contains("certificate is not accepted"), "{wrong}: {tried}");
    }
}
