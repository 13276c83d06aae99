//! The database of events, on SQLite and on PostgreSQL.

use crate::postgres::Cluster;
use portreeve::domain::events::{Envelope, Keep, TagKey, TagSeen, Writes};
use portreeve::domain::time::Timestamp;
use portreeve::events::{Recorder, Report};
use portreeve::storage::Store;
use portreeve::storage::events::{CrawlFigures, CrawlRow, CrawlWrites, EventStore};
use serde_json::{Value, json};
use std::sync::Arc;

const NOW: Timestamp = Timestamp::from_seconds(1_900_000_000);

/// Builds an event of a manifest.
fn event(id: &str, seconds: i64, action: &str, digest: &str, tag: &str) -> Value {
    json!({
        "id": id, "timestamp": NOW.plus_seconds(seconds).to_string(), "action": action,
        "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "repository": "team/app", "tag": tag},
        "request": {"id": id, "addr": "192.0.2.1:4", "method": "GET", "useragent": "docker"},
        "actor": {"name": "alice"}, "source": {"instanceID": "one"}
    })
}

fn report(events: &[Value]) -> Arc<Vec<Report>> {
    let body = json!({"events": events}).to_string();
    let envelope = Envelope::parse(body.as_bytes(), NOW.plus_seconds(1000)).unwrap();
    assert_eq!(envelope.unusable, 0, "{:?}", envelope.fault);
    Arc::new(vec![Report { service: "registry".to_owned(), sender: String::new(), events: envelope.events }])
}

/// Reads all rows of a table or view, as text.
async fn rows(url: &str, columns: &str, table: &str) -> String {
    let parts: Vec<String> = columns.split(' ').map(|one| format!("CAST({one} AS TEXT)")).collect();
    let order = columns.split(' ').next().unwrap();
    let row = parts.join(" || ' ' || ");
    let query = format!(
        "SELECT COALESCE((SELECT STRING_AGG(one, ', ') FROM (SELECT {row} AS one FROM {table} ORDER BY {order}) AS s), '')"
    );
    crate::database::text(url, &query).await
}

/// Checks that the writes of a crawl count at the time at which the crawl began: they replace older entries, and leave
/// the entries of later events.
async fn a_crawl_gives_way(url: &str, store: &EventStore) {
    let recorder = Recorder::new(store.clone(), Keep::default());
    let at = NOW.plus_seconds(5000);
    let crawled = |id: &str, seconds: i64, action: &str, repository: &str, digest: &str, tag: &str| {
        let mut event = event(id, 5000 + seconds, action, digest, tag);
        event["target"]["repository"] = json!(repository);
        event
    };
    let before = [
        crawled("c1", -10, "push", "crawl/old", "sha256:a", "v1"),
        crawled("c2", -10, "push", "crawl/kept", "sha256:a", "v1"),
        crawled("c3", -10, "push", "crawl/kept", "sha256:a", "dropped"),
        crawled("c4", 10, "push", "crawl/kept", "sha256:b", "young"),
        crawled("c5", 10, "push", "crawl/young", "sha256:b", "v1"),
    ];
    let body = json!({"events": before}).to_string();
    let envelope = Envelope::parse(body.as_bytes(), at.plus_seconds(1000)).unwrap();
    let report = Report { service: "crawled".to_owned(), sender: String::new(), events: envelope.events };
    recorder.record(Arc::new(vec![report]), at).await.unwrap();
    let names = ["crawl/empty", "crawl/kept"].map(str::to_owned).to_vec();
    let mut found = Writes::default();
    for (name, digest, dropped) in [
        ("v1", "sha256:c", false),
        ("young", "sha256:c", false),
        ("new", "sha256:c", false),
        ("dropped", "", true),
    ] {
        let key = TagKey {
            service: "crawled".to_owned(),
            repository: "crawl/kept".to_owned(),
            name: name.to_owned(),
        };
        let times = if dropped { (None, Some(at)) } else { (Some(at), None) };
        let seen = TagSeen {
            seen_at: times.0,
            digest: digest.to_owned(),
            dropped_at: times.1,
            ..TagSeen::default()
        };
        found.tags.insert(key, seen);
    }
    store
        .write(move |mut tx| {
            Box::pin(async move {
                tx.take_numbers(1).await?;
                tx.put_crawled("crawled", &names, at).await?;
                tx.put_found(&found).await
            })
        })
        .await
        .unwrap();
    let tags = "live_tags WHERE repository = 'crawl/kept'";
    assert_eq!(rows(url, "name digest", tags).await, "new sha256:c, v1 sha256:c, young sha256:b");
    let known = store.read().await.unwrap().list_known_tags("crawled", "crawl/kept", "new", 1).await.unwrap();
    assert_eq!(known.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["v1"]);
    let unseen = store.read().await.unwrap().list_unseen("crawled", "", at, 10).await.unwrap();
    assert_eq!(unseen, ["crawl/old"], "`crawl/old` was neither crawled nor reported since");
    store
        .write(move |mut tx| {
            Box::pin(async move {
                tx.take_numbers(1).await?;
                tx.put_gone("crawled", unseen, at).await
            })
        })
        .await
        .unwrap();
    let there = "live_repositories WHERE service = 'crawled'";
    assert_eq!(rows(url, "name", there).await, "crawl/empty, crawl/kept, crawl/young");
    let mut row = CrawlRow {
        service: "crawled".to_owned(),
        started_at: at,
        cursor: "last=b".to_owned(),
        finished_at: None,
        error: "why".to_owned(),
        registry: "http://127.0.0.1:5000".to_owned(),
        replica: "one".to_owned(),
        seen_at: at,
        all_tags: true,
        figures: CrawlFigures {
            requests: 1,
            repositories: 2,
            tags: 3,
            looked_up: 4,
            skipped: 5,
            refused: 6,
            gone: 7,
        },
        kept: CrawlFigures { requests: 8, ..CrawlFigures::default() },
        holder: "first".to_owned(),
        all_tags_at: Some(at),
    };
    assert!(store.begin_crawl(row.clone(), String::new()).await.unwrap());
    let missing = || CrawlWrites {
        missing: ["v1", "young"].map(|tag| ("crawl/kept".to_owned(), tag.to_owned())).to_vec(),
        ..CrawlWrites::default()
    };
    let of = |holder: &str| ("crawled".to_owned(), holder.to_owned());
    assert!(store.write_crawl(of("first"), at, missing()).await.unwrap());
    assert!(rows(url, "name", tags).await.contains("v1"), "nothing is dropped before the end");
    // A second crawl replaces the first crawl. Later writes of the first crawl change nothing.
    let first = row.clone();
    row.holder = "second".to_owned();
    assert!(!store.begin_crawl(row.clone(), "another".to_owned()).await.unwrap());
    assert!(store.begin_crawl(row.clone(), "first".to_owned()).await.unwrap());
    row.finished_at = Some(at.plus_seconds(1));
    assert!(store.put_crawl(row.clone()).await.unwrap());
    assert!(!store.put_crawl(first).await.unwrap(), "the first crawl was replaced");
    let late = CrawlWrites { gone: vec!["crawl/kept".to_owned()], ..missing() };
    assert!(!store.write_crawl(of("first"), at, late).await.unwrap(), "the first crawl was replaced");
    assert_eq!(store.drop_missing(of("first"), at, 10).await.unwrap(), None, "the first was replaced");
    assert!(rows(url, "name", tags).await.contains("v1"));
    assert_eq!(store.drop_missing(of("second"), at, 1).await.unwrap(), Some(1));
    assert_eq!(store.drop_missing(of("second"), at, 10).await.unwrap(), Some(1));
    assert_eq!(store.drop_missing(of("second"), at, 10).await.unwrap(), Some(0));
    assert_eq!(rows(url, "name", tags).await, "new, young", "later events stay");
    assert_eq!(store.read().await.unwrap().find_crawl("crawled").await.unwrap(), Some(row.clone()));
    assert_eq!(store.read().await.unwrap().list_crawls().await.unwrap(), [row]);
}

/// Checks that two servers count each event once, and that deletions and late events lead to the right tags. `store`
/// and `other` are the stores of the servers. On SQLite, both are the same store.
async fn every_promise(url: &str, store: &EventStore, other: &EventStore) {
    assert!(store.prepare_all().await.unwrap() > 60);
    let recorder = Recorder::new(store.clone(), Keep::default());
    let first = [
        event("1", 0, "push", "sha256:a", "v1"),
        event("2", 1, "push", "sha256:b", "v1"),
        event("3", 2, "push", "sha256:a", "old"),
        event("4", 3, "pull", "sha256:b", "v1"),
    ];
    let recorded = recorder.record(report(&first), NOW).await.unwrap();
    assert_eq!((recorded.actions.values().sum::<usize>(), recorded.duplicates), (4, 0));
    assert_eq!(rows(url, "name digest", "live_tags").await, "old sha256:a, v1 sha256:b");
    assert_eq!(rows(url, "action count", "daily_usage").await, "pull 1, push 3");

    let again = recorder.record(report(&first), NOW).await.unwrap();
    assert_eq!((again.actions.len(), again.duplicates), (0, 4), "repeated events are not counted again");
    let other = Recorder::new(other.clone(), Keep::default());
    let again = other.record(report(&first[3..]), NOW).await.unwrap();
    assert_eq!(again.duplicates, 1, "another server recognizes events that this server counted");
    assert_eq!(rows(url, "action count", "daily_usage").await, "pull 1, push 3");
    assert_eq!(rows(url, "service events", "event_sources").await, "registry 4");

    // The deletion of a manifest deletes its tags. A tag that points to another manifest now stays.
    recorder.record(report(&[event("5", 10, "delete", "sha256:a", "")]), NOW).await.unwrap();
    assert_eq!(rows(url, "name digest", "live_tags").await, "v1 sha256:b");
    assert_eq!(rows(url, "digest", "live_manifests").await, "sha256:b");
    // An older push of the deleted manifest arrives late, and changes nothing.
    recorder.record(report(&[event("6", 5, "push", "sha256:a", "old")]), NOW).await.unwrap();
    assert_eq!(rows(url, "name digest", "live_tags").await, "v1 sha256:b");
}

/// Checks that new events are stored after a restore of only some tables, which left a counter behind the events.
async fn a_counter_behind_the_events_is_raised(url: &str) {
    let newest = rows(url, "seq", "(SELECT MAX(seq) AS seq FROM recent_events) AS newest").await;
    crate::database::run(url, "UPDATE event_counter SET seq = 0").await;
    let store = EventStore::open(url).await.unwrap();
    assert_eq!(rows(url, "seq", "event_counter").await, newest);
    let recorder = Recorder::new(store.clone(), Keep::default());
    recorder.record(report(&[event("7", 20, "push", "sha256:d", "v2")]), NOW).await.unwrap();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_counted_once_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test-events.db").display());
    let store = EventStore::open(&url).await.unwrap();
    every_promise(&url, &store, &store).await;
    a_crawl_gives_way(&url, &store).await;
    store.close().await;
    a_counter_behind_the_events_is_raised(&url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_counted_once_on_postgresql() {
    let cluster = Cluster::start();
    // The events and the other data share one database. Neither affects the other.
    let main = Store::open(&cluster.url()).await.unwrap();
    let one = EventStore::open(&cluster.url()).await.unwrap();
    let other = EventStore::open(&cluster.url()).await.unwrap();
    every_promise(&cluster.url(), &one, &other).await;
    a_crawl_gives_way(&cluster.url(), &one).await;
    one.close().await;
    other.close().await;
    a_counter_behind_the_events_is_raised(&cluster.url()).await;
    main.close().await;
    Store::open(&cluster.url()).await.unwrap().close().await;
    assert!(!Store::is_in_use(&cluster.url()).await.unwrap(), "a database with only events is not in use");
}
