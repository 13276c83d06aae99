//! A restored database is old. The provider may have replaced the refresh tokens in it.

use super::database;
use super::world::{Database, World};
use serde_json::json;
use std::process::Command;

fn program(world: &World, arguments: &[&str]) {
    let done = Command::new(env!("CARGO_BIN_EXE_portreeve"))
        .args(arguments)
        .env("PORTREEVE_KEYS_DIR", world.folder.path().join("keys"))
        .current_dir(world.folder.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

const KEPT: &str = "SELECT CAST(COUNT(upstream_token) AS TEXT) || state FROM identities GROUP BY state";

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_forgets_the_refresh_tokens_of_providers() {
    let world = World::with_provider(Database::Sqlite, json!({})).await;
    world.provider.person("id-1", "alice", &[]).await;
    world.sign_in("id-1").await;
    program(&world, &["backup", "backup.db", "--database-url", "sqlite://portreeve.db"]);
    assert_eq!(database::text(&world.database(), KEPT).await, "1active");
    for (name, more) in [("ended", &[][..]), ("kept", &["--keep-sessions"])] {
        let file = world.folder.path().join(format!("{name}.db"));
        let url = format!("sqlite://{}", file.display());
        program(&world, &[&["restore", "backup.db", "--database-url", &url], more].concat());
        assert_eq!(
            database::text(&url, KEPT).await,
            "0active",
            "{name}: alice keeps access until `valid_until`"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_the_end_of_all_sessions_after_a_restore_by_other_means() {
    let world = World::with_provider(Database::Postgresql, json!({})).await;
    world.provider.person("id-1", "alice", &[]).await;
    world.sign_in("id-1").await;
    let key = world.key("alice").await;
    assert_eq!(database::text(&world.database(), KEPT).await, "1active");
    program(&world, &["admin", "end-sessions", "--database-url", &world.database()]);
    assert_eq!(database::text(&world.database(), KEPT).await, "0active");
    assert_eq!(world.token("alice", &key).await.status, 200);
    assert_eq!(world.provider.counts().await, (0, 0));
}
