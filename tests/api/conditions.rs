//! `ETag`, `If-Match` and `If-None-Match`: no change is lost.

use super::audit::assert_unbroken;
use super::helpers::{ADMIN, App};
use portreeve::domain::change::ChangeRecord;
use serde_json::{Value, json};
use std::sync::Arc;

async fn tag(app: &App, path: &str) -> String {
    app.api("GET", path, Value::Null).await.header("etag").unwrap().to_owned()
}

/// Lists objects with a version: the path of each, a body, and another body.
fn objects() -> Vec<(&'static str, Value, Value)> {
    let rule = json!({"subjects": ["everyone"], "names": ["a"], "actions": ["pull"]});
    let mut other = rule.clone();
    other["priority"] = json!(1);
    vec![
        ("/users/u", json!({}), json!({"disabled": true})),
        ("/robots/r", json!({}), json!({"description": "x"})),
        ("/groups/g", json!({}), json!({"description": "x"})),
        ("/services/s", json!({}), json!({"token_ttl": 60})),
        ("/rules/x", rule, other),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_object_has_a_version_that_guards_its_writes() {
    let app = App::spawn().await;
    for (path, body, other) in objects() {
        let made = app.api_with("PUT", path, ("if-none-match", "*"), Some(body.clone())).await;
        assert_eq!(made.status, 201, "{path}: {}", made.text);
        let first = made.header("etag").unwrap().to_owned();
        assert!(first.starts_with('"') && first.ends_with('"'), "{path}: {first}");
        assert_eq!(tag(&app, path).await, first, "{path}");
        let exists = app.api_with("PUT", path, ("if-none-match", "*"), Some(body.clone())).await;
        assert_eq!(exists.status, 412, "{path}");
        let same = app.api("PUT", path, body.clone()).await;
        assert_eq!(same.header("etag"), Some(first.as_str()), "{path}: the write changes nothing");

        let known = app.api_with("GET", path, ("if-none-match", &format!("\"0\", W/{first}")), None).await;
        assert_eq!((known.status, known.text.as_str()), (304, ""), "{path}");
        assert_eq!(known.header("etag"), Some(first.as_str()));
        assert_eq!(app.api_with("GET", path, ("if-none-match", "\"0\""), None).await.status, 200, "{path}");

        for (method, tags) in
            [("PUT", "\"0\""), ("PATCH", "\"0\", \"x\""), ("DELETE", "\"0\""), ("PUT", &format!("W/{first}"))]
        {
            let body = if method == "DELETE" { None } else { Some(other.clone()) };
            let stale = app.api_with(method, path, ("if-match", tags), body).await;
            assert_eq!(stale.status, 412, "{method} {path} {tags}: {}", stale.text);
            assert_eq!(tag(&app, path).await, first, "{method} {path}");
        }
        let changed =
            app.api_with("PUT", path, ("if-match", &format!("\"0\", {first}")), Some(other.clone())).await;
        assert_eq!(changed.status, 200, "{path}: {}", changed.text);
        let second = changed.header("etag").unwrap().to_owned();
        assert_ne!(first, second, "{path}");
        assert_eq!(app.api_with("PATCH", path, ("if-match", &first), Some(body)).await.status, 412, "{path}");
        assert_eq!(app.api_with("DELETE", path, ("if-match", &first), None).await.status, 412, "{path}");
        assert_eq!(
            app.api_with("PATCH", path, ("if-match", "*"), Some(json!({}))).await.status,
            200,
            "{path}"
        );
        assert_eq!(app.api_with("DELETE", path, ("if-match", &second), None).await.status, 204, "{path}");
        assert_eq!(
            app.api_with("PUT", path, ("if-match", "*"), Some(other.clone())).await.status,
            412,
            "{path}"
        );
        assert_eq!(app.api_with("PUT", path, ("if-match", &second), Some(other)).await.status, 412, "{path}");
        assert_eq!(app.api("GET", path, Value::Null).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_changes_the_version_of_the_group_and_not_of_the_user() {
    let app = App::spawn().await;
    app.must("PUT", "/users/u", json!({})).await;
    app.must("PUT", "/groups/g", json!({})).await;
    let (user, group) = (tag(&app, "/users/u").await, tag(&app, "/groups/g").await);
    let stale = app.api_with("PUT", "/groups/g/members/user:u", ("if-match", "\"0\""), None).await;
    assert_eq!(stale.status, 412);
    let joined = app.api_with("PUT", "/groups/g/members/user:u", ("if-match", &group), None).await;
    assert_eq!(joined.status, 204, "{}", joined.text);
    assert_eq!(tag(&app, "/users/u").await, user);
    let with_member = tag(&app, "/groups/g").await;
    assert_ne!(with_member, group);
    assert_eq!(app.must("GET", "/users/u", Value::Null).await["groups"], json!(["g"]));
    let gone = app.api_with("DELETE", "/groups/g/members/user:u", ("if-match", &group), None).await;
    assert_eq!(gone.status, 412);
    app.must("DELETE", "/users/u", Value::Null).await;
    assert_ne!(tag(&app, "/groups/g").await, with_member, "the deletion removed the member");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_shown_can_be_sent_back_and_read_only_fields_cannot_be_changed() {
    let app = App::spawn().await;
    for (path, body, _) in objects() {
        app.must("PUT", path, body).await;
        let shown = app.api("GET", path, Value::Null).await;
        let back = app.api("PUT", path, shown.json()).await;
        assert_eq!((back.status, back.header("etag")), (200, shown.header("etag")), "{path}: {}", back.text);
        assert_eq!(back.json(), shown.json());
    }
    for (path, field, value) in [
        ("/users/u", "groups", json!(["admins"])),
        ("/users/u", "created_at", json!("2020-01-01T00:00:00Z")),
        ("/users/u", "has_password", json!(true)),
        ("/robots/r", "groups", json!(["x"])),
        ("/users/new", "groups", json!([])),
    ] {
        for method in ["PUT", "PATCH"] {
            let reply = app.api(method, path, json!({field: value})).await;
            let refused = reply.status == 422 && reply.json()["errors"][0]["field"] == field;
            assert!(refused || (reply.status == 404 && method == "PATCH"), "{method} {path}: {}", reply.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_writers_with_one_version_exactly_one_wins_and_nothing_is_lost() {
    let app = Arc::new(App::spawn().await);
    app.must("PUT", "/groups/counter", json!({"description": "0"})).await;
    for round in 0..10_u32 {
        let before = tag(&app, "/groups/counter").await;
        let writers: Vec<_> = (0..32)
            .map(|writer| {
                let (app, before) = (app.clone(), before.clone());
                tokio::spawn(async move {
                    let body = json!({"description": format!("{} by {writer}", round + 1)});
                    app.api_with("PATCH", "/groups/counter", ("if-match", &before), Some(body)).await.status
                })
            })
            .collect();
        let mut statuses = Vec::new();
        for writer in writers {
            statuses.push(writer.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200, "round {round}");
        assert_eq!(statuses[1..], [412; 31], "round {round}");
        let now = app.must("GET", "/groups/counter", Value::Null).await;
        assert!(now["description"].as_str().unwrap().starts_with(&format!("{} by ", round + 1)), "{now}");
    }
    let request = app.request("GET", "/api/v1/changes").basic_auth(ADMIN.0, Some(ADMIN.1));
    let trail = App::send(request.header("accept", "application/x-ndjson")).await;
    let records: Vec<ChangeRecord> =
        trail.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_unbroken(&records);
    let own: Vec<&ChangeRecord> =
        records.iter().filter(|record| record.kind.as_str() == "group" && record.name == "counter").collect();
    assert_eq!(own.len(), 11, "one record for each successful write");
    for pair in own.windows(2) {
        assert_eq!(pair[0].after, pair[1].before, "each write continued from the previous one");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_each_remove_one_of_the_last_two_administrators_do_not_both_succeed() {
    let app = Arc::new(App::spawn().await);
    let password = super::helpers::PASSWORD;
    for round in 0..10 {
        app.must("PUT", "/users/second", json!({"admin": true, "password": password})).await;
        let second = ("second", password);
        let (one, other) = (app.clone(), app.clone());
        let demote = json!({"admin": false});
        let (first, last) = tokio::join!(
            tokio::spawn(
                async move { one.api_as(ADMIN, "PATCH", "/users/second", Some(demote)).await.status }
            ),
            tokio::spawn(async move { other.api_as(second, "DELETE", "/users/admin", None).await.status }),
        );
        let (first, last) = (first.unwrap(), last.unwrap());
        match (first, last) {
            (200, 409 | 401 | 403) => {}
            (409 | 401 | 403, 204) => {
                let body = json!({"admin": true, "password": ADMIN.1});
                assert_eq!(app.api_as(second, "PUT", "/users/admin", Some(body)).await.status, 201);
            }
            other => panic!("round {round}: {other:?}"),
        }
        assert_eq!(app.api("GET", "/users/admin", Value::Null).await.status, 200, "round {round}");
    }
}
