//! The schema: the first program creates it, and an older release does not change it. A command beside a server leaves
//! the write-ahead log to the server, and a look before a start changes nothing.

use crate::postgres::Cluster;
use futures_util::future::join3;
use portreeve::storage::{Found, Store, StoreError, newest_schema};
use sqlx::{AnyConnection, Connection};

/// The number of rounds in which all programs begin at the same time.
const ROUNDS: usize = 20;

/// Records a later step of the schema, as a newer release would.
const LATER: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
    VALUES (999, 'later', TRUE, '', 0)";

#[tokio::test(flavor = "multi_thread")]
async fn three_that_begin_at_once_make_one_schema() {
    let cluster = Cluster::start();
    for round in 0..ROUNDS {
        let database = format!("round{round}");
        cluster.sql(&format!("CREATE DATABASE {database} TEMPLATE postgres"));
        let url = cluster.url_of(&database);
        let (one, two, three) = join3(Store::open(&url), Store::open(&url), Store::open(&url)).await;
        for opened in [one, two, three] {
            let store = opened.unwrap_or_else(|error| panic!("round {round}: {error:?}"));
            assert_eq!(store.read().await.unwrap().counter().await.unwrap().seq, 0);
            store.close().await;
        }
        assert_eq!(cluster.sql_in(&database, "SELECT count(*) FROM change_counter"), "1");
    }
}

/// Checks that servers and commands of this release refuse the database of a newer release.
async fn assert_refused(url: &str) {
    for refused in [Store::open(url).await, Store::join(url).await] {
        let error = refused.expect_err("a newer database was opened");
        assert!(matches!(error, StoreError::NewerSchema(999)), "{error:?}");
        assert!(error.to_string().contains("start that release"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_release_refuses_the_schema_of_a_newer_one_on_postgresql() {
    let cluster = Cluster::start();
    Store::open(&cluster.url()).await.unwrap().close().await;
    cluster.sql(LATER);
    // These are the lines of pg_dump without its random keys.
    let dump = || {
        let text = String::from_utf8(cluster.dump()).unwrap();
        text.lines().filter(|line| !line.contains("restrict ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = dump();
    assert_refused(&cluster.url()).await;
    assert!(before == dump(), "the database is unchanged");
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::disallowed_methods, reason = "no statement of the store does this")]
async fn an_older_release_refuses_the_schema_of_a_newer_one_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    Store::open(&url).await.unwrap().close().await;
    let mut conn = AnyConnection::connect(&url).await.unwrap();
    sqlx::query(LATER).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    assert_refused(&url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_beside_a_server_leaves_the_log_to_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let server = Store::open(&url).await.unwrap();
    crate::promises::insert(&server, "user:zoe").await.unwrap();
    let log = || std::fs::metadata(folder.path().join("test.db-wal")).map_or(0, |log| log.len());
    let before = log();
    assert!(before > 0);
    Store::join(&url).await.unwrap().close().await;
    assert_eq!(log(), before);
    server.close().await;
    assert_eq!(log(), 0);
}

async fn look(url: &str) -> Result<Found, StoreError> {
    let store = Store::look_at(url).await?.unwrap();
    let found = store.inspect().await;
    store.close().await;
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_tells_the_steps_of_a_start_and_takes_none() {
    let cluster = Cluster::start();
    let url = cluster.url();
    let found = look(&url).await.unwrap();
    assert_eq!((found.schema, found.in_use, found.foreign), (0, false, 0));
    assert_eq!(found.steps.last().unwrap().0, newest_schema());
    assert_eq!(cluster.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
    cluster.sql("CREATE ROLE visitor LOGIN");
    cluster.sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let refused = look(&url.replace("test@", "visitor@")).await;
    assert!(matches!(refused, Err(StoreError::MayNotMigrate)), "{refused:?}");
    Store::open(&url).await.unwrap().close().await;
    let found = look(&url).await.unwrap();
    assert_eq!((found.schema, found.steps.as_slice()), (newest_schema(), &[][..]));
    cluster.sql(LATER);
    let refused = look(&url).await;
    assert!(matches!(refused, Err(StoreError::NewerSchema(999))), "{refused:?}");
}
