//! Rotations while images are pulled. The registry accepts every token, and its configuration is unchanged.

use crate::place::Place;
use crate::registry::{IMAGE, Registry, printed, pull};
use crate::server::ADMIN_PASSWORD;
use crate::token::{header, is_public};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::time::{interval, sleep};

/// The number of clients that pull at this pace. Together they pull 100 times a second.
const CLIENTS: usize = 10;
const PACE: Duration = Duration::from_millis(100);
/// The number of clients that keep every token and use all of them in turn, also tokens of retired keys.
const KEEPERS: usize = 4;
const ROTATIONS: usize = 20;
const PULLS: usize = 2000;
/// The shortest time between two rotations.
const APART: Duration = Duration::from_millis(1000);

/// The results of the clients.
#[derive(Default)]
struct Seen {
    pulls: usize,
    /// The number of pulls with a token whose key was already retired.
    late: usize,
    /// The key that signed the last token.
    last: String,
    keys: BTreeSet<String>,
    refused: Vec<String>,
    slowest: Duration,
}

async fn fetch(http: &reqwest::Client, url: &str, name: bool) -> String {
    let request = http.get(url).query(&[("service", "registry"), ("scope", "repository:team/image:pull")]);
    let request = if name { request.basic_auth("admin", Some(ADMIN_PASSWORD)) } else { request };
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    body["token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_rotations_under_pulls_cost_not_one_of_them() {
    let place = Place::open().await;
    let mut registry = Registry::start(place.path(), &printed(&place));
    registry.push(&place, "registry").await;
    let rule = json!({"subjects": ["everyone"], "names": [IMAGE], "actions": ["pull"]});
    place.server.must("PUT", "/rules/open", rule).await;

    let (seen, stop) = (Arc::new(Mutex::new(Seen::default())), Arc::new(AtomicBool::new(false)));
    let registry_url = registry.manifest();
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let (seen, stop, url) = (seen.clone(), stop.clone(), registry_url.clone());
        let realm = place.server.url("/token");
        clients.push(tokio::spawn(async move {
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            let mut ticks = interval(PACE);
            let mut kept: Vec<String> = Vec::new();
            for round in 0.. {
                ticks.tick().await;
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let began = Instant::now();
                // A client that keeps tokens asks every fifth time. Half of the clients ask without a user name.
                if number >= KEEPERS || round % 5 == 0 {
                    let token = fetch(&http, &realm, number % 2 == 0).await;
                    let id = header(&token)["kid"].as_str().unwrap().to_owned();
                    let mut seen = seen.lock().unwrap();
                    seen.keys.insert(id.clone());
                    seen.last = id;
                    if number >= KEEPERS {
                        kept.clear();
                    }
                    kept.push(token);
                }
                let token = &kept[round % kept.len()];
                let (status, text) = pull(&http, &url, token).await;
                let mut seen = seen.lock().unwrap();
                seen.pulls += 1;
                seen.late += usize::from(header(token)["kid"] != *seen.last);
                seen.slowest = seen.slowest.max(began.elapsed());
                if status != 200 {
                    seen.refused.push(format!("{status} {text}"));
                }
            }
        }));
    }

    let began = Instant::now();
    let first = place.signing(None).await;
    let mut signed = vec![place.id_of(&first, "libtrust_id").await];
    let mut slowest = Duration::ZERO;
    for _ in 0..ROTATIONS {
        let next = Instant::now() + APART;
        place.run("keys rotate").await.ok();
        let (rotated, key) = (Instant::now(), place.signing(None).await);
        let id = place.id_of(&key, "libtrust_id").await;
        while seen.lock().unwrap().last != id {
            assert!(rotated.elapsed() < Duration::from_secs(5), "the new key does not sign");
            sleep(Duration::from_millis(5)).await;
        }
        slowest = slowest.max(rotated.elapsed());
        signed.push(id);
        tokio::time::sleep_until(next.into()).await;
    }
    let rotations = began.elapsed();
    while seen.lock().unwrap().pulls < PULLS {
        assert!(began.elapsed() < Duration::from_secs(90), "the machine is too slow to pull {PULLS} times");
        sleep(Duration::from_millis(20)).await;
    }
    let took = began.elapsed();
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }

    let published = place.key_set(Some("registry")).await;
    let seen = seen.lock().unwrap();
    eprintln!(
        "{ROTATIONS} rotations in {rotations:.1?}, {} pulls in {took:.1?} ({:.0} a second, {} with tokens of \
         retired keys), slowest {:?}; a new key was seen within {slowest:?} of the end of `keys rotate`",
        seen.pulls,
        seen.pulls as f64 / took.as_secs_f64(),
        seen.late,
        seen.slowest
    );
    assert!(seen.refused.is_empty(), "{} refused: {:?}", seen.refused.len(), seen.refused.first());
    assert!(seen.late > PULLS / 10, "only {} pulls used a token of a retired key", seen.late);
    assert_eq!(seen.keys, signed.iter().cloned().collect(), "each key has signed a token");
    assert_eq!(seen.keys.len(), ROTATIONS + 1);
    assert!(registry.runs(), "the registry has ended");

    assert!(is_public(&published));
    let ids: BTreeSet<String> = published.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, seen.keys, "retired keys stay published");
}
