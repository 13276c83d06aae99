//! The check of one person. A server first claims the person, so that no other server checks the person meanwhile. The
//! tests also change the person or the provider's settings during the check, and leave times of a clock that was ahead.

use super::database;
use super::world::{Database, World, on_both_databases};
use portreeve::clock::Clock;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

on_both_databases!(
    a_claim_begins_when_it_is_made,
    a_check_that_fails_gives_its_claim_back,
    nobody_waits_for_long_behind_a_claim_that_was_left,
    who_signs_in_or_is_unlinked_meanwhile_is_not_as_asked,
    a_provider_that_changes_meanwhile_says_nothing_any_more,
    a_new_token_is_stored_however_long_the_database_is_busy,
    a_clock_that_was_ahead_is_not_believed,
);

const NEVER: i64 = 86_400;

fn now() -> i64 {
    Clock::System.now().as_micros()
}

async fn number(world: &World, expression: &str) -> i64 {
    let query = format!("SELECT CAST({expression} AS TEXT) FROM identities");
    database::text(&world.database(), &query).await.parse().unwrap()
}

async fn identity(world: &World, user: &str) -> Value {
    world.must("GET", &format!("/users/{user}/identity"), json!(null)).await
}

async fn recheck(world: &World, user: &str) -> u16 {
    world.api("POST", &format!("/users/{user}/identity/recheck"), json!(null)).await.status
}

/// Starts a world with a signed-in person. No automatic check of that person is due.
async fn signed_in(database: Database) -> World {
    let world = World::with_provider(database, json!({"recheck": NEVER})).await;
    world.provider.person("id-1", "alice", &["web"]).await;
    world.sign_in("id-1").await;
    world
}

async fn a_claim_begins_when_it_is_made(database: Database) {
    let world = World::with_provider(database, json!({"recheck": NEVER})).await;
    for i in 0..20 {
        world.provider.person(&format!("id-{i}"), &format!("user{i}"), &[]).await;
        world.sign_in(&format!("id-{i}")).await;
    }
    world.provider.delay(Duration::from_millis(2500)).await;
    database::run(&world.database(), "UPDATE identities SET recheck_at = 0").await;
    // Eight people are checked at once. So the last ones are claimed five seconds after the round began.
    let patience = Duration::from_secs(15);
    let soon = async || number(&world, "COUNT(CASE WHEN recheck_at > 0 THEN 1 END)").await >= 16;
    world.until("sixteen are checked", patience, soon).await;
    let claimed = async || number(&world, "COUNT(CASE WHEN claimed_until > 0 THEN 1 END)").await == 4;
    world.until("the last ones are claimed", patience, claimed).await;
    let left = (number(&world, "MAX(claimed_until)").await - now()) / 1_000_000;
    assert!((87..=90).contains(&left), "{left} s of the claim are left");
}

async fn a_check_that_fails_gives_its_claim_back(database: Database) {
    let world = signed_in(database).await;
    let trap = match database {
        Database::Sqlite => {
            "CREATE TRIGGER trap BEFORE UPDATE OF checked_at ON identities BEGIN SELECT RAISE(ABORT, 'trap'); END"
        }
        Database::Postgresql => {
            "CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trap''; END'; \
             CREATE TRIGGER trap BEFORE UPDATE OF checked_at ON identities FOR EACH ROW EXECUTE FUNCTION trap()"
        }
    };
    database::run(&world.database(), trap).await;
    assert_eq!(recheck(&world, "alice").await, 503);
    assert_eq!(number(&world, "claimed_until").await, 0);
    assert_eq!(world.provider.counts().await, (1, 0), "the check failed after the exchange");
    let (drop, on) = ("DROP TRIGGER trap", " ON identities");
    let drop = if database == Database::Sqlite { drop.to_owned() } else { format!("{drop}{on}") };
    database::run(&world.database(), &drop).await;
    assert_eq!(recheck(&world, "alice").await, 200);
    assert_eq!(world.provider.counts().await, (2, 0), "the failed check stored the new token");
}

async fn nobody_waits_for_long_behind_a_claim_that_was_left(database: Database) {
    let world = signed_in(database).await;
    let key = world.key("alice").await;
    let left = now() + 20_000_000;
    let claim = format!("UPDATE identities SET valid_until = 0, claimed_until = {left}");
    database::run(&world.database(), &claim).await;
    for _ in 0..2 {
        let began = Instant::now();
        let reply = world.token("alice", &key).await;
        let took = began.elapsed();
        assert!(reply.status == 503 && reply.header("retry-after").is_some(), "{reply:?}");
        assert!(took < Duration::from_millis(3500), "{took:?}");
    }
    let status = world.must("GET", "/identity-providers/corp", json!(null)).await["status"].clone();
    assert_ne!(status["reachable"], false, "the provider counts as unreachable: {status}");
    database::run(&world.database(), "UPDATE identities SET claimed_until = 0").await;
    let reply = world.token("alice", &key).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    // A server whose clock was ahead left a claim. The claim must not delay the check.
    let ahead = now() + 3_600_000_000;
    let claim = format!("UPDATE identities SET valid_until = 0, claimed_until = {ahead}");
    database::run(&world.database(), &claim).await;
    let key = world.key("alice").await;
    assert_eq!(world.token("alice", &key).await.status, 200);
}

/// What happens to alice or to the settings of her provider while the provider's answer about her is on its way.
#[derive(Debug, Clone, Copy)]
enum Meanwhile {
    SignIn,
    Unlink,
    Move,
    OtherClient,
}

/// Starts a check of alice, and makes a change before the provider's answer arrives. Returns the status of the check.
async fn checked_while(world: &World, happens: Meanwhile) -> u16 {
    let delay = Duration::from_millis(1500);
    world.provider.delay(delay).await;
    let other = async {
        tokio::time::sleep(delay / 3).await;
        world.provider.delay(Duration::ZERO).await;
        match happens {
            Meanwhile::SignIn => {
                world.provider.person("id-1", "alice", &["new"]).await;
                world.sign_in("id-1").await;
            }
            Meanwhile::Unlink => {
                world.must("DELETE", "/users/alice/identity", json!(null)).await;
            }
            Meanwhile::Move => {
                set(world, json!({"issuer": format!("{}/other", world.provider.issuer())})).await
            }
            Meanwhile::OtherClient => set(world, json!({"client_id": "other"})).await,
        }
    };
    let began = Instant::now();
    let (status, ()) = tokio::join!(recheck(world, "alice"), other);
    assert!(began.elapsed() >= delay, "{happens:?}");
    status
}

/// Writes the settings of the provider, with the secret and these additional fields.
async fn set(world: &World, more: Value) {
    let mut settings = world.settings(json!({"recheck": NEVER}));
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.must("PUT", "/identity-providers/corp?move_identities=true", settings).await;
}

async fn who_signs_in_or_is_unlinked_meanwhile_is_not_as_asked(database: Database) {
    let world = signed_in(database).await;
    // The provider says that alice does not exist any more. Then she signs in again.
    world.provider.disable("id-1").await;
    assert_eq!(checked_while(&world, Meanwhile::SignIn).await, 200);
    let before = identity(&world, "alice").await;
    assert_eq!((&before["state"], &before["checkable"]), (&json!("active"), &json!(true)), "{before}");
    assert_eq!(recheck(&world, "alice").await, 200);
    let after = identity(&world, "alice").await;
    assert!(after["state"] == "active" && after["checked_at"].as_str() > before["checked_at"].as_str());
    assert_eq!(world.must("GET", "/users/alice", json!(null)).await["groups"], json!(["corp.new"]));
    // The provider vouches for alice. Then she is unlinked.
    assert_eq!(checked_while(&world, Meanwhile::Unlink).await, 404);
    assert_eq!(number(&world, "COUNT(*)").await, 0);
    let groups = world.must("GET", "/users/alice", json!(null)).await["groups"].clone();
    assert_eq!(groups, json!([]), "the late answer gives alice no groups");
}

async fn a_provider_that_changes_meanwhile_says_nothing_any_more(database: Database) {
    let world = signed_in(database).await;
    for happens in [Meanwhile::Move, Meanwhile::OtherClient] {
        let before = identity(&world, "alice").await;
        assert_eq!(before["checkable"], true);
        assert_eq!(checked_while(&world, happens).await, 200);
        let after = identity(&world, "alice").await;
        assert_eq!(after["checked_at"], before["checked_at"], "{happens:?}: {after}");
        assert_eq!(
            number(&world, "COUNT(upstream_token)").await,
            0,
            "{happens:?}: the refresh tokens are forgotten"
        );
        let is_moved = after["issuer"].as_str().unwrap().ends_with("/other");
        assert_eq!(is_moved, matches!(happens, Meanwhile::Move), "{after}");
        assert_eq!(recheck(&world, "alice").await, 409, "without a refresh token nobody can be checked");
        set(&world, json!({})).await;
        world.sign_in("id-1").await;
    }
}

async fn a_new_token_is_stored_however_long_the_database_is_busy(database: Database) {
    use sqlx::{Connection, Executor};
    let world = signed_in(database).await;
    world.provider.delay(Duration::from_millis(1500)).await;
    let lock = match database {
        Database::Sqlite => "BEGIN IMMEDIATE",
        Database::Postgresql => "BEGIN; LOCK TABLE identities IN EXCLUSIVE MODE",
    };
    let busy = async {
        // The server has claimed alice. The provider's answer takes 1.5 seconds.
        let claimed = async || number(&world, "claimed_until").await > 0;
        world.until("alice is claimed", Duration::from_secs(5), claimed).await;
        let mut other = database::connect(&world.database()).await;
        other.execute(lock).await.unwrap();
        // The lock lasts longer than the time limit of a statement.
        tokio::time::sleep(Duration::from_secs(7)).await;
        other.execute("ROLLBACK").await.unwrap();
        other.close().await.unwrap();
    };
    let (status, ()) = tokio::join!(recheck(&world, "alice"), busy);
    assert_eq!(status, 200);
    world.provider.delay(Duration::ZERO).await;
    assert_eq!(recheck(&world, "alice").await, 200);
    assert_eq!(world.provider.counts().await, (2, 0), "each token was used once");
    assert_eq!(identity(&world, "alice").await["state"], "active");
}

async fn a_clock_that_was_ahead_is_not_believed(database: Database) {
    let world = World::with_provider(database, json!({"recheck": 3600})).await;
    world.provider.person("id-1", "alice", &[]).await;
    world.sign_in("id-1").await;
    let (year, url) = (365 * 86_400_000_000_i64, world.database());
    for (checks, columns) in
        [&["checked_at"][..], &["checked_at", "recheck_at", "valid_until"], &["recheck_at"]]
            .into_iter()
            .enumerate()
    {
        let ahead: Vec<String> = columns.iter().map(|name| format!("{name} = {name} + {year}")).collect();
        let claimed = now() + year;
        let statement = format!("UPDATE identities SET {}, claimed_until = {claimed}", ahead.join(", "));
        database::run(&url, &statement).await;
        let is_right = async || {
            let is_past = number(&world, "checked_at").await <= now();
            is_past && number(&world, "recheck_at").await <= now() + 7_200_000_000
        };
        world.until(&format!("{columns:?}"), Duration::from_secs(4), is_right).await;
        let checks = i64::try_from(checks).unwrap() + 1;
        assert_eq!(world.provider.counts().await, (checks, 0), "{columns:?}: alice was checked once");
        let status = world.must("GET", "/identity-providers/corp", json!(null)).await["status"].clone();
        assert_eq!(status["due"], 0, "{columns:?}: {status}");
    }
    // A person who uses no credential is not due, even if the next check is overdue.
    database::run(&world.database(), "UPDATE browser_sessions SET last_used_at = 1").await;
    database::run(&world.database(), "UPDATE identities SET recheck_at = 1, signed_in_at = 1").await;
    let status = world.must("GET", "/identity-providers/corp", json!(null)).await["status"].clone();
    assert_eq!(status["due"], 0, "{status}");
    assert_eq!(number(&world, "recheck_at").await, 1, "the provider is not asked about alice");
}
