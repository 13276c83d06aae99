//! A database that loses its last writes: a standby that was promoted too early, or a restored file.

use crate::fleet::{Caller, Fleet, text};
use crate::load::PASSWORD;
use crate::postgres::Cluster;
use crate::server::{Server, client};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const RECOVERY: Duration = Duration::from_secs(5);

fn rule(name: &str, enabled: bool) -> Value {
    json!({"subjects": ["everyone"], "names": [name], "actions": ["pull"], "enabled": enabled})
}

async fn key_of(server: &Server, robot: &str) -> (String, Caller) {
    let path = format!("/robots/{robot}/access-keys");
    let key = server.must("POST", &path, json!({"name": "key"})).await;
    (text(&key["id"]), Caller::Key(text(&key["secret"])))
}

async fn session_of(fleet: &Fleet, user: &'static str) -> Caller {
    let login = Caller::Password(user, PASSWORD);
    let answer = fleet.question(0, &login, "open").query(&[("offline_token", "true")]).send().await.unwrap();
    Caller::Session(text(&answer.json::<Value>().await.unwrap()["refresh_token"]))
}

/// The answers to a caller about a repository, before and after the database lost its last writes.
struct Case {
    what: &'static str,
    caller: Caller,
    name: &'static str,
    before: (u16, bool),
    after: (u16, bool),
}

const GRANTED: (u16, bool) = (200, true);
const DENIED: (u16, bool) = (200, false);
const REFUSED: (u16, bool) = (401, false);

/// Waits until each replica gives all these answers. Returns the duration of the wait.
async fn all_say(fleet: &Fleet, cases: &[Case], expected: impl Fn(&Case) -> (u16, bool)) -> Duration {
    let began = Instant::now();
    for replica in 0..fleet.ports.len() {
        for case in cases {
            loop {
                let said = fleet.says(replica, &case.caller, case.name).await;
                if said == expected(case) {
                    break;
                }
                let (what, expected) = (case.what, expected(case));
                assert!(began.elapsed() < RECOVERY, "replica {replica}: {what}: {said:?}, not {expected:?}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    began.elapsed()
}

/// Takes the last writes from the database, and checks that no trace of them remains in the replicas. If `longer` is
/// true, another server first adds more changes than were lost, before any replica reads the database.
async fn lose_the_last_writes(longer: bool) {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let replicas = Server::replicas(2, folder.path(), &cluster.url()).await;
    let fleet = Fleet::new(replicas.iter().map(|replica| replica.port).collect());
    let first = &replicas[0];
    for name in ["open", "kept"] {
        first.must("PUT", &format!("/rules/{name}"), rule(name, true)).await;
    }
    for user in ["deleted", "disabled", "alice"] {
        first.must("PUT", &format!("/users/{user}"), json!({"password": PASSWORD})).await;
    }
    first.must("PUT", "/robots/ci", json!({})).await;
    let (revoked_id, revoked) = key_of(first, "ci").await;
    let ended = session_of(&fleet, "alice").await;

    cluster.stop("fast");
    cluster.keep();
    cluster.resume();
    let patience = Instant::now();
    while first.api("GET", "/me", Value::Null).await.0 != 200 {
        assert!(patience.elapsed() < RECOVERY);
    }

    // These writes will be lost.
    first.must("PUT", "/rules/kept", rule("kept", false)).await;
    first.must("PUT", "/rules/lost", rule("lost", true)).await;
    first.must("DELETE", "/users/deleted", Value::Null).await;
    first.must("PATCH", "/users/disabled", json!({"disabled": true})).await;
    first.must("DELETE", &format!("/access-keys/{revoked_id}"), Value::Null).await;
    first.must("PUT", "/users/made", json!({"password": PASSWORD})).await;
    let (_, made) = key_of(first, "ci").await;
    let begun = session_of(&fleet, "alice").await;
    let sessions = first.must("GET", "/refresh-tokens?subject=user:alice", Value::Null).await;
    let oldest = sessions["items"].as_array().unwrap().iter().min_by_key(|one| text(&one["created_at"]));
    first.must("DELETE", &format!("/refresh-tokens/{}", text(&oldest.unwrap()["id"])), Value::Null).await;

    let case = |what, caller: &Caller, name, before, after| {
        let caller = caller.clone();
        Case { what, caller, name, before, after }
    };
    let password = |user| Caller::Password(user, PASSWORD);
    let cases = [
        case("a rule that was switched off", &Caller::Anonymous, "kept", DENIED, GRANTED),
        case("a rule that was made", &Caller::Anonymous, "lost", GRANTED, DENIED),
        case("a user who was deleted", &password("deleted"), "open", REFUSED, GRANTED),
        case("a user who was disabled", &password("disabled"), "open", REFUSED, GRANTED),
        case("a user who was made", &password("made"), "open", GRANTED, REFUSED),
        case("a key that was revoked", &revoked, "open", REFUSED, GRANTED),
        case("a key that was made", &made, "open", GRANTED, REFUSED),
        case("a session that was ended", &ended, "open", REFUSED, GRANTED),
        case("a session that was begun", &begun, "open", GRANTED, REFUSED),
        case("somebody who stayed", &password("alice"), "open", GRANTED, GRANTED),
    ];
    all_say(&fleet, &cases, |case| case.before).await;

    cluster.stop("fast");
    cluster.go_back();
    if longer {
        // A longer history than the lost one exists before the replicas read the database again.
        for replica in &replicas {
            replica.signal(Signal::STOP);
        }
        cluster.resume();
        let mut other = Server::spawn(folder.path(), &cluster.url(), &[]);
        other.ready().await;
        for number in 0..20 {
            let name = format!("other-{number}");
            other.must("PUT", &format!("/rules/{name}"), rule(&name, true)).await;
        }
        other.kill();
        for replica in &replicas {
            replica.signal(Signal::CONT);
        }
    } else {
        cluster.resume();
    }
    let took = all_say(&fleet, &cases, |case| case.after).await;
    println!("failover (a longer history: {longer}): everything was loaded again after {took:?}");
    if longer {
        let added =
            Case { what: "a rule of the new history", name: "other-19", ..cases.into_iter().next().unwrap() };
        all_say(&fleet, &[added], |_| GRANTED).await;
    }
    for replica in &replicas {
        let lines = replica.log_lines("does not continue from the last change");
        assert_eq!(lines.len(), 1, "one log line reports the failover: {}", replica.events());
        let metrics = client().get(replica.url("/metrics")).send().await.unwrap().text().await.unwrap();
        let breaks = metrics.lines().find(|line| line.starts_with("portreeve_feed_breaks_total "));
        assert_eq!(breaks.map(|line| line.ends_with(" 1")), Some(true), "{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_lost_the_last_writes_is_noticed_and_everything_loaded_anew() {
    lose_the_last_writes(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_noticed_as_well_when_as_many_other_writes_came_since() {
    lose_the_last_writes(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_begins_with_the_file_it_finds() {
    let folder = tempfile::tempdir().unwrap();
    let (file, kept) = (folder.path().join("test.db"), folder.path().join("kept.db"));
    let start = async || {
        let mut server = Server::spawn(folder.path(), "sqlite://test.db", &[]);
        server.ready().await;
        server
    };
    let mut server = start().await;
    server.must("PUT", "/rules/kept", rule("kept", true)).await;
    server.terminate();
    std::fs::copy(&file, &kept).unwrap();
    let mut server = start().await;
    server.must("PUT", "/rules/kept", rule("kept", false)).await;
    server.must("PUT", "/rules/lost", rule("lost", true)).await;
    server.terminate();
    std::fs::copy(&kept, &file).unwrap();
    let server = start().await;
    let fleet = Fleet::new(vec![server.port]);
    assert_eq!(fleet.says(0, &Caller::Anonymous, "kept").await, GRANTED);
    assert_eq!(fleet.says(0, &Caller::Anonymous, "lost").await, DENIED);
}
