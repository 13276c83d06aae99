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
    // The server reads it a moment later.
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
        assert!(!text.contains("wrong") && !text.contains("right"), "no password: {text}");
    }
    let url = cluster.url().replace("postgres://test@", "postgres://carol@");
    let (error, text) = refusal(&url).await;
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    let why = "it takes this process for somebody else than `carol` (peer authentication): run it as the system's user of \
               that name, or see its pg_hba.conf and pg_ident.conf";
    assert!(text.contains(why), "{text}");
}
