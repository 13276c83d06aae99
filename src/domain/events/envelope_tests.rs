//! Tests with envelopes that registries sent, and with malformed ones.

use super::super::event::EventAction::{Check, Delete, Layer, Mount, Pull, Push};
use super::*;
use serde_json::{Value, json};

fn recorded(text: &str) -> Vec<(String, Vec<RegistryEvent>)> {
    let recording: Value = serde_json::from_str(text).unwrap();
    let operations = recording["operations"].as_array().unwrap().iter();
    let read = |operation: &Value| {
        let body = json!({"events": operation["events"]}).to_string();
        let envelope = Envelope::parse(body.as_bytes(), now()).unwrap();
        assert_eq!(envelope.unusable, 0, "{operation}");
        (operation["operation"].as_str().unwrap().to_owned(), envelope.events)
    };
    operations.map(read).collect()
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-29T09:00:10Z").unwrap()
}

fn event() -> Value {
    json!({
        "id": "1", "timestamp": "2026-11-29T09:00:00.5Z", "action": "pull",
        "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:ab", "repository": "a"},
        "request": {"addr": "192.0.2.1:4", "method": "GET", "useragent": "docker"},
        "actor": {"name": "alice"}, "source": {"instanceID": "i"}
    })
}

fn with(pointer: &str, value: Value) -> Result<RegistryEvent, Option<&'static str>> {
    let mut event = event();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[key] = value;
    let body = json!({"events": [event]}).to_string();
    let mut envelope = Envelope::parse(body.as_bytes(), now()).unwrap();
    envelope.events.pop().ok_or(envelope.fault)
}

#[test]
fn every_operation_of_every_release_is_read() {
    let expected = |operation: &str| match operation {
        "blob PUT" | "blob GET" | "blob HEAD" => vec![Layer],
        "manifest PUT by tag" | "index PUT by tag" => vec![Push],
        "manifest HEAD by tag" => vec![Check],
        "manifest GET by tag" | "manifest GET by digest" | "index GET by tag" => vec![Pull],
        "mount POST" => vec![Mount],
        "blob DELETE" => vec![Delete],
        "digest DELETE" => vec![Delete, Delete],
        "tag DELETE" => vec![Delete],
        other => panic!("{other}"),
    };
    for (release, text) in [
        ("2.6.2", include_str!("../../../tests/fixtures/events/events-2.6.2.json")),
        ("2.8.2", include_str!("../../../tests/fixtures/events/events-2.8.2.json")),
        ("3.0.0", include_str!("../../../tests/fixtures/events/events-3.0.0.json")),
        ("3.1.1", include_str!("../../../tests/fixtures/events/events-3.1.1.json")),
    ] {
        let operations = recorded(text);
        assert!(operations.len() > 10, "{release}");
        for (operation, events) in operations {
            let actions: Vec<EventAction> = events.iter().map(|event| event.action).collect();
            let expected = match (release, operation.as_str()) {
                ("2.6.2", "digest DELETE") => vec![Delete],
                ("2.6.2" | "2.8.2", "tag DELETE") => vec![],
                _ => expected(&operation),
            };
            assert_eq!(actions, expected, "{release} {operation}");
            for event in events {
                assert_eq!((event.subject.as_str(), event.agent.as_str()), ("alice", "Python-urllib/3.11"));
                assert!(!event.instance.is_empty() && !event.request.is_empty(), "{release} {operation}");
                assert_eq!(event.address, Some("10.0.0.7".parse().unwrap()));
            }
        }
    }
}

#[test]
fn what_a_client_says_of_itself_is_bounded_and_shown_as_it_is() {
    let long = "x".repeat(9000);
    assert_eq!(with("/actor/name", json!(long)).unwrap().subject.len(), SUBJECT_LENGTH);
    assert_eq!(with("/actor/name", json!("al\u{0}\u{1b}[31mice\u{202e}\n")).unwrap().subject, "al[31mice");
    assert_eq!(with("/request/useragent", json!("doc\rker")).unwrap().agent, "docker");
    assert_eq!(with("/actor", json!({})).unwrap().subject, "");
    assert_eq!(with("/actor", Value::Null).unwrap().subject, "");
    for (address, read) in [
        ("[2001:db8::1]:5", Some("2001:db8::1")),
        ("192.0.2.9", Some("192.0.2.9")),
        ("::ffff:192.0.2.9", Some("192.0.2.9")),
        ("unknown", None),
        ("", None),
    ] {
        let event = with("/request/addr", json!(address)).unwrap();
        assert_eq!(event.address, read.map(|text| text.parse().unwrap()), "{address}");
    }
}

#[test]
fn an_event_from_the_future_is_hardly_later_than_its_receipt() {
    let at = |text: &str| with("/timestamp", json!(text)).unwrap().at;
    assert_eq!(at("2026-11-29T08:00:00Z"), Timestamp::parse("2026-11-29T08:00:00Z").unwrap());
    assert_eq!(at("2999-01-01T00:00:00Z"), now().newest_mark());
    assert_eq!(at("0001-01-01T00:00:00Z"), Timestamp::from_micros(1));
}

#[test]
fn an_event_that_says_nothing_of_use_is_counted_and_the_others_are_used() {
    for (pointer, value) in [
        ("/id", json!("")),
        ("/id", json!("two words")),
        ("/id", json!(7)),
        ("/timestamp", json!("yesterday")),
        ("/action", json!("dance")),
        ("/target", Value::Null),
        ("/target/repository", json!("UPPER/../case")),
        ("/target/repository", Value::Null),
        ("/target/digest", json!("sha256:a\u{0}b")),
        ("/target/digest", json!("")),
        ("/target/tag", json!("a b")),
        ("/target/tag", json!("x".repeat(129))),
        ("/target/size", json!("large")),
    ] {
        assert!(with(pointer, value.clone()).is_err(), "{pointer} {value}");
    }
    let body = json!({"events": [event(), 7, {"deep": {}}, event()]}).to_string();
    let envelope = Envelope::parse(body.as_bytes(), now()).unwrap();
    assert_eq!((envelope.events.len(), envelope.unusable), (2, 2));
}

#[test]
fn what_is_not_an_envelope_is_told_apart() {
    let deep = format!("{{\"events\":[{}]}}", "[".repeat(100_000));
    for body in ["", "{", "[]", "null", "{\"events\":7}", "{}", "\u{1}", deep.as_str()] {
        assert!(Envelope::parse(body.as_bytes(), now()).is_err(), "{body:.20}");
    }
    assert!(Envelope::parse(b"\xff\xfe", now()).is_err());
    assert_eq!(Envelope::parse(b"{\"events\":[]}", now()).unwrap(), Envelope::default());
}

#[test]
fn an_index_tells_what_it_holds() {
    let mut event = event();
    event["target"]["references"] =
        json!([{"digest": "sha256:c1"}, {"digest": "sha256:c2"}, {"digest": "bad"}]);
    let read = |event: &Value| {
        let body = json!({"events": [event]}).to_string();
        Envelope::parse(body.as_bytes(), now()).unwrap().events.pop().unwrap().children
    };
    assert_eq!(read(&event), None, "the parts of an image are not read, only those of an index");
    event["target"]["mediaType"] = json!("application/vnd.oci.image.index.v1+json");
    assert_eq!(read(&event), Some(vec!["sha256:c1".to_owned(), "sha256:c2".to_owned()]));
}
