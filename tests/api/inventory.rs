//! `/repositories`: the content of registries, for callers who may pull the content.

use super::helpers::{ADMIN, App, PASSWORD, Reply, Setup};
use super::registry_reports::{IMAGE, Reports, digest};
use serde_json::{Value, json};

const ALICE: (&str, &str) = ("alice", PASSWORD);

/// Reads all pages of a list. Returns the names and the number of pages.
async fn walk(app: &App, login: (&str, &str), query: &str) -> (Vec<String>, usize) {
    let (mut names, mut pages, mut after) = (Vec::new(), 0, String::new());
    loop {
        let reply = app.api_as(login, "GET", &format!("/repositories?{query}{after}"), None).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let page = reply.json();
        let items = page["items"].as_array().unwrap().iter();
        names
            .extend(items.map(|one| {
                format!("{} {}", one["service"].as_str().unwrap(), one["name"].as_str().unwrap())
            }));
        pages += 1;
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return (names, pages),
        }
    }
}

async fn one(app: &App, login: (&str, &str), path: &str) -> Reply {
    app.api_as(login, "GET", &format!("/repositories/{path}"), None).await
}

async fn world() -> App {
    let app = App::spawn().await;
    app.user("alice").await;
    app.must("PUT", "/services/other", json!({})).await;
    app.rule(
        "alice",
        json!({"subjects": ["user:alice"], "names": ["team/**", "solo"], "actions": ["pull"], "services": ["registry"]}),
    )
    .await;
    Reports::of(&app, "registry", 500)
        .manifest("push", "team/web/app", "v1", 'a', "alice")
        .manifest("push", "team/web/app", "v2", 'b', "bob")
        .manifest("push", "team/web/app", "latest", 'b', "bob")
        .manifest("push", "solo", "v1", 'c', "")
        .manifest("push", "secret/plans", "v1", 'd', "bob")
        .manifest("pull", "team/web/app", "v1", 'a', "ci")
        .manifest("push", "team/Not-A-Name", "v1", 'a', "bob")
        .send()
        .await;
    Reports::of(&app, "other", 400).manifest("push", "solo", "v1", 'e', "bob").send().await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_lists_what_they_may_pull() {
    let app = world().await;
    let all = ["registry secret/plans", "other solo", "registry solo", "registry team/web/app"];
    assert_eq!(walk(&app, ADMIN, "").await, (all.map(str::to_owned).to_vec(), 1));
    assert_eq!(walk(&app, ADMIN, "limit=1").await, (all.map(str::to_owned).to_vec(), 4));
    assert_eq!(walk(&app, ALICE, "").await.0, ["registry solo", "registry team/web/app"]);
    assert_eq!(walk(&app, ALICE, "limit=1").await.1, 2);
    for (query, names) in [
        ("service=other", &["other solo"][..]),
        ("service=nothing", &[]),
        ("q=team/", &["registry team/web/app"]),
        ("q=s&service=registry", &["registry secret/plans", "registry solo"]),
        ("q=s&service=registry&limit=1", &["registry secret/plans", "registry solo"]),
        ("q=s&limit=1", &["registry secret/plans", "other solo", "registry solo"]),
        ("q=web", &[]),
    ] {
        assert_eq!(walk(&app, ADMIN, query).await.0, names, "{query}");
    }
    let page = app.must("GET", "/repositories?q=team/", Value::Null).await;
    let item = &page["items"][0];
    assert_eq!(item["tags"], 3);
    assert_eq!(item["description"], "");
    assert!(item["last_push_at"].as_str().unwrap() < item["last_pull_at"].as_str().unwrap(), "{item}");
    assert_eq!(
        app.must("GET", "/repositories?q=secret", Value::Null).await["items"][0]["last_pull_at"],
        Value::Null
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_shows_its_tags_and_who_moved_them() {
    let app = world().await;
    let shown = one(&app, ALICE, "registry/team/web/app").await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let shown = shown.json();
    assert_eq!((&shown["service"], &shown["name"]), (&json!("registry"), &json!("team/web/app")));
    let tags: Vec<(&str, &str, &str)> = shown["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| {
            let text = |field: &str| tag[field].as_str().unwrap();
            assert!(text("changed_at").ends_with('Z'));
            (text("name"), text("digest"), text("changed_by"))
        })
        .collect();
    let (a, b) = (digest('a'), digest('b'));
    assert_eq!(tags, [("latest", b.as_str(), "bob"), ("v1", &a, "alice"), ("v2", &b, "bob")]);
    assert_eq!(shown["next"], Value::Null);
    assert_eq!(
        one(&app, ALICE, "registry/team%2Fweb%2Fapp").await.json(),
        shown,
        "slashes may be percent-encoded"
    );
    let anonymous = one(&app, ALICE, "registry/solo").await.json();
    assert_eq!(anonymous["tags"][0]["changed_by"], Value::Null);

    let page = one(&app, ALICE, "registry/team/web/app?limit=2").await.json();
    assert_eq!(page["tags"].as_array().unwrap().len(), 2);
    let next = page["next"].as_str().unwrap();
    let page = one(&app, ALICE, &format!("registry/team/web/app?limit=2&after={next}")).await.json();
    assert_eq!((&page["tags"][0]["name"], &page["next"]), (&json!("v2"), &Value::Null));
    assert_eq!(
        one(&app, ALICE, "registry/team/web/app?q=v").await.json()["tags"].as_array().unwrap().len(),
        2
    );

    let untagged = |shown: &serde_json::Value| {
        let all = shown["manifests"].as_array().unwrap().clone();
        let text = |one: &serde_json::Value| format!("{} {} {}", one["digest"], one["tagged"], one["size"]);
        all.iter().map(text).collect::<Vec<_>>()
    };
    let all = [format!("\"{a}\" true 1000"), format!("\"{b}\" true 1000")];
    assert_eq!(untagged(&shown), all);
    assert_eq!(
        (&shown["manifests"][0]["media_type"], &shown["next_manifests"]),
        (&json!(IMAGE), &Value::Null)
    );
    let page = one(&app, ALICE, "registry/team/web/app?limit=1").await.json();
    assert_eq!(untagged(&page), all[..1]);
    let next = page["next_manifests"].as_str().unwrap();
    let page =
        one(&app, ALICE, &format!("registry/team/web/app?limit=1&after_manifests={next}")).await.json();
    assert_eq!((untagged(&page), &page["next_manifests"]), (all[1..].to_vec(), &Value::Null));
    let reply = one(&app, ALICE, "registry/team/web/app?after_manifests=%21").await;
    assert_eq!((reply.status, reply.text.contains("after_manifests")), (422, true), "{}", reply.text);

    // The tag v1 moves on, and its manifest stays without a tag. A tag that was only pulled has no known push.
    Reports::of(&app, "registry", 200)
        .manifest("push", "team/web/app", "v1", 'b', "bob")
        .manifest("pull", "team/web/app", "older", 'a', "alice")
        .manifest("delete", "team/web/app", "older", 'a', "alice")
        .manifest("pull", "team/web/app", "found", 'c', "alice")
        .send()
        .await;
    let shown = one(&app, ALICE, "registry/team/web/app").await.json();
    assert_eq!(untagged(&shown)[0], format!("\"{a}\" false 1000"));
    assert_eq!(shown["manifests"][0]["pushed_by"], "alice");
    let names: Vec<_> =
        shown["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["found", "latest", "v1", "v2"], "a pull just before a deletion brings no tag back");
    let found = &shown["tags"][0];
    assert_eq!(
        (&found["digest"], &found["changed_at"], &found["changed_by"]),
        (&json!(digest('c')), &Value::Null, &Value::Null)
    );

    // The deletion of a manifest removes its tags from the answers at once.
    Reports::of(&app, "registry", 100).manifest("delete", "team/web/app", "", 'b', "bob").send().await;
    let shown = one(&app, ALICE, "registry/team/web/app").await.json();
    assert_eq!(shown["tags"].as_array().unwrap().len(), 1);
    assert_eq!(app.must("GET", "/repositories?q=team/", Value::Null).await["items"][0]["tags"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_may_not_pull_is_as_absent() {
    let app = world().await;
    let hidden = one(&app, ALICE, "registry/secret/plans").await;
    let absent = one(&app, ALICE, "registry/secret/plums").await;
    assert_eq!((hidden.status, absent.status), (404, 404));
    assert_eq!(
        hidden.text.replace("plans", "plums"),
        absent.text,
        "the answers are equal for existing and missing repositories"
    );
    for path in
        ["other/solo", "nothing/solo", "registry/team/Not-A-Name", "registry/team", "registry/%00", "%00/a"]
    {
        assert_eq!(one(&app, ALICE, path).await.status, 404, "{path}");
    }
    // Even an administrator does not see a repository if a rule denies the administrator to pull from it.
    app.rule(
        "none",
        json!({"effect": "deny", "subjects": ["user:admin"], "names": ["solo"], "actions": ["pull"]}),
    )
    .await;
    assert_eq!(one(&app, ADMIN, "registry/solo").await.status, 404);
    assert_eq!(walk(&app, ADMIN, "q=solo").await.0, [""; 0]);
    // The rights are those that a token would have now, from the caller's address.
    app.rule("alice", json!({"subjects": ["user:alice"], "names": ["team/**"], "actions": ["pull"], "networks": ["192.0.2.0/24"]})).await;
    assert_eq!(walk(&app, ALICE, "").await.0, [""; 0]);
    app.must("DELETE", "/services/other", Value::Null).await;
    assert_eq!(
        walk(&app, ADMIN, "service=other").await.0,
        [""; 0],
        "the repositories of a deleted service are not shown"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_that_do_not_fit_are_refused_by_field() {
    let app = world().await;
    for (path, field) in [
        ("/repositories?limit=0", "limit"),
        ("/repositories?limit=many", "limit"),
        ("/repositories?after=%21", "after"),
        ("/repositories?after=eA", "after"),
        ("/repositories?after=eAp5Cno", "after"),
        ("/repositories?service=a,b", "service"),
        ("/repositories?q=%00", "q"),
        ("/repositories/registry/solo?limit=1001", "limit"),
        ("/repositories/registry/solo?after=%21", "after"),
        ("/repositories?nonsense=1", ""),
    ] {
        let reply = app.api("GET", path, Value::Null).await;
        assert_eq!(reply.status, 422, "{path}: {}", reply.text);
        assert_eq!(reply.json()["errors"][0]["field"], field, "{path}: {}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_looks_at_a_bounded_number_of_names_and_tells_where_to_go_on() {
    let app = App::spawn_with(Setup { looked_at: Some(2_000), ..Setup::default() }).await;
    app.user("alice").await;
    app.rule("last", json!({"subjects": ["user:alice"], "names": ["z/**"], "actions": ["pull"]})).await;
    let mut reports = Reports::of(&app, "registry", 30_000);
    for number in 0..2_100 {
        reports = reports.manifest("push", &format!("a/{number}"), "v1", 'a', "bob");
    }
    reports.manifest("push", "z/last", "v1", 'a', "bob").send().await;
    let first = app.api_as(ALICE, "GET", "/repositories", None).await.json();
    assert_eq!(first["items"], json!([]), "alice may see nothing on this page");
    assert!(first["next"].is_string(), "more pages follow: {first}");
    // The time limit for a page can end the page early.
    let (found, pages) = walk(&app, ALICE, "").await;
    assert!(found == ["registry z/last"] && pages >= 2, "{found:?} {pages}");
    assert_eq!(walk(&app, ALICE, "q=z/").await.0, ["registry z/last"]);
    assert_eq!(walk(&app, ADMIN, "limit=1000").await.0.len(), 2_101);
}
