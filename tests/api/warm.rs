//! Tokens for an account that was authenticated before: they need no query, and never use an old state after a change
//! was answered.

use crate::cut_off::Replica;
use crate::helpers::{ADMIN, App, PASSWORD};
use portreeve::accounts::{Precondition, Write};
use portreeve::authn::{Credentials, Purpose};
use portreeve::clock::Clock;
use portreeve::domain::change::Origin;
use portreeve::domain::secret::Password;
use portreeve::domain::service::ServiceName;
use portreeve::manage::{Administration, Caller, InitialPassword};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Reads the samples of `/metrics`, by name with labels.
async fn metrics(app: &App) -> BTreeMap<String, f64> {
    let reply = App::send(app.request("GET", "/metrics")).await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    let samples = reply.text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    samples
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

fn count(samples: &BTreeMap<String, f64>, name: &str) -> f64 {
    *samples.get(name).unwrap_or_else(|| panic!("{name} is not among {:?}", samples.keys()))
}

const SCOPE: &str = "service=registry&scope=repository:web/site:pull";

#[tokio::test(flavor = "multi_thread")]
async fn a_warm_token_asks_the_database_nothing() {
    let app = App::spawn().await;
    app.user("alice").await;
    app.rule("pull", json!({"subjects": ["everyone"], "names": ["web/**"], "actions": ["pull"]})).await;
    let key = app.robot("ci", json!(null)).await;
    let offline = format!("{SCOPE}&offline_token=true&client_id=test");
    let refresh = app.token(Some(("alice", PASSWORD)), &offline).await.refresh_token();
    let form = [
        ("grant_type", "refresh_token"),
        ("service", "registry"),
        ("client_id", "test"),
        ("refresh_token", &refresh),
        ("scope", "repository:web/site:pull"),
    ];
    let round = async || {
        assert_eq!(app.token(None, SCOPE).await.granted(), "repository:web/site:pull");
        assert_eq!(app.token(Some(("alice", PASSWORD)), SCOPE).await.granted(), "repository:web/site:pull");
        assert_eq!(app.token(Some(("ci", &key)), SCOPE).await.granted(), "repository:web/site:pull");
        assert_eq!(app.post_token(&form).await.granted(), "repository:web/site:pull");
    };
    round().await;
    let before = metrics(&app).await;
    for _ in 0..100 {
        round().await;
    }
    let after = metrics(&app).await;
    let rise = |name: &str| count(&after, name) - count(&before, name);
    // The poll of the change feed runs four times a second. Each poll sends two statements.
    let statements = rise("portreeve_database_statements_total");
    assert!(statements < 100.0, "{statements} statements for 400 tokens");
    for cache in ["subject", "access_key", "refresh_token", "password"] {
        let hits = rise(&format!("portreeve_cache_lookups_total{{cache=\"{cache}\",result=\"hit\"}}"));
        let misses = rise(&format!("portreeve_cache_lookups_total{{cache=\"{cache}\",result=\"miss\"}}"));
        assert!(hits >= 100.0 && misses == 0.0, "{cache}: {hits} hits, {misses} misses");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_each_request_is_counted() {
    let app = App::spawn().await;
    app.user("alice").await;
    app.rule("pull", json!({"subjects": ["everyone"], "names": ["web/**"], "actions": ["pull"]})).await;
    let key = app.robot("ci", json!(null)).await;
    app.token(None, SCOPE).await.token();
    app.token(Some(("ci", &key)), "service=registry&scope=repository:web/site:pull,push").await.token();
    assert_eq!(app.token(Some(("alice", "not the password, no")), SCOPE).await.status, 401);
    assert_eq!(app.token(None, "service=nowhere").await.status, 400);
    assert_eq!(app.token(None, "service=a&service=b").await.status, 400);
    assert_eq!(app.post_token(&[("grant_type", "client_credentials")]).await.status, 400);
    let samples = metrics(&app).await;
    let requests = |grant: &str, outcome: &str| {
        let name = format!("portreeve_token_requests_total{{grant_type=\"{grant}\",outcome=\"{outcome}\"}}");
        count(&samples, &name)
    };
    assert_eq!(requests("anonymous", "issued"), 1.0);
    assert_eq!(requests("basic", "narrowed"), 1.0);
    assert_eq!(requests("basic", "unauthorized"), 1.0);
    assert_eq!(requests("anonymous", "invalid"), 1.0);
    assert_eq!(requests("other", "invalid"), 2.0);
    for phase in ["authenticate", "evaluate", "sign"] {
        let name = format!("portreeve_token_phase_duration_seconds_count{{phase=\"{phase}\"}}");
        assert!(count(&samples, &name) >= 2.0, "{phase}");
    }
    assert!(count(&samples, "portreeve_password_hash_duration_seconds_count") >= 2.0);
    assert_eq!(count(&samples, "portreeve_policy_rules"), 2.0);
    assert!(count(&samples, "portreeve_feed_seq") >= 5.0);
    assert!(count(&samples, "portreeve_feed_lag_seconds") < 5.0);
    assert!(count(&samples, "portreeve_database_connections_max") >= 1.0);
    assert_eq!(count(&samples, "portreeve_password_hash_queue_length"), 0.0);
    assert!(samples.contains_key("portreeve_policy_build_duration_seconds"));
    assert!(samples.contains_key("portreeve_password_hashes_refused_total"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_client_makes_the_metrics_grow() {
    let app = App::spawn().await;
    app.token(None, SCOPE).await;
    app.token(Some(("somebody", "not the password, no")), SCOPE).await;
    let before: Vec<String> = metrics(&app).await.into_keys().collect();
    for i in 0..20 {
        let query = format!("service=s{i}&scope=t{i}:n{i}:a{i}&client_id=c{i}&account=x{i}");
        app.token(None, &query).await;
        app.token(Some(("<token>", &format!("ptr_{i}"))), SCOPE).await;
        App::send(app.request("GET", &format!("/nothing/{i}")).header("user-agent", format!("u{i}"))).await;
        let form = [("grant_type", format!("g{i}")), ("username", format!("u{i}"))];
        App::send(app.request("POST", "/token").form(&form)).await;
    }
    let after: Vec<String> = metrics(&app).await.into_keys().collect();
    assert_eq!(before, after);
}

/// The load of 32 connections that ask for tokens for `ci` and `alice`. Dropping this value stops the load.
struct Load {
    going: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<u64>>,
}

impl Load {
    fn start(app: &App, key: &str) -> Self {
        let going = Arc::new(AtomicBool::new(true));
        let tasks = (0..32).map(|number| {
            let (going, client) = (going.clone(), reqwest::Client::new());
            let url = app.url(&format!("/token?{SCOPE}"));
            let login = if number % 2 == 0 { ("ci", key.to_owned()) } else { ("alice", PASSWORD.to_owned()) };
            tokio::spawn(async move {
                let mut answers = 0;
                while going.load(Ordering::Relaxed) {
                    let request = client.get(&url).basic_auth(login.0, Some(&login.1));
                    let answer = request.timeout(Duration::from_secs(30)).send().await.unwrap();
                    // The server answers 503 if too many passwords wait.
                    assert!([200, 401, 503].contains(&answer.status().as_u16()), "{}", answer.status());
                    answer.bytes().await.unwrap();
                    answers += 1;
                }
                answers
            })
        });
        Self { tasks: tasks.collect(), going }
    }

    async fn stop(self) -> u64 {
        self.going.store(false, Ordering::Relaxed);
        let mut answers = 0;
        for task in self.tasks {
            answers += task.await.unwrap();
        }
        answers
    }
}

/// The server answers each change, and the next token obeys it. Meanwhile 32 connections ask for tokens.
#[tokio::test(flavor = "multi_thread")]
async fn no_token_on_the_old_state_follows_the_answer_to_a_change() {
    let app = App::spawn().await;
    app.user("alice").await;
    let key = app.robot("ci", json!(null)).await;
    app.must("PUT", "/groups/web", json!({})).await;
    app.rule("pull", json!({"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull"]})).await;
    let load = Load::start(&app, &key);
    let granted = async |login: (&str, &str)| app.token(Some(login), SCOPE).await.granted();
    let ci = ("ci", key.as_str());
    for round in 0..15 {
        app.must("PUT", "/groups/web/members/robot:ci", json!(null)).await;
        assert_eq!(granted(ci).await, "repository:web/site:pull", "round {round}: ci joined");
        app.must("PATCH", "/rules/pull", json!({"actions": ["push"]})).await;
        assert_eq!(granted(ci).await, "", "round {round}: the rule was changed");
        app.rule("pull", json!({"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull"]})).await;
        assert_eq!(granted(ci).await, "repository:web/site:pull", "round {round}: the rule is as before");
        app.must("DELETE", "/groups/web/members/robot:ci", json!(null)).await;
        assert_eq!(granted(ci).await, "", "round {round}: ci left");

        let path = "/robots/ci/access-keys";
        let other = app.must("POST", path, json!({"name": "other"})).await;
        let secret = other["secret"].as_str().unwrap();
        assert_eq!(app.token(Some(("ci", secret)), SCOPE).await.status, 200);
        app.must("DELETE", &format!("/access-keys/{}", other["id"].as_str().unwrap()), json!(null)).await;
        assert_eq!(app.token(Some(("ci", secret)), SCOPE).await.status, 401, "round {round}: the key ended");

        app.must("PATCH", "/robots/ci", json!({"disabled": true})).await;
        assert_eq!(app.token(Some(ci), SCOPE).await.status, 401, "round {round}: ci is disabled");
        app.must("PATCH", "/robots/ci", json!({"disabled": false})).await;
        assert_eq!(app.token(Some(ci), SCOPE).await.status, 200, "round {round}: ci is enabled");
    }
    // The robot under load is deleted and created again with the same name. Then the user under load gets new
    // passwords.
    app.must("DELETE", "/robots/ci", json!(null)).await;
    assert_eq!(app.token(Some(ci), SCOPE).await.status, 401, "ci is deleted");
    let other = app.robot("ci", json!(null)).await;
    assert_eq!(app.token(Some(ci), SCOPE).await.status, 401, "the old key of a namesake");
    assert_eq!(app.token(Some(("ci", &other)), SCOPE).await.status, 200, "the new key works");
    for round in 0..3 {
        let new = format!("a new password {round}");
        app.must("PUT", "/users/alice", json!({"password": new})).await;
        assert_eq!(app.token(Some(("alice", PASSWORD)), SCOPE).await.status, 401, "old password {round}");
        assert_eq!(app.token(Some(("alice", &new)), SCOPE).await.status, 200, "new password {round}");
        app.must("PUT", "/users/alice", json!({"password": PASSWORD})).await;
        assert_eq!(app.token(Some(("alice", &new)), SCOPE).await.status, 401, "round {round}: changed back");
    }
    let answers = load.stop().await;
    assert!(answers > 500, "only {answers} answers came meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_an_account_exists_shows_neither_in_time_nor_in_the_metrics() {
    let app = App::spawn().await;
    app.user("alice").await;
    let hits = "portreeve_cache_lookups_total{cache=\"subject\",result=\"hit\"}";
    let misses = "portreeve_cache_lookups_total{cache=\"subject\",result=\"miss\"}";
    let mut told = Vec::new();
    for name in ["alice", "nobody"] {
        let before = metrics(&app).await;
        for _ in 0..3 {
            let reply = app.token(Some((name, "not the password, no")), SCOPE).await;
            assert_eq!(reply.status, 401);
        }
        let after = metrics(&app).await;
        let rise = |metric: &str| count(&after, metric) - count(&before, metric);
        told.push((rise(hits), rise(misses)));
    }
    assert_eq!(told, [(2.0, 1.0), (2.0, 1.0)]);
    // A user with the refused name may be created later.
    app.user("nobody").await;
    assert_eq!(app.token(Some(("nobody", PASSWORD)), SCOPE).await.status, 200);
}

/// A replica answers even a write that changes nothing only after it has read all changes of other replicas.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_changes_nothing_is_answered_when_its_state_holds_here() {
    let app = App::spawn().await;
    let key = app.robot("ci", json!(null)).await;
    let Replica { store, snapshots, authn } = Replica::of(&app, Duration::from_secs(300)).await;
    let initial = InitialPassword { user: "admin", file: app.folder.path().join("none") };
    let now = Clock::System.now();
    let other = Administration::new(store.clone(), snapshots, authn.clone(), initial, None);
    let credentials =
        |user: &str, password: &str| Credentials { user: user.to_owned(), password: Password::new(password) };
    let service = ServiceName::parse("registry").unwrap();
    let who =
        authn.authenticate(&credentials("admin", ADMIN.1), Purpose::Administration, None, now).await.unwrap();
    let origin = Origin::system("test", now);
    let admin = Caller { who, origin }.admin().unwrap();
    let purpose = Purpose::Token(Some(&service));
    let sign_in = async || authn.authenticate(&credentials("ci", &key), purpose, None, now).await;
    assert!(sign_in().await.is_ok());
    app.must("PATCH", "/robots/ci", json!({"disabled": true})).await;
    let disabled = Write::Patch(json!({"disabled": true}));
    other.write_robot(&admin, "ci", disabled, Precondition::default()).await.unwrap();
    assert!(sign_in().await.is_err(), "the account is disabled after the answer");
    store.close().await;
}
