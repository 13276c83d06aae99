//! What a server does by itself while nobody asks.

use crate::server::Server;
use portreeve::domain::time::Timestamp;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_deletes_what_ended_a_while_ago() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::spawn(folder.path(), "sqlite://test.db", &[]);
    server.ready().await;
    let end = Timestamp::from_seconds(4_000_000_000).to_string();
    let key = server.must("POST", "/users/admin/access-keys", json!({"name": "x", "expires_at": end})).await;
    server.terminate();
    // An end in the past is refused, so it is put there past the server.
    let file = folder.path().join("test.db");
    let end = "UPDATE access_keys SET expires_at = 1000000";
    crate::database::run(&format!("sqlite://{}", file.display()), end).await;
    let mut server = Server::spawn(folder.path(), "sqlite://test.db", &[]);
    server.ready().await;
    let patience = Instant::now() + Duration::from_secs(90);
    loop {
        let keys = server.must("GET", "/users/admin/access-keys", Value::Null).await;
        if keys["items"].as_array().unwrap().is_empty() {
            break;
        }
        assert!(Instant::now() < patience, "{keys}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let trail = server.must("GET", "/changes?kind=access-key&order=desc", Value::Null).await;
    assert_eq!(trail["items"][0]["action"], "delete");
    assert_eq!(trail["items"][0]["name"], key["id"]);
    assert!(server.log().contains("deleted what ended more than a week ago"), "{}", server.log());
}
