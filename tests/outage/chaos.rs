//! Three replicas under load. Meanwhile replicas are killed one after another, and the database is restarted, crashed,
//! cut off and frozen. The test compares the observations of the clients with the audit trail.

use crate::fleet::{About, Caller, Change, Fleet, REFUSAL, has_retry_after, text};
use crate::ledger::{At, Saw};
use crate::load::{Load, PASSWORD};
use crate::postgres::Cluster;
use crate::server::Server;
use crate::trail::{assert_whole, marks};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The longest time from the database's return to full recovery.
const RECOVERY: Duration = Duration::from_secs(5);
const FROZEN: Duration = Duration::from_secs(30);
/// The time from the beginning of the test until the database freezes. The oldest sessions are then a minute old.
const FROZEN_AT: Duration = Duration::from_secs(58);
const CALM: Duration = Duration::from_secs(3);
/// The time without faults at the beginning.
const UNBROKEN: Duration = Duration::from_secs(8);
const ASKING: usize = 8;
/// The time between two logins.
const LOGINS: Duration = Duration::from_secs(2);
/// The number of keys that are created before the faults and first used during or after a fault.
const FRESH: usize = 60;

struct Chaos {
    fleet: Arc<Fleet>,
    load: Arc<Load>,
    cluster: Arc<Cluster>,
    fresh: Vec<Caller>,
    used: AtomicUsize,
    /// The beginning and the end of each fault.
    broken: Mutex<Vec<(At, At)>>,
    /// The observations that break a promise.
    wrong: Mutex<Vec<String>>,
}

impl Chaos {
    fn complain(&self, what: String) {
        self.wrong.lock().unwrap().push(what);
    }

    /// Changes the state of the database while the load continues.
    async fn database(&self, what: impl FnOnce(&Cluster) + Send + 'static) {
        let cluster = self.cluster.clone();
        tokio::task::spawn_blocking(move || what(&cluster)).await.unwrap();
    }

    fn fresh_key(&self) -> &Caller {
        self.fresh.get(self.used.fetch_add(1, Ordering::Relaxed)).expect("all fresh keys are used")
    }

    /// Waits a while, and then asks every replica as each of the steady callers. Then each replica has them in memory.
    async fn calm(&self) {
        tokio::time::sleep(CALM).await;
        let everywhere = (0..self.fleet.ports.len()).map(|replica| async move {
            for caller in &self.load.steady {
                let (status, answer) = self.status(replica, caller).await;
                assert_eq!(status, 200, "{caller:?}: {answer}");
            }
        });
        join_all(everywhere).await;
    }

    /// Asks a replica as a caller. The ledger does not note the answer.
    async fn status(&self, replica: usize, caller: &Caller) -> (u16, String) {
        let answer = self.fleet.question(replica, caller, "open").send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Waits until every replica accepts a new caller and acknowledges a write after the database's return.
    async fn recover(&self, what: &str, began: At) {
        let back = self.fleet.now();
        self.fleet.ledger().outages.push((began, back + RECOVERY));
        let recovered = (0..self.fleet.ports.len()).map(|replica| self.recover_at(replica, back));
        let took = join_all(recovered).await;
        println!("{what}: each replica accepted a new caller and a write after {took:?}");
        for took in took {
            if took > RECOVERY {
                self.complain(format!("{what}: recovered only after {took:?}"));
            }
        }
        self.broken.lock().unwrap().push((began, self.fleet.now()));
    }

    async fn recover_at(&self, replica: usize, back: At) -> Duration {
        let key = self.fresh_key();
        let path = format!("/rules/recovered-{replica}");
        let proven = async {
            while self.status(replica, key).await.0 != 200 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let written = async {
            loop {
                let mark = format!("{:?}", self.fleet.now());
                let body = json!({"subjects": ["everyone"], "names": ["x"], "actions": ["pull"], "description": mark});
                let (method, path) = ("PUT", path.clone());
                let subject = format!("rule recovered-{replica}");
                let subject = Some(&*subject);
                let change = Change { subject, mark: &mark, grants: true, method, path, body };
                if self.fleet.write_at(replica, &change).await.is_done() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        join(proven, written).await;
        self.fleet.now() - back
    }

    /// Kills a replica and starts it again.
    async fn kill_one(&self, servers: &mut [Server], replica: usize, start: impl Fn(u16) -> Server) {
        self.calm().await;
        let began = self.fleet.now();
        servers[replica].kill();
        tokio::time::sleep(Duration::from_secs(2)).await;
        servers[replica] = start(self.fleet.ports[replica]);
        servers[replica].ready().await;
        self.broken.lock().unwrap().push((began, self.fleet.now()));
        println!("killed: replica {replica} was ready again after {:?}", self.fleet.now() - began);
    }

    /// Stops the database in this mode of `pg_ctl`, and starts it again after the time `away`.
    async fn end_database(&self, mode: &'static str, away: Duration) {
        self.calm().await;
        let began = self.fleet.now();
        self.database(move |cluster| cluster.stop(mode)).await;
        tokio::time::sleep(away).await;
        self.database(|cluster| cluster.resume()).await;
        self.recover(&format!("stopped ({mode})"), began).await;
    }

    /// Freezes the database for [`FROZEN`]. Checks meanwhile that new callers and writes are refused in time.
    async fn freeze_database(&self) {
        self.calm().await;
        let began = self.fleet.now();
        self.database(|cluster| cluster.freeze()).await;
        let strangers = (0..self.fleet.ports.len()).map(|replica| self.knock(replica, began + FROZEN));
        join_all(strangers).await;
        self.database(|cluster| cluster.thaw()).await;
        self.recover("frozen", began).await;
    }

    /// Checks until the time `end` that one replica refuses new callers and writes in time.
    async fn knock(&self, replica: usize, end: At) {
        let mut slowest = Duration::ZERO;
        for number in 0.. {
            let sent = self.fleet.now();
            if sent + REFUSAL > end {
                break;
            }
            let (what, status, retry_after) = if number % 4 == 3 {
                let body = json!({"subjects": ["everyone"], "names": ["x"], "actions": ["pull"]});
                let (subject, mark, path) = (Some("rule lost"), "", "/rules/lost".to_owned());
                let change = Change { subject, mark, grants: true, method: "PUT", path, body };
                let outcome = self.fleet.write_at(replica, &change).await;
                ("a write".to_owned(), outcome.status, outcome.retry_after)
            } else {
                let stranger = match number % 4 {
                    0 => self.fresh[self.fresh.len() - 1 - replica].clone(),
                    1 => Caller::Password("bob", PASSWORD),
                    _ => Caller::Password("alice", "not the password, no"),
                };
                let answer = self.fleet.question(replica, &stranger, "open").send().await.unwrap();
                (format!("{stranger:?}"), answer.status().as_u16(), has_retry_after(&answer))
            };
            let took = self.fleet.now() - sent;
            slowest = slowest.max(took);
            if status != 503 || !retry_after || took > REFUSAL {
                self.complain(format!(
                    "frozen: {what} got {status} after {took:?}, Retry-After: {retry_after}"
                ));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        println!("frozen: replica {replica} took at most {slowest:?} to refuse");
    }

    /// Checks that each replica that answers is ready. No fault lasts as long as the default of `--max-staleness`.
    async fn watch_readiness(&self) {
        while !self.load.is_stopped() {
            for replica in 0..self.fleet.ports.len() {
                if let Ok(answer) = self.fleet.get(replica, "/health/ready").await {
                    let (status, body) = (answer.status(), answer.text().await);
                    if status != 200 {
                        self.complain(format!("replica {replica} is not ready: {body:?}"));
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Logs in from time to time, as docker login does. Returns the acknowledged sessions, which are fewer than the
    /// limit of a user.
    async fn log_in_now_and_then(&self) -> Vec<Caller> {
        let mut sessions = Vec::new();
        for number in 0.. {
            if self.load.is_stopped() || sessions.len() == 45 {
                break;
            }
            let replica = number % self.fleet.ports.len();
            let login = self.fleet.question(replica, &Caller::Password("carol", PASSWORD), "open");
            let answer = login.query(&[("offline_token", "true")]).send().await;
            let answer = match answer {
                Ok(answer) if answer.status() == 200 => answer.json::<Value>().await.ok(),
                _ => None,
            };
            sessions.extend(answer.map(|answer| Caller::Session(text(&answer["refresh_token"]))));
            tokio::time::sleep(LOGINS).await;
        }
        sessions
    }

    async fn break_everything(&self, servers: &mut [Server], start: impl Fn(u16) -> Server) {
        tokio::time::sleep(UNBROKEN).await;
        for replica in [0, 2] {
            self.kill_one(servers, replica, &start).await;
        }
        self.end_database("fast", Duration::ZERO).await;
        self.end_database("immediate", Duration::from_secs(3)).await;
        for _ in 0..3 {
            self.calm().await;
            let began = self.fleet.now();
            self.database(|cluster| cluster.cut_connections()).await;
            self.recover("connections cut", began).await;
        }
        // The fault begins when the replicas must look the sessions up again.
        tokio::time::sleep(FROZEN_AT.saturating_sub(self.fleet.now())).await;
        self.freeze_database().await;
        self.calm().await;
    }
}

fn start_on(port: u16, folder: &Path, database: &str) -> Server {
    Server::spawn_on(port, folder, database, &[])
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_breaks_no_write_is_lost_and_nobody_is_granted_what_was_revoked() {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let mut servers = Server::replicas(3, folder.path(), &cluster.url()).await;
    let fleet = Fleet::new(servers.iter().map(|server| server.port).collect());
    let load = Load::prepare(&fleet).await;
    for user in ["bob", "carol"] {
        servers[0].must("PUT", &format!("/users/{user}"), json!({"password": PASSWORD})).await;
    }
    servers[0].must("PUT", "/robots/fresh", json!({})).await;
    let mut fresh = Vec::new();
    for number in 0..FRESH {
        let name = json!({"name": format!("key {number}")});
        let key = servers[0].must("POST", "/robots/fresh/access-keys", name).await;
        fresh.push(Caller::Key(text(&key["secret"])));
    }
    let (fleet, load) = (Arc::new(fleet), Arc::new(load));
    let chaos = Arc::new(Chaos {
        fleet: fleet.clone(),
        load: load.clone(),
        cluster: Arc::new(cluster),
        fresh,
        used: AtomicUsize::new(0),
        broken: Mutex::default(),
        wrong: Mutex::default(),
    });
    let url = chaos.cluster.url();
    let start = |port| start_on(port, folder.path(), &url);

    let mut tasks = Vec::new();
    for seed in 0..ASKING {
        let (fleet, load) = (fleet.clone(), load.clone());
        tasks.push(tokio::spawn(async move { load.ask_all_the_time(&fleet, seed * 1001).await }));
    }
    let (its_fleet, its_load) = (fleet.clone(), load.clone());
    tasks.push(tokio::spawn(async move { its_load.write_all_the_time(&its_fleet).await }));
    let (its_fleet, its_load) = (fleet.clone(), load.clone());
    tasks.push(tokio::spawn(async move { its_load.look_all_the_time(&its_fleet).await }));
    let watching = chaos.clone();
    tasks.push(tokio::spawn(async move { watching.watch_readiness().await }));
    let logging_in = chaos.clone();
    let logins = tokio::spawn(async move { logging_in.log_in_now_and_then().await });
    chaos.break_everything(&mut servers, start).await;
    load.stop();
    for task in tasks {
        task.await.unwrap();
    }

    let sessions = logins.await.unwrap();
    println!("{} sessions were begun", sessions.len());
    assert!(sessions.len() > 10);
    for session in &sessions {
        let (status, answer) = chaos.status(1, session).await;
        if status != 200 {
            chaos.complain(format!("a session was lost: {status} {answer}"));
        }
    }

    let trail = assert_whole(&url).await;
    let marks = marks(&trail);
    // At the end, each replica agrees with the trail.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut wrong = std::mem::take(&mut *chaos.wrong.lock().unwrap());
    for (subject, caller) in load.subjects() {
        let name = if caller.is_some() { "open" } else { subject.trim_start_matches("rule ") };
        let about = About { subject: &subject, name, by_identity: caller.is_some(), proven: false };
        for replica in 0..fleet.ports.len() {
            let caller = caller.as_ref().unwrap_or(&Caller::Anonymous);
            let saw = fleet.ask_at(replica, caller, &about).await.expect("the replica must answer").saw;
            let grants = fleet.ledger().finally(&subject, &marks);
            if saw != if grants { Saw::Granted } else { Saw::Denied } {
                wrong.push(format!("in the end, replica {replica} says {saw:?} of {subject}"));
            }
        }
    }
    let ledger = fleet.ledger();
    let acknowledged = ledger.writes.iter().filter(|write| write.acknowledged.is_some()).count();
    println!("{} answers, {} writes, {acknowledged} acknowledged", ledger.answers.len(), ledger.writes.len());
    let seen = load.seen_after(&chaos.broken.lock().unwrap());
    let at =
        |part: usize| seen.get((seen.len() * part / 1000).min(seen.len() - 1)).copied().unwrap_or_default();
    println!(
        "{} times a write was seen at another replica: p50 {:?}, p90 {:?}, p99 {:?}, max {:?}",
        seen.len(),
        at(500),
        at(900),
        at(990),
        at(1000)
    );
    for (what, found) in [
        ("lost writes", ledger.lost(&marks)),
        ("decisions without a state of the last second", ledger.unjustified(&marks)),
        ("errors", ledger.errors()),
        ("writes that were refused late or for good", ledger.faults.clone()),
        ("other broken promises", wrong),
    ] {
        println!("{what}: {}", found.len());
        assert!(found.is_empty(), "{what}: {:#?}", &found[..found.len().min(10)]);
    }
}
