//! A change that no token granted raises one alarm.

use crate::rows;
use portreeve::domain::events::{Day, Envelope, Keep};
use portreeve::domain::time::Timestamp;
use portreeve::events::{Alarms, Recorder, Report, SETTLED_SECONDS};
use portreeve::metrics::{Metrics, State};
use portreeve::storage::events::{EventStore, EventTransaction, GrantKey, GrantSum};
use serde_json::{Value, json};
use std::sync::Arc;

const NOW: Timestamp = Timestamp::from_seconds(1_900_000_000);

fn change(id: &str, who: &str, action: &str, repository: &str, at: Timestamp) -> Value {
    json!({
        "id": id, "action": action, "timestamp": at.to_string(),
        "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:ab", "repository": repository},
        "request": {"id": id, "method": "PUT"}, "actor": {"name": who}, "source": {"instanceID": "one"}
    })
}

struct World {
    store: EventStore,
    metrics: Arc<Metrics>,
    alarms: Alarms,
    recorder: Recorder,
}

impl World {
    async fn open(url: &str, keep: Keep) -> Self {
        let store = EventStore::open(url).await.unwrap();
        let metrics = Arc::new(Metrics::new());
        Self {
            alarms: Alarms::new(store.clone(), keep, metrics.clone()),
            recorder: Recorder::new(store.clone(), keep),
            store,
            metrics,
        }
    }

    async fn report(&self, event: Value, at: Timestamp) {
        let body = json!({"events": [event]}).to_string();
        let events = Envelope::parse(body.as_bytes(), at).unwrap().events;
        let report = Report { service: "registry".to_owned(), sender: String::new(), events };
        self.recorder.record(Arc::new(vec![report]), at).await.unwrap();
    }

    async fn grant(&self, who: &str, repository: &str, action: &str, granted: i64, at: Timestamp) {
        let key = GrantKey {
            day: Day::of(at).to_string(),
            service: "registry".to_owned(),
            repository: repository.to_owned(),
            subject: who.to_owned(),
            action: action.to_owned(),
        };
        let sum = GrantSum { granted, refused: 1, last_at: at };
        let write = self.store.write(move |mut tx: EventTransaction<'_>| {
            Box::pin(async move { tx.add_grants(&[(key, sum)]).await })
        });
        write.await.unwrap();
    }

    /// Searches at the time `at`, and again three minutes later. Returns the numbers of alarms for pushes and for
    /// deletions so far.
    async fn sounded(&mut self, at: Timestamp) -> (u64, u64) {
        self.alarms.look(at).await.unwrap();
        self.alarms.look(at.plus_seconds(SETTLED_SECONDS)).await.unwrap();
        let text = self.metrics.render(&State::default());
        let count = |action: &str| {
            let begin = format!("portreeve_events_alarms_total{{action=\"{action}\"}} ");
            text.lines().find_map(|line| line.strip_prefix(&begin)).unwrap().parse().unwrap()
        };
        (count("push"), count("delete"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_without_a_grant_of_that_day_sounds_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = rows::beside(folder.path(), "alarms");
    let mut world = World::open(&url, Keep::default()).await;
    world.report(change("0", "mallory", "push", "team/app", NOW), NOW).await;
    assert_eq!(world.sounded(NOW).await, (0, 0), "no alarm for changes before the first start");
    // Tokens that were issued before the first start may be valid for one more hour.
    let at = NOW.plus_seconds(60);
    world.report(change("1", "mallory", "push", "team/app", at), at).await;
    assert_eq!(world.sounded(at.plus_seconds(300)).await, (0, 0), "no alarm within the first hour");

    let at = NOW.plus_seconds(7200);
    world.grant("alice", "team/app", "push", 1, at).await;
    world.grant("alice", "team/app", "delete", 0, at).await;
    world.grant("ci", "team/app", "*", 1, at).await;
    for (id, who, action) in [
        ("2", "alice", "push"),
        ("3", "ci", "delete"),
        ("4", "alice", "delete"),
        ("5", "mallory", "push"),
        ("6", "mallory", "push"),
        ("7", "", "mount"),
    ] {
        world.report(change(id, who, action, "team/app", at), at).await;
    }
    // The two pushes of mallory raise one alarm. The other alarms are for a mount by anonymous and for a deletion that
    // alice was refused.
    assert_eq!(world.sounded(at.plus_seconds(10)).await, (2, 1));
    assert_eq!(world.sounded(at.plus_seconds(1000)).await, (2, 1), "each alarm is raised once");

    // The grants of another server are early enough if they are written within three minutes.
    let at = at.plus_seconds(2000);
    world.report(change("8", "bob", "push", "team/app", at), at).await;
    world.alarms.look(at).await.unwrap();
    world.grant("bob", "team/app", "push", 1, at).await;
    assert_eq!(world.sounded(at.plus_seconds(120)).await, (2, 1));

    // Another server continues the search where this one stopped.
    let mut other = World::open_again(&world);
    assert_eq!(other.sounded(at.plus_seconds(5000)).await, (0, 0));
    // A token of the evening is valid after midnight, but not a day later.
    let evening = Timestamp::from_seconds(1_900_022_399);
    assert_ne!(Day::of(evening), Day::of(evening.plus_seconds(10)));
    other.grant("eve", "team/app", "push", 1, evening).await;
    other
        .report(change("9", "eve", "push", "team/app", evening.plus_seconds(10)), evening.plus_seconds(10))
        .await;
    assert_eq!(other.sounded(evening.plus_seconds(20)).await, (0, 0));
    // The clock of a registry may be slow. The token is then from the next day.
    let ahead = evening.plus_seconds(86_400 + 100);
    other.grant("fay", "team/app", "push", 1, ahead).await;
    let behind = evening.plus_seconds(86_400 - 100);
    other.report(change("11", "fay", "push", "team/app", behind), ahead).await;
    assert_eq!(other.sounded(ahead).await, (0, 0));
    let late = evening.plus_seconds(90_000);
    other.report(change("10", "eve", "push", "team/app", late), late).await;
    assert_eq!(other.sounded(late).await, (1, 0));
    world.store.close().await;
}

impl World {
    /// Opens another server on the same database.
    fn open_again(first: &Self) -> Self {
        let metrics = Arc::new(Metrics::new());
        let alarms = Alarms::new(first.store.clone(), Keep::default(), metrics.clone());
        Self { alarms, metrics, store: first.store.clone(), recorder: first.recorder.clone() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_note_of_a_grant_accuses_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let url = rows::beside(folder.path(), "lost");
    let mut world = World::open(&url, Keep::default()).await;
    assert_eq!(world.sounded(NOW).await, (0, 0));
    let lost = NOW.plus_seconds(20_000);
    world.store.note_lost_grant(lost).await.unwrap();
    world.store.note_lost_grant(lost.plus_seconds(-100)).await.unwrap();
    // A token from before the loss is valid for up to an hour.
    let used = lost.plus_seconds(3500);
    world.report(change("1", "alice", "push", "team/app", used), used).await;
    assert_eq!(world.sounded(used).await, (0, 0));
    let later = lost.plus_seconds(3700);
    world.report(change("2", "mallory", "push", "team/app", later), later).await;
    assert_eq!(world.sounded(later).await, (1, 0));
    world.store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_grants_are_not_kept_nothing_sounds() {
    let folder = tempfile::tempdir().unwrap();
    let url = rows::beside(folder.path(), "silent");
    let keep = Keep::with(&[Keep::parse_one("grants=0").unwrap()]);
    let mut world = World::open(&url, keep).await;
    assert_eq!(world.sounded(NOW).await, (0, 0));
    let at = NOW.plus_seconds(7200);
    world.report(change("1", "mallory", "delete", "team/app", at), at).await;
    assert_eq!(world.sounded(at).await, (0, 0));
    world.store.close().await;
}
