//! `portreeve restore`.

use crate::program::{Said, UNDO_STEPS, run, sql, whole};
use crate::server::Server;
use crate::state::{Credentials, fill, refresh, session, verified};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Starts a server, makes a backup, and changes the server's state afterwards.
async fn changed_since_its_backup() -> (TempDir, Server, Credentials) {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::spawn(folder.path(), "sqlite://portreeve.db", &[]);
    server.ready().await;
    let credentials = fill(&server).await;
    run(folder.path(), &["backup", "backup.db"]).await.ok();
    server.must("PUT", "/users/later", json!({})).await;
    let tokens = server.must("GET", "/refresh-tokens?subject=user:alice", Value::Null).await;
    let first = tokens["items"][0]["id"].as_str().unwrap();
    server.must("DELETE", &format!("/refresh-tokens/{first}"), Value::Null).await;
    let keys = server.must("GET", "/robots/ci/access-keys", Value::Null).await;
    server
        .must("DELETE", &format!("/access-keys/{}", keys["items"][0]["id"].as_str().unwrap()), Value::Null)
        .await;
    (folder, server, credentials)
}

fn kept(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.to_str().unwrap().contains(".db.replaced-")).collect()
}

async fn restore(folder: &Path, arguments: &[&str]) -> Said {
    run(folder, &[&["restore"], arguments].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_ends_sessions_and_keeps_what_was_there() {
    let (folder, mut server, credentials) = changed_since_its_backup().await;
    let path = folder.path();
    // The last writes are only in the write-ahead log.
    server.kill();
    assert!(std::fs::metadata(path.join("portreeve.db-wal")).unwrap().len() > 0);
    let said = restore(path, &["backup.db"]).await;
    assert!(
        said.ok().starts_with("restored the state after change ") && said.out.contains("(3)"),
        "{said:?}"
    );
    for ending in ["-wal", "-shm", "-journal", ".restoring"] {
        assert!(!path.join(format!("portreeve.db{ending}")).exists(), "{ending}");
    }
    let old = kept(path);
    assert_eq!(old.len(), 1, "{old:?}");
    assert!(said.out.contains(old[0].file_name().unwrap().to_str().unwrap()), "{said:?}");
    let (last, _) = whole(&old[0], &[]).await;
    assert_eq!(
        (last.kind.as_str(), last.action.as_str()),
        ("access-key", "revoke"),
        "the kept file contains the last write"
    );

    let mut server = Server::spawn(path, "sqlite://portreeve.db", &[]);
    server.ready().await;
    for session in &credentials.sessions {
        assert_eq!(refresh(&server, session).await, 401);
    }
    assert_eq!(refresh(&server, &session(&server).await).await, 200);
    assert_eq!(server.api("GET", "/users/later", Value::Null).await.0, 404);
    let keys = server.must("GET", "/robots/ci/access-keys", Value::Null).await;
    assert_eq!(keys["items"].as_array().unwrap().len(), 1, "the state is that of the backup");
    let records = verified(&server, path, &credentials.admin_key).await;
    let changes = server.must("GET", "/changes?kind=database&order=desc", Value::Null).await;
    let last = &changes["items"][0];
    assert_eq!(
        (&last["seq"], &last["action"], &last["actor"]),
        (&json!(records), &json!("restore"), &json!("system"))
    );
    assert_eq!(last["after"], json!({"refresh_tokens": "revoked"}));
    server.must("PUT", "/users/again", json!({})).await;
    assert_eq!(verified(&server, path, &credentials.admin_key).await, records + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_kept_when_told_to() {
    let (folder, mut server, credentials) = changed_since_its_backup().await;
    assert_eq!(refresh(&server, &credentials.sessions[0]).await, 401);
    assert!(server.terminate().success());
    let said = restore(folder.path(), &["backup.db", "--keep-sessions"]).await;
    assert!(said.ok().contains("sessions are as in the backup"), "{said:?}");
    let mut server = Server::spawn(folder.path(), "sqlite://portreeve.db", &[]);
    server.ready().await;
    for session in &credentials.sessions {
        assert_eq!(refresh(&server, session).await, 200);
    }
    let changes = server.must("GET", "/changes?kind=database&order=desc", Value::Null).await;
    assert_eq!(changes["items"][0]["after"], json!({"refresh_tokens": "kept"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_restored_is_refused_and_nothing_is_changed() {
    let (folder, mut server, _) = changed_since_its_backup().await;
    let path = folder.path();
    restore(path, &["backup.db"]).await.fails_with(1, "in use by another server");
    server.must("PUT", "/users/still-here", json!({})).await;
    assert!(server.terminate().success());
    let before = std::fs::read(path.join("portreeve.db")).unwrap();

    let backup = std::fs::read(path.join("backup.db")).unwrap();
    std::fs::write(path.join("garbage"), b"SQLite format 4\0 and so on").unwrap();
    std::fs::write(path.join("cut"), &backup[..backup.len() / 2]).unwrap();
    let mut damaged = backup.clone();
    damaged[4096 * 3..4096 * 12].fill(0xa5);
    std::fs::write(path.join("damaged"), damaged).unwrap();
    for (name, statement) in [
        (
            "newer",
            "INSERT INTO _sqlx_migrations SELECT 9999, 'x', installed_on, 1, checksum, 1 FROM _sqlx_migrations WHERE version = 1",
        ),
        ("altered", "UPDATE changes SET after = '{}' WHERE seq = 3"),
        ("short", "DELETE FROM changes WHERE seq = (SELECT MAX(seq) FROM changes)"),
        ("other", "DROP TABLE _sqlx_migrations"),
    ] {
        std::fs::write(path.join(name), &backup).unwrap();
        sql(&path.join(name), statement).await;
    }
    std::fs::write(path.join("live"), &backup).unwrap();
    std::fs::write(path.join("live-wal"), b"writes").unwrap();
    for (name, words) in [
        ("garbage", "not a SQLite database"),
        ("cut", "malformed"),
        ("damaged", "quick check"),
        ("newer", "newer release"),
        ("altered", "record 3 was altered"),
        ("short", "audit trail is broken"),
        ("other", "no tables of portreeve"),
        ("live", "-wal` file beside it"),
        ("none", "none"),
        ("keys", "not a SQLite database"),
        ("portreeve.db", "it is the database itself"),
    ] {
        let said = restore(path, &[name]).await;
        said.fails_with(1, words);
        assert!(kept(path).is_empty() && !path.join("portreeve.db.restoring").exists(), "{name}");
        assert_eq!(std::fs::read(path.join("portreeve.db")).unwrap(), before, "{name}");
    }
    // Another program, which is not a server, has the database open.
    let store =
        portreeve::storage::Store::join(&crate::program::url(&path.join("portreeve.db"))).await.unwrap();
    restore(path, &["backup.db"]).await.fails_with(1, "open in another program");
    store.close().await;
    restore(path, &["backup.db"]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_damaged_or_gone_is_replaced_without_what_is_beside_it() {
    let (folder, mut server, _) = changed_since_its_backup().await;
    let path = folder.path();
    server.kill();
    let (database, log) = (path.join("portreeve.db"), path.join("portreeve.db-wal"));
    let writes = std::fs::read(&log).unwrap();
    sql(&database, "PRAGMA journal_mode = DELETE").await;
    let mut damaged = std::fs::read(&database).unwrap();
    damaged[..4096].fill(0xa5);
    std::fs::write(&database, &damaged).unwrap();
    std::fs::write(path.join("portreeve.db-journal"), b"of the old one").unwrap();
    let said = restore(path, &["backup.db"]).await;
    assert!(said.ok().contains("which is damaged,"), "{said:?}");
    assert!(!log.exists() && !path.join("portreeve.db-journal").exists());
    let (last, _) = whole(&database, &[]).await;
    assert_eq!(last.action.as_str(), "restore");
    let mut old = kept(path);
    old.sort();
    assert_eq!(std::fs::read(&old[0]).unwrap(), damaged);
    let beside = old.len();

    // A log without its database must not be applied to the restored file.
    std::fs::remove_file(&database).unwrap();
    std::fs::write(&log, &writes).unwrap();
    restore(path, &["backup.db"]).await.ok();
    assert!(!log.exists());
    assert_eq!(whole(&database, &[]).await.0.action.as_str(), "restore");
    let logs: Vec<_> =
        kept(path).into_iter().filter(|path| path.to_str().unwrap().ends_with("-wal")).collect();
    assert_eq!((kept(path).len(), logs.len()), (beside + 1, 1), "the log is kept");
    assert_eq!(std::fs::read(&logs[0]).unwrap(), writes);
    // The restore writes to the target of the link, and the link stays.
    std::os::unix::fs::symlink("portreeve.db", path.join("link.db")).unwrap();
    restore(path, &["backup.db", "--database-url", "sqlite://link.db"]).await.ok();
    assert!(path.join("link.db").is_symlink() && !database.is_symlink());
    assert_eq!(kept(path).len(), beside + 2);
    // This restore creates a database that did not exist.
    restore(path, &["backup.db", "--database-url", "sqlite://new.db"]).await.ok();
    assert_eq!(whole(&path.join("new.db"), &[]).await.0.action.as_str(), "restore");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_an_older_release_is_brought_up_to_date() {
    let (folder, mut server, _) = changed_since_its_backup().await;
    let path = folder.path();
    assert!(server.terminate().success());
    sql(&path.join("backup.db"), UNDO_STEPS).await;
    restore(path, &["backup.db"]).await.ok();
    assert_eq!(whole(&path.join("portreeve.db"), &[]).await.0.action.as_str(), "restore");
}
