//! `/usage`, `/pulls`, `/activity` and `/me/usage`: the use of registries by users and robots.

use super::helpers::{App, PASSWORD};
use super::registry_reports::{Reports, digest};
use portreeve::domain::events::Day;
use portreeve::domain::time::Timestamp;
use serde_json::{Value, json};

const DAY: i64 = 86_400;

/// Reads all pages of a list. Returns some fields of each item.
async fn walk(app: &App, path: &str, fields: &[&str]) -> Vec<String> {
    let (mut lines, mut after) = (Vec::new(), String::new());
    loop {
        let page = app.must("GET", &format!("{path}{after}"), Value::Null).await;
        for item in page["items"].as_array().unwrap() {
            let text = |field: &&str| match &item[*field] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            lines.push(fields.iter().map(text).collect::<Vec<_>>().join(" "));
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return lines,
        }
    }
}

const SUMS: [&str; 5] = ["service", "repository", "subject", "action", "count"];

async fn world() -> App {
    let app = App::spawn().await;
    // At noon of the next day, the event of an hour ago belongs to the same day.
    app.advance(DAY - app.now_seconds() % DAY + DAY / 2);
    app.must("PUT", "/services/other", json!({})).await;
    Reports::of(&app, "registry", 40 * DAY)
        .manifest("push", "team/app", "old", 'a', "alice")
        .manifest("pull", "team/app", "old", 'a', "early")
        .send()
        .await;
    Reports::of(&app, "registry", 2 * DAY)
        .manifest("push", "team/app", "v1", 'b', "alice")
        .manifest("pull", "team/app", "v1", 'b', "ci")
        .manifest("pull", "team/app", "v1", 'b', "ci")
        .manifest("pull", "team/app", "v1", 'b', "")
        .manifest("pull", "lib/base", "v1", 'c', "ci")
        .manifest("delete", "lib/base", "", 'c', "alice")
        .send()
        .await;
    Reports::of(&app, "other", 3600).manifest("pull", "team/app", "v1", 'b', "ci").send().await;
    app
}

fn day(app: &App, ago: i64) -> String {
    Day::of(Timestamp::from_seconds(app.now_seconds() - ago)).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_is_summed_up_by_repository_subject_and_action() {
    let app = world().await;
    let all = [
        "registry lib/base alice delete 1",
        "registry lib/base ci pull 1",
        "other team/app ci pull 1",
        "registry team/app anonymous pull 1",
        "registry team/app alice push 1",
        "registry team/app ci pull 2",
    ];
    for limit in [1, 2, 5, 100] {
        assert_eq!(walk(&app, &format!("/usage?limit={limit}"), &SUMS).await, all, "{limit}");
    }
    let (ago, today) = (day(&app, 41 * DAY), day(&app, 0));
    for (query, expected) in [
        ("subject=ci", vec![all[1], all[2], all[5]]),
        ("subject=robot:ci&limit=1", vec![all[1], all[2], all[5]]),
        ("subject=anonymous", vec![all[3]]),
        ("repository=team/app&limit=2", all[2..].to_vec()),
        ("repository=team", vec![]),
        ("q=team/&service=registry", all[3..].to_vec()),
        ("service=other", vec![all[2]]),
        ("subject=ci&repository=team/app&limit=1", vec![all[2], all[5]]),
        ("subject=ci&q=l", vec![all[1]]),
        ("action=delete", vec![all[0]]),
        ("subject=nobody", vec![]),
    ] {
        assert_eq!(walk(&app, &format!("/usage?{query}"), &SUMS).await, expected, "{query}");
    }
    let old = walk(&app, &format!("/usage?from={ago}&to={}", day(&app, 39 * DAY)), &SUMS).await;
    assert_eq!(old, ["registry team/app alice push 1", "registry team/app early pull 1"]);
    let both = walk(&app, &format!("/usage?from={ago}&subject=alice&action=push"), &SUMS).await;
    assert_eq!(both, ["registry team/app alice push 2"], "the days are added up");
    let none = walk(&app, &format!("/usage?from={today}&to={today}&subject=alice"), &SUMS).await;
    assert_eq!(none, [""; 0]);
    let page = app.must("GET", "/usage?subject=ci&service=registry&repository=team/app", Value::Null).await;
    let item = &page["items"][0];
    assert!(item["first_at"].as_str().unwrap() < item["last_at"].as_str().unwrap(), "{item}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_manifest_is_found_by_its_digest() {
    let app = world().await;
    let path = format!("/pulls?digest={}", digest('b'));
    let all =
        ["other team/app ci pull 1", "registry team/app anonymous pull 1", "registry team/app ci pull 2"];
    for limit in [1, 100] {
        assert_eq!(walk(&app, &format!("{path}&limit={limit}"), &SUMS).await, all, "{limit}");
    }
    assert_eq!(walk(&app, &format!("{path}&service=registry&subject=ci"), &SUMS).await, &all[2..]);
    assert_eq!(walk(&app, &format!("{path}&subject=anonymous"), &SUMS).await, &all[1..2]);
    assert_eq!(walk(&app, &format!("{path}&repository=team"), &SUMS).await, [""; 0]);
    assert_eq!(walk(&app, &format!("{path}&to={}", day(&app, DAY)), &SUMS).await, &all[1..]);
    let page = app.must("GET", &path, Value::Null).await;
    assert_eq!(page["items"][0]["digest"], digest('b'));
    let old = format!("/pulls?digest={}", digest('a'));
    assert_eq!(walk(&app, &old, &SUMS).await, [""; 0], "the pull is older than thirty days");
    let old = format!("{old}&from={}", day(&app, 41 * DAY));
    assert_eq!(walk(&app, &old, &SUMS).await, ["registry team/app early pull 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_listed_with_the_newest_first() {
    let app = world().await;
    let fields = ["service", "action", "repository", "subject"];
    let all = [
        "other pull team/app ci",
        "registry delete lib/base alice",
        "registry pull lib/base ci",
        "registry pull team/app anonymous",
        "registry pull team/app ci",
        "registry pull team/app ci",
        "registry push team/app alice",
    ];
    for limit in [1, 3, 100] {
        assert_eq!(walk(&app, &format!("/activity?limit={limit}"), &fields).await, all, "{limit}");
    }
    for (query, expected) in [
        ("action=delete", vec![all[1]]),
        ("repository=lib/base&limit=1", vec![all[1], all[2]]),
        ("subject=alice&limit=1", vec![all[1], all[6]]),
        ("subject=anonymous", vec![all[3]]),
        ("service=other", vec![all[0]]),
        ("q=lib/", vec![all[1], all[2]]),
    ] {
        assert_eq!(walk(&app, &format!("/activity?{query}"), &fields).await, expected, "{query}");
    }
    let of_digest = format!("/activity?digest={}", digest('c'));
    assert_eq!(walk(&app, &of_digest, &fields).await, &all[1..3]);
    let older = format!("/activity?from={}&to={}", day(&app, 41 * DAY), day(&app, 39 * DAY));
    assert_eq!(
        walk(&app, &older, &fields).await,
        ["registry pull team/app early", "registry push team/app alice"]
    );
    let item = &app.must("GET", "/activity?action=push", Value::Null).await["items"][0];
    assert_eq!((&item["tag"], &item["digest"]), (&json!("v1"), &json!(digest('b'))));
    assert_eq!((&item["address"], &item["agent"]), (&json!("192.0.2.7"), &json!("docker/28")));
    let item = &app.must("GET", "/activity?action=delete", Value::Null).await["items"][0];
    assert_eq!(item["tag"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_their_own_usage_and_nobody_elses() {
    let app = App::spawn().await;
    app.user("alice").await;
    app.advance(120);
    Reports::of(&app, "registry", 20 * DAY).manifest("pull", "before", "v1", 'a', "alice").send().await;
    // On the same day, an earlier account with the same name pulled from `just/before`.
    Reports::of(&app, "registry", 600).manifest("pull", "just/before", "v1", 'a', "alice").send().await;
    Reports::of(&app, "registry", 60)
        .manifest("pull", "team/app", "v1", 'b', "ci")
        .manifest("pull", "team/app", "v1", 'b', "alice")
        .manifest("push", "team/app", "v1", 'b', "alice")
        .send()
        .await;
    let reply = app.api_as(("alice", PASSWORD), "GET", "/me/usage", None).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let page = reply.json();
    let items = page["items"].as_array().unwrap();
    let lines: Vec<_> = items.iter().map(|one| (one["subject"].as_str(), one["action"].as_str())).collect();
    assert_eq!(lines, [(Some("alice"), Some("pull")), (Some("alice"), Some("push"))]);
    assert!(!reply.text.contains("before"), "usage of an earlier user with the same name");
    let reply = app.api_as(("alice", PASSWORD), "GET", "/me/usage?subject=ci", None).await;
    assert_eq!(reply.status, 422, "{}", reply.text);
    let reply = app.api_as(("alice", PASSWORD), "GET", "/me/usage?action=push&limit=1", None).await;
    assert_eq!(reply.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_that_do_not_fit_are_refused_by_field() {
    let app = world().await;
    let good = digest('a');
    for (path, field) in [
        ("/pulls".to_owned(), "digest"),
        ("/pulls?digest=sha256:abc".to_owned(), "digest"),
        (format!("/pulls?digest={}", good.to_uppercase()), "digest"),
        (format!("/pulls?digest={good}&from=yesterday"), "from"),
        (format!("/pulls?digest={good}&after=eA"), "after"),
        ("/usage?from=2026-02-02&to=2026-02-01".to_owned(), "from"),
        ("/activity?action=check".to_owned(), "action"),
        ("/usage?to=2026-02-30".to_owned(), "to"),
        ("/usage?subject=a%20b".to_owned(), "subject"),
        ("/usage?subject=group:a".to_owned(), "subject"),
        ("/usage?repository=UPPER".to_owned(), "repository"),
        ("/usage?service=a,b".to_owned(), "service"),
        ("/usage?action=layer".to_owned(), "action"),
        ("/usage?limit=-1".to_owned(), "limit"),
        ("/usage?after=zzz%3D".to_owned(), "after"),
        ("/usage?after=eAp4".to_owned(), "after"),
        ("/me/usage?from=2026-02-02&to=2026-02-01".to_owned(), "from"),
        ("/activity?action=fly".to_owned(), "action"),
        ("/activity?digest=x".to_owned(), "digest"),
        ("/activity?after=eAp4".to_owned(), "after"),
    ] {
        let reply = app.api("GET", &path, Value::Null).await;
        assert_eq!(reply.status, 422, "{path}: {}", reply.text);
        assert_eq!(reply.json()["errors"][0]["field"], field, "{path}: {}", reply.text);
    }
}
