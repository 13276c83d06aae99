//! `portreeve backup`.

use crate::postgres::Cluster;
use crate::program::{UNDO_STEPS, hold, run, sql, whole};
use crate::server::Server;
use crate::state::write_rules;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const ROUNDS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_holds_every_write_that_was_answered_before_it_began() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let mut server = Server::spawn(path, "sqlite://portreeve.db", &[]);
    server.ready().await;
    let (written, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let writers: Vec<_> = (0..4)
        .map(|n| tokio::spawn(write_rules(server.url(""), format!("w{n}"), written.clone(), stop.clone())))
        .collect();
    let mut known = Vec::new();
    for round in 0..ROUNDS {
        while written.lock().unwrap().len() <= known.len() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        known = written.lock().unwrap().clone();
        let name = format!("backup-{round}.db");
        let said = run(path, &["backup", &name]).await;
        assert!(
            said.ok().starts_with("saved the state after change ")
                && said.out.contains("keys` as well")
                && said.out.contains("portreeve-events.db"),
            "{said:?}"
        );
        let file = path.join(&name);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let (last, found) = whole(&file, &known).await;
        assert!(found.iter().all(|found| *found), "round {round}");
        assert!(said.out.contains(&format!("change {} to", last.seq)), "{said:?}");
    }
    stop.store(true, Ordering::Release);
    for writer in writers {
        writer.await.unwrap();
    }
    let recorded = server.must("GET", "/changes?kind=database&limit=1000", Value::Null).await;
    let recorded = recorded["items"].as_array().unwrap();
    assert_eq!(recorded.len(), ROUNDS);
    assert!(recorded.iter().all(|one| one["action"] == "backup" && one["after"]["changes"].is_i64()));
    let left: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_str().unwrap().starts_with(".portreeve-backup")), "{left:?}");
}

/// Starts a server on the database of a new folder.
async fn started() -> (TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::spawn(folder.path(), "sqlite://portreeve.db", &[]);
    server.ready().await;
    (folder, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_replaced_only_when_told_to() {
    let (folder, server) = started().await;
    let path = folder.path();
    std::fs::write(path.join("there"), "mine").unwrap();
    run(path, &["backup", "there"]).await.fails_with(1, "`there` exists already");
    assert_eq!(std::fs::read(path.join("there")).unwrap(), b"mine");
    run(path, &["backup", "there", "--force"]).await.ok();
    drop(server);
    whole(&path.join("there"), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_folder_nor_the_database_itself_is_ever_replaced() {
    let (folder, server) = started().await;
    let path = folder.path();
    std::fs::write(path.join("there"), "mine").unwrap();
    run(path, &["backup", "keys", "--force"]).await.fails_with(1, "exists already");
    run(path, &["backup", "portreeve.db", "--force"]).await.fails_with(1, "the database itself");
    run(path, &["backup", "there/there"]).await.fails_with(1, "cannot write `there/there`");
    server.must("PUT", "/users/after", json!({})).await;
    drop(server);
    whole(&path.join("portreeve.db"), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_folder_of_a_backup_is_made_for_its_owner_alone() {
    let (folder, _server) = started().await;
    let path = folder.path();
    run(path, &["backup", "made/for/it.db"]).await.ok();
    let mode = |name: &str| std::fs::metadata(path.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode("made"), mode("made/for"), mode("made/for/it.db")], [0o700, 0o700, 0o600]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_database_that_is_missing_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    run(path, &["backup", "new", "--database-url", "sqlite://none.db"]).await.fails_with(1, "none.db");
    assert!(!path.join("new").exists() && !path.join("none.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_where_nothing_can_be_written_to_the_database() {
    let (folder, _server) = started().await;
    let path = folder.path();
    // Nothing can be written to the database, as on a full disk.
    let held = hold(&path.join("portreeve.db")).await;
    let said = run(path, &["backup", "held"]).await;
    assert!(
        said.ok().starts_with("saved") && said.err.contains("the audit trail has no record of it"),
        "{said:?}"
    );
    drop(held);
    whole(&path.join("held"), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_database_is_backed_up_by_its_own_tools() {
    let (folder, _server) = started().await;
    let path = folder.path();
    run(path, &["backup", "there"]).await.ok();
    let cluster = Cluster::start();
    let url = cluster.url();
    run(path, &["backup", "new", "--database-url", &url]).await.fails_with(2, "pg_dump");
    run(path, &["restore", "there", "--database-url", &url]).await.fails_with(2, "pg_restore");
    assert!(!path.join("new").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_not_sound_does_not_get_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let mut server = Server::spawn(path, "sqlite://portreeve.db", &[]);
    server.ready().await;
    server.must("PUT", "/users/alice", json!({})).await;
    assert!(server.terminate().success());
    run(path, &["backup", "sound"]).await.ok();
    let before = std::fs::read(path.join("sound")).unwrap();
    // The end of the audit trail is missing.
    sql(&path.join("portreeve.db"), "DELETE FROM changes WHERE seq = (SELECT MAX(seq) FROM changes)").await;
    run(path, &["backup", "new"]).await.fails_with(1, "the end of the audit trail is missing");
    assert!(!path.join("new").exists());
    run(path, &["backup", "sound", "--force"]).await.fails(1);
    assert!(std::fs::read(path.join("sound")).unwrap() == before, "the old backup is unchanged");
    let left: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_str().unwrap().starts_with(".portreeve-backup")), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_an_older_release_is_backed_up_but_not_copied() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let mut server = Server::spawn(path, "sqlite://portreeve.db", &[]);
    server.ready().await;
    assert!(server.terminate().success());
    let database = path.join("portreeve.db");
    sql(&database, UNDO_STEPS).await;
    let before = std::fs::read(&database).unwrap();
    let said = run(path, &["backup", "backup.db"]).await;
    assert!(said.ok().starts_with("saved the state after change "), "{said:?}");
    assert!(said.err.contains("by an older release, and is left as it is"), "{said:?}");
    let said = run(path, &["copy", "--from", "sqlite://portreeve.db", "--to", "sqlite://new.db"]).await;
    said.fails_with(1, "the source cannot be used: the database was written by an older release");
    assert!(!path.join("new.db").exists());
    assert!(std::fs::read(&database).unwrap() == before);
    run(path, &["restore", "backup.db"]).await.ok();
    assert_eq!(whole(&database, &[]).await.0.action.as_str(), "restore");
}
