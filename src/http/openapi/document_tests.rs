//! Compares the description with the route tables that it is made from.

use super::super::routes::tables;
use super::super::web::API_ROOT;
use super::*;
use crate::domain::policy::NameGlob;
use crate::domain::resource::Action;
use crate::domain::selector::Selector;
use crate::domain::service::ServiceName;
use crate::domain::subject::SubjectName;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

fn document() -> Value {
    serde_json::from_slice(&write(tables())).unwrap()
}

fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap();
        item.iter().map(move |(method, operation)| (path.clone(), method.clone(), operation))
    });
    all.collect()
}

#[test]
fn the_document_has_every_operation_of_the_route_tables() {
    let document = document();
    let verbs: usize = tables().iter().flat_map(|(_, table)| table).map(|(_, verbs)| verbs.len()).sum();
    assert_eq!(operations(&document).len(), verbs, "no method of a path is there twice");
    assert!(verbs > 40);
}

#[test]
fn every_path_has_the_parameters_that_its_operations_name() {
    let document = document();
    for (path, method, operation) in operations(&document) {
        let places = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters = operation["parameters"].as_array();
        let named = parameters.into_iter().flatten().filter(|parameter| parameter["in"] == "path");
        let named: Vec<_> = named.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(places.collect::<Vec<_>>(), named, "{method} {path}");
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_a_summary_and_its_refusals() {
    let document = document();
    let mut names = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let what = format!("{method} {path}");
        assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{what}");
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty() && !summary.contains('\n'), "{what}: {summary}");
        assert!(operation["security"].is_array(), "{what}");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{what}");
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with('2')), "{what}");
        if path.starts_with(API_ROOT) && path != "/api/v1/openapi.json" {
            for status in ["401", "503"] {
                assert!(answers.contains_key(status), "{what} {status}");
            }
        }
        // Reports of events are an exception: their content is never refused.
        let is_judged = operation.get("requestBody").is_some() && path != "/events/{service}";
        assert_eq!(answers.contains_key("415"), is_judged, "{what}");
        for (status, answer) in answers {
            let known = answer.get("$ref").is_some() || answer["headers"].get("X-Request-Id").is_some();
            assert!(known, "{what} {status}");
        }
    }
}

#[test]
fn every_link_leads_to_an_operation_and_names_its_parameters() {
    let document = document();
    let all = operations(&document);
    let mut count = 0;
    for (_, _, operation) in &all {
        for answer in operation["responses"].as_object().unwrap().values() {
            for link in answer.get("links").and_then(Value::as_object).into_iter().flat_map(Map::values) {
                let target = all.iter().find(|(_, _, other)| other["operationId"] == link["operationId"]);
                let (path, ..) = target.unwrap();
                for name in link["parameters"].as_object().unwrap().keys() {
                    assert!(path.contains(&format!("{{{name}}}")), "{path} {name}");
                }
                count += 1;
            }
        }
    }
    assert_eq!(count, 26, "the number of links has not changed");
}

fn references(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(target)) = map.get("$ref") {
                into.insert(target.clone());
            }
            map.values().for_each(|inner| references(inner, into));
        }
        Value::Array(list) => list.iter().for_each(|inner| references(inner, into)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut all = BTreeSet::new();
    references(&document, &mut all);
    assert!(all.len() > 30);
    for target in all {
        let pointer = target.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{target}");
    }
}

#[test]
fn objects_are_closed_and_bodies_of_put_and_patch_differ() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        if schema.get("properties").is_some() && !name.ends_with("Form") {
            assert_eq!(schema["additionalProperties"], false, "{name}");
        }
    }
    let rule = &schemas["RulePut"];
    assert_eq!(rule["required"], json!(["subjects", "names", "actions"]));
    assert_eq!(rule["properties"]["priority"]["default"], 0);
    assert!(schemas["RulePatch"].get("required").is_none());
    let null = json!({"type": "null"});
    let takes_null = |field: &str| {
        let any = schemas["RulePatch"]["properties"][field]["anyOf"].as_array();
        any.is_some_and(|any| any.contains(&null))
    };
    assert!(takes_null("priority") && takes_null("services"));
    assert!(!takes_null("names"), "a rule must have names");
    assert_eq!(schemas["UserPut"]["properties"]["groups"]["readOnly"], true);
    assert_eq!(schemas["UserPut"]["properties"]["password"]["writeOnly"], true);
    assert!(schemas["User"]["properties"].get("password").is_none());
}

/// The hash chain of the audit trail and the order of the fields in answers rely on sorted keys.
#[test]
fn keys_of_json_objects_stay_sorted() {
    assert_eq!(json!({"b": 1, "a": 2}).to_string(), r#"{"a":2,"b":1}"#);
}

#[test]
fn the_grammars_are_those_of_the_parsers() {
    let document = document();
    let fits = |name: &str, text: &str| {
        let schema = &document["components"]["schemas"][name];
        let longest = usize::try_from(schema["maxLength"].as_u64().unwrap()).unwrap();
        (1..=longest).contains(&text.chars().count()) && matches(schema["pattern"].as_str().unwrap(), text)
    };
    let globs = [
        "a",
        "**",
        "a/**",
        "**/b",
        "a/**/b",
        "*",
        "a*b?",
        "$",
        "a$b",
        "${subject}/x",
        "${label:team}-*",
        "a**",
        "***",
        "a//b",
        "/a",
        "a/",
        "",
        "${x}",
        "${label:}",
        "a\u{1}",
        "**a",
        "é",
    ];
    for glob in globs {
        assert_eq!(fits("NameGlob", glob), NameGlob::parse(glob).is_ok(), "{glob:?}");
    }
    for name in ["a", "A@b.c", "-a", "", "a b", "a/b", "é"] {
        assert_eq!(fits("SubjectName", name), SubjectName::parse(name).is_ok(), "{name:?}");
    }
    for selector in ["everyone", "user:a", "group:b", "robot:", "users:a", "Everyone"] {
        assert_eq!(fits("Selector", selector), Selector::parse(selector).is_ok(), "{selector:?}");
    }
    for service in ["registry", "a b", "a,b", "a-b", "é", ""] {
        assert_eq!(fits("ServiceName", service), ServiceName::parse(service).is_ok(), "{service:?}");
    }
    for action in ["pull", "*", "Pull", "a*", ""] {
        assert_eq!(fits("Action", action), Action::parse(action).is_ok(), "{action:?}");
    }
}

/// Returns true if a pattern of the document matches a text. The regex crate has no lookahead, such as
/// `\*(?!\*)`: a `*` without a `*` after it. So this function replaces each lookahead in the pattern by a
/// mark: U+E000 for `*`, U+E001 for `$`. It replaces each character in the text that a lookahead would match
/// by the same mark. For example, `a*b` becomes `a`, U+E000, `b`, but `a**b` is not changed.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern = pattern.replace(r"\*(?!\*)", "\u{e000}").replace(r"\$(?!\{)", "\u{e001}");
    let chars: Vec<char> = text.chars().collect();
    let mut marked = String::new();
    for (at, c) in chars.iter().enumerate() {
        marked.push(match (c, chars.get(at + 1)) {
            ('*', next) if pattern.contains('\u{e000}') && next != Some(&'*') => {
                let is_second = at > 0 && chars.get(at - 1) == Some(&'*');
                if is_second { '*' } else { '\u{e000}' }
            }
            ('$', next) if pattern.contains('\u{e001}') && next != Some(&'{') => '\u{e001}',
            _ => *c,
        });
    }
    regex::Regex::new(&pattern.replace("\\u00", "\\x")).unwrap().is_match(&marked)
}
