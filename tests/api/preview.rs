//! Previews: they return the plan of an apply and change nothing.

use super::helpers::{App, PASSWORD};
use serde_json::{Value, json};

/// Sends the same objects as a preview and as a dry run. Both must return the same plan.
async fn alike(app: &App, objects: &[Value]) -> Value {
    let lines: String = objects.iter().map(|one| format!("{one}\n")).collect();
    let dry = app.api_text("POST", "/apply?dry_run=true", "application/x-ndjson", lines.clone()).await;
    let previewed = app.api_text("POST", "/preview", "application/x-ndjson", lines).await;
    let list = app.api_text("POST", "/preview", "application/json", json!(objects).to_string()).await;
    assert_eq!(previewed.status, dry.status, "{} {}", previewed.text, dry.text);
    assert_eq!(previewed.json(), dry.json());
    assert_eq!(list.json(), dry.json());
    dry.json()
}

async fn world() -> App {
    let app = App::spawn().await;
    for user in ["alice", "bob", "carol"] {
        app.user(user).await;
    }
    app.robot("ci", Value::Null).await;
    app.must("PUT", "/groups/web", json!({"members": ["user:alice", "robot:ci"]})).await;
    app.rule("web", json!({"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull", "push"]}))
        .await;
    app.rule("own", json!({"subjects": ["authenticated"], "names": ["${subject}/**"], "actions": ["pull"]}))
        .await;
    app
}

#[tokio::test]
async fn a_preview_says_what_a_dry_run_says() {
    let app = world().await;
    let rule = |name: &str, more: Value| {
        let mut rule = json!({"kind": "rule", "name": name, "subjects": ["group:web"], "names": ["web/**"],
            "actions": ["pull"]});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    for objects in [
        vec![rule("web", json!({}))],
        vec![rule("freeze", json!({"effect": "deny", "names": ["web/old/**"], "actions": ["push"]}))],
        vec![rule("ghost", json!({"subjects": ["user:nobody", "group:nothing"]}))],
        vec![json!({"kind": "group", "name": "web", "members": ["user:bob", "robot:ci"]})],
        vec![
            json!({"kind": "group", "name": "new", "members": ["user:bob"]}),
            rule(
                "for-new",
                json!({
                    "subjects": ["group:new"], "names": ["${group}/**"], "actions": ["*"],
                }),
            ),
        ],
        vec![json!({"kind": "user", "name": "alice", "disabled": true})],
        vec![
            json!({"kind": "user", "name": "dave", "labels": {"team": ["x"]}}),
            json!({"kind": "robot", "name": "cd", "description": "deploys"}),
            json!({"kind": "group", "name": "web", "members": ["user:dave", "robot:cd", "user:alice"]}),
            rule("of-dave", json!({"subjects": ["user:dave"], "names": ["${label:team}/**"]})),
        ],
        vec![json!({"kind": "robot", "name": "ci", "admin": true, "expires_at": "2100-01-01T00:00:00Z"})],
        vec![rule("same", json!({})), rule("web", json!({"actions": ["pull", "push"]}))],
        vec![],
    ] {
        let plan = alike(&app, &objects).await;
        assert_eq!(plan["dry_run"], true, "{plan}");
    }
    let plan = alike(&app, &[rule("web", json!({}))]).await;
    let lost = &plan["decisions"][0];
    assert_eq!(
        (&lost["action"], &lost["before"], &lost["after"]),
        (&json!("push"), &json!(true), &json!(false))
    );
}

#[tokio::test]
async fn what_an_apply_refuses_a_preview_refuses_in_the_same_words() {
    let app = world().await;
    app.must(
        "PUT",
        "/rules/kept",
        json!({"subjects": ["everyone"], "names": ["k"], "actions": ["pull"],
        "managed_by": "git"}),
    )
    .await;
    for objects in [
        vec![json!({"kind": "rule", "name": "x"})],
        vec![
            json!({"kind": "rule", "name": "kept", "subjects": ["everyone"], "names": ["k"], "actions": ["push"]}),
        ],
        vec![json!({"kind": "group", "name": "g", "members": ["user:alicia"]})],
        vec![json!({"kind": "user", "name": "ci"})],
        vec![json!({"kind": "user", "name": "ALICE"})],
        vec![json!({"kind": "user", "name": "x", "password": PASSWORD})],
        vec![json!({"kind": "robot", "name": "old", "expires_at": "2001-01-01T00:00:00Z"})],
        vec![
            json!({"kind": "user", "name": "x", "unknown": 1}),
            json!({"kind": "rule", "name": "y", "names": ["["]}),
        ],
        vec![json!({"name": "x"}), json!({"kind": "user"})],
        vec![json!({"kind": "user", "name": "admin"})],
    ] {
        let told = alike(&app, &objects).await;
        assert!(told["status"].as_u64().unwrap() >= 400, "{objects:?} {told}");
    }
    let twice = json!([{"kind": "user", "name": "a"}, {"kind": "user", "name": "a"}]).to_string();
    assert_eq!(app.api_text("POST", "/preview", "application/json", twice).await.status, 422);
    let alike = json!([{"kind": "user", "name": "twin"}, {"kind": "robot", "name": "Twin"}]).to_string();
    assert_eq!(app.api_text("POST", "/preview", "application/json", alike).await.status, 422);
    for (kind, body, status) in [
        ("application/json", "{".to_owned(), 400),
        ("application/json", r#"{"kind":"user","kind":"user"}"#.to_owned(), 400),
        ("application/json", "7".to_owned(), 422),
        ("application/json", r#"{"kind":"service","name":"s"}"#.to_owned(), 422),
        ("application/json", r#"{"kind":"identity-provider","name":"s"}"#.to_owned(), 422),
        ("text/plain", "{}".to_owned(), 415),
        ("application/x-ndjson", "{\n".to_owned(), 422),
        ("application/yaml", "a: [".to_owned(), 422),
        ("application/json", json!(vec![json!({"kind": "user", "name": "a"}); 1001]).to_string(), 422),
        ("application/yaml", "#".repeat(1024 * 1024 + 1), 413),
    ] {
        let reply = app.api_text("POST", "/preview", kind, body).await;
        assert_eq!(reply.status, status, "{kind}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_preview_changes_nothing_and_waits_for_no_writer() {
    let app = world().await;
    let changes = app.must("GET", "/changes?limit=1000", Value::Null).await;
    let yaml = "kind: user\nname: dave\n---\nkind: group\nname: web\nmembers: [user:dave]\n---\nkind: rule\nname: r\nsubjects: [user:dave]\nnames: [a]\nactions: [pull]\n";
    let plan = app.api_text("POST", "/preview", "application/yaml", yaml.to_owned()).await;
    assert_eq!((plan.status, &plan.json()["summary"]["created"]), (200, &json!(2)), "{}", plan.text);
    assert_eq!(plan.json()["warnings"], json!([]), "lint knows the objects that the preview would create");
    assert_eq!(app.must("GET", "/changes?limit=1000", Value::Null).await, changes);
    assert_eq!(app.api("GET", "/users/dave", Value::Null).await.status, 404);
    assert_eq!(app.api("GET", "/rules/r", Value::Null).await.status, 404);
    // Twenty previews run beside writes. Each preview is answered, and the writes continue.
    let previews = (0..20).map(|_| app.api_text("POST", "/preview", "application/yaml", yaml.to_owned()));
    let writes = async {
        for n in 0..10 {
            app.user(&format!("writer-{n}")).await;
        }
    };
    let (previews, ()) = tokio::join!(futures_util::future::join_all(previews), writes);
    assert!(previews.iter().all(|one| one.status == 200));
}

#[tokio::test]
async fn previews_are_for_administrators() {
    let app = world().await;
    let rule = json!({"kind": "rule", "name": "r"});
    assert_eq!(app.api_as(("alice", PASSWORD), "POST", "/preview", Some(rule.clone())).await.status, 403);
    let nobody = App::send(app.request("POST", "/api/v1/preview").json(&rule)).await;
    assert_eq!(nobody.status, 401);
}

/// Reads the number of statements that the database got since the start.
async fn statements(app: &App) -> f64 {
    super::hang_up::measured(app, "portreeve_database_statements_total").await
}

#[tokio::test]
async fn the_errors_of_a_single_object_stand_at_its_fields_as_at_a_write() {
    let app = world().await;
    for (object, path) in [
        (
            json!({"kind": "rule", "name": "y", "subjects": ["x"], "names": ["ok", "a//b"], "actions": []}),
            "/rules/y",
        ),
        (json!({"kind": "user", "name": "x", "unknown": 1}), "/users/x"),
        (json!({"kind": "group", "name": "g", "members": ["user:alicia"]}), "/groups/g"),
    ] {
        let alone = app.api_text("POST", "/preview", "application/json", object.to_string()).await;
        let mut fields = object.clone();
        fields.as_object_mut().unwrap().retain(|name, _| name != "kind" && name != "name");
        let write = app.api("PUT", path, fields).await;
        assert_eq!((alone.status, write.status), (422, 422), "{} {}", alone.text, write.text);
        assert_eq!(alone.json()["errors"], write.json()["errors"], "{object}");
        let listed =
            app.api_text("POST", "/preview", "application/json", json!([object]).to_string()).await.json();
        let first = &listed["errors"][0];
        let text = format!("{}{}", first["field"].as_str().unwrap_or_default(), first["message"]);
        assert!(text.contains("document 1 ("), "the error must name the first object of the list: {listed}");
    }
    let rule = json!({"kind": "rule", "name": "y", "subjects": ["everyone"], "names": ["ok", "a//b"],
        "actions": ["pull"]});
    let told = app.api_text("POST", "/preview", "application/json", rule.to_string()).await.json();
    assert_eq!(told["errors"][0]["field"], "names[1]", "{told}");
}

#[tokio::test]
async fn previews_in_a_row_read_nobody_again_until_somebody_changes() {
    let app = world().await;
    let many: String = (0..3000).map(|n| format!("{{\"kind\":\"robot\",\"name\":\"r{n}\"}}\n")).collect();
    assert_eq!(app.api_text("POST", "/apply", "application/x-ndjson", many).await.status, 200);
    let denial = json!({"kind": "rule", "name": "no", "effect": "deny", "subjects": ["group:web"], "names": ["web/**"],
        "actions": ["push"]});
    let preview = async || {
        let before = statements(&app).await;
        let plan = app.api_text("POST", "/preview", "application/json", denial.to_string()).await.json();
        (plan["decisions"][0]["example"]["subject"].clone(), statements(&app).await - before)
    };
    let (example, first) = preview().await;
    assert_eq!(example, "user:alice");
    // The poll of the change feed adds statements, so the smallest number of several attempts counts.
    let mut fewest = f64::MAX;
    for _ in 0..10 {
        let (again, asked) = preview().await;
        assert_eq!(again, example);
        fewest = fewest.min(asked);
    }
    assert!(fewest + 4.0 <= first, "{fewest} statements after {first}");
    // A new rule changes no user, so the next preview needs no more statements.
    app.rule("beside", json!({"subjects": ["everyone"], "names": ["x"], "actions": ["pull"]})).await;
    let mut after_rule = f64::MAX;
    for _ in 0..3 {
        after_rule = after_rule.min(preview().await.1);
    }
    assert!(after_rule <= fewest + 1.0, "{after_rule} {fewest}");
    app.must("PATCH", "/users/alice", json!({"disabled": true})).await;
    assert_eq!(preview().await.0, "robot:ci");
    app.must("PUT", "/groups/web", json!({"members": ["user:bob"]})).await;
    assert_eq!(preview().await.0, "user:bob");
    app.must("DELETE", "/users/bob", Value::Null).await;
    assert_eq!(preview().await.0, "group:web", "no subject is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn previews_that_nobody_waits_for_leave_room_for_others() {
    let app = world().await;
    // Each pattern may overlap every other pattern. So the comparison does the most possible work.
    let rules: String = (0..400)
        .map(|n| {
            let rule = json!({"kind": "rule", "name": format!("r{n}"), "subjects": ["everyone"],
                "names": [format!("**/p{n}/**")], "actions": ["push"]});
            format!("{rule}\n")
        })
        .collect();
    let light = json!({"kind": "robot", "name": "new"}).to_string();
    // Twenty large previews are cancelled. If they continued, the small preview below would wait for them.
    for _ in 0..20 {
        let left = app.api_text("POST", "/preview", "application/x-ndjson", rules.clone());
        let left = tokio::time::timeout(std::time::Duration::from_millis(100), left).await;
        assert!(left.is_err(), "such a large preview must take longer");
    }
    let reply = app.api_text("POST", "/preview", "application/json", light).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}
