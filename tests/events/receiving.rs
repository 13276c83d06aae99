//! `POST /events/{service}`: the permitted senders, the answer to every kind of content, and the status afterwards.

use crate::database;
use crate::helpers::{App, Folder, PASSWORD, Setup};
use crate::rows;
use portreeve::config::FlagSettings;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PATH: &str = "/events/registry";

/// Returns the recorded events of one release of the registry.
fn recorded(text: &str) -> Vec<Value> {
    let recording: Value = serde_json::from_str(text).unwrap();
    let operations = recording["operations"].as_array().unwrap().clone();
    operations.into_iter().flat_map(|one| one["events"].as_array().unwrap().clone()).collect()
}

pub fn event(id: &str, action: &str, tag: &str) -> Value {
    json!({
        "id": id, "timestamp": "2026-11-29T09:00:00.5Z", "action": action,
        "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:ab", "repository": "team/app", "tag": tag},
        "request": {"id": id, "addr": "192.0.2.1:4", "method": "GET", "useragent": "docker"},
        "actor": {"name": "alice"}, "source": {"instanceID": "one"}
    })
}

/// Creates a robot that may report, with a key that is narrowed to reporting.
pub async fn reporter(app: &App) -> String {
    let key = app.robot("reporter", json!(["registry:events:push"])).await;
    let rule =
        json!({"subjects": ["robot:reporter"], "type": "registry", "names": ["events"], "actions": ["push"]});
    app.rule("reporter", rule).await;
    key
}

async fn send(app: &App, authorization: &str, body: impl Into<reqwest::Body>) -> (u16, String) {
    let request = app.request("POST", PATH).header("authorization", authorization).body(body);
    let reply = App::send(request).await;
    (reply.status, reply.text)
}

pub fn url(app: &App) -> String {
    match app.folder.database_file() {
        Some(_) => rows::beside(app.folder.path(), "portreeve"),
        None => app.folder.database_url(),
    }
}

async fn the_whole_story(app: &App, text: &str, tags: &str) {
    let key = reporter(app).await;
    let bearer = format!("Bearer {key}");
    let events = recorded(text);
    for event in &events {
        let body = json!({"events": [event]}).to_string();
        assert_eq!(send(app, &bearer, body.clone()).await, (200, String::new()), "the answer has no body");
        assert_eq!(send(app, &bearer, body).await.0, 200, "the same envelope again");
    }
    let count = i64::try_from(events.len()).unwrap();
    assert_eq!(rows::number(&url(app), "SELECT SUM(events) FROM event_sources").await, count);
    assert_eq!(rows::of(&url(app), "name", "live_tags").await, tags);
    let uses = rows::of(&url(app), "repository subject action count", "daily_usage").await;
    assert!(uses.contains("team/app alice check 1") && uses.contains("team/other alice mount 1"), "{uses}");
    app.advance(1);
    let lag = App::send(app.request("GET", "/metrics")).await.text;
    assert!(lag.contains("portreeve_events_total{action=\"mount\",result=\"recorded\"} 1"), "{lag}");
    assert!(
        lag.contains(&format!("portreeve_events_total{{action=\"any\",result=\"duplicate\"}} {count}")),
        "{lag}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_distribution_2_6_is_counted_once() {
    let app = App::spawn().await;
    the_whole_story(&app, include_str!("../fixtures/events/events-2.6.2.json"), "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_distribution_2_8_is_counted_once() {
    let app = App::spawn().await;
    the_whole_story(&app, include_str!("../fixtures/events/events-2.8.2.json"), "multi").await;
    // One request deleted a manifest by digest, and with it a tag.
    assert_eq!(
        rows::of(&url(&app), "action count", "daily_usage WHERE action IN ('delete', 'push')").await,
        "delete 2, push 2"
    );
    assert_eq!(
        rows::number(&url(&app), "SELECT COUNT(*) FROM recent_events WHERE action = 'delete'").await,
        3
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_distribution_3_0_is_counted_once_on_postgresql() {
    let folder = Folder::with_cluster();
    let app = App::spawn_on(folder).await;
    the_whole_story(&app, include_str!("../fixtures/events/events-3.0.0.json"), "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_distribution_3_1_is_counted_once() {
    let app = App::spawn().await;
    the_whole_story(&app, include_str!("../fixtures/events/events-3.1.1.json"), "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_report_is_heard() {
    let app = App::spawn().await;
    let key = reporter(&app).await;
    app.user("alice").await;
    let body = || json!({"events": [event("1", "push", "v1")]}).to_string();
    // This key may not report, although its owner may.
    let path = "/robots/reporter/access-keys";
    let other = app.must("POST", path, json!({"name": "other", "scopes": ["repository:**:push"]})).await;
    let other = other["secret"].as_str().unwrap().to_owned();
    let nobody = App::send(app.request("POST", PATH).body(body())).await;
    assert_eq!(nobody.status, 401);
    assert!(nobody.header("www-authenticate").is_some());
    for (authorization, status) in [
        (format!("Bearer {key}"), 200),
        (key.clone(), 200),
        ("Bearer ptr_wrong".to_owned(), 401),
        (format!("Bearer {other}"), 401),
        ("nonsense".to_owned(), 401),
    ] {
        assert_eq!(send(&app, &authorization, body()).await.0, status, "{authorization}");
    }
    for (user, password, status) in
        [("reporter", key.as_str(), 200), ("alice", PASSWORD, 401), ("admin", crate::helpers::ADMIN.1, 200)]
    {
        let request = app.request("POST", PATH).basic_auth(user, Some(password)).body(body());
        assert_eq!(App::send(request).await.status, status, "{user}");
    }
    // An envelope without events also gets an answer about the key and the rule. Nothing is written.
    for (key, expected) in [(&key, (200, None)), (&other, (401, Some("may_not_report")))] {
        let (status, text) = send(&app, &format!("Bearer {key}"), "{\"events\": []}").await;
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        assert_eq!((status, body["code"].as_str()), expected, "{text}");
    }
    let (status, text) = send(&app, "Bearer ptr_wrong", "{\"events\": []}").await;
    assert!(status == 401 && !text.contains("\"code\""), "{text}");
    let elsewhere = app.request("POST", "/events/nowhere").basic_auth("admin", Some(crate::helpers::ADMIN.1));
    assert_eq!(App::send(elsewhere.body(body())).await.status, 404);
    let get = App::send(app.request("GET", PATH)).await;
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")), "a redirected registry sends a GET");
    let refused = App::send(app.request("GET", "/metrics")).await.text;
    assert!(
        refused.contains("portreeve_refusals_total{endpoint=\"events\",cause=\"may_not_report\"} 3"),
        "{refused}"
    );
    assert_eq!(rows::of(&url(&app), "events", "event_sources").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn content_is_never_refused() {
    let app = App::spawn().await;
    let bearer = format!("Bearer {}", reporter(&app).await);
    let large = |size: usize| {
        let mut body = b"{\"events\":[".to_vec();
        body.resize(size, b' ');
        body
    };
    let thousand: Vec<Value> = (0..1000).map(|number| event(&format!("t{number}"), "push", "v1")).collect();
    let mut odd = event("odd", "push", "v\u{1}1");
    odd["actor"]["name"] = json!("a\u{0}lice\u{1b}[2J");
    let mut shown = event("shown", "push", "v2");
    shown["actor"]["name"] = json!("a\u{0}lice\u{1b}[2J");
    for (what, body) in [
        ("nothing", Vec::new()),
        ("no JSON", b"{".to_vec()),
        ("no text", vec![0xff, 0xfe, 0]),
        ("other JSON", b"[1,2]".to_vec()),
        ("more than 1 MiB", large(2 * 1024 * 1024)),
        ("20 MB", large(20_000_000)),
        ("a thousand", json!({"events": thousand}).to_string().into_bytes()),
        ("a thousand again", json!({"events": thousand}).to_string().into_bytes()),
        ("control characters", json!({"events": [odd, shown]}).to_string().into_bytes()),
    ] {
        let began = Instant::now();
        assert_eq!(send(&app, &bearer, body).await.0, 200, "{what}");
        assert!(began.elapsed() < Duration::from_secs(8), "{what}");
    }
    assert_eq!(rows::number(&url(&app), "SELECT SUM(events) FROM event_sources").await, 1001);
    assert_eq!(rows::of(&url(&app), "name changed_by", "live_tags").await, "v1 alice, v2 alice[2J");
    let metrics = App::send(app.request("GET", "/metrics")).await.text;
    for line in [
        "portreeve_events_total{action=\"any\",result=\"unreadable\"} 4",
        "portreeve_events_total{action=\"any\",result=\"too_large\"} 2",
        "portreeve_events_total{action=\"any\",result=\"unusable\"} 1",
        "portreeve_events_total{action=\"any\",result=\"duplicate\"} 1000",
        "portreeve_events_total{action=\"push\",result=\"recorded\"} 1001",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_may_be_left_out_and_its_events_are_counted_all_the_same() {
    let app = App::spawn().await;
    let bearer = format!("Bearer {}", reporter(&app).await);
    app.must("PATCH", "/services/registry", json!({"events": false})).await;
    let body = json!({"events": [event("1", "push", "v1")]}).to_string();
    assert_eq!(send(&app, &bearer, body.clone()).await.0, 200);
    assert_eq!(rows::of(&url(&app), "name", "live_tags").await, "");
    let metrics = App::send(app.request("GET", "/metrics")).await.text;
    assert!(metrics.contains("portreeve_events_total{action=\"any\",result=\"off\"} 1"), "{metrics}");
    let set_up = app.must("GET", "/services/registry/registry-config", Value::Null).await;
    assert_eq!(set_up["notifications"], Value::Null);
    app.must("PATCH", "/services/registry", json!({"events": true})).await;
    assert_eq!(send(&app, &bearer, body).await.0, 200);
    assert_eq!(rows::of(&url(&app), "name", "live_tags").await, "v1");
    let set_up = app.must("GET", "/services/registry/registry-config", Value::Null).await;
    let block = set_up["notifications"].as_str().unwrap();
    assert!(block.contains(&format!("localhost:{}/events/registry", app.address.port())), "{block}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_count_an_event_once() {
    let one = App::spawn_on(Folder::with_cluster()).await;
    let keys = one.folder.path().join("keys").to_str().unwrap().to_owned();
    let flags = FlagSettings {
        database_url: Some(one.folder.database_url()),
        keys_dir: Some(keys),
        ..FlagSettings::default()
    };
    let other = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    let bearer = format!("Bearer {}", reporter(&one).await);
    // The second server accepts the new key after a moment.
    let body = |number: usize| json!({"events": [event(&format!("e{number}"), "pull", "v1")]}).to_string();
    let mut tries = 0;
    while send(&other, &bearer, body(0)).await.0 != 200 {
        tries += 1;
        assert!(tries < 50);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for number in 0..50 {
        let (first, second) =
            tokio::join!(send(&one, &bearer, body(number)), send(&other, &bearer, body(number)));
        assert_eq!((first.0, second.0), (200, 200));
    }
    let url = one.folder.database_url();
    assert_eq!(rows::of(&url, "action count", "daily_usage").await, "pull 50");
    assert_eq!(rows::of(&url, "events", "event_sources").await, "50");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_endpoints_of_one_registry_do_not_hide_each_other() {
    let app = App::spawn().await;
    let bearer = format!("Bearer {}", reporter(&app).await);
    let report = async |sender: &str, id: &str| {
        let request =
            app.request("POST", &format!("{PATH}?sender={sender}")).header("authorization", bearer.clone());
        App::send(request.body(json!({"events": [event(id, "pull", "v1")]}).to_string())).await.status
    };
    assert_eq!(report("pulls", "first").await, 200);
    for number in 0..100 {
        assert_eq!(report("changes", &format!("c{number}")).await, 200);
    }
    assert_eq!(report("pulls", "first").await, 200, "the registry sends the report again");
    assert_eq!(rows::of(&url(&app), "action count", "daily_usage").await, "pull 101");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_tells_how_much_there_is_and_who_is_silent() {
    let mut app = App::spawn().await;
    let bearer = format!("Bearer {}", reporter(&app).await);
    assert_eq!(send(&app, &bearer, json!({"events": [event("1", "push", "v1")]}).to_string()).await.0, 200);
    let status = app.must("GET", "/status", Value::Null).await;
    assert!(status["events"]["bytes"].as_i64().unwrap() > 50_000, "{status}");
    let service = &status["events"]["services"][0];
    assert_eq!(
        (&service["service"], &service["events"], &service["silent"]),
        (&json!("registry"), &json!(1), &json!(false))
    );
    // Two hours later the server issues tokens, and the registry reports nothing.
    app.advance(7200);
    app.token(Some(crate::helpers::ADMIN), "service=registry&scope=repository:team/app:pull").await.token();
    let later = app.clock.load(std::sync::atomic::Ordering::SeqCst);
    app.stop().await;
    let grants = rows::of(&url(&app), "repository subject action granted refused", "daily_grants").await;
    assert_eq!(grants, "team/app admin pull 1 0", "the server writes the grants when it stops");
    let app = App::spawn_on(app.folder).await;
    app.clock.store(later, std::sync::atomic::Ordering::SeqCst);
    let status = app.must("GET", "/status", Value::Null).await;
    assert_eq!(status["events"]["services"][0]["silent"], true, "{status}");
    assert!(status["warnings"].to_string().contains("events-silent"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_with_a_space_in_its_name_does_not_hide_another() {
    let app = App::spawn().await;
    let bearer = format!("Bearer {}", reporter(&app).await);
    // Each instance reports the same id, and then reports it again.
    for instance in ["one", "one two", "one", "one two"] {
        let mut event = event("same", "pull", "v1");
        event["source"]["instanceID"] = json!(instance);
        let body = json!({"events": [event]}).to_string();
        assert_eq!(send(&app, &bearer, body).await.0, 200);
    }
    assert_eq!(rows::of(&url(&app), "action count", "daily_usage").await, "pull 2");
    assert_eq!(rows::of(&url(&app), "instance events", "event_sources").await, "one 1, one_two 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_is_not_of_the_event_keeps_the_event_at_the_registry() {
    let app = App::spawn().await;
    let bearer = format!("Bearer {}", reporter(&app).await);
    let url = url(&app);
    let body = |id: &str| json!({"events": [event(id, "pull", "v1")]}).to_string();
    assert_eq!(send(&app, &bearer, body("first")).await.0, 200);
    // The next event gets the number of the first one, as after a restore of only some tables.
    database::run(&url, "UPDATE event_counter SET seq = seq - 1").await;
    let (status, text) = send(&app, &bearer, body("second")).await;
    assert_eq!(status, 503, "{text}");
    assert_eq!(rows::of(&url, "action count", "daily_usage").await, "pull 1", "no part of it was written");
    database::run(&url, "UPDATE event_counter SET seq = seq + 1").await;
    assert_eq!(send(&app, &bearer, body("second")).await.0, 200, "the registry sends it again");
    assert_eq!(rows::of(&url, "action count", "daily_usage").await, "pull 2");
}
