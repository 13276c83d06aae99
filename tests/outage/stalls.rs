//! Parts that fail or hang: a disk whose syncs fail, a standby in place of the database, and a replica that stops while
//! it holds the lock of all writers.

use crate::postgres::Cluster;
use crate::server::{Server, client};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RECOVERY: Duration = Duration::from_secs(5);

fn rule() -> Value {
    json!({"subjects": ["everyone"], "names": ["x"], "actions": ["pull"]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_could_not_be_synced_is_told_as_undecided() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::spawn(folder.path(), "sqlite://test.db", &[]);
    server.ready().await;
    server.must("PUT", "/rules/before", rule()).await;
    let process = server.id().to_string();
    let mut disk = Command::new("strace")
        .args(["-f", "-q", "-o", "/dev/null", "-e", "inject=fsync,fdatasync:error=EIO", "-p", &process])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let patience = Instant::now() + Duration::from_secs(20);
    let mut number = 0;
    let (status, answer) = loop {
        number += 1;
        let answer = server.api("PUT", &format!("/rules/r{number}"), rule()).await;
        if answer.0 != 201 {
            break answer;
        }
        assert!(Instant::now() < patience, "the disk is not broken yet");
    };
    let detail = answer["detail"].as_str().unwrap_or_default();
    assert!(status == 503 && detail.contains("look whether it is stored"), "{status} {answer}");
    Command::new("kill").args(["-INT", &disk.id().to_string()]).status().unwrap();
    disk.wait().unwrap();
    let mended = Instant::now();
    while server.api("PUT", "/rules/after", rule()).await.0 >= 300 {
        assert!(mended.elapsed() < RECOVERY, "{}", server.log());
    }
    server.kill();
    let mut server = Server::spawn(folder.path(), "sqlite://test.db", &[]);
    server.ready().await;
    for name in ["before", "after"] {
        server.must("GET", &format!("/rules/{name}"), Value::Null).await;
    }
}

async fn feed_state(server: &Server) -> String {
    let metrics = client().get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    let line = metrics.lines().find(|line| line.starts_with("portreeve_feed_state") && line.ends_with(" 1"));
    line.expect("the metrics contain no state of the feed").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_is_no_database_until_it_is_promoted() {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::spawn(folder.path(), &cluster.url(), &[]);
    server.ready().await;
    server.must("PUT", "/users/alice", json!({"password": "a perfectly long password"})).await;
    cluster.stop("fast");
    std::fs::write(cluster.folder().join("data/standby.signal"), "").unwrap();
    cluster.resume();
    assert_eq!(cluster.sql("SELECT pg_is_in_recovery()"), "t");
    let patience = Instant::now() + RECOVERY;
    while !feed_state(&server).await.contains("stale") {
        assert!(Instant::now() < patience, "{}", feed_state(&server).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // A standby does not see later writes at the real database. So the server neither accepts nor refuses new callers.
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        for password in ["a perfectly long password", "not the password, no"] {
            let request = client().get(server.url("/token?service=registry"));
            let answer = request.basic_auth("alice", Some(password)).send().await.unwrap();
            assert_eq!(answer.status(), 503);
        }
        assert_eq!(server.api("PUT", "/rules/x", rule()).await.0, 503);
    }
    assert!(feed_state(&server).await.contains("stale"));
    assert_eq!(cluster.sql("SELECT pg_promote()"), "t");
    let promoted = Instant::now();
    while server.api("PUT", "/rules/x", rule()).await.0 >= 300 {
        assert!(promoted.elapsed() < RECOVERY, "{}", server.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("a write was acknowledged {:?} after the promotion", promoted.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_stands_still_in_a_write_does_not_hold_up_the_others() {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let replicas = Server::replicas(2, folder.path(), &cluster.url()).await;
    let [stalled, other] = &replicas[..] else { panic!("there must be two replicas") };
    let key = stalled.must("POST", "/users/admin/access-keys", json!({"name": "test"})).await;
    let key = key["secret"].as_str().unwrap().to_owned();
    let url = stalled.url("/api/v1/rules/");
    let writing = tokio::spawn(async move {
        for number in 0.. {
            let request = client().put(format!("{url}r{}", number % 50)).bearer_auth(&key);
            let description = format!("write {number}");
            let mut rule = rule();
            rule["description"] = json!(description);
            let _ = request.json(&rule).timeout(Duration::from_secs(60)).send().await;
        }
    });
    // The test stops the replica again and again until the stopped replica holds the lock of all writers.
    let held = "SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid \
                WHERE a.state = 'idle in transaction' AND l.relation = 'change_counter'::regclass \
                AND l.mode = 'RowExclusiveLock'";
    let mut tries = 0;
    loop {
        stalled.signal(Signal::STOP);
        if cluster.sql(held) != "0" {
            break;
        }
        stalled.signal(Signal::CONT);
        tries += 1;
        assert!(tries < 500, "the replica was never stopped while it held the lock of all writers");
        tokio::time::sleep(Duration::from_millis(7)).await;
    }
    let began = Instant::now();
    while other.api("PUT", "/rules/other", rule()).await.0 >= 300 {
        assert!(began.elapsed() < Duration::from_secs(15), "{}", other.log());
    }
    let took = began.elapsed();
    println!("stopped with the lock after {tries} tries, the other replica wrote again after {took:?}");
    assert!(took < RECOVERY + Duration::from_secs(1), "{took:?}");
    stalled.signal(Signal::CONT);
    writing.abort();
    let began = Instant::now();
    while stalled.api("PUT", "/rules/stalled", rule()).await.0 >= 300 {
        assert!(began.elapsed() < RECOVERY, "{}", stalled.log());
    }
}
