//! Measures token requests: the rate with the key of a provider's user, relative to the rate with a local user's key,
//! and the durations with a local user's key while the provider is silent and while it answers.

use super::database;
use super::world::{Database, World};
use serde_json::json;
use std::time::{Duration, Instant};

/// Sends requests with a key for some time, from several clients. Returns the duration of each request.
async fn load(world: &World, (user, key): (&str, &str), clients: usize, lasting: Duration) -> Vec<Duration> {
    let began = Instant::now();
    let all = futures_util::future::join_all((0..clients).map(|_| async {
        let mut took = Vec::new();
        while began.elapsed() < lasting {
            let asked = Instant::now();
            let reply = world.token(user, key).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            took.push(asked.elapsed());
        }
        took
    }));
    all.await.into_iter().flatten().collect()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn p99(mut took: Vec<Duration>) -> Duration {
    took.sort();
    took[took.len() * 99 / 100]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_somebody_of_a_provider_is_as_fast_as_a_local_one() {
    let world = World::with_provider(Database::Sqlite, json!({"recheck": 86400})).await;
    world.provider.person("id-1", "alice", &["web"]).await;
    world.sign_in("id-1").await;
    let local = json!({"password": "a perfectly long password", "labels": {"team": ["web/api"]}});
    world.must("PUT", "/users/bob", local).await;
    world.must("PUT", "/groups/web", json!({"members": ["user:bob"]})).await;
    for (rule, subject) in [("web", "group:corp.web"), ("local", "group:web")] {
        let rule_of = json!({"subjects": [subject], "names": ["web/**"], "actions": ["pull"]});
        world.must("PUT", &format!("/rules/{rule}"), rule_of).await;
    }
    let keys = [("alice", world.key("alice").await), ("bob", world.key("bob").await)];
    let mut ratios = Vec::new();
    for round in 0..10 {
        let mut rates = [0.0; 2];
        // The order of the two measurements alternates.
        for place in [round % 2, 1 - round % 2] {
            let (user, key) = &keys[place];
            rates[place] = load(&world, (user, key), 4, Duration::from_millis(500)).await.len() as f64;
        }
        ratios.push(rates[0] / rates[1]);
    }
    let ratio = median(ratios.split_off(2));
    println!("tokens/s with the key of a provider's user, relative to a local user's key: {ratio:.3}");
    // One additional query would halve the ratio. Smaller differences are noise.
    assert!(ratio > 0.8, "{ratio}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_here_notice_nothing_of_a_silent_provider() {
    let world = World::with_provider(Database::Sqlite, json!({"recheck": 86400})).await;
    let mut keys = Vec::new();
    for i in 0..40 {
        world.provider.person(&format!("id-{i}"), &format!("user{i}"), &[]).await;
        world.sign_in(&format!("id-{i}")).await;
        keys.push(world.key(&format!("user{i}")).await);
    }
    world.must("PUT", "/users/bob", json!({"password": "a perfectly long password"})).await;
    let key = world.key("bob").await;
    let lasting = Duration::from_secs(2);
    // People of the provider send requests all the time, while the provider is silent and while it answers.
    let round = async || {
        let others = futures_util::future::join_all(keys.iter().enumerate().map(|(i, key)| {
            let (world, user) = (&world, format!("user{i}"));
            async move {
                let began = Instant::now();
                // The requests do not start at the same moment.
                tokio::time::sleep(Duration::from_millis(500) * i as u32 / 40).await;
                while began.elapsed() < lasting {
                    world.token(&user, key).await;
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
        }));
        let (took, _) = tokio::join!(load(&world, ("bob", &key), 1, lasting), others);
        p99(took)
    };
    let (mut good, mut silent) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let beside_a_good_one = round().await;
        world.provider.mode("silent").await;
        database::run(&world.database(), "UPDATE identities SET valid_until = 0").await;
        let beside_a_silent_one = round().await;
        world.provider.mode("normal").await;
        let valid = "UPDATE identities SET valid_until = checked_at + 86400000000";
        database::run(&world.database(), valid).await;
        println!(
            "p99 of local keys: {beside_a_good_one:?}, beside a silent provider {beside_a_silent_one:?}"
        );
        good.push(beside_a_good_one.as_secs_f64());
        silent.push(beside_a_silent_one.as_secs_f64());
    }
    let (good, silent) = (median(good), median(silent));
    println!("p99 of local keys beside a silent provider: {:.2} times", silent / good);
    // A request that waited for the provider would take seconds.
    assert!(silent < 0.25, "{silent} s");
}
