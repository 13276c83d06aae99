//! Lists: prefixes, pages, and properties that remain true while others write.

use super::helpers::{App, PASSWORD};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

fn names(page: &Value, field: &str) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}

/// Every list in these tests has fewer entries.
const MOST: usize = 5000;

/// Reads all pages of a list, and returns the names.
async fn walk(app: &App, path: &str, limit: usize, field: &str) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let sign = if path.contains('?') { '&' } else { '?' };
        let page = app.must("GET", &format!("{path}{sign}limit={limit}{after}"), Value::Null).await;
        let found = names(&page, field);
        assert!(found.len() <= limit);
        all.extend(found);
        assert!(all.len() < MOST, "{path} has no end");
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_noun_is_listed_whole_bytewise_and_by_prefix() {
    let app = App::spawn().await;
    let rule = json!({"subjects": ["everyone"], "names": ["a"], "actions": ["pull"]});
    let upper = ["A", "B-1", "Z", "a", "a-b", "ab", "b"];
    let lower = ["0", "a", "a-b", "a.b", "ab", "b"];
    for (noun, own, body) in [
        ("users", &upper[..1], json!({"labels": {"k": ["v"]}})),
        ("groups", &upper[..], json!({})),
        ("services", &upper[..], json!({})),
        ("rules", &lower[..], rule),
    ] {
        for name in own {
            app.must("PUT", &format!("/{noun}/{name}"), body.clone()).await;
        }
        let built_in = match noun {
            "users" => "admin",
            "services" => "registry",
            _ => "admins",
        };
        let mut expected: Vec<String> =
            own.iter().chain([&built_in]).map(|name| (*name).to_owned()).collect();
        expected.sort();
        for limit in [1, 2, 3, 100] {
            assert_eq!(walk(&app, &format!("/{noun}"), limit, "name").await, expected, "{noun} by {limit}");
        }
        let prefixed: Vec<&String> = expected.iter().filter(|name| name.starts_with('a')).collect();
        assert_eq!(walk(&app, &format!("/{noun}?q=a"), 1, "name").await.iter().collect::<Vec<_>>(), prefixed);
        let page = app.must("GET", &format!("/{noun}?q={}", own[0]), Value::Null).await;
        let one = app.must("GET", &format!("/{noun}/{}", own[0]), Value::Null).await;
        assert_eq!(page["items"][0], one, "{noun}: an entry is the whole object");
        let none = app.must("GET", &format!("/{noun}?q=nothing-like-it"), Value::Null).await;
        assert_eq!(none, json!({"items": [], "next": null}), "{noun}");
    }
    for name in ["ci", "Ci2"] {
        app.must("PUT", &format!("/robots/{name}"), json!({})).await;
    }
    assert_eq!(walk(&app, "/robots", 1, "name").await, ["Ci2", "ci"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_sessions_are_listed_in_pages() {
    let app = App::spawn().await;
    app.user("alice").await;
    for name in ["b", "a", "b"] {
        app.must("POST", "/users/alice/access-keys", json!({"name": name})).await;
    }
    assert_eq!(walk(&app, "/users/alice/access-keys", 1, "name").await, ["a", "b", "b"]);
    assert_eq!(walk(&app, "/users/alice/access-keys?q=b", 1, "name").await, ["b", "b"]);
    for client in ["one", "two", "three"] {
        let query = format!("service=registry&offline_token=true&client_id={client}");
        app.token(Some(("alice", PASSWORD)), &query).await.refresh_token();
    }
    let clients = walk(&app, "/refresh-tokens?subject=user:alice", 2, "client_id").await;
    assert_eq!(clients, ["one", "two", "three"], "the oldest session is first");
    app.must("DELETE", "/refresh-tokens?subject=user:alice", Value::Null).await;
    assert_eq!(walk(&app, "/refresh-tokens?subject=user:alice", 2, "client_id").await, [] as [&str; 0]);
    let own = app.api_as(("alice", PASSWORD), "GET", "/me/access-keys?limit=2", None).await.json();
    assert_eq!((names(&own, "name"), own["next"].is_string()), (vec!["a".to_owned(), "b".to_owned()], true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_is_refused_with_its_parameter() {
    let app = App::spawn().await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("after=%20", "after"),
        ("after=", "after"),
        ("q=%00", "q"),
        ("page=2", ""),
        ("limit=1&limit=2", ""),
    ] {
        for list in ["users", "robots", "groups", "services", "rules"] {
            let reply = app.api("GET", &format!("/{list}?{query}"), Value::Null).await;
            assert_eq!(reply.status, 422, "{list}?{query}: {}", reply.text);
            assert_eq!(reply.json()["errors"][0]["field"], field, "{list}?{query}");
        }
    }
    assert_eq!(app.api("GET", "/rules?warnings=maybe", Value::Null).await.status, 422);
    assert_eq!(app.api("GET", "/refresh-tokens", Value::Null).await.status, 422);
    assert_eq!(app.api("GET", "/refresh-tokens?subject=alice", Value::Null).await.status, 422);
    assert_eq!(app.api("GET", "/refresh-tokens?subject=user:nobody", Value::Null).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_misses_and_repeats_nothing_while_others_write() {
    let app = Arc::new(App::spawn().await);
    let stable: Vec<String> = (0..30).map(|i| format!("m{i:02}")).collect();
    for name in &stable {
        app.must("PUT", &format!("/groups/{name}"), json!({})).await;
    }
    let (stop, rounds) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let writer = {
        let (app, stop, rounds) = (app.clone(), stop.clone(), rounds.clone());
        tokio::spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                let round = rounds.load(Ordering::SeqCst);
                // These names sort before, between and after the entries that stay.
                for name in [format!("a{round}"), format!("m{:02}x", round % 30), format!("z{round}")] {
                    app.must("PUT", &format!("/groups/{name}"), json!({})).await;
                    app.must("DELETE", &format!("/groups/{name}"), Value::Null).await;
                }
                rounds.fetch_add(1, Ordering::SeqCst);
            }
        })
    };
    // Reads the list at least 15 times, and until the writer has made ten rounds.
    for walks in 0.. {
        assert!(walks < 2000, "the writer made too few rounds");
        if walks >= 15 && rounds.load(Ordering::SeqCst) >= 10 {
            break;
        }
        let walked = walk(&app, "/groups", 3, "name").await;
        let seen: Vec<&String> = walked.iter().filter(|name| stable.contains(name)).collect();
        assert_eq!(seen, stable.iter().collect::<Vec<_>>());
    }
    stop.store(true, Ordering::SeqCst);
    writer.await.unwrap();
}
