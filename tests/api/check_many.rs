//! Checks with many questions at once, and the rules that an explanation names.

use super::helpers::{App, PASSWORD};
use serde_json::{Value, json};

async fn world() -> App {
    let app = App::spawn().await;
    app.user("alice").await;
    app.user("bob").await;
    app.must("PUT", "/groups/web", json!({"members": ["user:alice"]})).await;
    app.rule("web", json!({"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull", "push"]}))
        .await;
    app.rule(
        "freeze",
        json!({"effect": "deny", "subjects": ["everyone"], "names": ["web/old/**"],
        "actions": ["push"]}),
    )
    .await;
    app
}

fn question(subject: &str, scope: &str) -> Value {
    json!({"subject": subject, "service": "registry", "scope": scope})
}

#[tokio::test]
async fn many_questions_are_answered_as_each_alone() {
    let app = world().await;
    app.must("PATCH", "/users/bob", json!({"disabled": true})).await;
    let scopes = [
        "repository:web/a:pull,push",
        "repository:web/old/x:push",
        "registry:catalog:*",
        "repository:A:pull",
    ];
    let subjects = ["user:alice", "user:bob", "anonymous", "user:admin"];
    let questions: Vec<Value> =
        subjects.iter().flat_map(|subject| scopes.iter().map(|scope| question(subject, scope))).collect();
    let many = app.must("POST", "/check", json!({"questions": questions})).await;
    let answers = many["answers"].as_array().unwrap();
    assert_eq!(answers.len(), questions.len());
    for (asked, answer) in questions.iter().zip(answers) {
        let alone = app.must("POST", "/check", asked.clone()).await;
        for field in ["subject", "service", "granted", "inactive", "ignored"] {
            assert_eq!(answer[field], alone[field], "{asked}: {field}");
        }
        assert_eq!(answer["why"], json!([]));
    }
    let why = app.must("POST", "/check", json!({"questions": questions, "why": true})).await;
    for (asked, answer) in questions.iter().zip(why["answers"].as_array().unwrap()) {
        let alone = app.must("POST", "/check", asked.clone()).await;
        let verdicts = |answer: &Value| -> Vec<(Value, Value)> {
            let told = answer["why"].as_array().unwrap().iter();
            told.map(|one| (one["action"].clone(), one["granted"].clone())).collect()
        };
        assert_eq!(verdicts(answer), verdicts(&alone), "{asked}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_of_every_question() {
    let app = world().await;
    let body = json!({"questions": [
        question("user:alice", "repository:a:pull"),
        question("user:nobody", "repository:a:pull"),
        question("alice", "repository:a:pull"),
        {"subject": "user:alice", "service": "elsewhere", "scope": "repository:a:pull"},
        {"subject": "user:alice"},
        7,
        {"subject": "anonymous", "service": "registry", "scope": "repository:a:pull",
            "access_key": "00000000-0000-4000-8000-000000000000"},
    ]});
    let reply = app.api("POST", "/check", body).await;
    assert_eq!(reply.status, 422, "{}", reply.text);
    let told = reply.json();
    let fields: Vec<&str> =
        told["errors"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    for field in
        ["questions[1]", "questions[2].subject", "questions[4]", "questions[5]", "questions[6].access_key"]
    {
        assert!(fields.contains(&field), "{field}: {told}");
    }
    assert!(!fields.iter().any(|field| field.starts_with("questions[0]")));
    let elsewhere = json!({"questions": [{"subject": "anonymous", "service": "elsewhere", "scope": "repository:a:pull"}]});
    let reply = app.api("POST", "/check", elsewhere).await;
    assert!(reply.status == 422 && reply.text.contains("questions[0]"), "{}", reply.text);
    let one = question("anonymous", "repository:a:pull");
    let wide: Vec<String> = (0..64).map(|n| format!("repository:a{n}:pull")).collect();
    let wide = question("anonymous", &wide.join(" "));
    for (body, status) in [
        (json!({"questions": []}), 422),
        (json!({"questions": "x"}), 422),
        (json!({"questions": vec![one.clone(); 500]}), 200),
        (json!({"questions": vec![one.clone(); 501]}), 422),
        (json!({"questions": vec![wide.clone(); 31]}), 200),
        (json!({"questions": vec![wide; 32]}), 422),
        (json!({"questions": [one], "unknown": true}), 422),
    ] {
        let text = body.to_string();
        let reply = app.api("POST", "/check", body).await;
        assert_eq!(reply.status, status, "{}: {}", text.chars().take(80).collect::<String>(), reply.text);
    }
    let own = json!({"questions": [question("user:alice", "repository:a:pull")]});
    assert_eq!(app.api_as(("alice", PASSWORD), "POST", "/check", Some(own)).await.status, 403);
}

#[tokio::test]
async fn an_explanation_tells_of_each_rule_which_fields_do_not_match() {
    let app = world().await;
    app.rule(
        "off",
        json!({"enabled": false, "subjects": ["user:bob"], "names": ["web/**"], "actions": ["push"]}),
    )
    .await;
    app.rule(
        "later",
        json!({"subjects": ["user:bob"], "names": ["web/**"], "actions": ["push"],
        "not_before": "2100-01-01T00:00:00Z", "networks": ["192.0.2.0/24"]}),
    )
    .await;
    app.rule(
        "far",
        json!({"subjects": ["group:web"], "services": ["other"], "type": "registry", "names": ["catalog"],
        "actions": ["*"]}),
    )
    .await;
    let considered = |answer: &Value, at: usize| -> Vec<(String, String, Vec<String>)> {
        let all = answer["why"][at]["considered"].as_array().unwrap().iter();
        all.map(|one| {
            let fields = one["fields"].as_array().unwrap().iter();
            let fields = fields.map(|field| field.as_str().unwrap().to_owned()).collect();
            (one["rule"].as_str().unwrap().to_owned(), one["effect"].as_str().unwrap().to_owned(), fields)
        })
        .collect()
    };
    let row = |rule: &str, effect: &str, fields: &[&str]| {
        let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        (rule.to_owned(), effect.to_owned(), fields)
    };
    let answer = app.must("POST", "/check", question("user:bob", "repository:web/site:push")).await;
    assert_eq!(
        considered(&answer, 0),
        [
            row("freeze", "deny", &["name"]),
            row("web", "allow", &["subject"]),
            row("admins", "allow", &["subject"]),
            row("later", "allow", &["network", "time"]),
        ],
        "{answer}"
    );
    let answer = app.must("POST", "/check", question("user:alice", "repository:web/old/x:pull,push")).await;
    let push = considered(&answer, 1);
    assert!(
        push.contains(&row("freeze", "deny", &[])) && push.contains(&row("web", "allow", &[])),
        "{answer}"
    );
    assert_eq!(considered(&answer, 0)[0], row("web", "allow", &[]));
    assert!(considered(&answer, 0).contains(&row("freeze", "deny", &["action"])), "{answer}");
    // People who ask about themselves see only rules that apply to them.
    let body = json!({"scope": "repository:web/site:push"});
    let own = app.api_as(("bob", PASSWORD), "POST", "/me/check", Some(body)).await.json();
    let rules: Vec<String> = considered(&own, 0).into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(rules, ["freeze", "later"], "{own}");
}

#[tokio::test]
async fn of_very_many_rules_the_nearest_are_told() {
    let app = world().await;
    let lines: String = (0..300)
        .map(|n| {
            let names = if n == 250 { "shop/api/x".to_owned() } else { format!("shop/app{n}/**") };
            let rule = json!({"kind": "rule", "name": format!("r{n}"), "subjects": ["user:alice"], "names": [names],
                "actions": ["push"]});
            format!("{rule}\n")
        })
        .collect();
    let request = app.request("POST", "/api/v1/apply").basic_auth("admin", Some(super::helpers::ADMIN.1));
    App::send(request.header("content-type", "application/x-ndjson").body(lines)).await;
    let answer = app.must("POST", "/check", question("user:alice", "repository:shop/api/y:push")).await;
    let considered = answer["why"][0]["considered"].as_array().unwrap();
    assert_eq!(considered.len(), 20);
    assert_eq!(considered[0], json!({"rule": "r250", "effect": "allow", "fields": ["name"]}), "{answer}");
    assert_eq!(
        answer["why"][0]["near_misses"][0]["rule"], "r250",
        "sorted by the length of the common beginning"
    );
}
