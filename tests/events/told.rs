//! The status names the endpoints that are silent, and says that reports are refused. An event that the database
//! refuses does not stop other events.

use crate::helpers::{ADMIN, App};
use crate::receiving::{event, reporter, url};
use crate::{database, rows};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const DAY: i64 = 86_400;

async fn report(app: &App, key: &str, sender: &str, events: &[Value]) -> u16 {
    let path = format!("/events/registry?sender={sender}");
    let request = app.request("POST", &path).header("authorization", format!("Bearer {key}"));
    App::send(request.body(json!({"events": events}).to_string())).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_names_an_endpoint_that_has_stopped_while_others_report() {
    let mut app = App::spawn().await;
    let key = reporter(&app).await;
    // A registry that starts again has another instance id. Its endpoint keeps the name.
    for (sender, instance, days) in [
        ("pulls", "one", 0),
        ("steady", "one", 0),
        ("pulls", "two", 2),
        ("steady", "two", 1),
        ("young", "two", 0),
    ] {
        app.advance(days * DAY);
        let mut one = event(&format!("{sender}{instance}"), "pull", "v1");
        one["source"]["instanceID"] = json!(instance);
        assert_eq!(report(&app, &key, sender, &[one]).await, 200);
    }
    app.advance(DAY);
    assert_eq!(report(&app, &key, "steady", &[event("last", "pull", "v1")]).await, 200);
    let silent = async |app: &App| {
        let status = app.must("GET", "/status", Value::Null).await;
        (status["events"]["services"][0]["silent_senders"].clone(), status["warnings"].to_string())
    };
    let later = app.clock.load(Ordering::SeqCst);
    for action in ["pull", "push"] {
        assert_eq!(silent(&app).await.0, json!([]), "no token for a push was issued");
        app.token(Some(ADMIN), &format!("service=registry&scope=repository:team/app:{action}")).await.token();
        // A stopping server writes the grants of its tokens.
        app.stop().await;
        app = App::spawn_on(app.folder).await;
        app.clock.store(later, Ordering::SeqCst);
    }
    let (senders, warnings) = silent(&app).await;
    assert_eq!(senders, json!(["pulls"]), "{warnings}");
    assert!(warnings.contains("events-sender-silent") && warnings.contains("`pulls`"), "{warnings}");
    app.advance(6 * DAY);
    assert_eq!(silent(&app).await.0, json!([]), "after a week the endpoint counts as removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_tells_that_reports_are_refused() {
    let app = App::spawn().await;
    let key = reporter(&app).await;
    assert_eq!(report(&app, &key, "", &[event("1", "pull", "v1")]).await, 200);
    let status = app.must("GET", "/status", Value::Null).await;
    assert_eq!(status["events"]["services"][0]["refused_at"], Value::Null);
    assert!(!status["warnings"].to_string().contains("events-refused"), "{status}");
    assert_eq!(report(&app, "ptr_wrong", "", &[event("2", "pull", "v1")]).await, 401);
    let request = app.request("POST", "/events/nothing").body("{}");
    assert_eq!(App::send(request).await.status, 401, "the answer does not say that the service is missing");
    let status = app.must("GET", "/status", Value::Null).await;
    assert!(status["events"]["services"][0]["refused_at"].is_string(), "{status}");
    let warnings = status["warnings"].to_string();
    assert!(warnings.contains("events-refused") && !warnings.contains("`nothing`"), "{warnings}");
    assert!(!status.to_string().contains("ptr_"), "{status}");
    app.advance(3601);
    let status = app.must("GET", "/status", Value::Null).await;
    assert_eq!(status["events"]["services"][0]["refused_at"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_the_database_refuses_costs_only_its_own_event() {
    let app = App::spawn().await;
    let key = reporter(&app).await;
    database::run(&url(&app), "CREATE TABLE strict (tag TEXT CHECK (tag <> 'bad'))").await;
    let trigger = "CREATE TRIGGER refuses BEFORE INSERT ON recent_events \
        BEGIN INSERT INTO strict (tag) VALUES (NEW.tag); END";
    database::run(&url(&app), trigger).await;
    let tag = |number: usize| if number % 400 == 7 { "bad".to_owned() } else { format!("t{number}") };
    // This envelope has more events than one transaction takes, so that the server writes it in parts.
    let large: Vec<Value> =
        (0..520).map(|number| event(&format!("e{number}"), "push", &tag(number))).collect();
    let (mut failed, mut recorded) = (0, 0);
    for (events, bad, new) in
        [(&large[7..8], 1, 0), (&large[5..10], 1, 4), (&large[..], 2, 514), (&large[..], 2, 0)]
    {
        // On a slow disk the server answers 503 before all parts are written. Then the test sends the envelope again.
        let mut tries = 0;
        while report(&app, &key, "", events).await == 503 {
            tries += 1;
            assert!(tries < 20);
        }
        (failed, recorded) = (failed + bad, recorded + new);
        let metrics = App::send(app.request("GET", "/metrics")).await.text;
        let line = "portreeve_events_total{action=\"any\",result=\"failed\"} ";
        let told = metrics.lines().find_map(|text| text.strip_prefix(line)).unwrap().parse::<i64>().unwrap();
        assert!(told >= failed && (tries > 0 || told == failed), "counted {told} of {failed}");
        failed = told;
        assert_eq!(rows::number(&url(&app), "SELECT COUNT(*) FROM recent_events").await, recorded);
        let uses = rows::number(&url(&app), "SELECT COALESCE(SUM(count), 0) FROM daily_usage").await;
        assert_eq!(uses, recorded);
    }
}
