//! Tests that the counts match the actions, that periods of 0 store nothing, and that the order of arrival does not
//! matter.

use super::*;
use crate::domain::events::{Envelope, ManifestSeen};
use serde_json::json;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

fn at(seconds: i64) -> Timestamp {
    Timestamp::parse("2026-11-29T09:00:00Z").unwrap().plus_seconds(seconds)
}

/// Makes an event from `ACTION[ HEAD] DIGEST[ TAG]`. A digest that begins with `i` names an index; the digest `-`
/// means no digest.
fn report(seconds: i64, who: &str, text: &str, children: Option<&[&str]>) -> Reported {
    let mut words = text.split(' ');
    let action = words.next().unwrap();
    let mut digest = words.next().unwrap_or_default();
    let mut method = "GET";
    if digest == "HEAD" {
        (method, digest) = ("HEAD", words.next().unwrap());
    }
    let tag = words.next().unwrap_or_default();
    let media_type = if digest.starts_with('i') { INDEX } else { IMAGE };
    let digest = if digest == "-" { String::new() } else { format!("sha256:{digest}") };
    let references = children
        .map(|all| all.iter().map(|one| json!({"digest": format!("sha256:{one}")})).collect::<Vec<_>>());
    let body = json!({"events": [{
        "id": format!("{seconds}-{text}").replace(" ", "-"), "timestamp": at(seconds).to_string(), "action": action,
        "target": {"mediaType": media_type, "digest": digest, "repository": "a", "tag": tag, "references": references},
        "request": {"addr": "192.0.2.1:4", "method": method, "useragent": "docker"}, "actor": {"name": who},
    }]});
    let event = Envelope::parse(body.to_string().as_bytes(), at(100_000)).unwrap().events.pop().unwrap();
    Reported { service: "registry".to_owned(), event, goes_along: false }
}

fn used(writes: &Writes) -> Vec<(&str, &str, i64)> {
    writes.usage.iter().map(|(key, sum)| (key.subject.as_str(), key.action, sum.count)).collect()
}

fn run(events: &[Reported]) -> Writes {
    apply(events, &HashMap::new(), &mut Memory::default(), &Keep::default(), at(100_000))
}

#[test]
fn a_pull_is_one_pull_whatever_the_program_asks() {
    let known: Option<&[&str]> = Some(&["m1", "m2"]);
    for (program, steps, expected) in [
        (
            "docker, one image",
            vec![("pull HEAD m1 v1", None), ("pull m1", None)],
            vec![("pull", 1), ("check", 1)],
        ),
        ("docker, image that is there", vec![("pull HEAD m1 v1", None)], vec![("check", 1)]),
        (
            "docker, several platforms",
            vec![("pull HEAD i1 v1", known), ("pull i1", known), ("pull m1", None)],
            vec![("pull", 1), ("check", 1)],
        ),
        ("podman", vec![("pull i1 v1", known), ("pull m1", None)], vec![("pull", 1)]),
        (
            "podman, registry without references",
            vec![("pull i1 v1", None), ("pull m1", None)],
            vec![("pull", 1)],
        ),
        (
            "podman, then a digest that is not in the index",
            vec![("pull i1 v1", known), ("pull m9", None)],
            vec![("pull", 2)],
        ),
        (
            "podman, the same image twice",
            vec![("pull i1 v1", known), ("pull m1", None), ("pull i1 v1", known), ("pull m1", None)],
            vec![("pull", 2)],
        ),
    ] {
        let events: Vec<_> = steps
            .iter()
            .zip(0..)
            .map(|((text, children), second)| report(second, "alice", text, *children))
            .collect();
        let writes = run(&events);
        let counted: Vec<_> = used(&writes).into_iter().map(|(_, action, count)| (action, count)).collect();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(counted, expected, "{program}");
        let pulls = writes.recent.iter().filter(|event| event.action == "pull");
        assert!(pulls.clone().all(|event| event.tag == "v1" || event.digest == "sha256:m9"), "{program}");
    }
}

#[test]
fn a_part_of_an_index_is_another_pull_for_somebody_else_and_a_minute_later() {
    let known: Option<&[&str]> = Some(&["m1"]);
    let index = report(0, "alice", "pull i1 v1", known);
    for (seconds, who, pulls) in [(60, "alice", 1), (61, "alice", 2), (1, "bob", 2)] {
        let writes = run(&[index.clone(), report(seconds, who, "pull m1", None)]);
        assert_eq!(writes.usage.values().map(|sum| sum.count).sum::<i64>(), pulls, "{seconds} {who}");
        let digests: Vec<_> = writes.digest_pulls.keys().map(|key| key.digest.as_str()).collect();
        assert_eq!(digests, ["sha256:i1", "sha256:m1"], "both digests were pulled");
    }
}

#[test]
fn an_index_that_another_server_counted_makes_its_part_no_pull() {
    let part = report(30, "alice", "pull m1", None);
    let question = asks_for_parents(&part).unwrap();
    let parents = HashMap::from([(question, at(0))]);
    let writes = apply(&[part], &parents, &mut Memory::default(), &Keep::default(), at(100_000));
    assert_eq!(used(&writes), []);
    assert_eq!(
        asks_for_parents(&report(0, "alice", "pull m1 v1", None)),
        None,
        "a pull by tag is never a part of another pull"
    );
}

#[test]
fn a_deleted_digest_counts_once_with_its_tags() {
    let mut tag = report(2, "alice", "delete - v1", None);
    tag.goes_along = true;
    let writes = run(&[report(1, "alice", "delete m1", None), tag]);
    assert_eq!(used(&writes), [("alice", "delete", 1)]);
    assert_eq!(writes.recent.len(), 2, "each deletion is stored as a row");
}

#[test]
fn what_is_never_stored_is_not_written() {
    let keep = |text: &str| Keep::with(&[Keep::parse_one(text).unwrap()]);
    let events = [report(0, "alice", "push m1 v1", None), report(1, "alice", "pull m1 v1", None)];
    let with = |keep: &Keep| apply(&events, &HashMap::new(), &mut Memory::default(), keep, at(100_000));
    assert!(with(&keep("pulls=0")).recent.iter().all(|event| event.action == "push"));
    assert!(with(&keep("changes=0")).recent.iter().all(|event| event.action == "pull"));
    assert!(with(&keep("digests=0")).digest_pulls.is_empty());
    let days: Vec<_> = with(&keep("days=0")).usage.keys().map(|key| key.day.clone()).collect();
    assert_eq!(days, ["2026-11", "2026-11"]);
    let usage =
        |keep: &Keep| -> Vec<_> { with(keep).usage.into_values().map(|sum| sum.last_address).collect() };
    assert_eq!(usage(&Keep::default()), ["192.0.2.1", "192.0.2.1"]);
    assert_eq!(usage(&keep("days=0")), ["", ""], "a month stores no address");
    let neither = Keep::with(&["days=0", "months=0"].map(|text| Keep::parse_one(text).unwrap()));
    assert!(with(&neither).usage.is_empty());
    let addresses = |keep: &Keep| with(keep).recent.first().unwrap().address.clone();
    assert_eq!(addresses(&Keep::default()), "192.0.2.1");
    assert_eq!(addresses(&keep("full-addresses=0")), "192.0.2.0/24");
    assert_eq!(addresses(&keep("addresses=0")), "");
}

#[test]
fn a_batch_says_the_same_in_any_order() {
    let events = [
        report(0, "alice", "push m1 v1", None),
        report(1, "bob", "push m2 v1", None),
        report(2, "bob", "delete m1", None),
        report(3, "carol", "pull m2 v1", None),
        report(4, "carol", "delete - v2", None),
    ];
    let inventory = |writes: Writes| (writes.repositories, writes.tags, writes.manifests, writes.usage);
    let first = inventory(run(&events));
    let tag = first.1.values().next().unwrap();
    assert_eq!((tag.digest.as_str(), tag.changed_by.as_str()), ("sha256:m2", "bob"));
    let gone: Vec<&ManifestSeen> = first.2.values().filter(|seen| seen.dropped_at > seen.seen_at).collect();
    assert_eq!(gone.len(), 1);
    let mut order = events.to_vec();
    for _ in 0..events.len() {
        order.rotate_left(1);
        assert_eq!(inventory(run(&order)), first);
        let mut back = order.clone();
        back.reverse();
        assert_eq!(inventory(run(&back)), first);
    }
}
