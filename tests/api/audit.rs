//! Every administrative write that changes something adds its records to the audit trail. The records are chained.

use super::helpers::{ADMIN, App, PASSWORD};
use super::traps_requests::harbour;
use portreeve::domain::change::ChangeRecord;
use portreeve::storage::Store;
use serde_json::{Value, json};

/// Verifies the records and their chain with [`ChangeRecord::verify`].
pub fn assert_unbroken(records: &[ChangeRecord]) {
    let sha256 = |text: &str| {
        let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let mut previous = None;
    for record in records {
        record.verify(previous, sha256).unwrap();
        previous = Some(record);
    }
}

/// Reads the records that match the filter `query`, as lines of JSON.
pub async fn trail(app: &App, query: &str) -> Vec<ChangeRecord> {
    let request = app.request("GET", &format!("/api/v1/changes?{query}")).basic_auth(ADMIN.0, Some(ADMIN.1));
    let reply = App::send(request.header("accept", "application/x-ndjson")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.text);
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_write_records_its_changes_and_a_write_that_changes_nothing_records_none() {
    let mut app = harbour().await;
    let rule = json!({"subjects": ["user:alice"], "names": ["x"], "actions": ["pull"]});
    app.rule("x", rule.clone()).await;
    app.rule("x", rule).await;
    app.must("PATCH", "/users/alice", json!({})).await;
    app.must("PUT", "/groups/web", json!({"members": ["user:alice"]})).await;
    app.robot("ci", Value::Null).await;
    app.token(Some(("alice", PASSWORD)), "offline_token=true").await.refresh_token();
    app.must("PATCH", "/users/alice", json!({"password": "a quite new password"})).await;
    app.must("DELETE", "/users/alice?cascade=true", Value::Null).await;
    assert_eq!(app.api("PUT", "/rules/bad", json!({"names": ["**x"]})).await.status, 422);
    app.stop().await;

    let url = app.folder.database_url();
    let store = Store::open(&url).await.unwrap();
    let mut session = store.read().await.unwrap();
    let rows = session.changes_from(1, 1000).await.unwrap();
    let story: Vec<String> = rows.iter().map(|row| format!("{} {}", row.kind, row.name)).collect();
    let ids = |kind: &str| story.iter().filter(|line| line.starts_with(kind)).count();
    assert_eq!(story[..5], ["user admin", "group admins", "group admins", "rule admins", "service registry"]);
    assert_eq!(story[5..9], ["user alice", "rule team", "rule public", "rule x"]);
    assert_eq!(story[9..12], ["group web", "group web", "robot ci"]);
    assert_eq!((ids("access-key"), ids("refresh-token")), (1, 1));
    // The deletion cascades: both rules, the membership, the user.
    assert_eq!(story[story.len() - 4..], ["rule team", "rule x", "group web", "user alice"]);
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    assert_eq!(seqs, (1..=i64::try_from(rows.len()).unwrap()).collect::<Vec<_>>(), "the numbers have no gap");
    assert_unbroken(&rows);
    let head = session.counter().await.unwrap();
    assert_eq!(head.head_hash, rows.last().unwrap().hash);
}
