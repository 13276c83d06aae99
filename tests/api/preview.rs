//! Previews: the plan of an apply, without one.

use super::helpers::{ADMIN, App, PASSWORD, Reply};
use serde_json::{Value, json};

async fn send(app: &App, path: &str, kind: &'static str, body: String) -> Reply {
    let request = app.request("POST", &format!("/api/v1{path}")).basic_auth(ADMIN.0, Some(ADMIN.1));
    App::send(request.header("content-type", kind).body(body)).await
}

/// The same objects as a preview and as a dry run, which must say the same.
async fn alike(app: &App, objects: &[Value]) -> Value {
    let lines: String = objects.iter().map(|one| format!("{one}\n")).collect();
    let dry = send(app, "/apply?dry_run=true", "application/x-ndjson", lines.clone()).await;
    let previewed = send(app, "/preview", "application/x-ndjson", lines).await;
    let list = send(app, "/preview", "application/json", json!(objects).to_string()).await;
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
    assert_eq!(send(&app, "/preview", "application/json", twice).await.status, 422);
    let alike = json!([{"kind": "user", "name": "twin"}, {"kind": "robot", "name": "Twin"}]).to_string();
    assert_eq!(send(&app, "/preview", "application/json", alike).await.status, 422);
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
        let reply = send(&app, "/preview", kind, body).await;
        assert_eq!(reply.status, status, "{kind}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_preview_changes_nothing_and_waits_for_no_writer() {
    let app = world().await;
    let changes = app.must("GET", "/changes?limit=1000", Value::Null).await;
    let yaml = "kind: user\nname: dave\n---\nkind: group\nname: web\nmembers: [user:dave]\n---\nkind: rule\nname: r\nsubjects: [user:dave]\nnames: [a]\nactions: [pull]\n";
    let plan = send(&app, "/preview", "application/yaml", yaml.to_owned()).await;
    assert_eq!((plan.status, &plan.json()["summary"]["created"]), (200, &json!(2)), "{}", plan.text);
    assert_eq!(plan.json()["warnings"], json!([]), "what is made with the rule is known to lint");
    assert_eq!(app.must("GET", "/changes?limit=1000", Value::Null).await, changes);
    assert_eq!(app.api("GET", "/users/dave", Value::Null).await.status, 404);
    assert_eq!(app.api("GET", "/rules/r", Value::Null).await.status, 404);
    // Twenty at once, beside writes: each answers, and the writes go on.
    let previews = (0..20).map(|_| send(&app, "/preview", "application/yaml", yaml.to_owned()));
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
