//! A provider that gives no usable answer: it is silent, gone or failing, or refuses this server. Nobody loses access
//! at once for this reason, and nobody keeps access long after the end of `hold`.

use super::world::{ADMIN, Database, World, on_both_databases};
use serde_json::json;
use std::time::{Duration, Instant};

on_both_databases!(nobody_is_cut_off_by_silence);

async fn nobody_is_cut_off_by_silence(database: Database) {
    let modes = ["silent", "stopped", "invalid_client", "failing", "large", "redirecting"];
    // The answers of a provider do not depend on the database. Each test with PostgreSQL needs its own cluster, so the
    // test uses only two modes there.
    let count = if database == Database::Sqlite { modes.len() } else { 2 };
    // The worlds start one after the other, because the start of one world blocks the other worlds.
    let mut worlds = Vec::new();
    for mode in modes.into_iter().take(count) {
        worlds.push((World::with_provider(database, json!({"recheck": 1, "hold": 4})).await, mode));
    }
    futures_util::future::join_all(worlds.into_iter().map(|(world, mode)| hold(world, mode))).await;
}

async fn hold(mut world: World, mode: &str) {
    world.provider.person("id-1", "alice", &[]).await;
    world.sign_in("id-1").await;
    let signed_in = Instant::now();
    let key = world.key("alice").await;
    if mode == "stopped" {
        world.provider.kill()
    } else {
        world.provider.mode(mode).await
    }
    // Known people keep access until the end of `hold`. After that they are asked to wait, but are never refused.
    let mut held = 0;
    let refused = loop {
        let began = Instant::now();
        let reply = world.token("alice", &key).await;
        match reply.status {
            200 => held += 1,
            503 => break (reply, began.elapsed()),
            other => panic!("{mode}: {other} {}", reply.text),
        }
        assert!(signed_in.elapsed() < Duration::from_secs(12), "{mode}: people keep access for too long");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert!(held > 5, "{mode}: {held}");
    let (reply, took) = refused;
    assert!(
        reply.header("retry-after").is_some() && reply.text.contains("gives no answer now"),
        "{mode}: {reply:?}"
    );
    assert!(took < Duration::from_millis(3500), "{mode}: {took:?}");
    let began = Instant::now();
    assert_eq!(world.token("alice", &key).await.status, 503, "{mode}");
    let next = began.elapsed();
    assert!(next < Duration::from_millis(500), "{mode}: {next:?}");
    assert_eq!(world.token(ADMIN.0, ADMIN.1).await.status, 200, "{mode}: local users get tokens");
    let status = world.must("GET", "/identity-providers/corp", json!(null)).await["status"].clone();
    assert_eq!(status["reachable"], false, "{mode}: {status}");
    println!(
        "{mode}: {held} tokens until `hold`, then 503 after {took:?} and {next:?}: {}",
        status["last_error"]
    );
    if mode == "silent" {
        world.provider.mode("normal").await;
        world
            .until("the provider answers again", Duration::from_secs(40), async || {
                world.token("alice", &key).await.status == 200
            })
            .await;
    }
}
