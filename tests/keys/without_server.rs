//! Keys that are made and renewed without a server, for servers that may only read the folder.

use crate::place::{Place, SQLITE, list, run};
use crate::server::{ADMIN_PASSWORD, Server, client};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_and_renewed_without_server_and_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let said = run(path, "keys init --keys-dir made", &[]).await;
    assert!(said.ok().starts_with("made a CA and the key `signing-"), "{said:?}");
    let made: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(made, ["made"], "`keys init` creates no database");
    run(path, "keys init --keys-dir made", &[]).await.fails_with(1, "`made` holds keys already");
    let ca = std::fs::read(path.join("made/ca.crt")).unwrap();
    let said = run(path, "keys maintain --keys-dir made", &[]).await;
    assert!(said.ok().starts_with("nothing is due\nthere is no database"), "{said:?}");

    // The command runs 61 days later.
    let faked = std::process::Command::new("faketime")
        .args(["-f", "+61d", env!("CARGO_BIN_EXE_portreeve"), "keys", "maintain", "--keys-dir", "made"])
        .current_dir(path)
        .output()
        .unwrap();
    let said = String::from_utf8(faked.stdout).unwrap();
    assert!(faked.status.success() && said.starts_with("renewed the certificate of `signing-"), "{said}");
    assert!(std::fs::read(path.join("made/ca.crt")).unwrap() == ca, "the CA of the registries has changed");
    run(path, "keys maintain --keys-dir nowhere", &[]).await.fails(1);

    // A server that may only read the keys signs with them.
    std::fs::rename(path.join("made"), path.join("keys")).unwrap();
    let key = list(path).await.remove(0);
    std::fs::set_permissions(path.join("keys"), PermissionsExt::from_mode(0o500)).unwrap();
    let mut server = Server::spawn(path, SQLITE, &[]);
    server.ready().await;
    let url = server.url("/token?service=registry");
    let token = client().get(url).basic_auth("admin", Some(ADMIN_PASSWORD)).send().await.unwrap();
    assert_eq!(token.status(), 200);
    let keys: Value =
        client().get(server.url("/.well-known/jwks.json")).send().await.unwrap().json().await.unwrap();
    assert!(keys.to_string().contains(key["thumbprint"].as_str().unwrap()), "{keys}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_database_services_get_the_keys_that_they_lack() {
    let mut place = Place::open().await;
    place.server.terminate();
    // The service is created while the server cannot write to the keys folder. So the service gets no key.
    std::fs::rename(place.path().join("keys"), place.path().join("aside")).unwrap();
    run(place.path(), "keys init --keys-dir keys", &[]).await.ok();
    std::fs::set_permissions(place.path().join("keys"), PermissionsExt::from_mode(0o500)).unwrap();
    place.server = Server::spawn(place.path(), SQLITE, &[]);
    place.server.ready().await;
    place.server.must("PUT", "/services/zot.example.org", json!({"profile": "zot"})).await;
    place.server.kill();
    std::fs::set_permissions(place.path().join("keys"), PermissionsExt::from_mode(0o700)).unwrap();
    let said = run(place.path(), "keys maintain", &[]).await;
    assert!(said.ok().ends_with(" which signs for `zot.example.org`\n") && said.err.is_empty(), "{said:?}");
    let keys = list(place.path()).await;
    let signs = |key: &Value| key["service"] == "zot.example.org" && key["state"] == "signing";
    assert_eq!(keys.iter().filter(|key| signs(key)).count(), 1, "{keys:?}");
    let said = run(place.path(), "keys maintain", &[]).await;
    assert_eq!(said.ok(), "nothing is due\n");
}
