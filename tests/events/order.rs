//! Events must have the same result if they arrive twice, in another order, in other envelopes, or at another server.

use crate::rows;
use portreeve::domain::events::{Envelope, Keep};
use portreeve::domain::time::Timestamp;
use portreeve::events::{Recorder, Report};
use portreeve::storage::events::EventStore;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::sync::Arc;

const NOW: Timestamp = Timestamp::from_seconds(1_900_000_000);
const KINDS: [&str; 6] = ["push", "pull", "head", "drop tag", "drop digest", "drop repository"];

#[derive(Debug, Clone)]
struct Step {
    kind: usize,
    repository: usize,
    digest: usize,
    tag: usize,
    who: usize,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..KINDS.len(), 0..2_usize, 0..3_usize, 0..3_usize, 0..3_usize);
    let step =
        step.prop_map(|(kind, repository, digest, tag, who)| Step { kind, repository, digest, tag, who });
    prop::collection::vec(step, 1..25)
}

fn event(number: usize, step: &Step) -> Value {
    let kind = KINDS[step.kind];
    let (digest, tag) = (format!("sha256:d{}", step.digest), format!("t{}", step.tag));
    let (digest, tag) = match kind {
        "drop tag" => (String::new(), tag),
        "drop digest" => (digest, String::new()),
        "drop repository" => (String::new(), String::new()),
        _ => (digest, tag),
    };
    let action = kind.split(' ').next().unwrap();
    let who = ["", "alice", "bob"][step.who];
    json!({
        "id": format!("e{number}"), "action": match action { "drop" => "delete", "head" => "pull", other => other },
        // Some events have the same time.
        "timestamp": NOW.plus_seconds(i64::try_from(number / 2).unwrap()).to_string(),
        "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "tag": tag,
            "repository": format!("r{}", step.repository)},
        "request": {"id": format!("q{number}"), "method": if action == "head" { "HEAD" } else { "GET" }},
        "actor": {"name": who}, "source": {"instanceID": "one"}
    })
}

fn report(service: &str, events: &[Value]) -> Arc<Vec<Report>> {
    let body = json!({"events": events}).to_string();
    let envelope = Envelope::parse(body.as_bytes(), NOW.plus_seconds(1000)).unwrap();
    assert_eq!(envelope.unusable, 0, "{:?}", envelope.fault);
    Arc::new(vec![Report { service: service.to_owned(), sender: String::new(), events: envelope.events }])
}

/// Reads the rows of a service. Leaves out values that depend on the order of arrival.
async fn everything(url: &str, service: &str) -> [String; 5] {
    let of = async |columns: &str, table: &str| {
        rows::of(url, columns, &format!("{table} WHERE service = '{service}'")).await
    };
    [
        of("repository name digest changed_by changed_at", "live_tags").await,
        of("repository digest pushed_at pushed_by last_pull_at", "live_manifests").await,
        of("name first_seen_at last_push_at last_pull_at", "live_repositories").await,
        of("repository subject action count first_at last_at", "daily_usage").await,
        of("repository digest subject count", "digest_pulls").await,
    ]
}

#[test]
fn any_order_and_any_repetition_end_the_same() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("order-events.db").display());
    let store = runtime.block_on(EventStore::open(&url)).unwrap();
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let number = std::cell::Cell::new(0);
    let input = steps().prop_flat_map(|steps| {
        let count = steps.len();
        let order = Just((0..count).collect::<Vec<_>>()).prop_shuffle();
        let repeated = prop::collection::vec(any::<bool>(), count);
        (Just(steps), order, repeated, 1..5_usize)
    });
    let outcome = runner.run(&input, |(steps, order, repeated, size)| {
        number.set(number.get() + 1);
        let (plain, shuffled) = (format!("plain{}", number.get()), format!("shuffled{}", number.get()));
        let events: Vec<Value> = steps.iter().enumerate().map(|(number, step)| event(number, step)).collect();
        runtime.block_on(async {
            // Each of the two servers has its own recorder, which remembers the events that it recorded.
            let (one, other) = (
                Recorder::new(store.clone(), Keep::default()),
                Recorder::new(store.clone(), Keep::default()),
            );
            for event in &events {
                one.record(report(&plain, std::slice::from_ref(event)), NOW).await.unwrap();
            }
            let moved: Vec<Value> = order.iter().map(|place| events[*place].clone()).collect();
            let mut new = 0;
            for (place, envelope) in moved.chunks(size).enumerate() {
                let (first, second) = if place % 2 == 0 { (&one, &other) } else { (&other, &one) };
                new += first
                    .record(report(&shuffled, envelope), NOW)
                    .await
                    .unwrap()
                    .actions
                    .values()
                    .sum::<usize>();
                if repeated[place] {
                    let again = second.record(report(&shuffled, envelope), NOW).await.unwrap();
                    assert_eq!((again.actions.len(), again.duplicates), (0, envelope.len()));
                }
            }
            assert_eq!(new, events.len());
            assert_eq!(
                everything(&url, &plain).await,
                everything(&url, &shuffled).await,
                "{steps:?} {order:?}"
            );
        });
        Ok(())
    });
    outcome.unwrap();
    runtime.block_on(store.close());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_envelope_is_counted_once_although_its_ids_do_not_stay_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("large-events.db").display());
    let store = EventStore::open(&url).await.unwrap();
    let recorder = Recorder::new(store.clone(), Keep::default());
    let pull = Step { kind: 1, repository: 0, digest: 0, tag: 0, who: 1 };
    let events: Vec<Value> = (0..100).map(|number| event(number, &pull)).collect();
    for (new, duplicates) in [(100, 0), (0, 100), (0, 100)] {
        let recorded = recorder.record(report("registry", &events), NOW).await.unwrap();
        assert_eq!((recorded.actions.values().sum::<usize>(), recorded.duplicates), (new, duplicates));
    }
    assert_eq!(rows::of(&url, "subject count", "daily_usage").await, "alice 100");
    store.close().await;
}
