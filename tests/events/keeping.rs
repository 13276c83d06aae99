//! The periods for which rows are kept, and the pseudonyms of deleted users.

use crate::database;
use crate::helpers::{App, Folder};
use crate::rows;
use portreeve::domain::events::{Envelope, Keep};
use portreeve::domain::time::Timestamp;
use portreeve::events::{Recorder, Report, Turn, forget_deleted, purge_events};
use portreeve::storage::Store;
use portreeve::storage::events::{EventStore, Portion};
use serde_json::{Value, json};
use sqlx::Executor;
use std::sync::Arc;
use std::time::Duration;

const DAY: i64 = 86_400;
/// The time 2030-03-17T17:46:40Z.
const NOW: Timestamp = Timestamp::from_seconds(1_900_000_000);

fn event(id: &str, who: &str, action: &str, digest: &str, tag: &str, days: i64) -> Value {
    json!({
        "id": id, "action": action, "timestamp": NOW.plus_seconds(-days * DAY).to_string(),
        "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "tag": tag, "repository": "team/app"},
        "request": {"id": id, "method": "GET", "addr": "192.0.2.77:1", "useragent": "docker"},
        "actor": {"name": who}, "source": {"instanceID": "one"}
    })
}

async fn record(store: &EventStore, keep: Keep, events: &[Value]) {
    let body = json!({"events": events}).to_string();
    let envelope = Envelope::parse(body.as_bytes(), NOW).unwrap();
    assert_eq!(envelope.unusable, 0, "{:?}", envelope.fault);
    let report = Report { service: "registry".to_owned(), sender: String::new(), events: envelope.events };
    Recorder::new(store.clone(), keep).record(Arc::new(vec![report]), NOW).await.unwrap();
}

/// The main database, which has the leases and the audit trail, and the database of events.
struct Pair {
    folder: tempfile::TempDir,
    main: Store,
    events: EventStore,
}

impl Pair {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let main =
            Store::open(&format!("sqlite://{}", folder.path().join("test.db").display())).await.unwrap();
        let events = EventStore::open(&rows::beside(folder.path(), "test")).await.unwrap();
        Self { folder, main, events }
    }

    fn url(&self) -> String {
        rows::beside(self.folder.path(), "test")
    }

    async fn purge(&self, keep: Keep, days: i64) {
        let now = || NOW.plus_seconds(days * DAY);
        let mut turn = Turn::take(&self.main, "event-purge", "me", now).await.unwrap().unwrap();
        assert!(
            Turn::take(&self.main, "event-purge", "another", now).await.unwrap().is_none(),
            "only one server may purge at a time"
        );
        purge_events(&self.events, &keep, &mut turn).await.unwrap();
        turn.end().await.unwrap();
    }

    async fn close(self) {
        self.events.close().await;
        self.main.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn days_become_months_and_addresses_are_cut_and_then_forgotten() {
    let pair = Pair::open().await;
    let (keep, url) = (Keep::default(), pair.url());
    let events = [
        event("1", "alice", "pull", "sha256:a", "v1", 5),
        event("2", "alice", "pull", "sha256:a", "v1", 5),
        event("3", "alice", "pull", "sha256:a", "v1", 4),
    ];
    record(&pair.events, keep, &events).await;
    let usage = "day subject action count last_address";
    assert_eq!(
        rows::of(&url, usage, "daily_usage").await,
        "2030-03-12 alice pull 2 192.0.2.77, 2030-03-13 alice pull 1 192.0.2.77"
    );
    pair.purge(keep, 0).await;
    assert_eq!(
        rows::number(&url, "SELECT COUNT(*) FROM recent_events WHERE address = '192.0.2.77'").await,
        3
    );
    pair.purge(keep, 5).await;
    let cut = rows::of(&url, "seq address", "recent_events").await;
    assert_eq!(cut, "1 192.0.2.0/24, 2 192.0.2.0/24, 3 192.0.2.0/24");
    assert!(rows::of(&url, usage, "daily_usage").await.contains("alice pull 2 192.0.2.0/24"));
    pair.purge(keep, 40).await;
    assert_eq!(rows::number(&url, "SELECT COUNT(*) FROM recent_events WHERE address <> ''").await, 0);
    assert!(!rows::of(&url, usage, "daily_usage").await.contains("192.0.2"));
    pair.purge(keep, 70).await;
    assert_eq!(rows::of(&url, "day subject action count", "daily_usage").await, "2030-03 alice pull 3");
    pair.purge(keep, 71).await;
    assert_eq!(rows::of(&url, "day count", "daily_usage").await, "2030-03 3", "each pull is counted once");
    assert_eq!(rows::number(&url, "SELECT COUNT(*) FROM digest_pulls").await, 1);
    pair.purge(keep, 100).await;
    assert_eq!(
        rows::number(&url, "SELECT COUNT(*) FROM digest_pulls").await,
        0,
        "90 days after the last pull"
    );
    pair.purge(keep, 800).await;
    assert_eq!(rows::of(&url, "day count", "daily_usage").await, "");
    pair.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_pulls_and_changes_of_a_year_are_kept_one_by_one() {
    let pair = Pair::open().await;
    let keep = Keep::with(&[Keep::parse_one("pulls=1500").unwrap()]);
    let url = pair.url();
    let mut events = vec![
        event("old", "alice", "push", "sha256:a", "v1", 401),
        event("new", "alice", "push", "sha256:a", "v1", 399),
    ];
    events.extend((0..4000).map(|number| event(&format!("p{number}"), "alice", "pull", "sha256:a", "v1", 1)));
    record(&pair.events, keep, &events).await;
    pair.purge(keep, 0).await;
    assert_eq!(
        rows::of(&url, "action one", "(SELECT action, COUNT(*) AS one FROM recent_events GROUP BY action)")
            .await,
        "pull 1500, push 1"
    );
    assert_eq!(rows::number(&url, "SELECT MIN(seq) FROM recent_events WHERE action = 'pull'").await, 2503);
    pair.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_is_forgotten_after_a_week() {
    let pair = Pair::open().await;
    let (keep, url) = (Keep::default(), pair.url());
    let events = [
        event("1", "alice", "push", "sha256:a", "v1", 9),
        event("2", "alice", "push", "sha256:b", "v2", 9),
        event("3", "alice", "delete", "sha256:a", "", 6),
    ];
    record(&pair.events, keep, &events).await;
    pair.purge(keep, 0).await;
    assert_eq!(
        rows::of(&url, "name", "tags").await,
        "v1, v2",
        "an older event about the repository may arrive late"
    );
    pair.purge(keep, 2).await;
    assert_eq!(rows::of(&url, "name", "tags").await, "v2");
    assert_eq!(rows::of(&url, "digest", "manifests").await, "sha256:b");
    record(&pair.events, keep, &[event("4", "alice", "delete", "", "", 5)]).await;
    pair.purge(keep, 3).await;
    assert_eq!(rows::of(&url, "name", "repositories").await, "");
    pair.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_and_manifests_of_a_repository_that_is_gone_go_with_it() {
    let pair = Pair::open().await;
    let (keep, url) = (Keep::default(), pair.url());
    let events = [
        event("1", "alice", "push", "sha256:a", "v1", 9),
        event("2", "alice", "push", "sha256:b", "v2", 9),
        event("3", "alice", "delete", "", "", 6),
        event("4", "alice", "push", "sha256:b", "v2", 5),
    ];
    record(&pair.events, keep, &events).await;
    pair.purge(keep, 2).await;
    assert_eq!(rows::of(&url, "name digest", "tags").await, "v2 sha256:b");
    assert_eq!(rows::of(&url, "digest", "manifests").await, "sha256:b");
    assert_eq!(rows::of(&url, "name", "repositories").await, "team/app", "the repository exists again");
    pair.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_cannot_be_purged_does_not_keep_the_others() {
    let pair = Pair::open().await;
    let (keep, url) = (Keep::default(), pair.url());
    let events = [
        event("1", "alice", "push", "sha256:a", "v1", 4),
        event("2", "alice", "push", "sha256:b", "v2", 4),
        event("3", "alice", "delete", "", "v1", 4),
    ];
    record(&pair.events, keep, &events).await;
    let whole = "SELECT COUNT(*) FROM recent_events WHERE address LIKE '%.77'";
    assert_eq!(rows::number(&url, whole).await, 3);
    database::run(&url, "ALTER TABLE digest_pulls RENAME TO elsewhere").await;
    let now = || NOW.plus_seconds(5 * DAY);
    let mut turn = Turn::take(&pair.main, "event-purge", "me", now).await.unwrap().unwrap();
    purge_events(&pair.events, &keep, &mut turn).await.unwrap_err();
    assert_eq!(rows::number(&url, whole).await, 0);
    assert_eq!(rows::of(&url, "name", "tags").await, "v2");
    pair.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_event_is_stored_as_if_it_had_been_purged_in_time() {
    let pair = Pair::open().await;
    let (keep, url) = (Keep::default(), pair.url());
    record(&pair.events, keep, &[event("1", "alice", "pull", "sha256:a", "v1", 1)]).await;
    pair.purge(keep, 0).await;
    let late: Vec<Value> = [6, 10, 40, 80]
        .map(|days| event(&format!("late{days}"), "bob", "push", "sha256:b", "v2", days))
        .to_vec();
    record(&pair.events, keep, &late).await;
    assert_eq!(
        rows::of(&url, "day count '|' last_address", "daily_usage WHERE subject = 'bob'").await,
        "2029-12 1 | , 2030-02-05 1 | , 2030-03-07 1 | 192.0.2.0/24, 2030-03-11 1 | 192.0.2.77"
    );
    assert_eq!(
        rows::of(&url, "seq '|' address", "recent_events WHERE subject = 'bob'").await,
        "2 | 192.0.2.77, 3 | 192.0.2.0/24, 4 | , 5 | "
    );
    pair.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_a_purged_index_is_deleted_and_other_links_stay() {
    let pair = Pair::open().await;
    let (keep, url) = (Keep::default(), pair.url());
    let index = |id: &str, digest: &str, part: &str| {
        let mut one = event(id, "alice", "push", digest, "", 9);
        one["target"]["mediaType"] = json!("application/vnd.oci.image.index.v1+json");
        one["target"]["references"] = json!([{"digest": part}]);
        one
    };
    let events = [
        index("1", "sha256:i1", "sha256:a"),
        index("2", "sha256:i2", "sha256:a"),
        event("3", "alice", "delete", "sha256:i1", "", 9),
    ];
    record(&pair.events, keep, &events).await;
    assert_eq!(
        rows::of(&url, "digest parent", "manifest_parents").await,
        "sha256:a sha256:i1, sha256:a sha256:i2"
    );
    pair.purge(keep, 0).await;
    assert_eq!(rows::of(&url, "digest parent", "manifest_parents").await, "sha256:a sha256:i2");
    pair.close().await;
}

/// A recorder and a purge want the same row on PostgreSQL. The recorder is a connection of the test, so that its
/// transaction stays open while the purge waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_purge_keeps_a_row_that_a_recorder_changes_meanwhile_on_postgresql() {
    let folder = Folder::with_cluster();
    let url = folder.database_url();
    let events = EventStore::open(&url).await.unwrap();
    let keep = Keep::default();
    let dropped =
        [event("1", "alice", "push", "sha256:a", "v1", 9), event("2", "alice", "delete", "", "v1", 9)];
    record(&events, keep, &dropped).await;
    let mut recorder = database::connect(&url).await;
    for statement in [
        "BEGIN".to_owned(),
        "UPDATE event_counter SET seq = seq + 1".to_owned(),
        format!("UPDATE tags SET seen_at = {}", NOW.as_micros()),
    ] {
        recorder.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
    }
    let store = events.clone();
    let purge = tokio::spawn(async move {
        let before = Portion::Tags(NOW.plus_seconds(-7 * DAY));
        store.write(move |mut tx| Box::pin(async move { tx.purge(before, 1000).await })).await
    });
    let waits = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    let mut seen = false;
    for _ in 0..200 {
        seen = rows::number(&url, waits).await > 0;
        if seen {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(seen, "the purge must wait for the recorder");
    recorder.execute("COMMIT").await.unwrap();
    assert_eq!(purge.await.unwrap().unwrap(), 0);
    assert_eq!(rows::of(&url, "name", "tags").await, "v1", "the recorder has seen the tag again");
    events.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_becomes_a_pseudonym_and_a_namesake_does_not() {
    let mut app = App::spawn().await;
    app.user("alice").await;
    app.stop().await;
    let url = rows::beside(app.folder.path(), "portreeve");
    let main_url = app.folder.database_url();
    let forget = async |url: &str| {
        let main = Store::open(&main_url).await.unwrap();
        let events = EventStore::open(url).await.unwrap();
        let mut turn = Turn::take(&main, "event-purge", "me", || NOW).await.unwrap().unwrap();
        let people = forget_deleted(&main, &events, &mut turn).await.unwrap();
        turn.end().await.unwrap();
        events.close().await;
        main.close().await;
        people
    };
    assert_eq!(forget(&url).await, 0, "the first run only notes the end of the trail");
    let mut app = App::spawn_on(app.folder).await;
    // Builds a push of alice at this time, in seconds of the server's clock.
    let today = |id: &str, at: i64| {
        let mut event = event(id, "alice", "push", "sha256:a", "v1", 0);
        event["timestamp"] = json!(Timestamp::from_seconds(at).to_string());
        json!({"events": [event]}).to_string()
    };
    let post = async |app: &App, body: String| {
        let request =
            app.request("POST", "/events/registry").basic_auth("admin", Some(crate::helpers::ADMIN.1));
        assert_eq!(App::send(request.body(body)).await.status, 200);
    };
    post(&app, today("1", app.now_seconds())).await;
    app.advance(DAY);
    app.must("DELETE", "/users/alice", Value::Null).await;
    app.advance(DAY);
    app.user("alice").await;
    post(&app, today("2", app.now_seconds())).await;
    app.stop().await;
    assert_eq!(forget(&url).await, 1);
    let subjects = rows::of(&url, "subject", "recent_events").await;
    let (pseudonym, namesake) = subjects.split_once(", ").map(|(a, b)| (b.to_owned(), a.to_owned())).unwrap();
    assert_eq!(namesake, "alice");
    assert!(pseudonym.starts_with("deleted:") && pseudonym.len() == 24, "{subjects}");
    let usage = rows::of(&url, "subject count", "daily_usage").await;
    assert_eq!(usage, format!("alice 1, {pseudonym} 1"));
    assert_eq!(rows::of(&url, "address agent", "recent_events WHERE subject <> 'alice'").await, " ");
    assert_eq!(rows::of(&url, "last_address last_agent", "daily_usage WHERE subject <> 'alice'").await, " ");
    assert_eq!(forget(&url).await, 0, "no user is replaced twice");
}
