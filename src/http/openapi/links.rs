//! Which answer leads to which request: for clients that follow links, and for tests that walk
//! along them.

use serde_json::{Map, Value, json};

/// From an answer (operation, status) to an operation, with its parameters and where they come from.
type Link = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const LINKS: [Link; 22] = [
    ("putUser", "201", "getUser", &[("name", "$request.path.name")]),
    ("putUser", "201", "patchUser", &[("name", "$request.path.name")]),
    ("putUser", "201", "deleteUser", &[("name", "$request.path.name")]),
    ("putUser", "201", "createUserAccessKey", &[("name", "$request.path.name")]),
    ("putRobot", "201", "getRobot", &[("name", "$request.path.name")]),
    ("putRobot", "201", "patchRobot", &[("name", "$request.path.name")]),
    ("putRobot", "201", "deleteRobot", &[("name", "$request.path.name")]),
    ("putRobot", "201", "createRobotAccessKey", &[("name", "$request.path.name")]),
    ("putGroup", "201", "getGroup", &[("name", "$request.path.name")]),
    ("putGroup", "201", "patchGroup", &[("name", "$request.path.name")]),
    ("putGroup", "201", "deleteGroup", &[("name", "$request.path.name")]),
    ("putService", "201", "patchService", &[("name", "$request.path.name")]),
    ("putService", "201", "deleteService", &[("name", "$request.path.name")]),
    ("putRule", "201", "getRule", &[("name", "$request.path.name")]),
    ("putRule", "201", "patchRule", &[("name", "$request.path.name")]),
    ("putRule", "201", "deleteRule", &[("name", "$request.path.name")]),
    (
        "putMember",
        "204",
        "deleteMember",
        &[("name", "$request.path.name"), ("member", "$request.path.member")],
    ),
    ("createUserAccessKey", "201", "deleteAccessKey", &[("id", "$response.body#/id")]),
    ("createRobotAccessKey", "201", "deleteAccessKey", &[("id", "$response.body#/id")]),
    ("createMyAccessKey", "201", "deleteMyAccessKey", &[("id", "$response.body#/id")]),
    ("listRefreshTokens", "200", "deleteRefreshToken", &[("id", "$response.body#/items/0/id")]),
    ("listMyRefreshTokens", "200", "deleteMyRefreshToken", &[("id", "$response.body#/items/0/id")]),
];

/// Adds the links of an operation to its answers.
pub(super) fn add(operation: &mut Map<String, Value>) {
    let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(Value::Object(responses)) = operation.get_mut("responses") else {
        return;
    };
    for (_, status, to, parameters) in LINKS.iter().filter(|link| link.0 == id) {
        let Some(Value::Object(answer)) = responses.get_mut(*status) else {
            continue;
        };
        let parameters: Map<String, Value> =
            parameters.iter().map(|(name, from)| ((*name).to_owned(), json!(from))).collect();
        if let Value::Object(links) = answer.entry("links").or_insert_with(|| json!({})) {
            links.insert((*to).to_owned(), json!({"operationId": to, "parameters": parameters}));
        }
    }
}
