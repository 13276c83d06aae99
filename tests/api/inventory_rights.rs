//! A caller sees exactly the repositories for which `check` grants the pull. The policies and inventories are random.

use super::helpers::{ADMIN, App, PASSWORD};
use super::registry_reports::Reports;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Splitmix64: a seed gives the same world on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn some<'a>(&mut self, of: &[&'a str]) -> Vec<&'a str> {
        (0..=self.below(2)).map(|_| self.pick(of)).collect()
    }
}

const SUBJECTS: [&str; 7] =
    ["user:a", "user:b", "robot:r", "group:g", "authenticated", "everyone", "anonymous"];
const GLOBS: [&str; 12] = [
    "**",
    "*",
    "a",
    "a/*",
    "a/**",
    "*/b",
    "**/c",
    "${subject}/**",
    "${group}/*",
    "b/${label:team}",
    "?/a/**",
    "c/b/a",
];
const PARTS: [&str; 5] = ["a", "b", "c", "g", "r"];

fn rule(dice: &mut Dice, now: i64) -> Value {
    let at = |seconds: i64| portreeve::domain::time::Timestamp::from_seconds(now + seconds).to_string();
    let mut rule = json!({
        "effect": if dice.below(3) == 0 { "deny" } else { "allow" },
        "subjects": dice.some(&SUBJECTS), "names": dice.some(&GLOBS),
        "actions": dice.some(&["pull", "pull", "push", "delete", "*"]),
        "services": dice.some(&["*", "registry", "other", "o*"]),
        "type": dice.pick(&["repository", "repository", "*", "registry"]),
        "priority": dice.below(3), "enabled": dice.below(6) > 0,
    });
    match dice.below(5) {
        0 => rule["networks"] = json!([dice.pick(&["127.0.0.0/8", "10.0.0.0/8"])]),
        1 => rule["not_after"] = json!(at([-10, 1000][dice.below(2)])),
        2 => rule["not_before"] = json!(at([-1000, 10][dice.below(2)])),
        _ => {}
    }
    rule
}

/// The login of a caller who lists repositories: the name of a user, or an access key.
enum Login {
    Password(&'static str),
    Key(String),
}

async fn get(app: &App, login: &Login, path: &str) -> (u16, Value) {
    let request = app.request("GET", &format!("/api/v1{path}"));
    let request = match login {
        Login::Password(user) => {
            let password = if *user == "admin" { ADMIN.1 } else { PASSWORD };
            request.basic_auth(user, Some(password))
        }
        Login::Key(key) => request.bearer_auth(key),
    };
    let reply = App::send(request).await;
    (reply.status, reply.json())
}

/// Reads the repositories that a caller sees, page by page.
async fn seen(app: &App, login: &Login, limit: usize) -> BTreeSet<(String, String)> {
    let (mut seen, mut after) = (BTreeSet::new(), String::new());
    loop {
        let (status, page) = get(app, login, &format!("/repositories?limit={limit}{after}")).await;
        assert_eq!(status, 200, "{page}");
        for one in page["items"].as_array().unwrap() {
            let text = |field: &str| one[field].as_str().unwrap().to_owned();
            assert!(seen.insert((text("service"), text("name"))), "listed twice: {one}");
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return seen,
        }
    }
}

/// Returns all repositories from which `check` lets a subject pull.
async fn pulled(app: &App, subject: &str, all: &[(&str, String)]) -> BTreeSet<(String, String)> {
    let mut pulled = BTreeSet::new();
    for some in all.chunks(500) {
        let question = |(service, name): &(&str, String)| {
            json!({"subject": subject, "service": service, "scope": format!("repository:{name}:pull"),
                "address": "127.0.0.1"})
        };
        let questions: Vec<Value> = some.iter().map(question).collect();
        let answers = app.must("POST", "/check", json!({"questions": questions})).await;
        for ((service, name), answer) in some.iter().zip(answers["answers"].as_array().unwrap()) {
            if answer["granted"]
                .as_array()
                .unwrap_or_else(|| panic!("{answer}"))
                .iter()
                .any(|entry| entry["actions"].as_array().unwrap().contains(&json!("pull")))
            {
                pulled.insert(((*service).to_owned(), name.clone()));
            }
        }
    }
    pulled
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_a_repository_for_which_check_refuses_pull() {
    let app = App::spawn_unthrottled().await;
    let mut dice = Dice(7);
    for name in ["a", "b"] {
        app.must(
            "PUT",
            &format!("/users/{name}"),
            json!({"password": PASSWORD, "labels": {"team": ["a", "c"]}}),
        )
        .await;
    }
    let robot = Login::Key(app.robot("r", Value::Null).await);
    app.must("PUT", "/groups/g", json!({"members": ["user:a", "robot:r"]})).await;
    app.must("PUT", "/services/other", json!({})).await;
    let mut all: BTreeSet<(&str, String)> = BTreeSet::new();
    while all.len() < 120 {
        let parts: Vec<&str> = (0..=dice.below(3)).map(|_| dice.pick(&PARTS)).collect();
        all.insert((dice.pick(&["registry", "other"]), parts.join("/")));
    }
    let all: Vec<(&str, String)> = all.into_iter().collect();
    for service in ["registry", "other"] {
        let mut reports = Reports::of(&app, service, 1000);
        for (_, name) in all.iter().filter(|(of, _)| *of == service) {
            reports = reports.manifest("push", name, "v1", 'a', "a");
        }
        reports.send().await;
    }
    let people = [
        ("user:admin", Login::Password("admin")),
        ("user:a", Login::Password("a")),
        ("user:b", Login::Password("b")),
        ("robot:r", robot),
    ];
    let (mut shown, mut hidden) = (0, 0);
    for round in 0..12 {
        for number in 0..6 {
            app.rule(&format!("rule-{number}"), rule(&mut dice, app.now_seconds())).await;
        }
        for (subject, login) in &people {
            let (seen, pulled) =
                (seen(&app, login, 7 + dice.below(100)).await, pulled(&app, subject, &all).await);
            assert_eq!(seen, pulled, "round {round}: {subject}");
            shown += seen.len();
            hidden += all.len() - seen.len();
            // The same decision must come from a query for a single repository.
            for _ in 0..8 {
                let (service, name) = &all[dice.below(all.len())];
                let expected =
                    if pulled.contains(&((*service).to_owned(), name.clone())) { 200 } else { 404 };
                let (status, body) = get(&app, login, &format!("/repositories/{service}/{name}")).await;
                assert_eq!(status, expected, "round {round}: {subject} {service} {name}: {body}");
            }
        }
    }
    assert!(
        shown > 500 && hidden > 500,
        "{shown} were shown and {hidden} hidden: the test covers too little"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_sign_in_and_who_is_narrowed_sees_nothing() {
    let app = App::spawn_unthrottled().await;
    app.rule("all", json!({"subjects": ["everyone"], "names": ["**"], "actions": ["pull"]})).await;
    Reports::of(&app, "registry", 100).manifest("push", "open", "v1", 'a', "a").send().await;
    let narrowed = Login::Key(app.robot("r", json!(["repository:**:pull"])).await);
    let whole = Login::Key(app.robot("w", Value::Null).await);
    app.user("gone").await;
    assert_eq!(get(&app, &Login::Password("gone"), "/repositories").await.0, 200);
    app.must("PATCH", "/users/gone", json!({"disabled": true})).await;
    app.must("PATCH", "/robots/w", json!({"disabled": true})).await;
    for path in ["/repositories", "/repositories/registry/open", "/me/usage"] {
        assert_eq!(get(&app, &narrowed, path).await.0, 403, "{path}");
        assert_eq!(get(&app, &whole, path).await.0, 401, "{path}");
        assert_eq!(get(&app, &Login::Password("gone"), path).await.0, 401, "{path}");
    }
    assert_eq!(
        App::send(app.request("GET", "/api/v1/repositories")).await.status,
        401,
        "without a login there is no list, even if a repository is public"
    );
}
