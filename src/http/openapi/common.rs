//! What operations have in common: how they are refused, and the headers of their answers.

use super::super::web::API_ROOT;
use serde_json::{Map, Value, json};

const PROBLEM: &str = "application/problem+json";

/// Refusals: status, name of the component, what it means.
const REFUSALS: [(&str, &str, &str); 15] = [
    ("400", "BadRequest", "the body is not JSON, or a condition is no list of entity tags"),
    ("401", "Unauthorized", "no credentials, or wrong ones"),
    ("403", "Forbidden", "the caller may not do this"),
    ("404", "NotFound", "there is no such object"),
    ("405", "MethodNotAllowed", "the path has other methods"),
    ("408", "RequestTimeout", "the body took too long to arrive"),
    ("409", "Conflict", "it collides with something that exists, or rules name it"),
    ("412", "PreconditionFailed", "a condition of the request does not hold"),
    ("413", "PayloadTooLarge", "the body is larger than 1 MiB"),
    ("414", "UriTooLong", "the query is longer than 16 KiB"),
    ("415", "UnsupportedMediaType", "the body is not said to be JSON"),
    ("422", "Invalid", "the input does not fit; all errors are listed by field"),
    ("431", "HeaderTooLarge", "the Authorization header is longer than 16 KiB"),
    ("500", "ServerError", "the server failed; its log says why"),
    ("503", "Unavailable", "too much at once, or the database cannot be reached"),
];

/// Paths that name no object themselves, but ask for one in the query or the body.
const NAMES_OBJECTS: [&str; 3] = ["/check", "/who-can", "/refresh-tokens"];

/// The refusals of the administration API, as components.
pub(super) fn responses() -> Value {
    let all = REFUSALS.into_iter().map(|(status, name, meaning)| {
        let mut headers = json!({"X-Request-Id": {"$ref": "#/components/headers/RequestId"}});
        for (of, header, component) in [
            ("401", "WWW-Authenticate", "Challenge"),
            ("405", "Allow", "Allow"),
            ("503", "Retry-After", "RetryAfter"),
        ] {
            if of == status
                && let Value::Object(headers) = &mut headers
            {
                headers
                    .insert(header.to_owned(), json!({"$ref": format!("#/components/headers/{component}")}));
            }
        }
        let content = json!({PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}});
        (name.to_owned(), json!({"description": meaning, "headers": headers, "content": content}))
    });
    Value::Object(all.collect())
}

/// The headers of answers, as components.
pub(super) fn headers() -> Value {
    json!({
        "RequestId": {
            "description": "the id of the request, which is also in the log and in the audit trail",
            "required": true,
            "schema": {"type": "string", "format": "uuid"},
        },
        "ETag": {
            "description": "the version of the object, for `If-Match` and `If-None-Match`",
            "required": true,
            "schema": {"type": "string", "pattern": "^\"[0-9]+\"$"},
        },
        "KeysETag": {"description": "the version of the key set", "required": true, "schema": {"type": "string"}},
        "Location": {
            "description": "the path of the new object", "required": true,
            "schema": {"type": "string", "format": "uri-reference"},
        },
        "Challenge": {"description": "how to sign in", "required": true, "schema": {"type": "string"}},
        "RetryAfter": {"description": "seconds", "required": true, "schema": {"type": "integer", "minimum": 1}},
        "Allow": {"description": "the methods of the path", "required": true, "schema": {"type": "string"}},
    })
}

/// Completes every operation.
pub(super) fn complete(document: &mut Value) {
    let Some(Value::Object(paths)) = document.get_mut("paths") else {
        return;
    };
    for (path, item) in paths {
        let Value::Object(item) = item else {
            continue;
        };
        for (method, operation) in item {
            let administration = path.starts_with(API_ROOT);
            if let Value::Object(operation) = operation {
                plain_parameters(operation);
                if administration {
                    refuse(path, method, operation);
                } else {
                    super::tokens::refuse(path, method, operation);
                }
                finish_answers(path, method, operation);
                super::links::add(operation);
            }
        }
    }
}

/// A parameter is there or not, but never null.
fn plain_parameters(operation: &mut Map<String, Value>) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let Some(Value::Array(kinds)) = parameter.pointer_mut("/schema/type") else {
            continue;
        };
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            if let Some(kind) = parameter.pointer_mut("/schema/type") {
                *kind = only;
            }
        }
    }
}

/// Says how an operation of the administration API may be refused.
fn refuse(path: &str, method: &str, operation: &mut Map<String, Value>) {
    let is_open = operation.contains_key("security");
    let parameters = operation.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    let has = |place: &str| parameters.iter().any(|parameter| parameter.get("in") == Some(&json!(place)));
    let mut statuses = vec!["414", "431", "500", "503"];
    if !is_open {
        operation.insert("security".to_owned(), json!([{"basic": []}, {"bearer": []}]));
        statuses.push("401");
        if path != "/api/v1/me" {
            statuses.push("403");
        }
    }
    if has("path") || NAMES_OBJECTS.iter().any(|end| path.ends_with(end)) {
        statuses.push("404");
    }
    if operation.contains_key("requestBody") {
        statuses.extend(["400", "408", "413", "415", "422"]);
    }
    if has("query") || path.contains("/members/") {
        statuses.push("422");
    }
    if has("header") {
        statuses.push("400");
    }
    if has("header") && method != "get" {
        statuses.push("412");
    }
    let Some(Value::Object(responses)) = operation.get_mut("responses") else {
        return;
    };
    if responses.contains_key("409") {
        statuses.push("409");
    }
    for status in statuses {
        if let Some((_, name, _)) = REFUSALS.iter().find(|refusal| refusal.0 == status) {
            responses.insert(status.to_owned(), json!({"$ref": format!("#/components/responses/{name}")}));
        }
    }
}

/// Gives every answer its headers, and a few words where it has none.
fn finish_answers(path: &str, method: &str, operation: &mut Map<String, Value>) {
    let versioned = operation
        .get("parameters")
        .and_then(Value::as_array)
        .is_some_and(|all| all.iter().any(|parameter| parameter.get("in") == Some(&json!("header"))));
    let Some(Value::Object(responses)) = operation.get_mut("responses") else {
        return;
    };
    for (status, response) in responses {
        let Value::Object(response) = response else {
            continue;
        };
        if response.contains_key("$ref") {
            continue;
        }
        let words = match status.as_str() {
            "200" => "as asked for",
            "201" => "made",
            "204" => "done",
            "304" => "the client has it already",
            _ => "refused",
        };
        let described =
            response.get("description").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        if !described {
            response.insert("description".to_owned(), json!(words));
        }
        let mut headers = Map::new();
        let mut add = |name: &str, component: &str| {
            headers.insert(name.to_owned(), json!({"$ref": format!("#/components/headers/{component}")}));
        };
        add("X-Request-Id", "RequestId");
        match status.as_str() {
            "200" | "201" | "304" if path.ends_with("jwks.json") => add("ETag", "KeysETag"),
            "200" | "201" | "304" if versioned => add("ETag", "ETag"),
            "201" if method == "post" => add("Location", "Location"),
            "401" => add("WWW-Authenticate", "Challenge"),
            "503" => add("Retry-After", "RetryAfter"),
            _ => {}
        }
        response.insert("headers".to_owned(), Value::Object(headers));
    }
}
