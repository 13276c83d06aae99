//! What is said of a PostgreSQL that was reached and does not let the server in: the place, the cause, what to do.

use crate::postgres::Cluster;
use portreeve::causes::causes;
use portreeve::storage::{Store, StoreError};

/// The error of a refusal, and the same with its causes.
async fn refusal(url: &str) -> (StoreError, String) {
    let error = Store::open(url).await.expect_err(url);
    let text = causes(&error);
    (error, text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_that_refuses_is_named_with_the_cause() {
    let cluster = Cluster::start();
    let port = cluster.port();
    cluster.sql("CREATE ROLE bob LOGIN PASSWORD 'right'");
    let clients = cluster.folder().join("data/pg_hba.conf");
    let of_bob = "host postgres bob 127.0.0.1/32 scram-sha-256\nhost all bob 127.0.0.1/32 reject\n";
    let others = std::fs::read_to_string(&clients).unwrap();
    std::fs::write(&clients, format!("{of_bob}{others}")).unwrap();
    cluster.sql("SELECT pg_reload_conf()");
    // The server reads it a moment later.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    for (login, database, why) in [
        ("bob:wrong", "postgres", "it refuses the password of `bob`: correct it"),
        ("bob:right", "other", "it does not let `bob` in from here: see its pg_hba.conf"),
        ("test", "other", "it has no database `other`: create it"),
    ] {
        let (error, text) = refusal(&format!("postgres://{login}@127.0.0.1:{port}/{database}")).await;
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
        assert!(text.starts_with(&format!("PostgreSQL at `127.0.0.1:{port}`: {why}")), "{text}");
        assert!(!text.contains("wrong") && !text.contains("right"), "no password: {text}");
    }
}
