//! An invalid write is refused with the reason, and changes nothing.

use super::helpers::{ADMIN, App, PASSWORD, Reply};
use serde_json::{Value, json};

/// Lists writes that take a JSON body: method, path, a valid body.
fn writes() -> Vec<(&'static str, &'static str, Value)> {
    let rule = json!({"subjects": ["everyone"], "names": ["a"], "actions": ["pull"]});
    vec![
        ("PUT", "/users/alice", json!({"admin": true})),
        ("PATCH", "/users/alice", json!({"admin": true})),
        ("PUT", "/users/new", json!({"admin": true})),
        ("PUT", "/robots/ci", json!({"description": "x"})),
        ("PATCH", "/robots/ci", json!({"description": "x"})),
        ("PUT", "/groups/web", json!({"members": ["robot:ci"]})),
        ("PATCH", "/groups/web", json!({"members": ["robot:ci"]})),
        ("PUT", "/services/registry", json!({"token_ttl": 77})),
        ("PATCH", "/services/registry", json!({"token_ttl": 77})),
        ("PUT", "/rules/r", rule),
        ("PATCH", "/rules/r", json!({"priority": 1})),
        ("POST", "/users/alice/access-keys", json!({"name": "k"})),
        ("POST", "/robots/ci/access-keys", json!({"name": "k"})),
        ("POST", "/me/access-keys", json!({"name": "k"})),
        ("PUT", "/me/password", json!({"current_password": ADMIN.1, "new_password": PASSWORD})),
    ]
}

async fn port() -> App {
    let app = App::spawn().await;
    app.user("alice").await;
    app.must("PUT", "/robots/ci", json!({})).await;
    app.must("PUT", "/groups/web", json!({"members": ["user:alice"]})).await;
    app.rule("r", json!({"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull"]})).await;
    app
}

/// Reads the number of the newest change.
async fn counter(app: &App) -> Value {
    app.must("GET", "/changes?order=desc&limit=1", Value::Null).await["items"][0]["seq"].clone()
}

fn assert_problem(reply: &Reply, status: u16, what: &str) {
    assert_eq!(reply.status, status, "{what}: {}", reply.text);
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{what}");
    let problem = reply.json();
    assert_eq!(problem["status"], status, "{what}");
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{what}: {problem}");
    if status == 422 {
        let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("{what}: {problem}"));
        assert!(!errors.is_empty(), "{what}");
        assert!(errors.iter().all(|error| !error["message"].as_str().unwrap().is_empty()), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_object_of_its_kind_changes_nothing_anywhere() {
    let app = port().await;
    let before = counter(&app).await;
    for (method, path, good) in writes() {
        let field = good.as_object().unwrap().keys().next().unwrap().clone();
        let mut unknown = good.clone();
        unknown["surprise"] = json!(1);
        let mut wrong = good.clone();
        wrong[&field] = json!({"not": ["this", "type"]});
        let good = good.to_string();
        let twice = format!("{{\"{field}\": null, {}", good.strip_prefix('{').unwrap());
        let big = format!("{} {good}", " ".repeat(2 * 1024 * 1024));
        for (what, kind, body, status) in [
            ("an unknown field", "application/json", unknown.to_string(), 422),
            ("a wrong type", "application/json", wrong.to_string(), 422),
            ("a list", "application/json", format!("[{good}]"), 422),
            ("a string", "application/json", "\"x\"".to_owned(), 422),
            ("a key twice", "application/json", twice, 400),
            ("half a body", "application/json", good.strip_suffix('}').unwrap().to_owned(), 400),
            ("two bodies", "application/json", format!("{good}{good}"), 400),
            ("nothing", "application/json", String::new(), 400),
            ("2 MB", "application/json", big, 413),
            ("a form", "application/x-www-form-urlencoded", good.clone(), 415),
            ("text", "text/plain", good.clone(), 415),
        ] {
            let reply = app.api_text(method, path, kind, body).await;
            assert_problem(&reply, status, &format!("{method} {path}: {what}"));
        }
        assert_eq!(counter(&app).await, before, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_outside_its_bounds_changes_nothing_and_its_field_is_named() {
    let app = port().await;
    let before = counter(&app).await;
    let long = |length: usize| "x".repeat(length);
    let many: Vec<String> = (0..70).map(|n| format!("k{n}")).collect();
    let labels: Value =
        many.iter().map(|key| (key.clone(), json!(["v"]))).collect::<serde_json::Map<_, _>>().into();
    let rule = |field: &str, value: Value| {
        let mut rule = json!({"subjects": ["everyone"], "names": ["a"], "actions": ["pull"]});
        rule[field] = value;
        rule
    };
    for (method, path, body, field) in [
        ("PUT", "/users/new", json!({"password": "short"}), "password"),
        ("PUT", "/users/new", json!({"password": long(1025)}), "password"),
        ("PUT", "/users/new", json!({"labels": {"UPPER": ["x"]}}), "labels"),
        ("PUT", "/users/new", json!({"labels": {"k": [long(256)]}}), "labels"),
        ("PUT", "/users/new", json!({"labels": {"k": ["a\nb"]}}), "labels"),
        ("PATCH", "/users/alice", json!({"labels": labels}), "labels"),
        ("PUT", "/users/alice", json!({"has_password": false}), "has_password"),
        ("PUT", "/users/alice", json!({"groups": ["admins"]}), "groups"),
        ("PUT", "/users/alice", json!({"name": "bob"}), "name"),
        ("PUT", "/robots/new", json!({"description": long(1025)}), "description"),
        ("PUT", "/robots/new", json!({"expires_at": "soon"}), "expires_at"),
        ("PUT", "/robots/new", json!({"managed_by": long(2000)}), "managed_by"),
        ("PUT", "/groups/new", json!({"members": ["alice"]}), "members[0]"),
        ("PUT", "/groups/new", json!({"members": ["user:alice", "user:ghost"]}), "members[1]"),
        ("PUT", "/groups/new", json!({"members": ["group:web"]}), "members[0]"),
        ("PUT", "/services/new", json!({"token_ttl": 59}), "token_ttl"),
        ("PUT", "/services/new", json!({"token_ttl": 3601}), "token_ttl"),
        ("PATCH", "/services/registry", json!({"profile": "none such"}), "profile"),
        ("PUT", "/rules/new", rule("names", json!([])), "names"),
        ("PUT", "/rules/new", rule("names", json!([long(2000)])), "names[0]"),
        ("PUT", "/rules/new", rule("names", json!(["a", "b/**c"])), "names[1]"),
        ("PUT", "/rules/new", rule("names", json!(["${nothing}"])), "names[0]"),
        ("PUT", "/rules/new", rule("subjects", json!(["somebody"])), "subjects[0]"),
        ("PUT", "/rules/new", rule("effect", json!("maybe")), "effect"),
        ("PUT", "/rules/new", rule("networks", json!(["10.0.0.1/8"])), "networks[0]"),
        ("PATCH", "/rules/r", json!({"names": ["/"]}), "names[0]"),
        ("POST", "/robots/ci/access-keys", json!({"name": ""}), "name"),
        ("POST", "/robots/ci/access-keys", json!({"name": "k", "scopes": []}), "scopes"),
        ("POST", "/robots/ci/access-keys", json!({"name": "k", "scopes": ["nonsense"]}), "scopes[0]"),
    ] {
        let what = format!("{method} {path} {field}: {body:.200}");
        let reply = app.api(method, path, body).await;
        assert_problem(&reply, 422, &what);
        let errors = reply.json()["errors"].clone();
        let fields: Vec<&str> =
            errors.as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert!(fields.contains(&field), "{what}: {fields:?}");
    }
    let reply = app.api("PUT", "/rules/new", rule("names", json!(["b/**c"]))).await;
    let message = reply.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("byte 2") && message.contains('`'), "{message}");
    assert_eq!(counter(&app).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_none_or_taken_or_reserved_makes_nothing() {
    let app = port().await;
    let before = counter(&app).await;
    let long = "x".repeat(256);
    let rule = json!({"subjects": ["everyone"], "names": ["a"], "actions": ["pull"]});
    for (noun, body) in [
        ("users", json!({})),
        ("robots", json!({})),
        ("groups", json!({})),
        ("services", json!({})),
        ("rules", rule),
    ] {
        for name in
            [".a", "-a", "a%20b", "a:b", "a%2Fb", "%C3%A4", "al%D1%96ce", "a%00b", "%ff", long.as_str()]
        {
            // Registries decide which names of services are valid. Only the server's own limits matter here.
            if noun == "services" && !matches!(name, "a%00b" | "%ff") && name != long {
                continue;
            }
            let path = format!("/{noun}/{name}");
            let reply = app.api("PUT", &path, body.clone()).await;
            assert!(matches!(reply.status, 404 | 422), "PUT {path:.60}: {} {}", reply.status, reply.text);
            assert_problem(&reply, reply.status, &path);
        }
    }
    for noun in ["users", "robots"] {
        for name in
            ["anonymous", "Everyone", "AUTHENTICATED", "system", "00000000-0000-0000-0000-000000000000"]
        {
            let path = format!("/{noun}/{name}");
            assert_problem(&app.api("PUT", &path, json!({})).await, 422, &path);
        }
        for name in ["Alice", "aLICE", "CI", "Admin"] {
            let path = format!("/{noun}/{name}");
            assert_problem(&app.api("PUT", &path, json!({})).await, 409, &path);
        }
    }
    for member in ["alice", "user:", "user:ghost", "robot:alice", "group:web", "everyone"] {
        for method in ["PUT", "DELETE"] {
            let path = format!("/groups/web/members/{member}");
            let reply = app.api(method, &path, Value::Null).await;
            assert!(matches!(reply.status, 404 | 422), "{method} {path}: {} {}", reply.status, reply.text);
        }
    }
    assert_eq!(counter(&app).await, before);
}
