//! `/who-can`: the subjects that may do something.

use super::helpers::App;
use serde_json::{Value, json};

async fn port() -> App {
    let app = App::spawn().await;
    for name in ["alice", "bob", "carol", "prod"] {
        app.must("PUT", &format!("/users/{name}"), json!({})).await;
    }
    app.must("PUT", "/robots/ci", json!({})).await;
    app.must("PUT", "/groups/ops", json!({"members": ["user:alice", "user:bob"]})).await;
    let rule = |subjects: Value, names: &str, actions: Value| json!({"subjects": subjects, "names": [names], "actions": actions});
    app.rule("ops", rule(json!(["group:ops"]), "prod/**", json!(["pull", "push"]))).await;
    app.rule("ci", rule(json!(["robot:ci"]), "prod/*", json!(["push"]))).await;
    app.rule("own", rule(json!(["authenticated"]), "${subject}/**", json!(["*"]))).await;
    app
}

fn list(answer: &Value, what: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    answer["items"].as_array().unwrap().iter().map(|item| (text(&item[what]), text(&item["rule"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn selectors_are_listed_with_the_rule_and_its_condition() {
    let app = port().await;
    let answer = app.must("GET", "/who-can?name=prod/api&action=push", Value::Null).await;
    assert_eq!(
        list(&answer, "selector"),
        pairs(&[
            ("authenticated", "own"),
            ("group:admins", "admins"),
            ("group:ops", "ops"),
            ("robot:ci", "ci")
        ])
    );
    assert!(answer["items"][0]["condition"].as_str().unwrap().contains("prod"), "{answer}");
    assert_eq!(answer["items"][2]["condition"], Value::Null);
    let first = app.must("GET", "/who-can?name=prod/api&action=push&limit=3", Value::Null).await;
    let rest = format!("/who-can?name=prod/api&action=push&after={}", first["next"].as_str().unwrap());
    let rest = app.must("GET", &rest, Value::Null).await;
    assert_eq!((list(&rest, "selector"), rest["next"].clone()), (pairs(&[("robot:ci", "ci")]), Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn subjects_are_listed_one_by_one_and_agree_with_check() {
    let app = port().await;
    app.must("PATCH", "/users/bob", json!({"disabled": true})).await;
    let ask = "/who-can?type=repository&service=registry&name=prod/api&action=push&expand=true";
    let answer = app.must("GET", ask, Value::Null).await;
    assert_eq!(
        list(&answer, "subject"),
        pairs(&[("robot:ci", "ci"), ("user:admin", "admins"), ("user:alice", "ops"), ("user:prod", "own")])
    );
    let holders: Vec<String> = list(&answer, "subject").into_iter().map(|(subject, _)| subject).collect();
    for subject in
        ["anonymous", "robot:ci", "user:admin", "user:alice", "user:bob", "user:carol", "user:prod"]
    {
        let check = json!({"subject": subject, "service": "registry", "scope": "repository:prod/api:push"});
        let check = app.must("POST", "/check", check).await;
        let granted = !check["granted"].as_array().unwrap().is_empty();
        assert_eq!(granted, holders.iter().any(|holder| holder == subject), "{subject}: {check}");
    }
    app.rule("all", json!({"subjects": ["everyone"], "names": ["prod/**"], "actions": ["push"]})).await;
    let first = app.must("GET", &format!("{ask}&limit=1"), Value::Null).await;
    assert_eq!(list(&first, "subject"), pairs(&[("anonymous", "all")]), "the list ends at the limit");
    app.must("DELETE", "/rules/all", Value::Null).await;
    let mut walked = Vec::new();
    let mut after = String::new();
    loop {
        let page = app.must("GET", &format!("{ask}&limit=1{after}"), Value::Null).await;
        walked.extend(list(&page, "subject"));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(walked, list(&answer, "subject"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_cannot_be_answered_says_why() {
    let app = port().await;
    for (query, status, field) in [
        ("?name=a&action=pull&expand=true&after=bm9ib2R5", 422, "after"),
        ("", 422, "name"),
        ("?name=a", 422, "action"),
        ("?name=a&action=PULL", 422, "action"),
        ("?name=a&action=pull&type=A", 422, "type"),
        ("?name=a&action=pull&address=here", 422, "address"),
        ("?name=a&action=pull&at=soon", 422, "at"),
        ("?name=a&action=pull&limit=0", 422, "limit"),
        ("?name=a&action=pull&expand=maybe", 422, "expand"),
        ("?name=a&action=pull&what=1", 422, ""),
    ] {
        let reply = app.api("GET", &format!("/who-can{query}"), Value::Null).await;
        assert_eq!(reply.status, status, "{query}: {}", reply.text);
        let errors = reply.json()["errors"].clone();
        assert!(errors.as_array().unwrap().iter().any(|error| error["field"] == field), "{query}: {errors}");
    }
    let name =
        app.api("GET", "/who-can?name=Team/App&action=pull", Value::Null).await.json()["errors"].clone();
    assert_eq!(name[0]["message"], "repository names are lower case: write `team/app`");
    let unknown = app.api("GET", "/who-can?name=a&action=pull&service=elsewhere", Value::Null).await;
    assert_eq!(unknown.status, 404);
    app.must("PUT", "/services/second", json!({})).await;
    let which = app.api("GET", "/who-can?name=a&action=pull", Value::Null).await;
    assert!(which.status == 422 && which.text.contains("service"), "{}", which.text);
}
