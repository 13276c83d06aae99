//! Load on several replicas: callers ask for tokens all the time, and writers change the grants of the callers.

use crate::fleet::{About, Caller, Change, Fleet, text};
use crate::ledger::{At, PROMISE, Saw};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

pub const PASSWORD: &str = "a perfectly long password";
/// The number of rules that are turned on and off.
const RULES: usize = 6;
/// The number of users that are disabled and enabled.
const USERS: usize = 2;
/// The greatest number of keys that are in use at a time.
const KEYS: usize = 6;
const TRIED_FOR: Duration = Duration::from_secs(4);

/// The number of sessions. Each replica looks a session up again after a minute, so the sessions begin one after the
/// other.
const SESSIONS: usize = 8;
const SESSION_STEP: Duration = Duration::from_millis(400);

/// A key that is in use, or that was revoked a moment ago.
#[derive(Clone)]
struct Key {
    id: String,
    secret: String,
    revoked: Option<At>,
}

/// The callers, and the objects that the writers change.
pub struct Load {
    /// The callers whom no write affects. All replicas authenticate them before the first fault.
    pub steady: Vec<Caller>,
    /// The keys of the users that are disabled and enabled.
    users: Vec<Caller>,
    keys: Mutex<Vec<Key>>,
    written: AtomicUsize,
    /// How long a write at one replica took until another replica saw it, each with the time of the measurement.
    seen_after: Mutex<Vec<(At, Duration)>>,
    stopped: AtomicBool,
}

fn rule(number: usize) -> String {
    format!("r{}", number % RULES)
}

impl Load {
    /// Creates everything that the load needs.
    pub async fn prepare(fleet: &Fleet) -> Self {
        let must = async |method: &str, path: &str, body: Value| {
            let change =
                Change { subject: None, mark: "", grants: true, method, path: path.to_owned(), body };
            let outcome = fleet.write_at(0, &change).await;
            assert!(outcome.is_done(), "{method} {path}: {outcome:?}");
            outcome.body
        };
        must("PUT", "/users/alice", json!({"password": PASSWORD})).await;
        must("PUT", "/robots/ci", json!({})).await;
        must("PUT", "/robots/many", json!({})).await;
        let open = json!({"subjects": ["everyone"], "names": ["open"], "actions": ["pull"]});
        must("PUT", "/rules/open", open).await;
        let ci = must("POST", "/robots/ci/access-keys", json!({"name": "ci"})).await;
        let mut users = Vec::new();
        for user in 0..USERS {
            must("PUT", &format!("/users/u{user}"), json!({"password": PASSWORD})).await;
            let key = must("POST", &format!("/users/u{user}/access-keys"), json!({"name": "key"})).await;
            users.push(Caller::Key(text(&key["secret"])));
        }
        let alice = Caller::Password("alice", PASSWORD);
        // After this time all replicas know all of these objects.
        tokio::time::sleep(PROMISE).await;
        let mut steady = Vec::new();
        for session in 0..SESSIONS {
            let replica = session % fleet.ports.len();
            let begun =
                fleet.question(replica, &alice, "open").query(&[("offline_token", "true")]).send().await;
            let begun: Value = begun.unwrap().json().await.unwrap();
            let session = Caller::Session(text(&begun["refresh_token"]));
            let callers = [Caller::Anonymous, alice.clone(), Caller::Key(text(&ci["secret"])), session];
            for caller in &callers {
                for replica in 0..fleet.ports.len() {
                    assert_eq!(fleet.says(replica, caller, "open").await, (200, true), "{caller:?}");
                }
            }
            steady.extend(callers);
            tokio::time::sleep(SESSION_STEP).await;
        }
        fleet.ledger().writes.clear();
        let load = Self {
            steady,
            users,
            keys: Mutex::default(),
            written: AtomicUsize::new(0),
            seen_after: Mutex::default(),
            stopped: AtomicBool::new(false),
        };
        for user in 0..USERS {
            assert!(load.switch_user(fleet, user, true).await);
        }
        for number in 0..RULES {
            assert!(load.switch_rule(fleet, None, &rule(number), true).await.is_some());
        }
        load
    }

    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Returns how long writes took until another replica saw them, in ascending order. Leaves out measurements in the
    /// periods `except`.
    pub fn seen_after(&self, except: &[(At, At)]) -> Vec<Duration> {
        let is_calm = |at: &At| except.iter().all(|(begin, end)| at < begin || at > end);
        let all = self.seen_after.lock().unwrap();
        let mut calm: Vec<Duration> =
            all.iter().filter(|(at, _)| is_calm(at)).map(|(_, took)| *took).collect();
        calm.sort_unstable();
        calm
    }

    /// Returns the subjects of the writes: rules without a caller, and users and keys with their callers.
    pub fn subjects(&self) -> Vec<(String, Option<Caller>)> {
        let rules = (0..RULES).map(|number| (format!("rule {}", rule(number)), None));
        let users = self.users.iter().enumerate();
        let users = users.map(|(number, caller)| (format!("user u{number}"), Some(caller.clone())));
        let keys = self.keys.lock().unwrap().clone();
        let keys = keys.into_iter().map(|key| (format!("key {}", key.id), Some(Caller::Key(key.secret))));
        rules.chain(users).chain(keys).collect()
    }

    fn mark(&self) -> String {
        format!("w{}", self.written.fetch_add(1, Ordering::Relaxed))
    }

    async fn switch_user(&self, fleet: &Fleet, user: usize, grants: bool) -> bool {
        let (subject, mark) = (format!("user u{user}"), self.mark());
        let body = json!({"disabled": !grants, "labels": {"mark": [mark]}});
        let path = format!("/users/u{user}");
        let change = Change { subject: Some(&subject), mark: &mark, grants, method: "PATCH", path, body };
        fleet.write(&change).await.is_done()
    }

    /// Writes a rule at the replica `at`, or at the next replica. Returns the time of the acknowledgement.
    async fn switch_rule(&self, fleet: &Fleet, at: Option<usize>, name: &str, grants: bool) -> Option<At> {
        let (subject, mark) = (format!("rule {name}"), self.mark());
        let body = json!({"subjects": ["everyone"], "names": [name], "actions": ["pull"],
            "enabled": grants, "description": mark});
        let path = format!("/rules/{name}");
        let change = Change { subject: Some(&subject), mark: &mark, grants, method: "PUT", path, body };
        let outcome = match at {
            Some(replica) => fleet.write_at(replica, &change).await,
            None => fleet.write(&change).await,
        };
        outcome.is_done().then_some(outcome.received)
    }

    /// Creates a key if fewer than [`KEYS`] keys are in use. Otherwise revokes the oldest key.
    async fn change_keys(&self, fleet: &Fleet) {
        let oldest = {
            let mut keys = self.keys.lock().unwrap();
            keys.retain(|key| key.revoked.is_none_or(|at| fleet.now() < at + TRIED_FOR));
            let used: Vec<Key> = keys.iter().filter(|key| key.revoked.is_none()).cloned().collect();
            (used.len() >= KEYS).then(|| used[0].clone())
        };
        let Some(oldest) = oldest else {
            let (path, body) = ("/robots/many/access-keys".to_owned(), json!({"name": "key"}));
            let change = Change { subject: None, mark: "create", grants: true, method: "POST", path, body };
            let made = fleet.write(&change).await;
            if made.is_done() {
                let (id, secret) = (text(&made.body["id"]), text(&made.body["secret"]));
                self.keys.lock().unwrap().push(Key { id, secret, revoked: None });
            }
            return;
        };
        let (subject, path) = (format!("key {}", oldest.id), format!("/access-keys/{}", oldest.id));
        let (subject, body) = (Some(&*subject), Value::Null);
        let change = Change { subject, mark: "revoke", grants: false, method: "DELETE", path, body };
        fleet.write(&change).await;
        let mut keys = self.keys.lock().unwrap();
        if let Some(key) = keys.iter_mut().find(|key| key.id == oldest.id) {
            key.revoked = Some(fleet.now());
        }
    }

    /// Sends the questions of all callers one after another, almost without pauses.
    pub async fn ask_all_the_time(&self, fleet: &Fleet, seed: usize) {
        let mut number = seed;
        while !self.is_stopped() {
            number += 1;
            let kind = number % 8;
            if kind < 6 {
                let name = rule(number / 8);
                let subject = format!("rule {name}");
                let about = About { subject: &subject, name: &name, by_identity: false, proven: true };
                fleet.ask(&self.steady[number % self.steady.len()], &about).await;
            } else {
                let others = self.subjects().split_off(RULES);
                let (subject, caller) = &others[number / 8 % others.len()];
                let about = About { subject, name: "open", by_identity: true, proven: false };
                fleet.ask(caller.as_ref().unwrap(), &about).await;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Changes objects as the administrator, one after another, almost without pauses.
    pub async fn write_all_the_time(&self, fleet: &Fleet) {
        let mut number = 0;
        while !self.is_stopped() {
            number += 1;
            let grants = number / 12 % 2 == 0;
            match number % 4 {
                0 => self.change_keys(fleet).await,
                1 => drop(self.switch_user(fleet, number / 4 % USERS, number / 8 % 2 == 0).await),
                _ => drop(self.switch_rule(fleet, None, &rule(number), grants).await),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Measures how long a write at one replica takes until each other replica sees it.
    pub async fn look_all_the_time(&self, fleet: &Fleet) {
        let mut number = 0;
        while !self.is_stopped() {
            tokio::time::sleep(Duration::from_millis(150)).await;
            number += 1;
            let (writer, grants) = (number % fleet.ports.len(), number / 3 % 2 == 0);
            let Some(at) = self.switch_rule(fleet, Some(writer), "probe", grants).await else { continue };
            let others = (0..fleet.ports.len()).filter(|replica| *replica != writer);
            let looking = others.map(|replica| self.look(fleet, replica, grants, at));
            futures_util::future::join_all(looking).await;
        }
    }

    async fn look(&self, fleet: &Fleet, replica: usize, grants: bool, at: At) {
        let wanted = if grants { Saw::Granted } else { Saw::Denied };
        let about = About { subject: "rule probe", name: "probe", by_identity: false, proven: true };
        while fleet.now() < at + Duration::from_secs(10) {
            match fleet.ask_at(replica, &Caller::Anonymous, &about).await {
                Some(answer) if answer.saw == wanted => {
                    let took = answer.received.saturating_sub(at);
                    self.seen_after.lock().unwrap().push((at, took));
                    return;
                }
                Some(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                None => return,
            }
        }
    }
}
