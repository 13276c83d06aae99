//! Lists that are filtered, counted, and compressed. Also the members of a group, last sign-ins, and the registries
//! that everybody may know.

use super::hang_up::measured;
use super::helpers::{ADMIN, App, PASSWORD, Reply};
use super::pages::Browser;
use portreeve::domain::change::{Actor, Change, Origin};
use portreeve::domain::kind::{ChangeAction, ObjectKind};
use portreeve::domain::policy::{Rule, RuleFields};
use portreeve::domain::time::Timestamp;
use portreeve::storage::{RuleRow, Store, StoreError, Transaction};
use serde_json::{Value, json};

async fn names(app: &App, path: &str) -> Vec<String> {
    let page = app.must("GET", path, Value::Null).await;
    let items = page["items"].as_array().unwrap().iter();
    items.map(|one| one["name"].as_str().unwrap_or_else(|| one.as_str().unwrap()).to_owned()).collect()
}

async fn world() -> App {
    let app = App::spawn().await;
    app.user("alice").await;
    app.must("PUT", "/groups/web", json!({"members": ["user:alice"]})).await;
    for (name, rule) in [
        ("all", json!({"subjects": ["everyone"], "names": ["public/**"], "actions": ["pull"]})),
        (
            "freeze",
            json!({"effect": "deny", "subjects": ["everyone"], "names": ["web/old/**"], "actions": ["push"]}),
        ),
        (
            "off",
            json!({"enabled": false, "subjects": ["group:web"], "names": ["web/**"], "actions": ["delete"],
            "description": "Was for CLEANING"}),
        ),
        ("own", json!({"subjects": ["authenticated"], "names": ["home/${subject}/**"], "actions": ["*"]})),
        ("web", json!({"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull", "push"]})),
    ] {
        app.rule(name, rule).await;
    }
    app
}

#[tokio::test]
async fn rules_are_found_by_whom_and_what_they_are_about() {
    let app = world().await;
    for (query, expected) in [
        ("subject=user:alice", &["all", "freeze", "off", "own", "web"][..]),
        ("subject=user:admin", &["admins", "all", "freeze", "own"]),
        ("subject=user:nobody", &[]),
        ("subject=group:web", &["off", "web"]),
        ("subject=everyone", &["all", "freeze"]),
        ("subject=anonymous", &[]),
        ("about=web/old/x", &["admins", "freeze", "off", "web"]),
        ("about=home/alice/x", &["admins", "own"]),
        ("about=home/alice/x&subject=user:alice", &["own"]),
        ("about=home/bob/x&subject=user:alice", &[]),
        ("effect=deny", &["freeze"]),
        ("enabled=false", &["off"]),
        ("enabled=true&effect=allow&q=o", &["own"]),
        ("text=cleaning", &["off"]),
        ("text=WEB/OLD", &["freeze"]),
        ("text=group:web", &["off", "web"]),
        ("text=", &["admins", "all", "freeze", "off", "own", "web"]),
        ("subject=group:web&enabled=true&text=web", &["web"]),
    ] {
        let found = names(&app, &format!("/rules?{query}")).await;
        assert_eq!(found, expected, "{query}");
        let page = app.must("GET", &format!("/rules?{query}&total=true&limit=1"), Value::Null).await;
        assert_eq!(page["total"], expected.len(), "{query}");
        // The pages together contain all found rules, and each entry is a complete rule.
        let (mut all, mut next) = (Vec::new(), Value::Null);
        for _ in 0..=expected.len() {
            let after = next.as_str().map(|next| format!("&after={next}")).unwrap_or_default();
            let page = app.must("GET", &format!("/rules?{query}&limit=2{after}"), Value::Null).await;
            all.extend(page["items"].as_array().unwrap().clone());
            next = page["next"].clone();
            if next.is_null() {
                break;
            }
        }
        assert_eq!(all.len(), expected.len(), "{query}");
        for one in all {
            let alone =
                app.must("GET", &format!("/rules/{}", one["name"].as_str().unwrap()), Value::Null).await;
            assert_eq!(one, alone);
        }
    }
    for query in [
        "subject=alice",
        "subject=",
        "about=UPPER%20case",
        "effect=maybe",
        "enabled=yes",
        "total=1",
        "text=%00",
        "warnings=x",
        "nothing=1",
    ] {
        let reply = app.api("GET", &format!("/rules?{query}"), Value::Null).await;
        assert_eq!(reply.status, 422, "{query}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_list_is_counted_when_that_is_asked() {
    let app = world().await;
    for n in 0..5 {
        app.must("PUT", &format!("/users/u{n}"), json!({})).await;
        app.must("PUT", &format!("/robots/r{n}"), json!({})).await;
        app.must("PUT", &format!("/groups/g{n}"), json!({})).await;
    }
    for (path, whole, prefix, some) in
        [("/users", 7, "u", 5), ("/robots", 5, "r1", 1), ("/groups", 7, "g", 5), ("/rules", 6, "a", 2)]
    {
        let count = async |query: &str| {
            app.must("GET", &format!("{path}?limit=2&{query}"), Value::Null).await["total"].clone()
        };
        assert_eq!(count("total=true").await, whole, "{path}");
        assert_eq!(count(&format!("total=true&q={prefix}")).await, some, "{path}");
        assert_eq!(count("total=true&q=nothing-like-it").await, 0, "{path}");
        assert_eq!(count("total=false").await, Value::Null);
        assert_eq!(count("q=").await, Value::Null);
        let page = app.must("GET", &format!("{path}?limit=2&total=true"), Value::Null).await;
        let after = page["next"].as_str().map(|next| format!("&after={next}")).unwrap_or_default();
        assert_eq!(
            count(&format!("total=true{after}")).await,
            whole,
            "{path}: the number is the same on every page"
        );
        assert_eq!(app.api("GET", &format!("{path}?total=yes"), Value::Null).await.status, 422);
    }
}

#[tokio::test]
async fn members_of_a_group_come_in_pages() {
    let app = world().await;
    let mut members = Vec::new();
    for n in 0..25 {
        app.must("PUT", &format!("/users/m{n:02}"), json!({})).await;
        app.must("PUT", &format!("/robots/x{n:02}"), json!({})).await;
        members.extend([format!("user:m{n:02}"), format!("robot:x{n:02}")]);
    }
    app.must("PUT", "/groups/many", json!({"members": members})).await;
    let group = app.must("GET", "/groups/many", Value::Null).await;
    let (mut all, mut after) = (Vec::new(), String::new());
    for _ in 0..20 {
        let path = format!("/groups/many/members?limit=7&total=true{after}");
        let page = app.must("GET", &path, Value::Null).await;
        assert_eq!(page["total"], 50);
        all.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(Value::from(all), group["members"]);
    let some = app.must("GET", "/groups/many/members?q=x1&total=true&limit=3", Value::Null).await;
    assert_eq!(
        (&some["items"], &some["total"]),
        (&json!(["robot:x10", "robot:x11", "robot:x12"]), &json!(10))
    );
    assert_eq!(app.must("GET", "/groups/web/members", Value::Null).await["items"], json!(["user:alice"]));
    assert_eq!(app.api("GET", "/groups/nothing/members", Value::Null).await.status, 404);
    assert_eq!(app.api_as(("alice", PASSWORD), "GET", "/groups/web/members", None).await.status, 403);
}

#[tokio::test]
async fn the_last_sign_in_is_that_of_what_is_kept() {
    let app = world().await;
    let last = async |who: &str| app.must("GET", &format!("/{who}/last-sign-in"), Value::Null).await;
    let never = json!({"browser": null, "client": null, "access_key": null});
    assert_eq!(last("users/alice").await, never);
    Browser::new(&app.url("")).sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    let browser = last("users/alice").await["browser"].clone();
    assert!(browser.is_string());
    app.advance(600);
    app.token(Some(("alice", PASSWORD)), "service=registry&offline_token=true").await.refresh_token();
    let found = last("users/alice").await;
    assert!(found["browser"] == browser && found["client"].as_str() > browser.as_str(), "{found}");
    assert_eq!(found["access_key"], Value::Null);
    app.robot("ci", Value::Null).await;
    assert_eq!(last("robots/ci").await, never, "the key was never used");
    assert_eq!(app.api("GET", "/users/nobody/last-sign-in", Value::Null).await.status, 404);
    assert_eq!(app.api_as(("alice", PASSWORD), "GET", "/users/alice/last-sign-in", None).await.status, 403);
}

#[tokio::test]
async fn everybody_may_know_which_registries_there_are() {
    let app = world().await;
    app.must("PUT", "/services/another", json!({})).await;
    let own = app.api_as(("alice", PASSWORD), "GET", "/me/services", None).await.json();
    let realm = format!("http://localhost:{}/token", app.address.port());
    assert_eq!(own, json!({"realm": realm, "services": ["another", "registry"]}));
    let key =
        app.must("POST", "/users/alice/access-keys", json!({"name": "k", "scopes": ["repository:**:pull"]}));
    let key = key.await["secret"].as_str().unwrap().to_owned();
    assert_eq!(app.api_as(("alice", &key), "GET", "/me/services", None).await.status, 403);
}

#[tokio::test]
async fn a_large_list_is_sent_smaller_and_a_secret_never() {
    let app = world().await;
    for n in 0..60 {
        let description =
            format!("rule number {n}, for a list that is large enough to be sent in a smaller form");
        app.rule(
            &format!("r{n:03}"),
            json!({"subjects": ["group:web"], "names": [format!("web/app{n}/**")],
            "actions": ["pull", "push"], "description": description}),
        )
        .await;
    }
    let ask = async |path: &str, coding: &str| -> Reply {
        let request = app.request("GET", &format!("/api/v1{path}")).basic_auth(ADMIN.0, Some(ADMIN.1));
        App::send(request.header("accept-encoding", coding)).await
    };
    let plain = ask("/rules?warnings=false", "identity").await;
    assert!(plain.text.len() > 16 * 1024 && plain.header("content-encoding").is_none());
    assert_eq!(plain.header("vary"), Some("Accept-Encoding"));
    let request = app.request("GET", "/api/v1/rules?warnings=false").basic_auth(ADMIN.0, Some(ADMIN.1));
    let small = request.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(small.headers()["content-encoding"], "gzip");
    assert_eq!(small.headers()["content-type"], "application/json");
    let bytes = small.bytes().await.unwrap();
    assert!(bytes.len() < plain.text.len() / 5, "{} of {} bytes", bytes.len(), plain.text.len());
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(bytes.as_ref()), &mut text).unwrap();
    assert_eq!(text, plain.text);
    // Short lists, single objects, and answers to writes are sent uncompressed.
    for path in ["/rules?limit=2", "/rules/web", "/me", "/groups"] {
        assert!(ask(path, "gzip").await.header("content-encoding").is_none(), "{path}");
    }
    let long = json!({"name": "n".repeat(200)});
    let request = app.request("POST", "/api/v1/users/alice/access-keys").basic_auth(ADMIN.0, Some(ADMIN.1));
    let key = App::send(request.header("accept-encoding", "gzip").json(&long)).await;
    assert_eq!(key.status, 201);
    assert!(key.header("content-encoding").is_none() && key.json()["secret"].is_string());
}

#[tokio::test]
async fn a_narrowed_page_costs_as_few_statements_as_a_whole_one() {
    let app = world().await;
    for n in 0..60 {
        app.rule(
            &format!("r{n:03}"),
            json!({"subjects": ["group:web"], "names": [format!("w{n}")], "actions": ["pull"]}),
        )
        .await;
    }
    let asked = async |path: &str| {
        let mut fewest = f64::MAX;
        // The poll of the change feed adds statements, so the test tries several times.
        for _ in 0..5 {
            let before = measured(&app, "portreeve_database_statements_total").await;
            let page = app.must("GET", path, Value::Null).await;
            assert_eq!(page["items"].as_array().unwrap().len(), 50, "{path}");
            fewest = fewest.min(measured(&app, "portreeve_database_statements_total").await - before);
        }
        fewest
    };
    let whole = asked("/rules?limit=50&warnings=false").await;
    let narrowed = asked("/rules?limit=50&warnings=false&text=group:web").await;
    assert!(narrowed <= whole + 1.0, "{narrowed} statements for a narrowed page, {whole} for a whole one");
}

#[tokio::test]
async fn a_narrowed_list_shows_what_another_replica_wrote_a_moment_ago() {
    let app = world().await;
    let other = Store::join(&app.folder.database_url()).await.unwrap();
    for n in 0..20 {
        let name = format!("there-{n:02}");
        let fields = json!({"name": name, "subjects": ["everyone"], "names": ["x"], "actions": ["pull"]});
        let rule = Rule::try_from(serde_json::from_value::<RuleFields>(fields).unwrap()).unwrap();
        let at = Timestamp::from_seconds(app.now_seconds());
        let origin = Origin::new(Actor::System, None, name.clone(), at);
        let written = other.change::<(), StoreError, _>(origin, move |tx: &mut Transaction| {
            Box::pin(async move {
                let after = serde_json::to_value(RuleFields::from(&rule)).unwrap();
                let row = RuleRow { rule, managed_by: None, created_at: at, updated_at: at };
                tx.insert_rule(&row).await?;
                tx.note(Change::new(ChangeAction::Create, ObjectKind::Rule, &name, None, Some(after)));
                Ok(())
            })
        });
        written.await.unwrap();
        let page = app.must("GET", "/rules?text=there-&total=true&warnings=false", Value::Null).await;
        assert_eq!(
            (page["items"].as_array().unwrap().len(), &page["total"]),
            (n + 1, &json!(n + 1)),
            "{page}"
        );
    }
    other.close().await;
}
