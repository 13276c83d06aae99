//! A crawl of a registry with faults: the inventory keeps its entries until the registry itself says that they are
//! gone. A crawl also ends if it is turned off, or if its server stops.

use crate::crawl::{CRAWL, app, crawl, inventory, report, rights, wait};
use crate::fake_registry::FakeRegistry;
use crate::helpers::Folder;
use crate::registry::free_port;
use crate::server::Server;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const UNKNOWN: &str = "{\"errors\":[{\"code\":\"NAME_UNKNOWN\"}]}";

/// Creates the robot and its rules, and lets the service be crawled at this host.
async fn permit(server: &Server, host: &str) {
    for (path, body) in rights() {
        server.must("PUT", path, body).await;
    }
    let crawl = json!({"registry": format!("http://{host}"), "robot": "crawler"});
    server.must("PATCH", "/services/registry", json!({"crawl": crawl})).await;
}

/// Waits until the registry has received a request that begins with this text.
async fn until_asked(server: &Server, registry: &FakeRegistry, begins: &str) {
    let patience = Instant::now() + Duration::from_secs(30);
    while !registry.state.lock().unwrap().requests.iter().any(|one| one.starts_with(begins)) {
        assert!(Instant::now() < patience, "{}", server.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until the last crawl of the service has finished.
async fn until_finished(server: &Server) {
    let patience = Instant::now() + Duration::from_secs(30);
    while server.must("GET", CRAWL, Value::Null).await["state"] != "finished" {
        assert!(Instant::now() < patience, "{}", server.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_crawl_drops_no_tag() {
    let registry = FakeRegistry::open(&["a", "b", "c"].map(|name| (name, "1", 'a'))).await;
    let app = app(&registry).await;
    report(&app, -1000, "push", "a", "gone", 'd').await;
    report(&app, -1000, "push", "b", "back", 'd').await;
    registry.answer_with("GET /v2/_catalog?last=", 400, "", "{}");
    let failed = crawl(&app, false).await;
    assert_eq!(failed["state"], "failed", "{failed}");
    assert_eq!(inventory(&app).await, "a[1=a gone=d], b[1=a back=d]", "the tags of the first page stay");
    registry.answer_with("", 0, "", "");
    app.advance(10);
    let whole = crawl(&app, false).await;
    assert_eq!((&whole["state"], &whole["started_at"]), (&json!("finished"), &failed["started_at"]));
    assert_eq!(whole["tags"], 3, "no page counts twice: {whole}");
    assert_eq!(inventory(&app).await, "a[1=a], b[1=a], c[1=a]", "the first page was not read again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_one_repository_or_tag_leaves_it_alone_and_the_crawl_goes_on() {
    let tags = [("a", "1", 'a'), ("a", "2", 'a'), ("a", "3", 'a'), ("b", "1", 'a')];
    let registry = FakeRegistry::open(&tags).await;
    let app = app(&registry).await;
    report(&app, -1000, "push", "a", "gone", 'd').await;
    report(&app, -1000, "push", "a", "1", 'a').await;
    for (begins, status, headers, body) in [
        ("GET /v2/a/tags/list", 404, "", "default backend - 404"),
        ("GET /v2/a/tags/list", 401, "", UNKNOWN),
        ("GET /v2/a/tags/list", 500, "", ""),
        ("GET /v2/a/tags/list", 200, "", "{}"),
        ("GET /v2/a/tags/list", 200, "", "<html>"),
        ("GET /v2/a/tags/list", 200, "Link: nonsense\r\n", "{\"tags\":[]}"),
        ("GET /v2/a/tags/list", 307, "Location: http://127.0.0.1:1/v2/\r\n", ""),
        ("GET /v2/a/tags/list?last=", 404, "", UNKNOWN),
    ] {
        registry.answer_with(begins, status, headers, body);
        app.advance(10);
        let state = crawl(&app, true).await;
        assert!(state["state"] == "finished" && state["skipped"] == 1, "{begins} {status} {body}: {state}");
        assert_eq!(inventory(&app).await, "a[1=a gone=d], b[1=a]", "{begins} {status} {body}");
    }
    let status = app.must("GET", "/status", Value::Null).await;
    assert!(
        status["warnings"].as_array().unwrap().iter().any(|one| one["code"] == "crawl-partial"),
        "{status}"
    );
    for status in [404, 500] {
        registry.answer_with("HEAD /v2/a/manifests/1", status, "", "");
        app.advance(10);
        let state = crawl(&app, true).await;
        assert!(state["state"] == "finished" && state["skipped"] == 1, "{status}: {state}");
        assert!(inventory(&app).await.contains("1=a"), "{status}: a listed tag stays");
    }
    registry.answer_with("HEAD /v2/a/manifests/1", 200, "Docker-Content-Digest: nonsense\r\n", "");
    app.advance(10);
    assert_eq!(crawl(&app, true).await["skipped"], 1, "a tag without a digest is skipped");
    registry.answer_with("GET /v2/a/tags/list", 404, "", UNKNOWN);
    app.advance(10);
    let state = crawl(&app, false).await;
    assert_eq!((&state["state"], &state["skipped"]), (&json!("finished"), &json!(0)), "{state}");
    assert_eq!(inventory(&app).await, "a[], b[1=a]", "the registry itself says that nothing is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_faults_in_a_row_and_odd_catalogues_fail_the_crawl() {
    let names: Vec<String> = (10..24).map(|number| format!("r{number}")).collect();
    let tags: Vec<(&str, &str, char)> = names.iter().map(|name| (name.as_str(), "1", 'a')).collect();
    let registry = FakeRegistry::open(&tags).await;
    let app = app(&registry).await;
    report(&app, -1000, "push", "old", "1", 'd').await;
    let doctor = format!("run `portreeve doctor http://{}`", registry.host());
    for (begins, status, headers, body, part) in [
        ("GET /v2/r", 401, "", "", doctor.as_str()),
        ("GET /v2/_catalog", 200, "", "{}", "something that is not a list"),
        (
            "GET /v2/_catalog",
            200,
            "Link: nonsense\r\n",
            "{\"repositories\":[]}",
            "a link that cannot be read",
        ),
        ("GET /v2/_catalog", 404, "", UNKNOWN, "with status 404"),
        ("GET /v2/_catalog", 307, "Location: http://127.0.0.1:1/v2/_catalog\r\n", "", "with status 307"),
        ("GET /v2/_catalog", 200, "", "{\"repositories\":null}", "--accept-empty registry`"),
    ] {
        registry.answer_with(begins, status, headers, body);
        app.advance(10);
        let state = crawl(&app, false).await;
        assert!(state["error"].as_str().unwrap_or_default().contains(part), "{begins} {body}: {state}");
        assert!(inventory(&app).await.contains("old[1=d]"), "{begins} {body}");
    }
    app.advance(10);
    app.must("POST", CRAWL, json!({"accept_empty": true})).await;
    assert_eq!(wait(&app).await["state"], "finished");
    assert_eq!(inventory(&app).await, "", "the administrator confirmed an empty registry");
    // One file never ends, the other does not exist. The error must not say which files the server has.
    for file in ["/dev/zero", "/nowhere/at/all"] {
        app.must("PATCH", "/services/registry", json!({"crawl": {"ca_file": file}})).await;
        let refused = app.api("POST", CRAWL, json!({})).await;
        assert!(
            refused.status == 409 && refused.text.contains("cannot be used: it must hold"),
            "{refused:?}"
        );
    }
    // A crawl ends soon after it is turned off.
    app.must("PATCH", "/services/registry", json!({"crawl": {"ca_file": null}})).await;
    registry.answer_with("", 0, "", "");
    registry.requests();
    app.advance(10);
    app.must("POST", CRAWL, json!({})).await;
    app.must("PATCH", "/services/registry", json!({"crawl": null})).await;
    assert_eq!(wait(&app).await["state"], "interrupted");
    assert!(registry.requests().len() < 20, "the crawl did not read everything");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_ends_its_crawl_at_once_and_the_next_start_continues() {
    let registry = FakeRegistry::open(&["a", "b", "c", "d"].map(|name| (name, "1", 'a'))).await;
    registry.hold(Some("GET /v2/c/"));
    let folder = tempfile::tempdir().unwrap();
    let (port, host) = (free_port(), registry.host());
    let flags = ["--registry-host", host.as_str()];
    let mut server = Server::spawn_on(port, folder.path(), "sqlite://test.db", &flags);
    server.ready().await;
    permit(&server, &host).await;
    let begun = server.must("POST", CRAWL, json!({})).await;
    until_asked(&server, &registry, "GET /v2/c/").await;
    let stopped = Instant::now();
    assert!(server.terminate().success(), "{}", server.log());
    assert!(stopped.elapsed() < Duration::from_secs(10), "{:?}", stopped.elapsed());
    registry.hold(None);
    registry.requests();
    let mut server = Server::spawn_on(port, folder.path(), "sqlite://test.db", &flags);
    server.ready().await;
    let state = server.must("GET", CRAWL, Value::Null).await;
    assert_eq!(state["state"], "interrupted", "{state}");
    let again = server.must("POST", CRAWL, json!({})).await;
    assert_eq!(again["started_at"], begun["started_at"], "no lease prevents the crawl");
    until_finished(&server).await;
    let requests = registry.requests();
    assert!(requests[0].starts_with("GET /v2/_catalog?last=b"), "{requests:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_one_of_two_servers_crawls_a_registry_and_the_other_continues_when_it_stops() {
    let registry = FakeRegistry::open(&["a", "b", "c", "d"].map(|name| (name, "1", 'a'))).await;
    registry.hold(Some("GET /v2/c/"));
    let (folder, host) = (Folder::with_cluster(), registry.host());
    let flags = ["--registry-host", host.as_str()];
    let spawn = || Server::spawn(folder.path(), &folder.database_url(), &flags);
    let mut first = spawn();
    first.ready().await;
    permit(&first, &host).await;
    let mut second = spawn();
    second.ready().await;
    let begun = first.must("POST", CRAWL, json!({})).await;
    until_asked(&first, &registry, "GET /v2/c/").await;
    let (status, refusal) = second.api("POST", CRAWL, json!({})).await;
    assert_eq!(status, 409, "{refusal}");
    assert!(refusal.to_string().contains("has crawled this service since"), "{refusal}");
    registry.requests();
    assert!(first.terminate().success(), "{}", first.log());
    registry.hold(None);
    let again = second.must("POST", CRAWL, json!({})).await;
    assert_eq!(
        again["started_at"], begun["started_at"],
        "the second server continues the crawl of the first"
    );
    until_finished(&second).await;
    let requests = registry.requests();
    let reads =
        |name: &str| requests.iter().filter(|one| one.starts_with(&format!("GET /v2/{name}/"))).count();
    assert_eq!(["a", "b", "c", "d"].map(reads), [0, 0, 1, 1], "{requests:?}");
}
