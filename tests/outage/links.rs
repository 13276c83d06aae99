//! One SQLite file under several names. Only one server may have it open.

use crate::server::Server;
use std::os::unix::fs::symlink;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_finds_the_file_in_use_whatever_name_it_has_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let (path, inner) = (folder.path(), folder.path().join("inner"));
    std::fs::create_dir(&inner).unwrap();
    let mut server = Server::spawn(path, "sqlite://test.db", &[]);
    server.ready().await;
    symlink(path.join("test.db"), inner.join("link.db")).unwrap();
    symlink(path, inner.join("folder")).unwrap();
    std::fs::hard_link(path.join("test.db"), inner.join("hard.db")).unwrap();
    let names = [
        "test.db",
        "inner/link.db",
        "inner/hard.db",
        "inner/../test.db",
        "inner/folder/test.db",
        "./inner/folder/inner/link.db",
    ];
    for name in names {
        let mut second = Server::spawn(path, &format!("sqlite://{name}"), &[]);
        let status = second.ended_within(Duration::from_secs(20)).expect("the server must not run");
        assert_eq!(status.code(), Some(1), "{name}");
        assert!(second.log().contains("is in use by another server"), "{name}: {}", second.log());
    }
    // The server still serves and writes after the refused starts.
    server.must("PUT", "/robots/ci", serde_json::json!({})).await;
    server.terminate();
    for name in ["inner/link.db", "test.db"] {
        let mut next = Server::spawn(path, &format!("sqlite://{name}"), &[]);
        next.ready().await;
        next.must("GET", "/robots/ci", serde_json::Value::Null).await;
        next.terminate();
    }
}
