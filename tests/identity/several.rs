//! A provider that is slow or silent, or that gives no usable answer about one person, delays nobody else.

use super::database;
use super::world::{Database, World, on_both_databases};
use serde_json::json;
use std::time::{Duration, Instant};

on_both_databases!(
    people_of_another_provider_notice_nothing_of_a_silent_one,
    a_slow_provider_holds_up_no_checks_of_another,
    one_person_who_is_unclear_is_no_silence,
    userinfo_of_nobody_is_no_answer,
);

/// The number of people. It is greater than the number of people of one provider that the server checks at once.
const MANY: usize = 70;

async fn people_of_another_provider_notice_nothing_of_a_silent_one(database: Database) {
    let world = World::with_provider(database, json!({"recheck": 86400})).await;
    world.provider.person("id-1", "alice", &[]).await;
    world.sign_in("id-1").await;
    let key = world.key("alice").await;
    let more = json!({"recheck": 86400, "name_template": "{name}@second"});
    let second = world.second(more).await;
    let mut keys = Vec::new();
    for i in 0..MANY {
        second.person(&format!("id-{i}"), &format!("user{i}"), &[]).await;
        world.sign_in_with("second", &format!("id-{i}")).await;
        keys.push(world.key(&format!("user{i}@second")).await);
    }
    let url = world.database();
    let expire = async || database::run(&url, "UPDATE identities SET valid_until = 0").await;
    let confirmed = async || {
        database::run(&url, "UPDATE identities SET valid_until = 0 WHERE provider = 'corp'").await;
        // The server does not have a new key in memory, so the request reads the changed `valid_until`.
        let key = world.key("alice").await;
        let began = Instant::now();
        let reply = world.token("alice", &key).await;
        (reply.status, began.elapsed())
    };
    assert_eq!(world.token("alice", &key).await.status, 200);
    let (status, before) = confirmed().await;
    assert_eq!(status, 200);
    // The token endpoint answers very late, so each check takes the longest possible time.
    second.delay(Duration::from_secs(30)).await;
    expire().await;
    let all = futures_util::future::join_all(keys.iter().enumerate().map(|(i, key)| {
        let (world, user) = (&world, format!("user{i}@second"));
        async move {
            let began = Instant::now();
            (world.token(&user, key).await.status, began.elapsed())
        }
    }));
    let asked = async {
        let asked = all.await;
        // A person who wants to sign in with the silent provider gets an answer at once.
        let began = Instant::now();
        let page = super::browser::Browser::new().open(&world.url("/signin/with/second")).await;
        (asked, page, began.elapsed())
    };
    let others = async {
        let mut longest = Duration::ZERO;
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let (status, took) = confirmed().await;
            assert_eq!(status, 200, "after {took:?}");
            longest = longest.max(took);
            world.sign_in("id-1").await;
        }
        longest
    };
    let ((asked, page, told), longest) = tokio::join!(asked, others);
    assert!(page.status == 503 && page.text.contains("no usable answer"), "{page:?}");
    assert!(told < Duration::from_secs(1), "{told:?}");
    for (status, took) in &asked {
        assert!(*status == 503 && *took < Duration::from_secs(4), "{status} after {took:?}");
    }
    assert!(longest < Duration::from_millis(1500), "{longest:?} now, {before:?} before");
    println!("confirmed within {longest:?} beside {MANY} people of a silent provider, {before:?} before");
}

async fn a_slow_provider_holds_up_no_checks_of_another(database: Database) {
    let world = World::with_provider(database, json!({"recheck": 2})).await;
    let second = world.second(json!({"recheck": 86400, "name_template": "{name}@second"})).await;
    for i in 0..24 {
        second.person(&format!("id-{i}"), &format!("user{i}"), &[]).await;
        world.sign_in_with("second", &format!("id-{i}")).await;
    }
    world.provider.person("id-1", "alice", &["web"]).await;
    world.sign_in("id-1").await;
    let key = world.key("alice").await;
    second.delay(Duration::from_secs(4)).await;
    database::run(&world.database(), "UPDATE identities SET recheck_at = 0 WHERE provider = 'second'").await;
    // A round of checks of these people takes twelve seconds.
    let claimed =
        "SELECT CAST(COUNT(*) AS TEXT) FROM identities WHERE provider = 'second' AND claimed_until > 0";
    let is_under_way = async || database::text(&world.database(), claimed).await == "8";
    world.until("people of `second` are being checked", Duration::from_secs(3), is_under_way).await;
    world.provider.person("id-1", "alice", &["other"]).await;
    let lost = async || {
        world.token("alice", &key).await;
        world.must("GET", "/users/alice", json!(null)).await["groups"] == json!(["corp.other"])
    };
    let took = world.until("the group is lost", Duration::from_secs(4), lost).await;
    let waiting = "SELECT CAST(COUNT(*) AS TEXT) FROM identities WHERE recheck_at = 0";
    let waiting: i64 = database::text(&world.database(), waiting).await.parse().unwrap();
    assert!(waiting >= 8, "people of `second` still wait for their check: {waiting}");
    println!("in force after {took:?} beside a round of twelve seconds");
}

async fn one_person_who_is_unclear_is_no_silence(database: Database) {
    let world = World::with_provider(database, json!({"recheck": 86400})).await;
    for (id, name) in [("id-1", "alice"), ("id-2", "bob")] {
        world.provider.person(id, name, &[]).await;
        world.sign_in(id).await;
    }
    world.provider.make_unclear("id-2").await;
    database::run(&world.database(), "UPDATE identities SET valid_until = 0").await;
    let key = world.key("bob").await;
    let reply = world.token("bob", &key).await;
    assert!(reply.status == 503 && reply.header("retry-after").is_some(), "{reply:?}");
    let status = async || world.must("GET", "/identity-providers/corp", json!(null)).await["status"].clone();
    let unclear = status().await;
    assert_eq!(unclear["reachable"], true, "{unclear}");
    assert!(unclear["last_error"].as_str().unwrap().contains("`interaction_required`"), "{unclear}");
    // The server remembers the refusal for a moment. So the repeated requests of docker do not reach the provider.
    let refused = world.provider.counts().await.1;
    assert_eq!(world.token("bob", &key).await.status, 503);
    assert_eq!(world.provider.counts().await.1, refused);
    // The other people are confirmed, and nobody loses access.
    let key = world.key("alice").await;
    let reply = world.token("alice", &key).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let bob = world.must("GET", "/users/bob/identity", json!(null)).await;
    assert_eq!((&bob["state"], &bob["checkable"]), (&json!("active"), &json!(true)));
}

async fn userinfo_of_nobody_is_no_answer(database: Database) {
    let world = World::with_provider(database, json!({"recheck": 86400})).await;
    world.provider.person("id-1", "alice", &["web"]).await;
    world.sign_in("id-1").await;
    // This userinfo has no `sub`, and names groups that the person does not have. A cache or a proxy may give such an
    // answer to every request.
    world.provider.mode("nameless_userinfo").await;
    let before = world.must("GET", "/users/alice/identity", json!(null)).await;
    world.must("POST", "/users/alice/identity/recheck", json!(null)).await;
    let after = world.must("GET", "/users/alice/identity", json!(null)).await;
    assert_eq!((&after["state"], &after["checked_at"]), (&json!("active"), &before["checked_at"]), "{after}");
    assert_eq!(world.must("GET", "/users/alice", json!(null)).await["groups"], json!(["corp.web"]));
    let status = world.must("GET", "/identity-providers/corp", json!(null)).await["status"].clone();
    assert!(status["last_error"].as_str().unwrap().contains("somebody else"), "{status}");
    world.provider.person("id-2", "bob", &[]).await;
    let page = world.refused("id-2").await;
    assert!(page.text.contains("userinfo is about somebody else"), "{}", page.text);
    assert_eq!(world.api("GET", "/users/bob", json!(null)).await.status, 404);
}
