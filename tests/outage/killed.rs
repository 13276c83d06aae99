//! The SQLite server is killed during writes, again and again. Every acknowledged write must be stored.
//!
//! This command kills the server 1,000 times: `PORTREEVE_KILL_ROUNDS=1000 cargo test --release --test outage killed --
//! --nocapture`.

use crate::database;
use crate::fleet::text;
use crate::server::{Server, client, free_port};
use crate::trail::assert_whole;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const WRITERS: usize = 4;
const ROUNDS: usize = 50;
/// The number of rounds after which the test begins a new database. Each round reads the whole trail.
const ON_ONE_DATABASE: usize = 50;
/// The time at which the server is killed, milliseconds after the writers begin.
const KILLED_AFTER: std::ops::Range<u64> = 1..300;

/// The numbers of the acknowledged writes of one rule, and the number of all its writes. The first write is number 1.
#[derive(Default)]
struct Known {
    acknowledged: Vec<u64>,
    attempted: u64,
}

type Ledger = Arc<Mutex<BTreeMap<String, Known>>>;

/// Writes five rules again and again until the server is gone.
async fn write(port: u16, key: String, writer: usize, ledger: Ledger) {
    let client = client();
    for number in 0.. {
        let name = format!("w{writer}-{}", number % 5);
        let attempt = {
            let mut ledger = ledger.lock().unwrap();
            let known = ledger.entry(name.clone()).or_default();
            known.attempted += 1;
            known.attempted
        };
        let body = json!({"subjects": ["everyone"], "names": ["x"], "actions": ["pull"],
            "description": attempt.to_string()});
        let url = format!("http://localhost:{port}/api/v1/rules/{name}");
        let request = client.put(url).basic_auth("", Some(&key)).json(&body);
        match request.send().await {
            Ok(answer) if answer.status().is_success() => {
                ledger.lock().unwrap().get_mut(&name).unwrap().acknowledged.push(attempt);
            }
            Ok(answer) => panic!("{}: {}", answer.status(), answer.text().await.unwrap()),
            Err(_) => return,
        }
    }
}

/// Returns the faults that SQLite finds in the whole file, or `ok`.
pub async fn integrity(file: &Path) -> String {
    database::text(&format!("sqlite://{}", file.display()), "PRAGMA integrity_check").await
}

/// Creates an access key of the administrator, and returns its secret. A request with this key hashes no password.
pub async fn administrators_key(server: &Server) -> String {
    let key = server.must("POST", "/users/admin/access-keys", json!({"name": "key"})).await;
    key["secret"].as_str().unwrap().to_owned()
}

/// The result of the rounds on one database.
#[derive(Default)]
struct Outcome {
    attempted: u64,
    acknowledged: usize,
    /// The longest time from a start until tokens could be issued.
    slowest_start: Duration,
}

/// Random numbers that are good enough for the times of killing.
struct Chance(u64);

impl Chance {
    fn wait(&mut self) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_millis(KILLED_AFTER.start + self.0 % (KILLED_AFTER.end - KILLED_AFTER.start))
    }
}

/// Kills a server this number of times, on one database.
async fn kill(rounds: usize, chance: &mut Chance) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let (file, port) = (folder.path().join("test.db"), free_port());
    let start = || Server::spawn_on(port, folder.path(), "sqlite://test.db", &["--log", "warn"]);
    let mut server = start();
    server.ready().await;
    let key = administrators_key(&server).await;
    let ledger = Ledger::default();
    let mut outcome = Outcome::default();
    for round in 0..rounds {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| tokio::spawn(write(port, key.clone(), writer, ledger.clone())))
            .collect();
        tokio::time::sleep(chance.wait()).await;
        server.kill();
        for writer in writers {
            writer.await.unwrap();
        }
        let restarting = Instant::now();
        server = start();
        server.ready().await;
        outcome.slowest_start = outcome.slowest_start.max(restarting.elapsed());

        assert_eq!(integrity(&file).await, "ok", "round {round}");
        let trail = assert_whole(&format!("sqlite://{}", file.display())).await;
        let mut recorded: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for record in
            trail.iter().filter(|record| record.name.starts_with('w') && record.kind.as_str() == "rule")
        {
            let text = record.after.as_ref().unwrap()["description"].as_str().unwrap();
            recorded.entry(&record.name).or_default().push(text.parse().unwrap());
        }
        let stored = stored(&server, &key).await;
        for (name, known) in ledger.lock().unwrap().iter() {
            let recorded = recorded.get(&**name).map_or(&[][..], Vec::as_slice);
            assert_eq!(
                stored.get(name),
                recorded.last(),
                "round {round}: {name} differs from its last change"
            );
            assert!(recorded.is_sorted() && recorded.last().is_none_or(|last| *last <= known.attempted));
            let is_there = |number: &u64| recorded.binary_search(number).is_ok();
            let lost: Vec<&u64> = known.acknowledged.iter().filter(|number| !is_there(number)).collect();
            assert!(lost.is_empty(), "round {round}: {name} lost {lost:?}");
        }
    }
    let ledger = ledger.lock().unwrap();
    outcome.acknowledged = ledger.values().map(|known| known.acknowledged.len()).sum();
    outcome.attempted = ledger.values().map(|known| known.attempted).sum();
    outcome
}

/// Returns, for each rule, the number of the write that the server has stored.
async fn stored(server: &Server, key: &str) -> BTreeMap<String, u64> {
    let listed = client().get(server.url("/api/v1/rules?limit=1000")).basic_auth("", Some(key));
    let listed: Value = listed.send().await.unwrap().json().await.unwrap();
    let number = |rule: &Value| Some((text(&rule["name"]), rule["description"].as_str()?.parse().ok()?));
    listed["items"].as_array().unwrap().iter().filter_map(number).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_while_it_writes_loses_nothing_that_it_acknowledged() {
    let rounds = std::env::var("PORTREEVE_KILL_ROUNDS").map_or(ROUNDS, |text| text.parse().unwrap());
    let (began, mut total) = (Instant::now(), Outcome::default());
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15 ^ u64::from(std::process::id()));
    let mut done = 0;
    while done < rounds {
        let some = (rounds - done).min(ON_ONE_DATABASE);
        let outcome = kill(some, &mut chance).await;
        done += some;
        total.attempted += outcome.attempted;
        total.acknowledged += outcome.acknowledged;
        total.slowest_start = total.slowest_start.max(outcome.slowest_start);
    }
    println!(
        "killed {rounds} times in {:?}: {} writes, {} acknowledged, 0 of them lost; ready again after at most {:?}",
        began.elapsed(),
        total.attempted,
        total.acknowledged,
        total.slowest_start
    );
}
