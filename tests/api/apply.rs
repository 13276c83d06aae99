//! `/apply`: files become the state of the server, completely or not at all.

use super::audit::assert_unbroken;
use super::helpers::{ADMIN, App, PASSWORD, Reply};
use super::traps_requests::harbour;
use portreeve::domain::change::ChangeRecord;
use serde_json::{Value, json};

pub const YAML: &str = "application/yaml";
const NDJSON: &str = "application/x-ndjson";

pub async fn apply(app: &App, query: &str, kind: &str, body: &str) -> Reply {
    let request = app.request("POST", &format!("/api/v1/apply{query}")).basic_auth(ADMIN.0, Some(ADMIN.1));
    App::send(request.header("content-type", kind).body(body.to_owned())).await
}

pub async fn applied(app: &App, query: &str, kind: &str, body: &str) -> Value {
    let reply = apply(app, query, kind, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

/// Reads the number of the last change.
async fn last_change(app: &App) -> i64 {
    let page = app.must("GET", "/changes?order=desc&limit=1", Value::Null).await;
    page["items"][0]["seq"].as_i64().unwrap()
}

pub const TEAM: &str = "\
# Who may do what.
kind: group
name: web
description: The web team
members: [\"user:wendy\", \"robot:ci\"]
---
kind: user
name: wendy
labels: {team: [web]}
---
kind: robot
name: ci
---
kind: rule
name: web
subjects: [\"group:web\"]
names: [\"web/**\"]
actions: [pull, push]
";

fn summary(created: u64, updated: u64, deleted: u64, unchanged: u64) -> Value {
    json!({"created": created, "updated": updated, "deleted": deleted, "unchanged": unchanged})
}

#[tokio::test(flavor = "multi_thread")]
async fn files_become_the_state_and_a_second_apply_changes_nothing() {
    let app = App::spawn().await;
    let before = last_change(&app).await;
    let dry = applied(&app, "?dry_run=true", YAML, TEAM).await;
    assert_eq!((dry["dry_run"].clone(), dry["summary"].clone()), (json!(true), summary(4, 0, 0, 0)));
    assert_eq!(last_change(&app).await, before, "a dry run changes nothing");
    assert_eq!(app.api("GET", "/users/wendy", Value::Null).await.status, 404);

    let done = applied(&app, "", YAML, TEAM).await;
    assert_eq!((done["dry_run"].clone(), done["summary"].clone()), (json!(false), summary(4, 0, 0, 0)));
    assert_eq!(done["changes"], dry["changes"], "the dry run printed the same plan");
    assert_eq!(done["decisions"], dry["decisions"]);
    let group = app.must("GET", "/groups/web", Value::Null).await;
    assert_eq!(group["members"], json!(["robot:ci", "user:wendy"]));
    app.must("PATCH", "/users/wendy", json!({"password": PASSWORD})).await;
    let token = app.token(Some(("wendy", PASSWORD)), "scope=repository:web/a:pull,push").await;
    assert_eq!(token.granted(), "repository:web/a:pull,push", "the change is in force when it is answered");

    let before = last_change(&app).await;
    let again = applied(&app, "", YAML, TEAM).await;
    assert_eq!((again["summary"].clone(), again["changes"].clone()), (summary(0, 0, 0, 4), json!([])));
    assert_eq!((again["decisions"].clone(), last_change(&app).await), (json!([]), before));
    let token = app.token(Some(("wendy", PASSWORD)), "scope=repository:web/a:pull").await;
    assert_eq!(token.status, 200, "the password is unchanged");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_tells_fields_members_and_decisions() {
    let app = App::spawn().await;
    applied(&app, "", YAML, TEAM).await;
    let changed = TEAM
        .replace("actions: [pull, push]", "actions: [pull]")
        .replace("\"user:wendy\", \"robot:ci\"", "\"robot:ci\"");
    let plan = applied(&app, "?dry_run=true", YAML, &changed).await;
    assert_eq!(plan["summary"], summary(0, 2, 0, 2));
    assert_eq!(
        plan["changes"],
        json!([
            {"action": "update", "kind": "rule", "name": "web",
             "fields": [{"field": "actions", "before": ["pull", "push"], "after": ["pull"]}]},
            {"action": "update", "kind": "group", "name": "web",
             "fields": [{"field": "members", "before": "user:wendy", "after": null}]},
        ])
    );
    let decisions = plan["decisions"].as_array().unwrap();
    let told = |subject: &str, action: &str| {
        decisions.iter().any(|decision| {
            decision["selector"] == subject
                && decision["action"] == action
                && decision["name"] == "web/**"
                && decision["before"] == true
                && decision["after"] == false
        })
    };
    assert!(told("group:web", "push"), "{decisions:?}");
    assert!(told("user:wendy", "pull") && told("user:wendy", "push"), "{decisions:?}");
    assert!(!told("group:web", "pull"), "{decisions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_document_and_nothing_is_applied_and_every_error_is_told() {
    let app = App::spawn().await;
    let before = last_change(&app).await;
    let files = [
        "{\"kind\":\"user\",\"name\":\"fine\"}",
        "{\"kind\":\"rule\",\"name\":\"r\",\"subjects\":[\"everyone\"],\"names\":[\"a/**b\"],\"actions\":[]}",
        "{\"kind\":\"user\",\"name\":\"a b\"}",
        "{\"kind\":\"castle\",\"name\":\"x\"}",
        "{\"kind\":\"user\",\"name\":\"p\",\"password\":\"in the clear in a file\"}",
        "{\"kind\":\"user\",\"name\":\"fine\"}",
        "{\"kind\":\"group\",\"name\":\"g\",\"members\":[\"user:nobody\"]}",
        "{\"kind\":\"user\",\"name\":\"FINE\"}",
        "{\"kind\":\"user\",\"name\":\"k\",\"surprise\":1}",
        "{\"kind\":\"user\",\"kind\":\"user\",\"name\":\"twice\"}",
        "[]",
        "{",
    ];
    let reply = apply(&app, "", NDJSON, &files.join("\n")).await;
    assert_eq!(reply.status, 422, "{}", reply.text);
    let errors: Vec<(String, String)> = reply.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["field"].as_str().unwrap().to_owned(), e["message"].as_str().unwrap().to_owned()))
        .collect();
    for (field, message) in [
        ("document 2 (rule r): names[0]", "byte"),
        ("document 2 (rule r): actions", "not empty"),
        ("document 3 (user a b): name", "not a name"),
        ("document 4 (castle x): kind", "must be"),
        ("document 5 (user p): password", "does not belong"),
        ("document 6 (user fine)", "twice"),
        ("document 7 (group g): members[0]", "create it first"),
        ("document 8 (user FINE)", "upper and lower case"),
        ("document 9 (user k)", "surprise"),
        ("document 10", "the key `kind` is given twice"),
        ("document 11", "must be an object"),
        ("document 12", "line 12"),
    ] {
        let found = errors.iter().any(|(f, m)| f.starts_with(field) && m.contains(message));
        assert!(found, "{field}: {message} in {errors:#?}");
    }
    assert!(!reply.text.contains("in the clear"), "{}", reply.text);
    assert_eq!(last_change(&app).await, before);
    assert_eq!(app.api("GET", "/users/fine", Value::Null).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_files_are_refused() {
    let app = App::spawn().await;
    let before = last_change(&app).await;
    let mut bomb = String::from("kind: rule\nname: b\na0: &a0 [xxxxxxxxxxxxxxxx]\n");
    for i in 1..30 {
        let alias = format!("*a{}", i - 1);
        bomb.push_str(&format!("a{i}: &a{i} [{}]\n", vec![alias; 10].join(", ")));
    }
    for (body, kind, status) in [
        ("kind: user\nname: a\nname: b\n", YAML, 422),
        ("kind: [", YAML, 422),
        (bomb.as_str(), YAML, 422),
        ("kind: user\nname: a", "application/json", 415),
        ("kind: user\nname: a", "text/plain", 415),
    ] {
        let reply = apply(&app, "", kind, body).await;
        assert_eq!(reply.status, status, "{kind} {body:.20}: {}", reply.text);
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    }
    for query in ["?prune=true", "?owner=", "?dry_run=maybe", "?what=1", "?owner=a%0Ab"] {
        assert_eq!(apply(&app, query, YAML, TEAM).await.status, 422, "{query}");
    }
    assert_eq!(last_change(&app).await, before);
    let empty = applied(&app, "", YAML, "").await;
    assert_eq!(empty["summary"], summary(0, 0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn pruning_deletes_only_what_the_owner_has_of_kinds_in_the_files() {
    let app = harbour().await;
    app.must("PUT", "/groups/keep", json!({"members": ["user:alice"], "managed_by": "git"})).await;
    let done = applied(&app, "?owner=git", YAML, TEAM).await;
    assert_eq!(done["summary"], summary(4, 0, 0, 0));
    assert_eq!(app.must("GET", "/rules/web", Value::Null).await["managed_by"], "git");

    let fewer: String = TEAM.replace("kind: user\nname: wendy\nlabels: {team: [web]}\n---\n", "");
    let fewer = fewer.replace("\"user:wendy\", ", "").replace("name: web\nsubjects", "name: other\nsubjects");
    let kept = applied(&app, "?owner=git&dry_run=true", YAML, &fewer).await;
    assert_eq!(kept["summary"]["deleted"], 0, "without `prune` nothing is deleted");
    let pruned = applied(&app, "?owner=git&prune=true", YAML, &fewer).await;
    assert_eq!(pruned["summary"], summary(1, 1, 2, 1));
    let gone: Vec<String> = pruned["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["action"] == "delete")
        .map(|change| format!("{} {}", change["kind"].as_str().unwrap(), change["name"].as_str().unwrap()))
        .collect();
    assert_eq!(gone, ["rule web", "group keep"], "wendy is a user, and no user is in the file");
    assert_eq!(app.api("GET", "/users/wendy", Value::Null).await.status, 200);
    assert_eq!(app.api("GET", "/rules/team", Value::Null).await.status, 200, "the object has no owner");

    let theirs = apply(&app, "?owner=other", YAML, &fewer).await;
    assert_eq!(theirs.status, 422);
    assert!(theirs.text.contains("belongs to `git`"), "{}", theirs.text);
    let differs = apply(&app, "?owner=git", YAML, "kind: user\nname: x\nmanaged_by: other\n").await;
    assert!(differs.status == 422 && differs.text.contains("differs from the owner"), "{}", differs.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_still_name_is_not_pruned_and_nobody_is_shut_out() {
    let app = App::spawn().await;
    applied(&app, "?owner=git", YAML, TEAM).await;
    app.rule("mine", json!({"subjects": ["user:wendy"], "names": ["x"], "actions": ["pull"]})).await;
    let before = last_change(&app).await;
    let other = "kind: user\nname: other\n";
    let named = apply(&app, "?owner=git&prune=true", YAML, other).await;
    assert_eq!((named.status, named.json()["rules"].clone()), (409, json!(["mine"])), "{}", named.text);
    assert_eq!(last_change(&app).await, before);

    app.must("PATCH", "/users/admin", json!({"managed_by": "git"})).await;
    app.must("DELETE", "/rules/mine", Value::Null).await;
    let before = last_change(&app).await;
    let last = apply(&app, "?owner=git&prune=true", YAML, other).await;
    assert_eq!(last.status, 409, "{}", last.text);
    assert!(last.text.contains("admin"), "{}", last.text);
    let demoted = apply(&app, "", YAML, "kind: user\nname: admin\nmanaged_by: git\n").await;
    assert_eq!(demoted.status, 409, "{}", demoted.text);
    assert!(demoted.text.contains("last administrator"), "{}", demoted.text);
    assert_eq!(last_change(&app).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_may_be_another_one_in_whatever_order() {
    let app = App::spawn().await;
    let hash =
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZSBzYWx0IGhlcmU$C5ZQCzHIBKvbYLFMHfZ1lAkmhOk2qNrpGJH2UnMvxWE";
    let body =
        format!("kind: user\nname: admin\n---\nkind: user\nname: zoe\nadmin: true\npassword_hash: {hash}\n");
    let keyless =
        body.lines().filter(|line| !line.starts_with("password_hash")).collect::<Vec<_>>().join("\n");
    assert_eq!(
        apply(&app, "", YAML, &keyless).await.status,
        409,
        "an administrator who cannot sign in does not count"
    );
    let done = applied(&app, "", YAML, &body).await;
    assert_eq!(done["summary"], summary(1, 1, 0, 0));
    assert_eq!(app.api("GET", "/users", Value::Null).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_in_a_file_is_for_the_beginning_only() {
    let app = App::spawn().await;
    let hash = |text: &str| bcrypt::hash(text, 4).unwrap();
    let file = |text: &str| format!("kind: user\nname: old\npassword_hash: {}\n", hash(text));
    let imported = file("the password of old times");
    applied(&app, "", YAML, &imported).await;
    let login = Some(("old", "the password of old times"));
    let session = app.token(login, "offline_token=true").await.refresh_token();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let again = applied(&app, "", YAML, &imported).await;
    assert_eq!(
        again["summary"],
        summary(0, 0, 0, 1),
        "the file changes nothing, although its weak hash was replaced"
    );
    let other = applied(&app, "", YAML, &file("another password altogether")).await;
    assert_eq!(other["summary"], summary(0, 0, 0, 1));
    let renew = [("grant_type", "refresh_token"), ("refresh_token", session.as_str())];
    assert_eq!(app.post_token(&renew).await.status, 200, "the session continues");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_who_is_disabled_while_the_file_arrives_applies_nothing() {
    let app = App::spawn().await;
    app.must("PUT", "/users/eve", json!({"admin": true, "password": PASSWORD})).await;
    let (send, receive) = tokio::sync::mpsc::channel::<Result<Vec<u8>, std::io::Error>>(1);
    let parts = futures_util::stream::unfold(receive, |mut receive| async {
        receive.recv().await.map(|part| (part, receive))
    });
    let request = app.request("POST", "/api/v1/apply").basic_auth("eve", Some(PASSWORD));
    let request = request.header("content-type", YAML).body(reqwest::Body::wrap_stream(parts));
    let upload = tokio::spawn(App::send(request));
    send.send(Ok(b"kind: user\nname: mallory\n".to_vec())).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    app.must("PATCH", "/users/eve", json!({"disabled": true})).await;
    send.send(Ok(b"admin: true\n".to_vec())).await.unwrap();
    drop(send);
    assert_eq!(upload.await.unwrap().status, 401);
    assert_eq!(app.api("GET", "/users/mallory", Value::Null).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_is_not_taken_by_a_file_without_owner() {
    let app = App::spawn().await;
    app.must("PUT", "/users/theirs", json!({"managed_by": "team"})).await;
    let taken = apply(&app, "", YAML, "kind: user\nname: theirs\ndisabled: true\n").await;
    assert!(taken.status == 422 && taken.text.contains("belongs to `team`"), "{}", taken.text);
    applied(&app, "", YAML, "kind: user\nname: theirs\ndisabled: true\nmanaged_by: team\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_rules_hold_when_the_answer_comes() {
    let app = App::spawn().await;
    let mut body = String::new();
    for i in 0..10_000 {
        let rule = json!({"kind": "rule", "name": format!("r{i:05}"), "subjects": ["everyone"],
            "names": [format!("p{i}/**")], "actions": ["pull"]});
        body.push_str(&format!("{rule}\n"));
    }
    let started = std::time::Instant::now();
    let done = applied(&app, "?owner=load", NDJSON, &body).await;
    println!("10,000 rules took {:?}", started.elapsed());
    assert_eq!(done["summary"], summary(10_000, 0, 0, 0));
    assert_eq!(
        (done["changes"].as_array().unwrap().len(), done["changes_omitted"].clone()),
        (1000, json!(9000))
    );
    assert_eq!(app.token(None, "scope=repository:p9999/a:pull").await.granted(), "repository:p9999/a:pull");
    let request = app.request("GET", "/api/v1/changes").basic_auth(ADMIN.0, Some(ADMIN.1));
    let trail = App::send(request.header("accept", NDJSON)).await;
    let records: Vec<ChangeRecord> =
        trail.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(records.len() > 10_000);
    assert_unbroken(&records);
    let one = &records[records.len() - 1];
    assert!(records[records.len() - 10_000..].iter().all(|record| record.tx == one.tx), "in one transaction");
}
