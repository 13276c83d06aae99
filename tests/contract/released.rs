//! Compares the API with its description in every release. A later release of the same major version must not break a
//! client.

use crate::compatible::breaches;
use crate::helpers::App;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The accepted breaches. Each entry has the beginning of the breach's line, and the reason why it harms nobody.
const ACCEPTED: &[(&str, &str)] = &[];

/// Returns the descriptions of all releases.
fn released() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/releases");
    let releases = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    releases.map(|release| release.join("openapi.json")).collect()
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_client_of_a_release_is_broken() {
    let app = App::spawn().await;
    let served = App::send(app.request("GET", "/api/v1/openapi.json")).await.json();
    let released = released();
    assert!(!released.is_empty());
    for path in released {
        let told: Vec<String> = breaches(&read(&path), &served)
            .into_iter()
            .filter(|line| !ACCEPTED.iter().any(|(beginning, _)| line.starts_with(beginning)))
            .collect();
        assert!(told.is_empty(), "clients of {} are broken:\n{}", path.display(), told.join("\n"));
    }
}

/// Each row is a change of the description: the changed place, its new value, and the words of one expected breach. The
/// second list expects no breach. `null` removes the place.
#[test]
fn what_breaks_clients_is_told_and_what_does_not_is_not() {
    let old = read(&released()[0]);
    assert_eq!(breaches(&old, &old), Vec::<String>::new());
    let rule = "/components/schemas/Rule";
    let put = "/components/schemas/RulePut";
    for (place, becomes, told) in [
        ("/paths/~1api~1v1~1me".to_owned(), Value::Null, "get /api/v1/me: is gone"),
        (
            "/paths/~1api~1v1~1rules~1{name}/delete".to_owned(),
            Value::Null,
            "delete /api/v1/rules/{name}: is gone",
        ),
        (
            "/paths/~1api~1v1~1rules~1{name}/put/responses/201".to_owned(),
            Value::Null,
            "not answered with 201",
        ),
        (
            "/paths/~1api~1v1~1rules~1{name}/get/responses/200/headers/ETag".to_owned(),
            Value::Null,
            "header ETag",
        ),
        (
            "/paths/~1api~1v1~1rules~1{name}/put/requestBody/content/application~1json".to_owned(),
            Value::Null,
            "application/json is gone",
        ),
        ("/paths/~1api~1v1~1rules/get/parameters/0/required".to_owned(), json!(true), "must be given now"),
        ("/paths/~1api~1v1~1rules/get/parameters/0/name".to_owned(), json!("other"), "is gone"),
        (format!("{rule}/properties/priority"), Value::Null, "200.priority: is gone"),
        (format!("{rule}/properties/priority/type"), json!("string"), "has become {\"string\"}"),
        (format!("{rule}/properties/priority/type"), json!(["integer", "null"]), "\"null\""),
        (format!("{rule}/required"), json!([]), "may be missing now"),
        (
            format!("{put}/required"),
            json!(["actions", "names", "priority", "subjects"]),
            "body.priority: must be given now",
        ),
        (format!("{put}/properties/description/maxLength"), json!(10), "maxLength 1024 has become 10"),
        (format!("{put}/properties/names/minItems"), json!(7), "minItems"),
        (format!("{put}/properties/description/pattern"), json!("^a$"), "pattern"),
        (format!("{put}/properties/description"), Value::Null, "body.description: is gone"),
        ("/components/schemas/Effect/enum".to_owned(), json!(["allow"]), "\"deny\" is not among the values"),
        ("/components/schemas/Timestamp/format".to_owned(), json!("date"), "the format"),
    ] {
        let found = breaches(&old, &changed(&old, &place, becomes));
        assert!(found.iter().any(|line| line.contains(told)), "{place}: {told}: {found:#?}");
    }
    for (place, becomes) in [
        ("/paths/~1api~1v1~1new".to_owned(), json!({"get": {"responses": {}}})),
        ("/paths/~1api~1v1~1rules~1{name}/put/responses/418".to_owned(), json!({"description": "tea"})),
        (format!("{rule}/properties/more"), json!({"type": "string"})),
        (format!("{put}/properties/more"), json!({"type": "string"})),
        (format!("{put}/properties/description/maxLength"), json!(2048)),
        ("/components/schemas/Effect/enum".to_owned(), json!(["allow", "deny", "ask"])),
        (format!("{rule}/description"), json!("other words")),
    ] {
        assert_eq!(breaches(&old, &changed(&old, &place, becomes)), Vec::<String>::new(), "{place}");
    }
}

/// Returns a description with one change.
fn changed(old: &Value, place: &str, becomes: Value) -> Value {
    let mut new = old.clone();
    let (parent, key) = place.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/");
    match new.pointer_mut(parent).unwrap_or_else(|| panic!("the document has no {parent}")) {
        Value::Object(fields) if becomes.is_null() => assert!(fields.remove(&key).is_some(), "{place}"),
        Value::Object(fields) => drop(fields.insert(key, becomes)),
        other => panic!("{parent} is not an object: {other}"),
    }
    new
}
