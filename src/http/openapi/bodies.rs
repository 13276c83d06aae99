//! Schemas that follow from others: what `PUT` and `PATCH` take follows from what can be written
//! and what is shown; and every object is closed.

use serde_json::{Map, Value, json};

/// Objects that are shown with fields that may be written, and those fields.
const WRITTEN: [(&str, &str); 5] = [
    ("User", "UserPut"),
    ("Robot", "RobotPut"),
    ("Group", "GroupPut"),
    ("Service", "ServicePut"),
    ("Rule", "RulePut"),
];

/// Objects whose fields may really be missing from an answer.
const WITH_OPTIONAL_FIELDS: [&str; 2] = ["Problem", "TokenAnswer"];

type Schemas = Map<String, Value>;

/// Completes the schemas and the bodies that refer to them.
pub(super) fn complete(document: &mut Value) {
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        flatten(schemas, "Explanation", &["Reasons"]);
        account(schemas);
        require_what_is_shown(schemas);
        for (shown, put) in WRITTEN {
            put_body(schemas, shown, put);
            let patch = patch_body(schemas, put);
            schemas.insert(put.replace("Put", "Patch"), patch);
        }
        schemas.remove("PasswordFields");
        schemas.insert("LabelsPatch".to_owned(), labels_patch(schemas));
        for (name, schema) in schemas {
            // SPEC: RFC 6749 section 3.2: unknown parameters of a form are ignored.
            if name.ends_with("Form") { plain_form(schema) } else { close(schema) }
        }
    }
    let Some(Value::Object(paths)) = document.get_mut("paths") else {
        return;
    };
    for item in paths.values_mut() {
        if let Some(body) = item.pointer_mut("/patch/requestBody/content") {
            patch_content(body);
        }
    }
}

fn properties(schema: &Value) -> Schemas {
    schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn required(schema: &Value) -> Vec<Value> {
    schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Puts fields of other objects, which serde writes in place, in place.
fn flatten(schemas: &mut Schemas, name: &str, others: &[&str]) {
    let parts = schemas.get(name).and_then(|schema| schema.get("allOf")).and_then(Value::as_array).cloned();
    let mut fields = Schemas::new();
    for part in parts.unwrap_or_default() {
        fields.extend(properties(&part));
    }
    for other in others {
        if let Some(schema) = schemas.remove(*other) {
            fields.extend(properties(&schema));
        }
    }
    schemas.insert(name.to_owned(), json!({"type": "object", "properties": fields}));
}

/// An account is shown as the user or robot that it is, with two fields more.
fn account(schemas: &mut Schemas) {
    let own = schemas.remove("Account").unwrap_or_default();
    let mut more = Schemas::new();
    for part in own.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        more.extend(properties(part));
    }
    for (shown, name) in [("User", "UserAccount"), ("Robot", "RobotAccount")] {
        let mut fields = schemas.get(shown).map(properties).unwrap_or_default();
        fields.extend(more.clone());
        schemas.insert(name.to_owned(), json!({"type": "object", "properties": fields}));
    }
    schemas.insert(
        "Account".to_owned(),
        json!({"oneOf": [
            {"$ref": "#/components/schemas/UserAccount"}, {"$ref": "#/components/schemas/RobotAccount"},
        ]}),
    );
}

/// Answers leave nothing out: a field without a value is null.
fn require_what_is_shown(schemas: &mut Schemas) {
    for (name, schema) in schemas {
        let is_input = name.ends_with("Put") || name.ends_with("Fields") || name.ends_with("Form");
        let is_input = is_input || ["Check", "NewAccessKey", "PasswordChange"].contains(&name.as_str());
        if is_input || WITH_OPTIONAL_FIELDS.contains(&name.as_str()) {
            continue;
        }
        let fields = properties(schema);
        if let Value::Object(schema) = schema
            && !fields.is_empty()
        {
            schema.insert("required".to_owned(), fields.keys().map(|key| json!(key)).collect());
        }
    }
}

/// The body of `PUT`: what may be written, and what is shown besides, which is accepted unchanged.
fn put_body(schemas: &mut Schemas, shown: &str, put: &str) {
    let shown = schemas.get(shown).map(properties).unwrap_or_default();
    let more = match put {
        "UserPut" => schemas.get("PasswordFields").map(properties).unwrap_or_default(),
        _ => Schemas::new(),
    };
    let Some(Value::Object(body)) = schemas.get_mut(put) else {
        return;
    };
    let Some(Value::Object(fields)) = body.get_mut("properties") else {
        return;
    };
    fields.extend(more);
    // The name is in the path; the one inside must be the same.
    fields.remove("name");
    for (name, schema) in shown {
        if name == "managed_by" {
            fields.entry(name).or_insert(schema);
        } else if !fields.contains_key(&name) {
            let mut schema = schema;
            if let Value::Object(schema) = &mut schema {
                schema.insert("readOnly".to_owned(), json!(true));
                schema.remove("default");
            }
            fields.insert(name, schema);
        }
    }
    if let Some(Value::Array(required)) = body.get_mut("required") {
        required.retain(|field| field != "name");
    }
}

/// The body of `PATCH` (RFC 7396): any of the fields; null returns one to its default.
fn patch_body(schemas: &Schemas, put: &str) -> Value {
    let body = schemas.get(put).cloned().unwrap_or_default();
    let needed = required(&body);
    let mut fields = properties(&body);
    for (name, schema) in &mut fields {
        let is_read_only = schema.get("readOnly").is_some();
        if let Value::Object(schema) = schema {
            schema.remove("default");
        }
        let refers = schema.get("$ref").and_then(Value::as_str);
        if refers == Some("#/components/schemas/Labels") {
            *schema = json!({"$ref": "#/components/schemas/LabelsPatch"});
        }
        let takes_null = schema
            .get("type")
            .is_some_and(|kind| kind.as_array().is_some_and(|all| all.contains(&json!("null"))))
            || schema.get("oneOf").is_some();
        if !is_read_only && !takes_null && !needed.contains(&json!(name)) {
            *schema = json!({"anyOf": [schema.clone(), {"type": "null"}]});
        }
    }
    let example = body.get("example").cloned().unwrap_or_default();
    json!({
        "type": "object",
        "description": "the fields to change; null returns one to its default",
        "properties": fields,
        "additionalProperties": false,
        "minProperties": 0,
        "example": example,
    })
}

/// Labels in a merge patch: null removes a key.
fn labels_patch(schemas: &Schemas) -> Value {
    let mut labels = schemas.get("Labels").cloned().unwrap_or_default();
    let values = labels.get("additionalProperties").cloned().unwrap_or_default();
    if let Value::Object(labels) = &mut labels {
        labels.insert("additionalProperties".to_owned(), json!({"anyOf": [values, {"type": "null"}]}));
        labels.insert("description".to_owned(), json!("labels to set; null removes one"));
    }
    labels
}

/// A parameter of a form is there or not, but never null.
fn plain_form(form: &mut Value) {
    for field in
        form.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
    {
        if let Value::Object(field) = field {
            field.insert("type".to_owned(), json!("string"));
        }
    }
}

/// An object has the fields that are named and no others.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.contains_key("properties") {
                map.entry("additionalProperties").or_insert(json!(false));
            }
            map.values_mut().for_each(close);
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}

/// A merge patch may be sent as what it is, or as plain JSON.
fn patch_content(content: &mut Value) {
    let refers =
        content.pointer("/application~1json/schema/$ref").and_then(Value::as_str).unwrap_or_default();
    let schema = json!({"schema": {"$ref": refers.replace("Put", "Patch")}});
    *content = json!({"application/merge-patch+json": schema, "application/json": schema});
}
