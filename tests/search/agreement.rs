//! With random rules, searches, catalogues and lists of tags show exactly the names for which `check` grants `pull`. By
//! a token of a narrowed key, they show only those of these names that the token names.

use crate::helpers::{App, PASSWORD};
use crate::stock::{ask, basic, bearer, found, listed, stocked};
use proptest::prelude::{Strategy, any};
use proptest::sample::{Index, select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub const NAMES: [&str; 24] = [
    "a",
    "a/b",
    "a/b/c",
    "a/c",
    "ab",
    "ab/c",
    "alice",
    "alice/x",
    "b",
    "b/a",
    "b/a/c",
    "ci/x",
    "ops",
    "ops/a",
    "ops/web",
    "prod",
    "prod/a",
    "web",
    "web-a",
    "web/a",
    "web/alice",
    "web/prod/a",
    "x",
    "x/alice/y",
];
const GLOBS: [&str; 18] = [
    "**",
    "a",
    "a/**",
    "*/a",
    "a*",
    "**/a",
    "${subject}/**",
    "${group}/**",
    "x/${subject}/*",
    "${label:env}/*",
    "web*",
    "web/${label:env}/**",
    "*",
    "b/**",
    "o?s",
    "${group}-*",
    "*/*",
    "ab/c",
];
const SUBJECTS: [&str; 7] =
    ["user:alice", "robot:ci", "group:web", "group:ops", "authenticated", "anonymous", "everyone"];

/// Returns a strategy for one random rule.
pub fn rule() -> impl Strategy<Value = Value> {
    let lists = (
        subsequence(SUBJECTS.to_vec(), 1..3),
        subsequence(GLOBS.to_vec(), 1..4),
        select(vec![vec!["pull"], vec!["push"], vec!["pull", "push"], vec!["*"]]),
        select(vec![vec!["*"], vec!["registry"], vec!["other"]]),
    );
    let rest = (
        select(vec!["allow", "allow", "allow", "deny"]),
        select(vec!["repository", "repository", "*", "registry"]),
        -1..2_i32,
        select(vec![json!([]), json!(["127.0.0.0/8"]), json!(["192.0.2.0/24"])]),
    );
    (lists, rest).prop_map(|((subjects, names, actions, services), (effect, kind, priority, networks))| {
        json!({
            "subjects": subjects, "names": names, "actions": actions, "services": services, "effect": effect,
            "type": kind, "priority": priority, "networks": networks
        })
    })
}

/// Returns the names for which `check` grants `pull`.
pub async fn granted(app: &App, subject: &str, key: Option<&str>) -> BTreeSet<String> {
    let scopes: Vec<String> = NAMES.iter().map(|name| format!("repository:{name}:pull")).collect();
    let mut question =
        json!({"subject": subject, "service": "registry", "scope": scopes.join(" "), "address": "127.0.0.1"});
    if let Some(key) = key {
        question["access_key"] = json!(key);
    }
    let answer = app.must("POST", "/check", question).await;
    let granted = answer["granted"].as_array().unwrap().iter();
    granted.map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
}

async fn tagged(app: &App, authorization: &str, names: &[&str]) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for name in names {
        let reply = ask(app, Some(authorization), &format!("/v2/{name}/tags/list")).await;
        match reply.status {
            200 => _ = seen.insert((*name).to_owned()),
            401 => {}
            other => panic!("{other}: {}", reply.text),
        }
    }
    seen
}

/// A client that searches and lists.
pub struct Client {
    pub what: &'static str,
    pub subject: &'static str,
    login: Option<(String, String)>,
    pub key: Option<String>,
}

impl Client {
    pub fn authorization(&self) -> Option<String> {
        self.login.as_ref().map(|(user, password)| basic(user, password))
    }
}

pub async fn clients(app: &App) -> Vec<Client> {
    app.must("PUT", "/users/alice", json!({"password": PASSWORD, "labels": {"env": ["prod", "web"]}})).await;
    let key = |name: &str, scopes: Value| json!({"name": name, "scopes": scopes});
    app.must("PUT", "/robots/ci", json!({"labels": {"env": ["b"]}})).await;
    app.must("PUT", "/groups/web", json!({"members": ["user:alice"]})).await;
    app.must("PUT", "/groups/ops", json!({"members": ["user:alice", "robot:ci"]})).await;
    let whole = app.must("POST", "/robots/ci/access-keys", key("whole", Value::Null)).await;
    let scopes = json!(["repository:a/**:pull", "repository:*:pull,push", "*:web/*:*", "registry:**:pull"]);
    let narrow = app.must("POST", "/robots/ci/access-keys", key("narrow", scopes.clone())).await;
    let own = app.must("POST", "/users/alice/access-keys", key("narrow", scopes)).await;
    let login = |user: &str, secret: &str| Some((user.to_owned(), secret.to_owned()));
    let secret = |key: &Value| key["secret"].as_str().unwrap().to_owned();
    let id = |key: &Value| Some(key["id"].as_str().unwrap().to_owned());
    vec![
        Client { what: "anonymous", subject: "anonymous", login: None, key: None },
        Client { what: "a person", subject: "user:alice", login: login("alice", PASSWORD), key: None },
        Client { what: "a robot", subject: "robot:ci", login: login("ci", &secret(&whole)), key: id(&whole) },
        Client {
            what: "a narrowed key",
            subject: "robot:ci",
            login: login("ci", &secret(&narrow)),
            key: id(&narrow),
        },
        Client {
            what: "a person's narrowed key",
            subject: "user:alice",
            login: login("alice", &secret(&own)),
            key: id(&own),
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_exactly_what_check_grants() {
    let cases: usize = std::env::var("PORTREEVE_SEARCH_CASES").map_or(12, |text| text.parse().unwrap());
    let app = stocked(&NAMES).await;
    let clients = clients(&app).await;
    let mut runner = TestRunner::deterministic();
    let (mut seen, mut hidden) = (0, 0);
    for case in 0..cases {
        let rules = proptest::collection::vec(rule(), 0..7).new_tree(&mut runner).unwrap().current();
        let pick = any::<Index>().new_tree(&mut runner).unwrap().current();
        for (number, rule) in rules.iter().enumerate() {
            app.rule(&format!("r{number}"), rule.clone()).await;
        }
        for client in &clients {
            let expected = granted(&app, client.subject, client.key.as_deref()).await;
            seen += expected.len();
            hidden += NAMES.len() - expected.len();
            let about = format!("case {case}, {}: {}", client.what, json!(rules));
            let authorization = client.authorization();
            let names: BTreeSet<String> =
                found(&app, authorization.as_deref(), "").await.into_iter().collect();
            assert_eq!(names, expected, "search, {about}");
            let term = NAMES[pick.index(NAMES.len())];
            let part = found(&app, authorization.as_deref(), term).await.into_iter().collect();
            let holding =
                expected.iter().filter(|name| name.contains(term)).cloned().collect::<BTreeSet<_>>();
            assert_eq!(holding, part, "search for {term}, {about}");
            if let Some(authorization) = &authorization {
                assert_eq!(listed(&app, authorization, 3).await, expected, "catalogue, {about}");
                assert_eq!(tagged(&app, authorization, &NAMES).await, expected, "tags, {about}");
            }
            // The same lists are now read with a token, as podman and docker read them.
            let login = client.login.as_ref().map(|(user, secret)| (user.as_str(), secret.as_str()));
            let scopes: Vec<String> = NAMES
                .iter()
                .skip(case % 7)
                .step_by(2)
                .map(|name| format!("repository:{name}:pull"))
                .collect();
            let token = app.token(login, &format!("service=registry&scope={}", scopes.join("+"))).await;
            let token = bearer(&token.token());
            let is_narrow = client.what.ends_with("narrowed key");
            let named: BTreeSet<&str> = NAMES.into_iter().skip(case % 7).step_by(2).collect();
            let is_listed = |name: &String| !is_narrow || named.contains(name.as_str());
            let expected: BTreeSet<String> = expected.into_iter().filter(is_listed).collect();
            assert_eq!(listed(&app, &token, 5).await, expected, "catalogue by token, {about}");
            assert_eq!(tagged(&app, &token, &NAMES).await, expected, "tags by token, {about}");
        }
        for number in 0..rules.len() {
            app.must("DELETE", &format!("/rules/r{number}"), Value::Null).await;
        }
    }
    assert!(seen > 0 && hidden > 0, "{seen} names were seen and {hidden} were hidden");
}
