//! `/status`: the state of the server and of the parts that it works with.

use super::helpers::{App, Setup};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn keys(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_has_its_shape_and_is_true() {
    let app = App::spawn().await;
    app.user("alice").await;
    app.robot("ci", Value::Null).await;
    app.must("PUT", "/groups/web", json!({})).await;
    let status = app.must("GET", "/status", Value::Null).await;
    let named = [
        "version",
        "commit",
        "schema",
        "started_at",
        "database",
        "feed",
        "replicas",
        "counts",
        "signing_keys",
        "certificates",
        "events",
        "warnings",
    ];
    assert_eq!(keys(&status), BTreeSet::from(named));
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert!(!status["commit"].as_str().unwrap().is_empty());
    assert!(status["schema"].as_i64().unwrap() >= 5, "{status}");
    let kind = if app.folder.database_file().is_some() { "sqlite" } else { "postgresql" };
    assert_eq!(status["database"]["kind"], kind);
    assert!(status["database"]["bytes"].as_i64().unwrap() > 50_000, "{status}");
    let changes = app.must("GET", "/changes?order=desc&limit=1", Value::Null).await;
    assert_eq!(status["feed"]["seq"], changes["items"][0]["seq"]);
    assert!(status["feed"]["age_seconds"].as_f64().unwrap() < 5.0, "{status}");
    assert_eq!(
        status["counts"],
        json!({"users": 2, "robots": 1, "groups": 2, "services": 1, "rules": 1, "access_keys": 1, "refresh_tokens": 0})
    );
    let replicas = status["replicas"].as_array().unwrap();
    assert_eq!(replicas.len(), 1, "{status}");
    assert_eq!(keys(&replicas[0]), BTreeSet::from(["id", "version", "seen_at"]));
    assert_eq!(replicas[0]["version"], env!("CARGO_PKG_VERSION"));
    let published = App::send(app.request("GET", "/.well-known/jwks.json?service=registry")).await.json();
    let signing = &status["signing_keys"][0];
    assert_eq!((&signing["kid"], &signing["state"]), (&published["keys"][0]["kid"], &json!("signing")));
    let certificates = status["certificates"].as_array().unwrap();
    let uses: Vec<&str> = certificates.iter().map(|one| one["use"].as_str().unwrap()).collect();
    assert_eq!(uses, ["ca", "signing"]);
    assert_eq!(signing["not_after"], certificates[1]["not_after"]);
    assert!(certificates[1]["not_before"].as_str() < certificates[1]["not_after"].as_str());
    assert_eq!(status["warnings"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_should_know_has_a_code() {
    let mut setup = Setup::default();
    setup.flags.realm = Some("http://auth.example.org/token".to_owned());
    let app = App::spawn_with(setup).await;
    let status = app.must("GET", "/status", Value::Null).await;
    let warnings = status["warnings"].as_array().unwrap();
    let codes: BTreeSet<&str> = warnings.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, BTreeSet::from(["realm"]), "{status}");
    let ready = App::send(app.request("GET", "/health/ready")).await.json();
    assert!(
        ready["warnings"].as_array().unwrap().is_empty(),
        "the public answer contains no settings: {ready}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_is_listed_for_ten_minutes() {
    let mut first = App::spawn().await;
    let replicas = async |app: &App| {
        let status = app.must("GET", "/status", Value::Null).await;
        status["replicas"].as_array().unwrap().len()
    };
    assert_eq!(replicas(&first).await, 1);
    first.stop().await;
    let second = App::spawn_on(first.folder).await;
    assert_eq!(replicas(&second).await, 2);
    second.advance(595);
    assert_eq!(replicas(&second).await, 2);
    second.advance(10);
    assert_eq!(replicas(&second).await, 0, "the replicas have reported nothing for ten minutes");
}
