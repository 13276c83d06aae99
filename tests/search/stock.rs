//! A server with an inventory, and requests of registry clients.

use crate::helpers::{ADMIN, App, Reply, Setup};
use portreeve::config::FlagSettings;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Reports pushes as a registry does. An image is `NAME` or `NAME:TAG`.
pub async fn report(app: &App, service: &str, images: &[&str]) {
    for portion in images.chunks(200) {
        let events: Vec<Value> = portion
            .iter()
            .map(|image| {
                let (name, tag) = image.split_once(':').unwrap_or((image, "latest"));
                json!({
                    "id": format!("{image}-push"), "timestamp": "2026-11-29T09:00:00.5Z", "action": "push",
                    "target": {
                        "mediaType": "application/vnd.oci.image.manifest.v1+json",
                        "digest": format!("sha256:{:064x}", image.len()), "repository": name, "tag": tag
                    },
                    "request": {"id": "r", "addr": "192.0.2.1:4", "method": "PUT"},
                    "actor": {"name": "alice"}, "source": {"instanceID": "one"}
                })
            })
            .collect();
        let request = app.request("POST", &format!("/events/{service}")).basic_auth(ADMIN.0, Some(ADMIN.1));
        let reply = App::send(request.body(json!({"events": events}).to_string())).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
}

/// Starts a server with one service, whose inventory has these images and which serves searches and lists.
pub async fn stocked(images: &[&str]) -> App {
    stocked_where(images, None).await
}

/// Starts a server like [`stocked`], with a limit for the names that one request looks at.
pub async fn stocked_where(images: &[&str], looked_at: Option<usize>) -> App {
    let throttle_exempt = vec!["127.0.0.0/8".to_owned()];
    let flags = FlagSettings { throttle_exempt, ..FlagSettings::default() };
    let app = App::spawn_with(Setup { flags, looked_at, ..Setup::default() }).await;
    report(&app, "registry", images).await;
    app.must("PATCH", "/services/registry", json!({"search": true})).await;
    app
}

/// Sends a request with this `Authorization`, if there is one.
pub async fn ask(app: &App, authorization: Option<&str>, path: &str) -> Reply {
    let request = app.request("GET", path);
    App::send(match authorization {
        Some(value) => request.header("authorization", value),
        None => request,
    })
    .await
}

pub fn basic(user: &str, password: &str) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {text}")
}

pub fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// Returns the names that a search finds.
pub async fn found(app: &App, authorization: Option<&str>, term: &str) -> Vec<String> {
    let reply = ask(app, authorization, &format!("/v1/search?q={term}&n=100")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let body = reply.json();
    let names: Vec<String> = body["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(body["num_results"], names.len());
    names
}

/// Returns the names of the catalogue, read page by page.
pub async fn listed(app: &App, authorization: &str, number: usize) -> BTreeSet<String> {
    let (mut path, mut names) = (format!("/v2/_catalog?n={number}"), BTreeSet::new());
    loop {
        let reply = ask(app, Some(authorization), &path).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let page = reply.json();
        let page = page["repositories"].as_array().unwrap();
        assert!(page.len() <= number, "{page:?}");
        for name in page {
            assert!(names.insert(name.as_str().unwrap().to_owned()), "{name} comes twice");
        }
        let Some(link) = reply.header("link") else { return names };
        let (place, rel) = link.split_once(">; ").unwrap();
        assert_eq!(rel, "rel=\"next\"");
        place.strip_prefix('<').unwrap().clone_into(&mut path);
    }
}
