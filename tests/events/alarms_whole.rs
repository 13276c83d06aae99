//! From a real token to the alarm: a change that the token granted raises no alarm, and a change without a grant does.

use crate::helpers::{ADMIN, App, PASSWORD};
use crate::rows;
use portreeve::domain::events::Keep;
use portreeve::domain::time::Timestamp;
use portreeve::events::{Alarms, SETTLED_SECONDS};
use portreeve::metrics::{Metrics, State};
use portreeve::storage::events::EventStore;
use serde_json::json;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// The text of the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Looks for alarms at each of these times. Returns the number of alarms for pushes, and the lines of the log.
async fn look(url: &str, times: &[i64]) -> (u64, Vec<String>) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let store = EventStore::open(url).await.unwrap();
    let metrics = Arc::new(Metrics::new());
    let mut alarms = Alarms::new(store.clone(), Keep::default(), metrics.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    for at in times {
        alarms.look(Timestamp::from_seconds(*at)).await.unwrap();
    }
    drop(guard);
    store.close().await;
    let text = metrics.render(&State::default());
    let begin = "portreeve_events_alarms_total{action=\"push\"} ";
    let count = text.lines().find_map(|line| line.strip_prefix(begin)).unwrap().parse().unwrap();
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    (count, logged.lines().filter(|line| line.contains("ungranted_change")).map(str::to_owned).collect())
}

async fn push(app: &App, id: &str, who: &str, repository: &str) {
    let at = Timestamp::from_seconds(app.now_seconds()).to_string();
    let event = json!({
        "id": id, "action": "push", "timestamp": at,
        "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:ab", "repository": repository},
        "request": {"id": id, "method": "PUT", "addr": "192.0.2.7:1"}, "actor": {"name": who}, "source": {"instanceID": "one"}
    });
    let request = app.request("POST", "/events/registry").basic_auth(ADMIN.0, Some(ADMIN.1));
    assert_eq!(App::send(request.body(json!({"events": [event]}).to_string())).await.status, 200);
}

#[tokio::test]
async fn a_push_with_a_token_is_silent_and_one_without_sounds_once() {
    let mut app = App::spawn().await;
    app.user("alice").await;
    let key = app.robot("ci", json!(["repository:team/**:pull,push"])).await;
    for (name, subject) in [("alice", "user:alice"), ("ci", "robot:ci")] {
        let rule = json!({"subjects": [subject], "names": ["team/**"], "actions": ["pull", "push"]});
        app.rule(name, rule).await;
    }
    let began = app.now_seconds();
    app.stop().await;
    let url = rows::beside(app.folder.path(), "portreeve");
    assert_eq!(look(&url, &[began]).await.0, 0, "the first search only notes its beginning");

    let mut app = App::spawn_on(app.folder).await;
    app.advance(began + 7200 - app.now_seconds());
    for (id, name, secret) in [("1", "alice", PASSWORD), ("2", "ci", key.as_str())] {
        let query = "service=registry&scope=repository:team/app:pull,push";
        let reply = app.token(Some((name, secret)), query).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        push(&app, id, name, "team/app").await;
    }
    push(&app, "3", "alice", "team/other").await;
    push(&app, "4", "alice", "team/other").await;
    let at = app.now_seconds();
    // A stopping server writes the grants of its tokens.
    app.stop().await;
    let granted = rows::of(&url, "subject action granted", "daily_grants").await;
    assert_eq!(granted, "alice pull 1, alice push 1, ci pull 1, ci push 1");
    let (count, lines) = look(&url, &[at, at + SETTLED_SECONDS, at + 2 * SETTLED_SECONDS]).await;
    assert_eq!((count, lines.len()), (1, 1), "{lines:?}");
    for part in ["ERROR", "event=\"ungranted_change\"", "\"alice\"", "\"team/other\"", "\"registry\""] {
        assert!(lines[0].contains(part), "{part}: {}", lines[0]);
    }
}
