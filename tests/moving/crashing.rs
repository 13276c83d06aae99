//! A restore that is killed before its end.

use crate::program::{command, run, whole};
use crate::server::Server;
use serde_json::json;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const ROUNDS: u32 = 30;

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_killed_leaves_the_old_database_or_the_restored_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let mut server = Server::spawn(path, "sqlite://portreeve.db", &[]);
    server.ready().await;
    let mut rules = String::new();
    for n in 0..1000 {
        let rule = json!({"kind": "rule", "name": format!("r{n}"), "subjects": ["everyone"], "names": [format!("a/{n}")], "actions": ["pull"]});
        rules.push_str(&format!("{rule}\n"));
    }
    let request = crate::server::client().post(server.url("/api/v1/apply")).body(rules);
    let request = request.header("content-type", "application/x-ndjson");
    let answer = request.basic_auth("admin", Some(crate::server::ADMIN_PASSWORD)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    run(path, &["backup", "backup.db"]).await.ok();
    let later = json!({"subjects": ["everyone"], "names": ["later"], "actions": ["pull"]});
    server.must("PUT", "/rules/later", later).await;
    // The last write is only in the write-ahead log.
    server.kill();
    assert!(std::fs::metadata(path.join("portreeve.db-wal")).unwrap().len() > 0);

    let later = ["later".to_owned()];
    let (mut olds, mut restored) = (0, 0);
    // The time after which a restore is killed. It follows the results, so that kills happen around the moment at which the
    // restored database takes its place, however busy the machine is.
    let mut delay = Duration::ZERO;
    for round in 0..=ROUNDS {
        let place = tempfile::tempdir().unwrap();
        copy(path, place.path());
        let began = Instant::now();
        let mut command = command(place.path(), &["restore", "backup.db"]);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        if round == 0 {
            // The time of a restore without interruption.
            assert!(process.wait().unwrap().success());
            delay = began.elapsed();
            continue;
        }
        // Half of the restores are killed earlier.
        let is_early = round % 2 == 0;
        let part = if is_early { f64::from(round) / f64::from(ROUNDS) } else { 1.0 };
        tokio::time::sleep(delay.mul_f64(part)).await;
        let _ = process.kill();
        process.wait().unwrap();
        let database = place.path().join("portreeve.db");
        let (last, found) = whole(&database, &later).await;
        match last.action.as_str() {
            "restore" => {
                assert!(!found[0], "round {round}");
                restored += 1;
                delay = delay.mul_f64(0.85);
            }
            _ => {
                assert!(found[0], "round {round}: the last write is lost");
                olds += 1;
                delay = delay.mul_f64(if is_early { 1.0 } else { 1.1 });
            }
        }
        // The files that the killed restore left do not disturb the next restore.
        run(place.path(), &["restore", "backup.db"]).await.ok();
        let (last, found) = whole(&database, &later).await;
        assert!(last.action.as_str() == "restore" && !found[0], "round {round}");
        assert!(!place.path().join("portreeve.db.restoring").exists());
    }
    println!("{olds} databases stayed old, {restored} were restored, the last was killed after {delay:?}");
    assert!(olds >= 5, "too few restores were killed early: {olds} old, {restored} restored");
}
