//! A PostgreSQL that refuses the server, or that does not answer. The message of a refusal names the address, the
//! cause, and what to do.

use crate::postgres::Cluster;
use portreeve::causes::causes;
use portreeve::storage::{Store, StoreError};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Opens a database, which must fail. Returns the error, and its text with the causes.
async fn refusal(url: &str) -> (StoreError, String) {
    let error = Store::open(url).await.expect_err(url);
    let text = causes(&error);
    (error, text)
}

/// A caller waits about two seconds for a statement, and the connection is not used again.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_answer_is_given_up_within_two_seconds() {
    let cluster = Cluster::start();
    let store = Store::open(&cluster.url()).await.unwrap();
    let mut reader = store.read().await.unwrap();
    assert_eq!(reader.counter().await.unwrap().seq, 0);
    cluster.freeze();
    let began = Instant::now();
    let answer = timeout(Duration::from_secs(10), reader.counter()).await;
    let waited = began.elapsed();
    cluster.thaw();
    assert!(matches!(answer, Ok(Err(_))), "{answer:?} after {waited:?}");
    assert!((1900..4000).contains(&waited.as_millis()), "{waited:?}");
    drop(reader);
    assert_eq!(store.read().await.unwrap().counter().await.unwrap().seq, 0, "another connection works");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_that_refuses_is_named_with_the_cause() {
    let cluster = Cluster::start();
    let port = cluster.port();
    cluster.sql("CREATE ROLE bob LOGIN PASSWORD 'right'");
    cluster.sql("CREATE ROLE carol LOGIN");
    cluster.sql("CREATE ROLE dave NOLOGIN");
    cluster.sql("CREATE DATABASE hers TEMPLATE postgres");
    cluster.sql("REVOKE CONNECT ON DATABASE hers FROM PUBLIC");
    let clients = cluster.folder().join("data/pg_hba.conf");
    let of_bob = "host postgres bob 127.0.0.1/32 scram-sha-256\nhost all bob 127.0.0.1/32 reject\n\
        local all carol peer\n";
    let others = std::fs::read_to_string(&clients).unwrap();
    std::fs::write(&clients, format!("{of_bob}{others}")).unwrap();
    cluster.sql("SELECT pg_reload_conf()");
    // PostgreSQL reads the changed file a moment later.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    for (login, database, why) in [
        ("bob:wrong", "postgres", "it refuses the password of `bob`: correct it"),
        ("bob:right", "other", "it does not let `bob` in from here: see its pg_hba.conf"),
        ("test", "other", "it has no database `other`: create it"),
        ("erin", "postgres", "it has no role `erin`: create it, or correct the user in the database URL"),
        ("dave", "postgres", "its role `dave` may not log in: change it with ALTER ROLE … LOGIN"),
        ("carol", "hers", "it does not let `carol` use the database `hers`: grant CONNECT on it"),
    ] {
        let (error, text) = refusal(&format!("postgres://{login}@127.0.0.1:{port}/{database}")).await;
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
        assert!(text.starts_with(&format!("PostgreSQL at `127.0.0.1:{port}`: {why}")), "{text}");
        assert!(!text.contains("wrong") && !text.contains("right"), "the text contains no password: {text}");
    }
    let url = cluster.url().replace("postgres://test@", "postgres://carol@");
    let (error, text) = refusal(&url).await;
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    let why = "it takes this process for somebody else than `carol` (peer authentication): run it as the system's user of \
               that name, or see its pg_hba.conf and pg_ident.conf";
    assert!(text.contains(why), "{text}");
}
