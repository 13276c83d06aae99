//! Measures a search and a page of the catalogue with 100,000 names. `main.rs` shows the command.

use crate::helpers::{App, PASSWORD};
use crate::stock::{ask, basic};
use crate::{database, rows};
use serde_json::json;
use std::time::{Duration, Instant};

const COUNT: usize = 100_000;

/// Sends a request 21 times. Returns the median of the durations.
async fn middle(app: &App, authorization: &str, path: &str) -> Duration {
    let mut times = Vec::new();
    for _ in 0..21 {
        let began = Instant::now();
        let reply = ask(app, Some(authorization), path).await;
        times.push(began.elapsed());
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    times.sort_unstable();
    times[times.len() / 2]
}

/// Counts the names of this page of the catalogue and of the pages that its links lead to.
async fn names_of_all_pages(app: &App, authorization: &str, path: &str) -> usize {
    let (mut count, mut path) = (0, path.to_owned());
    for _ in 0..1000 {
        let reply = ask(app, Some(authorization), &path).await;
        count += reply.json()["repositories"].as_array().unwrap().len();
        let Some(link) = reply.header("link") else { return count };
        path = link.split(['<', '>']).nth(1).unwrap().to_owned();
    }
    panic!("the pages do not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_a_search_and_of_a_page() {
    let app = App::spawn_unthrottled().await;
    let url = match app.folder.database_file() {
        Some(_) => rows::beside(app.folder.path(), "portreeve"),
        None => app.folder.database_url(),
    };
    database::run(
        &url,
        &format!(
            "INSERT INTO repositories (service, name, first_seen_at, seen_at) \
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {COUNT} - 1) \
             SELECT 'registry', 'team-' || CAST(i / 10 AS TEXT) || '/service-' || CAST(i AS TEXT), 1, 1 FROM n"
        ),
    )
    .await;
    app.must("PATCH", "/services/registry", json!({"search": true})).await;
    for (name, glob) in [("all", "**"), ("few", "team-77/**"), ("end", "**/*-7777?")] {
        app.user(name).await;
        let rule = json!({"subjects": [format!("user:{name}")], "names": [glob], "actions": ["pull"]});
        app.rule(name, rule).await;
    }
    let must_hold = std::env::var("PORTREEVE_SEARCH_FIGURES").is_ok();
    for (what, user, path, results, goal) in [
        ("a search for one name, by somebody who sees all", "all", "/v1/search?q=service-77777&n=25", 1, 20),
        (
            "a search with many results, by somebody who sees all",
            "all",
            "/v1/search?q=service&n=100",
            100,
            20,
        ),
        ("a search, by somebody who sees 10", "few", "/v1/search?q=&n=25", 10, 20),
        ("a page of the catalogue, by somebody who sees 10", "few", "/v2/_catalog?n=1000", 10, 50),
        ("a page of the catalogue, by somebody who sees all", "all", "/v2/_catalog?n=1000", 1000, 50),
        // The pattern has no literal beginning, so the server must look at all names. On a slow machine the time limit ends
        // the page before it has all 10 names, and the page has a link to the next one.
        ("a page that must look at all names", "end", "/v2/_catalog?n=1000", 10, 200),
    ] {
        let authorization = basic(user, PASSWORD);
        let reply = ask(&app, Some(&authorization), path).await;
        let body = reply.json();
        let list = body["results"].as_array().or(body["repositories"].as_array()).unwrap();
        if user == "end" {
            assert_eq!(names_of_all_pages(&app, &authorization, path).await, results, "{what}");
        } else {
            assert_eq!(list.len(), results, "{what}");
            assert_eq!(reply.header("link").is_some(), results == 1000, "{what}");
        }
        let took = middle(&app, &authorization, path).await;
        eprintln!("{what}: {:.1} ms, goal {goal} ms", took.as_secs_f64() * 1000.0);
        let bound = Duration::from_millis(if must_hold { goal } else { goal * 60 });
        assert!(took <= bound, "{what}: {took:?}");
    }
}
