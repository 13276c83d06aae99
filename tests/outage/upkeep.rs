//! The upkeep of a server that gets no requests.

use crate::faketime::fast;
use crate::server::{Server, free_port};
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
    // The server refuses an end in the past, so the test writes it directly into the database.
    let file = folder.path().join("test.db");
    let end = "UPDATE access_keys SET expires_at = 1000000";
    crate::database::run(&format!("sqlite://{}", file.display()), end).await;
    // For 10 minutes after a start, which are 12 s of this test, the server deletes nothing by age. The server's
    // deadlines are shorter as well, so the test sends no requests.
    const TIMES: u32 = 50;
    let began = Instant::now();
    let mut server = Server::run(fast(TIMES), free_port(), folder.path(), "sqlite://test.db", &[]);
    while server.log_lines("deleted ended credentials").is_empty() {
        assert!(began.elapsed() < Duration::from_secs(90), "{}", server.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let minutes = began.elapsed().as_secs_f64() * f64::from(TIMES) / 60.0;
    assert!(minutes > 10.0, "deleted {minutes} minutes after the start");
    server.terminate();
    let mut server = Server::spawn(folder.path(), "sqlite://test.db", &[]);
    server.ready().await;
    let keys = server.must("GET", "/users/admin/access-keys", Value::Null).await;
    assert_eq!(keys["items"], json!([]));
    let trail = server.must("GET", "/changes?kind=access-key&order=desc", Value::Null).await;
    assert_eq!(trail["items"][0]["action"], "delete");
    assert_eq!(trail["items"][0]["name"], key["id"]);
}
