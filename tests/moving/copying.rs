//! `portreeve copy`.

use crate::postgres::Cluster;
use crate::program::{run, sql, whole};
use crate::server::Server;
use crate::state::{answers, fill, verified, write_rules};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

async fn copy(folder: &Path, from: &str, to: &str) -> crate::program::Said {
    run(folder, &["copy", "--from", from, "--to", to]).await
}

/// Returns a dump without the lines that differ in each dump.
fn dump(cluster: &Cluster) -> String {
    let text = String::from_utf8(cluster.dump()).unwrap();
    text.lines().filter(|line| !line.contains("restrict ")).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_goes_to_postgresql_and_back() {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let mut source = Server::spawn(path, "sqlite://source.db", &[]);
    source.ready().await;
    let credentials = fill(&source).await;
    let (before, exported) = answers(&source, path, &credentials).await;
    assert!(
        before.contains(&json!(200)) && before.contains(&json!(["carol", "registry", 401])),
        "{before:?}"
    );
    assert!(exported.contains("Größe") && exported.contains("${label:team}"), "{exported}");
    let records = verified(&source, path, &credentials.admin_key).await;

    let said = copy(path, "sqlite://source.db", &cluster.url()).await;
    let told = format!("copied the state after change {records} in ");
    assert!(said.ok().starts_with(&told), "{said:?}");
    for has in [
        "5 users and robots, 3 groups",
        "2 access keys, 3 sessions",
        "100000 random decisions",
        "later changes of the source are not in the target",
    ] {
        assert!(said.out.contains(has), "{has}: {said:?}");
    }
    let grants: u64 = said.out.split("of which ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((1000..99_000).contains(&grants), "{said:?}");
    let mut moved = Server::spawn(path, &cluster.url(), &[]);
    moved.ready().await;
    assert_eq!(answers(&moved, path, &credentials).await, (before.clone(), exported.clone()));
    assert_eq!(verified(&moved, path, &credentials.admin_key).await, records + 1);
    let last = moved.must("GET", "/changes?kind=database", Value::Null).await["items"][0].clone();
    assert_eq!(
        (&last["action"], &last["name"], &last["actor"]),
        (&json!("copy"), &json!("copy"), &json!("system"))
    );
    assert_eq!(last["after"], json!({"from": "sqlite", "changes": records}));
    moved
        .must(
            "PUT",
            "/rules/later",
            json!({"subjects": ["everyone"], "names": ["later"], "actions": ["pull"]}),
        )
        .await;
    moved.must("DELETE", "/rules/later", Value::Null).await;

    copy(path, &cluster.url(), "sqlite://back.db").await.ok();
    let mut back = Server::spawn(path, "sqlite://back.db", &[]);
    back.ready().await;
    assert_eq!(answers(&back, path, &credentials).await, (before, exported));
    assert_eq!(verified(&back, path, &credentials.admin_key).await, records + 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_copied_is_refused_and_nothing_is_changed() {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for name in ["one.db", "two.db"] {
        let mut server = Server::spawn(path, &format!("sqlite://{name}"), &[]);
        server.ready().await;
        assert!(server.terminate().success());
    }
    let before = std::fs::read(path.join("two.db")).unwrap();
    copy(path, "sqlite://one.db", "sqlite://two.db").await.fails_with(1, "the target is not empty");
    assert_eq!(std::fs::read(path.join("two.db")).unwrap(), before);
    copy(path, "sqlite://one.db", "sqlite://one.db").await.fails_with(1, "the same database");
    let whole_path = path.join("one.db").display().to_string();
    copy(path, "sqlite://one.db", &format!("sqlite://{whole_path}")).await.fails_with(1, "the same database");
    copy(path, "sqlite://none.db", "sqlite://new.db").await.fails_with(1, "none.db");
    assert!(!path.join("new.db").exists() && !path.join("none.db").exists());
    copy(path, "mysql://x", "sqlite://new.db").await.fails_with(2, "--from");
    let said = copy(path, "postgres://a:top-secret@localhost:1/x", "sqlite://new.db").await;
    said.fails_with(1, "the source cannot be used");
    assert!(!said.err.contains("top-secret"), "{said:?}");

    // After a copy from a damaged source the target is empty, and takes a copy from another source.
    std::fs::copy(path.join("one.db"), path.join("bad.db")).unwrap();
    sql(&path.join("bad.db"), "UPDATE changes SET actor = 'user:nobody' WHERE seq = 2").await;
    let said = copy(path, "sqlite://bad.db", &cluster.url()).await;
    said.fails_with(1, "nothing was copied");
    assert!(
        said.err.contains("the source is not sound: its audit trail is broken: record 2 was altered"),
        "{said:?}"
    );
    assert_eq!(cluster.sql("SELECT (SELECT COUNT(*) FROM subjects) + (SELECT seq FROM change_counter)"), "0");
    copy(path, "sqlite://one.db", &cluster.url()).await.ok();
    let dump = dump(&cluster);
    copy(path, "sqlite://two.db", &cluster.url()).await.fails_with(1, "the target is not empty");
    assert!(self::dump(&cluster) == dump);
}

/// Reads the names and the content of the files in a folder.
fn files(folder: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut all: Vec<_> =
        entries.map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap())).collect();
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_somebody_elses_is_no_target() {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let mut server = Server::spawn(path, "sqlite://one.db", &[]);
    server.ready().await;
    assert!(server.terminate().success());
    let targets = path.join("targets");
    std::fs::create_dir(&targets).unwrap();
    for (name, statements) in [
        ("table.db", "CREATE TABLE albums (title TEXT)"),
        ("log.db", "PRAGMA journal_mode = WAL; CREATE TABLE albums (title TEXT)"),
        ("view.db", "CREATE VIEW one AS SELECT 1"),
        ("alike.db", "CREATE TABLE rules (name TEXT)"),
    ] {
        let file = targets.join(name);
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        sql(&file, statements).await;
    }
    std::fs::write(targets.join("list.txt"), "milk, bread and a few other things").unwrap();
    let before = files(&targets);
    for (name, words) in [
        ("table.db", "the target is not empty"),
        ("log.db", "the target is not empty"),
        ("view.db", "the target is not empty"),
        ("alike.db", "the target is not empty"),
        ("list.txt", "`targets/list.txt` is not a database that can be used: name another file"),
    ] {
        let said = copy(path, "sqlite://one.db", &format!("sqlite://targets/{name}")).await;
        said.fails_with(1, words);
        assert!(name != "list.txt" || said.err.contains("file is not a database"), "{said:?}");
        assert!(!said.err.contains("--"), "{said:?}");
        assert!(files(&targets) == before, "{name}");
    }

    for made in ["CREATE TABLE albums (title TEXT)", "CREATE VIEW albums AS SELECT 1"] {
        cluster.sql(made);
        let before = dump(&cluster);
        copy(path, "sqlite://one.db", &cluster.url()).await.fails_with(1, "the target is not empty");
        assert!(dump(&cluster) == before);
        cluster.sql(&format!("DROP {} albums", made.split(' ').nth(1).unwrap()));
    }
    // A PostgreSQL database that does not exist does not count as an empty target.
    let said = copy(path, "sqlite://one.db", &cluster.url_of("nowhere")).await;
    said.fails_with(1, "the target cannot be used");
    copy(path, "sqlite://one.db", &cluster.url()).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_told_of_only_where_some_were_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let bare = portreeve::storage::Store::open(&crate::program::url(&path.join("bare.db"))).await.unwrap();
    bare.close().await;
    let said = copy(path, "sqlite://bare.db", "sqlite://copy.db").await;
    assert!(said.ok().contains("0 services") && said.out.contains("no decisions"), "{said:?}");
    assert!(!said.out.contains("random"), "{said:?}");
    sql(
        &path.join("bare.db"),
        "INSERT INTO services (name, token_ttl, offline_tokens, profile, created_at, updated_at) \
         VALUES ('only', 300, 0, 'distribution-3', 0, 0)",
    )
    .await;
    let said = copy(path, "sqlite://bare.db", "sqlite://other.db").await;
    assert!(said.ok().contains(", 1 service, ") && said.out.contains("100000 random decisions"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_written_to_is_copied_as_of_one_moment() {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let mut server = Server::spawn(path, "sqlite://source.db", &[]);
    server.ready().await;
    let (written, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let writers: Vec<_> = (0..4)
        .map(|n| tokio::spawn(write_rules(server.url(""), format!("w{n}"), written.clone(), stop.clone())))
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let mut counts = Vec::new();
    for (n, (from, to)) in [
        ("sqlite://source.db".to_owned(), "sqlite://copy.db".to_owned()),
        ("sqlite://source.db".to_owned(), cluster.url()),
    ]
    .into_iter()
    .enumerate()
    {
        let known = written.lock().unwrap().clone();
        copy(path, &from, &to).await.ok();
        if n == 0 {
            // The test also verifies the copy itself: its trail, and every rule whose write was answered before the
            // copy.
            let (last, found) = whole(&path.join("copy.db"), &known).await;
            assert!(found.iter().all(|found| *found) && last.action.as_str() == "copy");
        } else {
            let rules: usize = cluster.sql("SELECT COUNT(*) FROM rules").parse().unwrap();
            assert!(rules > known.len());
        }
        counts.push(known.len());
    }
    stop.store(true, Ordering::Release);
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(
        counts[0] > 0 && counts[0] < counts[1] && counts[1] < written.lock().unwrap().len(),
        "{counts:?}"
    );

    // The same copy is made with PostgreSQL as the source.
    let mut server = Server::spawn(path, &cluster.url(), &[]);
    server.ready().await;
    let (written, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let writers: Vec<_> = (0..4)
        .map(|n| tokio::spawn(write_rules(server.url(""), format!("p{n}"), written.clone(), stop.clone())))
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let known = written.lock().unwrap().clone();
    copy(path, &cluster.url(), "sqlite://from-postgresql.db").await.ok();
    stop.store(true, Ordering::Release);
    for writer in writers {
        writer.await.unwrap();
    }
    let (_, found) = whole(&path.join("from-postgresql.db"), &known).await;
    assert!(!known.is_empty() && found.iter().all(|found| *found));
    assert!(known.len() < written.lock().unwrap().len());
}
