//! One replica at a time deletes objects that ended some time ago, and nothing else.

use super::helpers::{ADMIN, App, PASSWORD};
use super::pages::Browser;
use portreeve::domain::secret::Digest;
use portreeve::domain::service::ServiceName;
use portreeve::domain::subject::SubjectName;
use portreeve::domain::time::Timestamp;
use portreeve::manage::{Purged, purge_ended};
use portreeve::storage::{NewRefreshToken, RefreshTokenRow, Store, Transaction};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

async fn keys(app: &App) -> Vec<String> {
    let list = app.must("GET", "/robots/ci/access-keys", Value::Null).await;
    list["items"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap().to_owned()).collect()
}

/// Stores many sessions of alice. They were last used at `used` and end at `end`.
async fn store_sessions(store: &Store, what: &'static str, count: u32, used: Timestamp, end: Timestamp) {
    let name = SubjectName::parse("alice").unwrap();
    let owner = store.read().await.unwrap().find_subject(&name).await.unwrap().unwrap();
    // The store keeps only fifty sessions for each service. So every fifty sessions have another service.
    for number in 0..count {
        let new = NewRefreshToken {
            subject_id: owner.row.id.clone(),
            credential_version: owner.row.credential_version,
            digest: Digest::from_bytes(format!("{what}{number:020}").as_bytes()),
            row: RefreshTokenRow {
                id: format!("{what}-{number}"),
                service: ServiceName::parse(&format!("{what}-{}", number / 50)).unwrap(),
                client_id: "docker".to_owned(),
                created_at: used,
                last_used_at: used,
                expires_at: end,
                last_address: None,
            },
        };
        let stored = store
            .write(move |tx: &mut Transaction| Box::pin(async move { tx.insert_refresh_token(&new).await }))
            .await;
        stored.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_more_than_a_week_ago_is_deleted_in_portions_and_nothing_else() {
    let app = App::spawn().await;
    app.user("alice").await;
    app.must("PUT", "/robots/ci", json!({})).await;
    let start = Timestamp::from_seconds(app.now_seconds());
    let after = |days: i64| start.plus_seconds(days * DAY);
    for (name, end) in [("first", Some(1)), ("second", Some(5)), ("third", Some(30)), ("endless", None)] {
        let key = json!({"name": name, "expires_at": end.map(|days| after(days).to_string())});
        app.must("POST", "/robots/ci/access-keys", key).await;
    }
    let store = Store::join(&app.folder.database_url()).await.unwrap();
    store_sessions(&store, "ended", 1100, after(0), after(2)).await;
    store_sessions(&store, "lately", 3, after(0), after(4)).await;
    store_sessions(&store, "idle", 2, after(-35), after(55)).await;
    store_sessions(&store, "live", 4, after(-1), after(89)).await;
    let changes = async || store.read().await.unwrap().counter().await.unwrap().seq;
    let before = changes().await;
    let purge = async |days: i64| purge_ended(&store, "a replica", || after(days)).await.unwrap();

    assert_eq!(purge(1).await, Purged::default());
    let purged = purge(10).await;
    assert_eq!(
        purged,
        Purged { refresh_tokens: 1102, access_keys: 1, ..Purged::default() },
        "1100 tokens had ended and 2 were unused"
    );
    assert_eq!(purge(10).await, Purged::default());
    assert_eq!(keys(&app).await, ["endless", "second", "third"]);
    let sessions = app.must("GET", "/refresh-tokens?subject=user:alice&limit=1000", Value::Null).await;
    assert_eq!(sessions["items"].as_array().unwrap().len(), 7);
    assert_eq!(changes().await, before + 1, "a record for the key, and none for the sessions");
    let trail = app.must("GET", "/changes?kind=access-key&order=desc&limit=1", Value::Null).await;
    let record = &trail["items"][0];
    assert_eq!((&record["action"], &record["actor"]), (&json!("delete"), &json!("system")));
    assert_eq!((&record["before"]["name"], &record["after"]), (&json!("first"), &Value::Null));
    assert_eq!(app.token(Some(("alice", PASSWORD)), "service=registry").await.status, 200);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_replica_at_a_time_deletes() {
    let app = App::spawn().await;
    app.user("alice").await;
    let now = Timestamp::from_seconds(app.now_seconds());
    let store = Store::join(&app.folder.database_url()).await.unwrap();
    store_sessions(&store, "ended", 3, now, now).await;
    let later = now.plus_seconds(20 * DAY);
    assert!(store.take_lease("purge", "another".to_owned(), later, later.plus_seconds(60)).await.unwrap());
    assert_eq!(purge_ended(&store, "this one", || later).await.unwrap(), Purged::default());
    let dead = later.plus_seconds(61);
    assert_eq!(
        purge_ended(&store, "this one", || dead).await.unwrap().refresh_tokens,
        3,
        "the lease of the other server has ended"
    );
    assert_eq!(
        purge_ended(&store, "another", || dead).await.unwrap(),
        Purged::default(),
        "the lease was given back"
    );
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_signing_in_leaves_behind_is_deleted_soon_after_its_end() {
    let app = App::spawn().await;
    app.must("PUT", "/users/newcomer", json!({})).await;
    for browser in [Browser::new(&app.url("")), Browser::new(&app.url(""))] {
        browser.sign_in(ADMIN.0, ADMIN.1).await.leads_to("/signin/keys");
    }
    super::devices::begin(&app, "laptop").await;
    app.must("POST", "/users/newcomer/invitation", Value::Null).await;
    let store = Store::join(&app.folder.database_url()).await.unwrap();
    let start = Timestamp::from_seconds(app.now_seconds());
    let purge = async |seconds: i64| {
        let purged = purge_ended(&store, "a replica", || start.plus_seconds(seconds)).await.unwrap();
        (purged.browser_sessions, purged.signin_flows)
    };
    assert_eq!(purge(1190).await, (0, 0), "the device can still ask, and learns that its code has expired");
    assert_eq!(purge(1201).await, (0, 1), "the flow of the device, ten minutes after its end");
    assert_eq!(purge(31 * 60).await, (2, 0), "the session was unused for half an hour");
    assert_eq!(purge(DAY + 590).await, (0, 0));
    assert_eq!(purge(DAY + 610).await, (0, 1), "the invitation, a day after its end");
    store.close().await;
}
