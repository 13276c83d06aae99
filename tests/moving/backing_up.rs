//! `portreeve backup`.

use crate::postgres::Cluster;
use crate::program::{UNDO_STEPS, hold, run, sql, whole};
use crate::server::Server;
use crate::state::write_rules;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

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
            said.ok().starts_with("saved the state after change ") && said.out.contains("keys` as well"),
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

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_replaced_only_when_told_to_and_postgresql_is_somebody_elses_business() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let mut server = Server::spawn(path, "sqlite://portreeve.db", &[]);
    server.ready().await;
    std::fs::write(path.join("there"), "mine").unwrap();
    run(path, &["backup", "there"]).await.fails_with(1, "`there` exists already");
    assert_eq!(std::fs::read(path.join("there")).unwrap(), b"mine");
    run(path, &["backup", "there", "--force"]).await.ok();
    run(path, &["backup", "keys", "--force"]).await.fails_with(1, "exists already");
    run(path, &["backup", "portreeve.db", "--force"]).await.fails_with(1, "the database itself");
    run(path, &["backup", "there/there"]).await.fails_with(1, "cannot write `there/there`");
    run(path, &["backup", "made/for/it.db"]).await.ok();
    let mode = |name: &str| std::fs::metadata(path.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode("made"), mode("made/for"), mode("made/for/it.db")], [0o700, 0o700, 0o600]);
    run(path, &["backup", "new", "--database-url", "sqlite://none.db"]).await.fails_with(1, "none.db");
    assert!(!path.join("new").exists() && !path.join("none.db").exists());
    // Where nothing can be written, as on a full disk, a backup is made all the same.
    let held = hold(&path.join("portreeve.db")).await;
    let said = run(path, &["backup", "held"]).await;
    assert!(
        said.ok().starts_with("saved") && said.err.contains("the audit trail does not tell of it"),
        "{said:?}"
    );
    drop(held);
    whole(&path.join("held"), &[]).await;
    server.must("PUT", "/users/after", json!({})).await;
    drop(server);
    whole(&path.join("there"), &[]).await;
    whole(&path.join("portreeve.db"), &[]).await;

    let cluster = Cluster::start();
    let url = cluster.url();
    run(path, &["backup", "new", "--database-url", &url]).await.fails_with(2, "pg_dump");
    run(path, &["restore", "there", "--database-url", &url]).await.fails_with(2, "pg_restore");
    assert!(!path.join("new").exists());
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
