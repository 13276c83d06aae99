//! Measures pages of usage, pulls, activity and repositories with a year of data: 3,000 robots that use 20 repositories
//! each, daily rows for two months and monthly rows for ten, a million pulls, and 25,000 repositories.
//!
//! ```sh
//! cargo test --release --test storage reading_figures -- --ignored --nocapture --test-threads 1
//! PORTREEVE_ROBOTS=300 cargo test --test storage reading_figures -- --ignored --nocapture --test-threads 1
//! ```
#![allow(clippy::print_stdout, reason = "the figures are for the person who runs the test")]

use crate::database::{connect, text};
use crate::postgres::Cluster;
use portreeve::domain::events::{Day, Period, month_of};
use portreeve::domain::time::Timestamp;
use portreeve::storage::events::{
    ActivityFilter, EventReader, EventStore, RepositoryRange, UsageFilter, UsageTriple,
};
use sqlx::{AssertSqlSafe, Connection, Executor};
use std::time::{Duration, Instant};

const NOW: Timestamp = Timestamp::from_seconds(1_900_000_000);
const DAY: i64 = 86_400;
/// The time limit for one page. [`walk`] only measures its pages.
const GOAL: Duration = Duration::from_millis(200);

/// Returns an SQL clause that makes a table `n` of the numbers from 0 on.
fn numbers(count: i64) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {})", count - 1)
}

/// Returns a statement that inserts the usage of robots on one day or in one month. Each robot uses the base image and
/// nineteen repositories.
fn usage(robots: i64, day: &str, at: Timestamp) -> String {
    let at = at.as_micros();
    format!(
        "{} INSERT INTO daily_usage SELECT '{day}', 'registry', CASE WHEN i % 20 = 0 THEN 'base/image' \
         ELSE 'team/repository-' || (10000 + ((i / 20) * 7 + (i % 20) * 149) % 2000) END, \
         'robot-' || (10000 + i / 20), 'pull', 3, {at}, {at} + i, '192.0.2.7', 'docker/28' FROM n",
        numbers(robots * 20)
    )
}

fn statements(robots: i64, pulls: i64) -> Vec<String> {
    let days = (0..62).map(|ago| NOW.plus_seconds(-ago * DAY));
    let mut all: Vec<String> = days.map(|at| usage(robots, Day::of(at).as_str(), at)).collect();
    let months = (3..13).map(|ago| NOW.plus_seconds(-ago * 30 * DAY));
    all.extend(months.map(|at| usage(robots, month_of(Day::of(at).as_str()), at)));
    let now = NOW.as_micros();
    let digest = "'sha256:' || CASE WHEN i % 20 = 0 THEN 'base' ELSE 'd' || (i % 19 + 1) END";
    all.push(format!(
        "{} INSERT INTO digest_pulls SELECT 'registry', CASE WHEN i % 20 = 0 THEN 'base/image' \
         ELSE 'team/repository-' || (10000 + ((i / 20) * 7 + (i % 20) * 149) % 2000) END, {digest}, \
         'robot-' || (10000 + i / 20), 9, {now} - 1000000, {now} FROM n",
        numbers(robots * 20)
    ));
    // The events are a million pulls within ten days, and one deletion among each thousand.
    all.push(format!(
        "{} INSERT INTO recent_events SELECT i + 1, {now} - CAST({pulls} - i AS BIGINT) * 864000, 'registry', \
         CASE WHEN i % 1000 = 0 THEN 'delete' ELSE 'pull' END, 'team/repository-' || (10000 + i % 2000), 'v1', \
         'sha256:d' || (i % 19), 'robot-' || (10000 + i % {robots}), '192.0.2.7', 'docker/28' FROM n",
        numbers(pulls)
    ));
    all.push(format!(
        "{} INSERT INTO repositories (service, name, first_seen_at, seen_at) \
         SELECT 'registry', 'team/repository-' || (10000 + i), {now}, {now} FROM n",
        numbers(25_000)
    ));
    all.push(format!(
        "{} INSERT INTO tags (service, repository, name, digest, seen_at) \
         SELECT 'registry', 'team/repository-' || (10000 + i / 10), 'v' || (i % 10), 'sha256:d1', {now} FROM n",
        numbers(250_000)
    ));
    all
}

/// Measures a page five times, and takes the median.
macro_rules! measured {
    ($slow:ident, $name:literal, $page:expr) => {{
        let mut times = Vec::new();
        for _ in 0..5 {
            let begun = Instant::now();
            let found = $page;
            times.push((begun.elapsed(), found));
        }
        times.sort();
        let (took, found) = times[2];
        println!("  {:<46} {:>8.1} ms  {found} rows", $name, took.as_secs_f64() * 1000.0);
        if took > GOAL {
            $slow.push($name);
        }
    }};
}

async fn usage_page(reader: &mut EventReader, filter: &UsageFilter, days: i64, most: usize) -> usize {
    let period = Period { from: NOW.plus_seconds(-days * DAY), until: NOW.plus_seconds(DAY) };
    reader.list_usage(filter, &period.days(), None, most).await.unwrap().items.len()
}

/// Reads all pages of the usage of 30 days. Returns the longest time of one page, and the number of rows.
async fn walk(reader: &mut EventReader) -> (Duration, usize) {
    let period = Period { from: NOW.plus_seconds(-30 * DAY), until: NOW.plus_seconds(DAY) };
    let (mut longest, mut count, mut after) = (Duration::ZERO, 0, None::<UsageTriple>);
    loop {
        let begun = Instant::now();
        let filter = UsageFilter::default();
        let page = reader.list_usage(&filter, &period.days(), after.as_ref(), 1000).await.unwrap();
        longest = longest.max(begun.elapsed());
        count += page.items.len();
        after = page.next;
        if after.is_none() {
            return (longest, count);
        }
    }
}

/// Fills the tables and measures. `before` and `after` are statements to run before and after filling the tables.
async fn figures(url: &str, store: &EventStore, (before, after): (&str, &str)) {
    let robots: i64 = std::env::var("PORTREEVE_ROBOTS").map_or(3000, |text| text.parse().unwrap());
    let pulls = robots * 333;
    let mut connection = connect(url).await;
    let begun = Instant::now();
    connection.execute(AssertSqlSafe(before)).await.unwrap();
    for statement in statements(robots, pulls) {
        connection.execute(AssertSqlSafe(statement)).await.unwrap();
    }
    connection.execute(AssertSqlSafe(after)).await.unwrap();
    connection.close().await.unwrap();
    let rows = text(url, "SELECT CAST(COUNT(*) AS TEXT) FROM daily_usage").await;
    let size = store.bytes().await.unwrap() / 1_000_000;
    println!(
        "{}: {rows} rows of usage, {size} MB, filled in {:.0} s",
        store.kind(),
        begun.elapsed().as_secs_f64()
    );
    let mut reader = store.read().await.unwrap();
    let of = |subject: &str, repository: &str| UsageFilter {
        subject: Some(subject.to_owned()).filter(|text| !text.is_empty()),
        repository: Some(repository.to_owned()).filter(|text| !text.is_empty()),
        ..UsageFilter::default()
    };
    let period = |days: i64| Period { from: NOW.plus_seconds(-days * DAY), until: NOW.plus_seconds(DAY) };
    let mut slow: Vec<&str> = Vec::new();
    measured!(slow, "usage, 100 a page", usage_page(&mut reader, &of("", ""), 30, 100).await);
    measured!(slow, "usage, 1,000 a page", usage_page(&mut reader, &of("", ""), 30, 1000).await);
    measured!(slow, "usage of a year", usage_page(&mut reader, &of("", ""), 365, 100).await);
    measured!(slow, "usage of a robot", usage_page(&mut reader, &of("robot-10042", ""), 365, 100).await);
    measured!(slow, "usage of the base image", usage_page(&mut reader, &of("", "base/image"), 30, 100).await);
    measured!(
        slow,
        "usage of a repository, a year",
        usage_page(&mut reader, &of("", "team/repository-10149"), 365, 100).await
    );
    measured!(
        slow,
        "usage long ago, where there is none",
        usage_page(
            &mut reader,
            &UsageFilter { action: Some("push".to_owned()), ..UsageFilter::default() },
            30,
            100
        )
        .await
    );
    measured!(slow, "pulls of the base image, 1,000 a page", {
        let pulls = reader.list_pulls("sha256:base", &of("", ""), period(30), None, 1000).await;
        pulls.unwrap().items.len()
    });
    for (name, filter) in [
        ("activity, 100 a page", ActivityFilter::default()),
        (
            "activity of a repository",
            ActivityFilter {
                repository: Some("team/repository-10149".to_owned()),
                ..ActivityFilter::default()
            },
        ),
        (
            "activity of a robot",
            ActivityFilter { subject: Some("robot-10042".to_owned()), ..ActivityFilter::default() },
        ),
        (
            "activity of nobody",
            ActivityFilter { subject: Some("nobody".to_owned()), ..ActivityFilter::default() },
        ),
    ] {
        let filter = ActivityFilter { actions: vec!["pull", "push", "mount", "delete"], ..filter };
        let begun = Instant::now();
        let found = reader.list_activity(&filter, period(30), None, 100).await.unwrap();
        let took = begun.elapsed();
        println!("  {name:<46} {:>8.1} ms  {} rows", took.as_secs_f64() * 1000.0, found.items.len());
        if took > GOAL {
            slow.push(name);
        }
    }
    measured!(slow, "deletions", {
        let filter = ActivityFilter { actions: vec!["delete"], ..ActivityFilter::default() };
        reader.list_activity(&filter, period(30), None, 100).await.unwrap().items.len()
    });
    measured!(slow, "20,000 repositories looked at", {
        reader.list_repositories(&RepositoryRange::default(), 20_000).await.unwrap().len()
    });
    measured!(slow, "1,000 repositories with their tags", {
        let found = reader.list_repositories(&RepositoryRange::default(), 1000).await.unwrap();
        let tags = reader.count_tags(&found).await.unwrap();
        assert!(tags.iter().all(|tags| *tags == 10), "{tags:?}");
        found.len()
    });
    let (longest, count) = walk(&mut reader).await;
    println!(
        "  {:<46} {:>8.1} ms  {count} rows",
        "all usage, the longest page of 1,000",
        longest.as_secs_f64() * 1000.0
    );
    assert_eq!(count, usize::try_from(robots * 20).unwrap());
    assert!(slow.is_empty(), "pages took longer than {GOAL:?}: {slow:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes: its head says how to run it"]
async fn pages_are_fast_beside_a_year_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test-events.db").display());
    let store = EventStore::open(&url).await.unwrap();
    figures(&url, &store, ("PRAGMA cache_size = -1000000", "PRAGMA wal_checkpoint(TRUNCATE)")).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes: its head says how to run it"]
async fn pages_are_fast_beside_a_year_on_postgresql() {
    let cluster = Cluster::start();
    let store = EventStore::open(&cluster.url()).await.unwrap();
    figures(&cluster.url(), &store, ("SET synchronous_commit = off", "ANALYZE")).await;
    store.close().await;
}
