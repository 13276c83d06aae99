//! A registry and the server must have the same counts, whatever fails between them.

use crate::front::Way;
use crate::rows;
use crate::yard::Yard;
use std::time::Duration;

/// The number of times that the server is killed. `PORTREEVE_EVENT_KILLS` sets another number.
const KILLS: usize = 12;

async fn assert_alike(yard: &Yard, what: &str) {
    let events = yard.settle().await;
    let counted = rows::number(&yard.url(), "SELECT COALESCE(SUM(events), 0) FROM event_sources").await;
    assert_eq!(counted, i64::try_from(events).unwrap(), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_counted_twice_on_the_way() {
    let yard = Yard::open().await;
    let token = yard.token("team/app").await;
    let digest = yard.push(&token, "team/app", "v1", "content").await;
    assert_alike(&yard, "nothing happens").await;
    let manifest = format!("team/app/manifests/{digest}");
    for way in [Way::Refuse, Way::Slow, Way::LoseAnswers, Way::Redirect] {
        yard.front.set(way);
        let before = yard.front.requests();
        for _ in 0..3 {
            assert_eq!(yard.ask("GET", &token, &manifest, None).await, 200, "{way:?}");
        }
        while yard.front.requests() < before + 4 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        yard.front.set(Way::Pass);
        assert_alike(&yard, &format!("{way:?}")).await;
    }
    assert_eq!(rows::of(&yard.url(), "action count", "daily_usage").await, "pull 12, push 1");
    assert!(!yard.server.log().contains(yard.key()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_again_and_again_counts_what_the_registry_counts() {
    let kills =
        std::env::var("PORTREEVE_EVENT_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let mut yard = Yard::open().await;
    let token = yard.token("team/app").await;
    let digest = yard.push(&token, "team/app", "v1", "content").await;
    let manifest = format!("team/app/manifests/{digest}");
    let mut pulls = 0;
    for round in 0..kills {
        // Each round needs a new token, because a token lives for five minutes.
        let token = yard.token("team/app").await;
        for _ in 0..5 {
            pulls += 1;
            assert_eq!(yard.ask("GET", &token, &manifest, None).await, 200);
        }
        // The server is killed while the registry reports.
        tokio::time::sleep(Duration::from_millis(u64::try_from(round % 7).unwrap() * 3)).await;
        yard.server.kill();
        yard.start_again().await;
    }
    assert_alike(&yard, "killed").await;
    assert_eq!(rows::of(&yard.url(), "action count", "daily_usage").await, format!("pull {pulls}, push 1"));
}
