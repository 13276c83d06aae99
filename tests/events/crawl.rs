//! A crawl fills the inventory from a registry that already has images. If the registry answers wrongly, the crawl
//! fails, and the inventory keeps its entries.

use crate::fake_registry::{FakeRegistry, Mood, digest};
use crate::helpers::{ADMIN, App, Setup};
use crate::rows;
use crate::server::client;
use crate::yard::Yard;
use portreeve::config::FlagSettings;
use portreeve::domain::time::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

pub const CRAWL: &str = "/services/registry/crawl";

/// Returns the robot that crawls and its rules, each as a path of the API and a body.
pub fn rights() -> [(&'static str, Value); 3] {
    [
        ("/robots/crawler", json!({})),
        (
            "/rules/catalogue",
            json!({"subjects": ["robot:crawler"], "type": "registry", "names": ["catalog"], "actions": ["*"]}),
        ),
        ("/rules/pulls", json!({"subjects": ["robot:crawler"], "names": ["**"], "actions": ["pull"]})),
    ]
}

pub async fn wait(app: &App) -> Value {
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        let state = app.must("GET", CRAWL, Value::Null).await;
        if state["state"] != "running" {
            return state;
        }
        assert!(Instant::now() < patience, "{state}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub async fn crawl(app: &App, all_tags: bool) -> Value {
    app.must("POST", CRAWL, json!({"all_tags": all_tags})).await;
    wait(app).await
}

/// Starts a server that may crawl this registry, and creates the robot and its rules.
pub async fn app(registry: &FakeRegistry) -> App {
    let flags = FlagSettings { registry_hosts: vec![registry.host()], ..FlagSettings::default() };
    let app = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    for (path, body) in rights() {
        app.must("PUT", path, body).await;
    }
    let crawl = json!({"registry": format!("http://{}", registry.host()), "robot": "crawler"});
    app.must("PATCH", "/services/registry", json!({"crawl": crawl})).await;
    app
}

/// Returns the repositories that the API shows, with their tags. Each tag has the first letter of its digest.
pub async fn inventory(app: &App) -> String {
    let mut found = Vec::new();
    for one in app.must("GET", "/repositories?limit=1000", Value::Null).await["items"].as_array().unwrap() {
        let name = one["name"].as_str().unwrap();
        let whole = app.must("GET", &format!("/repositories/registry/{name}"), Value::Null).await;
        let tag = |tag: &Value| {
            format!(
                "{}={}",
                tag["name"].as_str().unwrap(),
                tag["digest"].as_str().unwrap().get(7..8).unwrap()
            )
        };
        let tags: Vec<String> = whole["tags"].as_array().unwrap().iter().map(tag).collect();
        found.push(format!("{name}[{}]", tags.join(" ")));
    }
    found.join(", ")
}

/// Reports a push, or the deletion of a tag, as an event that happened `later` seconds after now.
pub async fn report(app: &App, later: i64, action: &str, repository: &str, tag: &str, letter: char) {
    let at = Timestamp::from_seconds(app.now_seconds() + later).to_string();
    let digest = if action == "delete" { String::new() } else { digest(letter) };
    let id = format!("{later} {action} {repository} {tag} {letter}");
    let event = json!({
        "id": id.replace(' ', "-"), "timestamp": at, "action": action,
        "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest,
            "repository": repository, "tag": tag},
        "request": {"id": "r", "method": "PUT"}, "actor": {"name": "alice"}, "source": {"instanceID": "one"},
    });
    let request = app.request("POST", "/events/registry").basic_auth(ADMIN.0, Some(ADMIN.1));
    assert_eq!(App::send(request.json(&json!({"events": [event]}))).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_links_are_followed_and_later_events_win() {
    let tags = [("a", "1", 'a'), ("a", "2", 'b'), ("a", "3", 'c'), ("team/b", "1", 'a'), ("z", "1", 'a')];
    let registry = FakeRegistry::open(&tags).await;
    {
        let mut state = registry.state.lock().unwrap();
        state.repositories.insert("empty".to_owned(), std::collections::BTreeMap::new());
        state.odd = vec!["UPPER/\u{7}".to_owned(), "x".repeat(300)];
    }
    let app = app(&registry).await;
    assert_eq!(app.must("GET", CRAWL, Value::Null).await["state"], "never");
    // These reports are old. Since then `old` and `a:gone` have left the registry, and `a:2` has moved without a
    // report.
    report(&app, -1000, "push", "old", "1", 'd').await;
    report(&app, -1000, "push", "a", "gone", 'd').await;
    report(&app, -1000, "push", "a", "2", 'd').await;
    // These reports count as made during the crawl, because the clock of the registry may be a minute behind.
    report(&app, -60, "push", "a", "1", 'e').await;
    report(&app, -60, "delete", "z", "1", ' ').await;
    report(&app, 1, "push", "young", "1", 'f').await;
    let state = crawl(&app, false).await;
    assert_eq!(state["state"], "finished", "{state}");
    let figures =
        ["repositories", "tags", "looked_up", "skipped", "refused", "gone"].map(|name| &state[name]);
    assert_eq!(json!(figures), json!([4, 5, 3, 2, 0, 1]), "{state}");
    assert_eq!(inventory(&app).await, "a[1=e 2=d 3=c], empty[], team/b[1=a], young[1=f], z[]");
    let all = crawl(&app, true).await;
    assert_eq!(all["looked_up"], 5, "{all}");
    assert_eq!(inventory(&app).await, "a[1=e 2=b 3=c], empty[], team/b[1=a], young[1=f], z[]");
    let whole = app.must("GET", "/repositories/registry/a", Value::Null).await;
    assert_eq!(whole["tags"][0]["changed_by"], "alice", "the crawl keeps who moved a tag: {whole}");
    let requests = registry.requests();
    assert!(requests.iter().any(|one| one.starts_with("GET /v2/a/tags/list?last=2")), "{requests:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_crawl_declares_nothing_gone_and_goes_on_where_it_stopped() {
    let names = ["a", "b", "c", "d", "e"].map(|name| (name, "1", 'a'));
    let registry = FakeRegistry::open(&names).await;
    let app = app(&registry).await;
    report(&app, -1000, "push", "old", "1", 'd').await;
    for (mood, part) in [
        (Mood::LeadsAway, "a link to another server"),
        (Mood::Long, "a page that is too long"),
        (Mood::Html, "something that is not a list"),
        (Mood::Refuses, "refuses the token of this server (status 401)"),
        (Mood::Endless, "pages without an end"),
        (Mood::FailsMidway, "with status 500"),
    ] {
        registry.set(mood);
        let state = crawl(&app, false).await;
        assert!(
            state["state"] == "failed" && state["error"].as_str().unwrap().contains(part),
            "{mood:?} {state}"
        );
        assert!(inventory(&app).await.contains("old[1=d]"), "{mood:?}");
    }
    let state = app.must("GET", CRAWL, Value::Null).await;
    let status = app.must("GET", "/status", Value::Null).await;
    let warned = status["warnings"].as_array().unwrap().iter().any(|one| one["code"] == "crawl-failed");
    assert!(warned && status["events"]["crawls"][0]["state"] == "failed", "{status}");
    registry.requests();
    registry.set(Mood::Good);
    app.advance(10);
    let continued = crawl(&app, false).await;
    assert_eq!(continued["started_at"], state["started_at"], "{continued}");
    let requests = registry.requests();
    assert!(requests[0].starts_with("GET /v2/_catalog?last=b"), "it continues after `b`: {requests:?}");
    assert!(!requests.iter().any(|one| one.contains("/v2/a/")), "{requests:?}");
    assert_eq!(inventory(&app).await, "a[1=a], b[1=a], c[1=a], d[1=a], e[1=a]");
    app.advance(10);
    let again = crawl(&app, false).await;
    assert_ne!(again["started_at"], state["started_at"], "a finished crawl begins anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_crawl_at_a_time_as_a_robot_that_may() {
    let registry = FakeRegistry::open(&[("a", "1", 'a'), ("b", "1", 'a'), ("c", "1", 'a')]).await;
    let app = app(&registry).await;
    app.must("POST", CRAWL, json!({})).await;
    let second = app.api("POST", CRAWL, json!({})).await;
    let replica =
        app.must("GET", "/status", Value::Null).await["replicas"][0]["id"].as_str().unwrap().to_owned();
    assert!(second.status == 409 && second.text.contains(&replica), "{second:?}");
    assert_eq!(wait(&app).await["state"], "finished");
    let unknown = app.api("POST", CRAWL, json!({"everything": true})).await;
    assert_eq!(unknown.status, 422, "{unknown:?}");
    // If a rule lets the robot pull `a` only, the known tags of `b` and `c` stay as they are.
    let narrow = json!({"subjects": ["robot:crawler"], "names": ["a"], "actions": ["pull"]});
    app.must("PUT", "/rules/pulls", narrow).await;
    registry.put("b", "2", 'a');
    let state = crawl(&app, false).await;
    assert_eq!((&state["state"], &state["refused"]), (&json!("finished"), &json!(2)), "{state}");
    assert_eq!(inventory(&app).await, "a[1=a], b[1=a], c[1=a]");
    for (path, body, part) in [
        ("/rules/pulls", json!({"enabled": false}), "no rule lets robot:crawler pull a repository"),
        ("/rules/catalogue", json!({"enabled": false}), "no rule lets robot:crawler read the catalogue"),
        ("/robots/crawler", json!({"disabled": true}), "is disabled"),
        ("/services/registry", json!({"crawl": {"robot": "nobody"}}), "there is no robot `nobody`"),
        ("/services/registry", json!({"crawl": {"robot": "admin"}}), "`admin` is a user"),
    ] {
        app.must("PATCH", path, body).await;
        let state = crawl(&app, false).await;
        assert!(state["error"].as_str().unwrap_or_default().contains(part), "{part}: {state}");
    }
    for (body, part) in [
        (json!({"crawl": {"registry": "http://127.0.0.1:9"}}), "--registry-host 127.0.0.1:9"),
        (json!({"crawl": null}), "names no registry"),
    ] {
        app.must("PATCH", "/services/registry", body).await;
        let refused = app.api("POST", CRAWL, json!({})).await;
        assert!(refused.status == 409 && refused.text.contains(part), "{refused:?}");
    }
    let bad =
        app.api("PATCH", "/services/registry", json!({"crawl": {"registry": "nowhere", "robot": "x"}})).await;
    assert!(bad.status == 422 && bad.text.contains("crawl.registry"), "{bad:?}");
}

/// Returns the tags of these repositories that the registry itself lists. Each line has the repository and the tag.
async fn own_list(yard: &Yard, repositories: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for name in repositories {
        let token = yard.token(name).await;
        let url = format!("http://{}/v2/{name}/tags/list", yard.registry);
        let list: Value = client().get(url).bearer_auth(token).send().await.unwrap().json().await.unwrap();
        for tag in list["tags"].as_array().into_iter().flatten() {
            found.insert(format!("{name} {}", tag.as_str().unwrap()));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_pushes_a_crawl_ends_with_the_registrys_own_list() {
    let yard = Yard::open().await;
    // The registry has images before the server records any events.
    yard.server.must("PATCH", "/services/registry", json!({"events": false})).await;
    let repositories: Vec<String> = (0..24).map(|number| format!("team/app{number}")).collect();
    let mut tokens = Vec::new();
    for name in &repositories {
        let token = yard.token(name).await;
        let digest = yard.push(&token, name, "first", name).await;
        yard.push(&token, name, "second", &format!("{name} again")).await;
        if name.ends_with('7') {
            assert_eq!(yard.ask("DELETE", &token, &format!("{name}/manifests/{digest}"), None).await, 202);
        }
        tokens.push(token);
    }
    let empty = yard.token("team/empty").await;
    let digest = yard.push(&empty, "team/empty", "only", "empty").await;
    assert_eq!(yard.ask("DELETE", &empty, &format!("team/empty/manifests/{digest}"), None).await, 202);
    yard.settle().await;
    assert_eq!(rows::of(&yard.url(), "name", "repositories").await, "", "the inventory is empty");
    let crawl = json!({"registry": format!("http://{}", yard.registry), "robot": "crawler"});
    yard.server.must("PATCH", "/services/registry", json!({"events": true, "crawl": crawl})).await;
    for (path, body) in rights() {
        yard.server.must("PUT", path, body).await;
    }
    yard.server.must("POST", CRAWL, json!({})).await;
    let began = Instant::now();
    let mut pushes = 0;
    while began.elapsed() < Duration::from_secs(3) {
        let at = pushes % repositories.len();
        let (name, tag) = (&repositories[at], format!("new{}", pushes % 96));
        yard.push_again(&tokens[at], name, &tag, pushes).await;
        pushes += 1;
        let pause = Duration::from_millis(10 * pushes as u64).saturating_sub(began.elapsed());
        tokio::time::sleep(pause).await;
    }
    let patience = Instant::now() + Duration::from_secs(60);
    let state = loop {
        let state = yard.server.must("GET", CRAWL, Value::Null).await;
        if state["state"] != "running" {
            break state;
        }
        assert!(Instant::now() < patience, "{state}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(state["state"], "finished", "{state}\n{}", yard.server.log());
    yard.settle().await;
    println!("{pushes} pushes in 3 s, {state}");
    let expected: Vec<String> = own_list(&yard, &repositories).await.into_iter().collect();
    assert!(expected.len() > 48, "{expected:?}");
    let mut inventory: Vec<String> =
        rows::of(&yard.url(), "repository name", "live_tags").await.split(", ").map(str::to_owned).collect();
    inventory.sort();
    assert_eq!(inventory, expected);
    let known = rows::of(&yard.url(), "name", "live_repositories").await;
    assert!(known.contains("team/empty"), "a repository without tags stays listed: {known}");
    // The inventory has the digests of the registry, also for tags that moved during the crawl.
    for number in [0, 11, 23] {
        let name = &repositories[number];
        let tag = rows::of(
            &yard.url(),
            "name",
            &format!("live_tags WHERE repository = '{name}' AND name <> 'first'"),
        )
        .await;
        let tag = tag.split(", ").last().unwrap().to_owned();
        let url = format!("http://{}/v2/{name}/manifests/{tag}", yard.registry);
        let head = client().head(url).bearer_auth(yard.token(name).await);
        let head = head.header("accept", "application/vnd.oci.image.manifest.v1+json").send().await.unwrap();
        let digest = head.headers()["docker-content-digest"].to_str().unwrap().to_owned();
        let stored = format!("live_tags WHERE repository = '{name}' AND name = '{tag}'");
        assert_eq!(rows::of(&yard.url(), "digest", &stored).await, digest, "{name}:{tag}");
    }
    assert_eq!(rows::of(&yard.url(), "subject", "daily_usage WHERE subject = 'crawler'").await, "");
    let metrics = client().get(yard.server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("portreeve_crawls_total{result=\"finished\"} 1"), "{metrics}");
    let of_crawl = metrics.lines().find(|line| line.contains("result=\"crawl\"")).unwrap();
    assert!(!of_crawl.ends_with(" 0"), "{of_crawl}");
    let log = yard.server.log();
    assert!(log.contains("grant_type=\"server\"") && !log.contains("eyJ"), "no token is shown");
}
