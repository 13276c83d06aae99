//! Replaces the key that seals the secrets in the database, while a server runs.

use super::database;
use super::world::{Database, World, on_both_databases};
use serde_json::json;
use std::process::{Command, Stdio};
use std::time::Duration;

on_both_databases!(
    secrets_are_sealed_anew_beside_a_running_server,
    what_cannot_be_opened_is_named_and_left,
    copies_of_the_folder_are_brought_up_to_date_one_by_one,
    no_key_is_removed_while_a_server_seals_with_an_older_one,
);

fn command(world: &World, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portreeve"));
    command
        .args(["keys", "rewrap-secrets", "--keys-dir"])
        .arg(world.folder.path().join("keys"))
        .args(more)
        .env("PORTREEVE_DATABASE_URL", world.database())
        .current_dir(world.folder.path());
    command
}

fn rewrap(world: &World, more: &[&str]) -> (String, String) {
    let said = command(world, more).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, error) = (text(said.stdout), text(said.stderr));
    assert!(said.status.success(), "{out} {error}");
    (out, error)
}

/// Returns the ids of the keys in the file, oldest first.
fn keys(world: &World) -> Vec<String> {
    let file = std::fs::read_to_string(world.folder.path().join("keys/secrets.key")).unwrap();
    file.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

/// Counts the secrets in the database that were sealed with a key.
async fn sealed_with(world: &World, key: &str) -> i64 {
    let mut count = 0;
    for (table, column) in [("identities", "upstream_token"), ("identity_providers", "secret")] {
        let query = format!("SELECT CAST(COUNT(*) AS TEXT) FROM {table} WHERE {column} LIKE '%s1.{key}.%'");
        count += database::text(&world.database(), &query).await.parse::<i64>().unwrap();
    }
    count
}

async fn is_checked(world: &World) {
    world.must("POST", "/users/alice/identity/recheck", json!(null)).await;
    let identity = world.must("GET", "/users/alice/identity", json!(null)).await;
    let is_later = identity["checked_at"].as_str() > identity["signed_in_at"].as_str();
    assert!(identity["state"] == "active" && is_later, "{identity}");
}

async fn started(database: Database) -> World {
    let world = World::with_provider(database, json!({"recheck": 86400})).await;
    world.provider.person("id-1", "alice", &[]).await;
    world.sign_in("id-1").await;
    world
}

async fn secrets_are_sealed_anew_beside_a_running_server(database: Database) {
    let world = started(database).await;
    let before = keys(&world);
    assert_eq!((before.len(), sealed_with(&world, &before[0]).await), (1, 2));
    let (out, error) = rewrap(&world, &[]);
    assert!(out.contains("2 secrets are sealed") && error.is_empty(), "{out} {error}");
    let after = keys(&world);
    assert_eq!(after.len(), 1);
    assert_ne!(before, after);
    assert_eq!((sealed_with(&world, &before[0]).await, sealed_with(&world, &after[0]).await), (0, 2));
    // The server can still open the client secret and the refresh token.
    is_checked(&world).await;
}

async fn what_cannot_be_opened_is_named_and_left(database: Database) {
    let world = started(database).await;
    world.provider.person("id-2", "bob", &[]).await;
    world.sign_in("id-2").await;
    let bobs = "UPDATE identities SET upstream_token = 's1.0123456789abcdef.AAAA' WHERE external_id = 'id-2'";
    database::run(&world.database(), bobs).await;
    let (out, error) = rewrap(&world, &[]);
    assert!(out.contains("2 secrets are sealed"), "{out}");
    assert!(
        error.contains("the refresh token that `corp` gave for `user:bob`")
            && error.contains("`0123456789abcdef`"),
        "{error}"
    );
    assert!(!error.contains("alice"), "{error}");
    assert_eq!(sealed_with(&world, "0123456789abcdef").await, 1, "the secret is unchanged");
    is_checked(&world).await;
    // The check of bob cannot use his refresh token. Bob stays active, and the provider counts as reachable.
    world.must("POST", "/users/bob/identity/recheck", json!(null)).await;
    let bob = world.must("GET", "/users/bob/identity", json!(null)).await;
    assert_eq!(bob["state"], "active");
    let status = world.must("GET", "/identity-providers/corp", json!(null)).await["status"].clone();
    assert_eq!(status["reachable"], true, "{status}");
}

async fn copies_of_the_folder_are_brought_up_to_date_one_by_one(database: Database) {
    let world = started(database).await;
    let file = world.folder.path().join("keys/secrets.key");
    let copy = std::fs::read(&file).unwrap();
    let old = keys(&world);
    rewrap(&world, &["--keep-older"]);
    let both = keys(&world);
    assert_eq!(both.len(), 2);
    assert_eq!(both[0], old[0]);
    // Meanwhile another server with a copy of the folder has sealed a secret with the old key.
    let with_both = std::fs::read(&file).unwrap();
    std::fs::write(&file, copy).unwrap();
    world.provider.person("id-2", "bob", &[]).await;
    world.set_up(json!({"recheck": 86400})).await;
    world.sign_in("id-2").await;
    std::fs::write(&file, with_both).unwrap();
    assert!(sealed_with(&world, &old[0]).await >= 1);
    let (out, error) = rewrap(&world, &["--drop-older"]);
    assert!(out.contains("one key is left") && error.is_empty(), "{out} {error}");
    assert_eq!(keys(&world), both[1..]);
    assert_eq!((sealed_with(&world, &old[0]).await, sealed_with(&world, &both[1]).await), (0, 3));
    is_checked(&world).await;
}

async fn no_key_is_removed_while_a_server_seals_with_an_older_one(database: Database) {
    let world = started(database).await;
    let (url, old) = (world.database(), keys(&world));
    let alices = "SELECT upstream_token FROM identities WHERE external_id = 'id-1'";
    let sealed = database::text(&url, alices).await;
    let again = format!("UPDATE identities SET upstream_token = '{sealed}' WHERE external_id = 'id-1'");
    let mut running = command(&world, &[]).stderr(Stdio::piped()).spawn().unwrap();
    // A server with an old copy of the folder seals with the old key, again and again.
    while running.try_wait().unwrap().is_none() {
        database::run(&url, &again).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let said = running.wait_with_output().unwrap();
    let error = String::from_utf8(said.stderr).unwrap();
    assert_eq!(said.status.code(), Some(1), "{error}");
    assert!(error.contains("so no key was removed"), "{error}");
    let both = keys(&world);
    assert_eq!((both.len(), &both[0]), (2, &old[0]));
    is_checked(&world).await;
    // The command that the error names removes the old key, because no server uses it now.
    rewrap(&world, &["--drop-older"]);
    assert_eq!(keys(&world), both[1..]);
    is_checked(&world).await;
}
