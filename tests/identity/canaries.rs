//! Secrets stay where they belong: nowhere in the database as they are, nowhere in the audit trail and in answers.

use super::provider::SECRET;
use super::world::{Database, World, on_both_databases};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;

on_both_databases!(
    no_secret_is_in_the_database_or_in_an_answer,
    secrets_are_sealed_anew_beside_a_running_server
);

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn no_secret_is_in_the_database_or_in_an_answer(database: Database) {
    let world = World::with_provider(database, json!({"recheck": 1})).await;
    world.provider.person("id-1", "alice", &[]).await;
    let mut browser = super::browser::Browser::new();
    let callback = browser.until_callback(&world.start_path(), "id-1").await.unwrap();
    let flow = browser.cookie(&world.start_path(), "__Host-ptr_flow").unwrap();
    browser.open(callback.as_str()).await;
    let session = browser.cookie(&world.start_path(), "__Host-ptr_session").unwrap();
    world.must("POST", "/users/alice/identity/recheck", json!(null)).await;
    let parameter = |name: &str| callback.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let dump = world.database_bytes();
    let answers = [
        world.must("GET", "/identity-providers/corp", json!(null)).await.to_string(),
        world.must("GET", "/users/alice/identity", json!(null)).await.to_string(),
        world.must("GET", "/changes?limit=1000", json!(null)).await.to_string(),
        world.must("POST", "/identity-providers/corp/test", json!({})).await.to_string(),
    ];
    assert!(holds(&dump, "s1."), "something is sealed");
    for secret in [SECRET.to_owned(), flow, session, parameter("code"), parameter("state")] {
        assert!(!holds(&dump, &secret), "the database holds {secret}");
        assert!(answers.iter().all(|answer| !answer.contains(&secret)), "an answer holds {secret}");
    }
    let file = world.folder.path().join("keys/secrets.key");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

async fn secrets_are_sealed_anew_beside_a_running_server(database: Database) {
    let world = World::with_provider(database, json!({})).await;
    world.provider.person("id-1", "alice", &[]).await;
    world.sign_in("id-1").await;
    let file = world.folder.path().join("keys/secrets.key");
    let before = std::fs::read_to_string(&file).unwrap();
    let said = std::process::Command::new(env!("CARGO_BIN_EXE_portreeve"))
        .args(["keys", "rewrap-secrets", "--keys-dir"])
        .arg(world.folder.path().join("keys"))
        .env("PORTREEVE_DATABASE_URL", world.database())
        .current_dir(world.folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    assert!(said.status.success() && text.contains("2 secrets are sealed"), "{text} {:?}", said.stderr);
    let after = std::fs::read_to_string(&file).unwrap();
    assert_eq!((before.lines().count(), after.lines().count()), (1, 1));
    assert_ne!(before, after);
    let key = before.split(' ').next().unwrap();
    assert!(
        !holds(&world.database_bytes(), &format!("s1.{key}.")) || database == Database::Sqlite,
        "nothing needs the old key"
    );
    // Both the client secret and the refresh token still open.
    world.must("POST", "/users/alice/identity/recheck", json!(null)).await;
    let identity = world.must("GET", "/users/alice/identity", json!(null)).await;
    assert_eq!(
        (&identity["state"], identity["checked_at"].as_str() > identity["signed_in_at"].as_str()),
        (&json!("active"), true)
    );
}
