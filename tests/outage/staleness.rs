//! The time for which a replica continues without its database, and its recovery.

use crate::fleet::{Caller, Fleet, text};
use crate::load::PASSWORD;
use crate::postgres::Cluster;
use crate::server::Server;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The greatest staleness in the first test. In the second test it is 0.
const MAX_STALENESS: Duration = Duration::from_secs(3);
/// All replicas must see a write within this time. A replica reads the change feed more often than that.
const PROMISE: Duration = Duration::from_secs(1);
const REFUSAL: Duration = Duration::from_secs(3);
const RECOVERY: Duration = Duration::from_secs(5);

/// One replica, and callers that it has authenticated.
struct Setting {
    cluster: Cluster,
    _folder: TempDir,
    server: Server,
    fleet: Fleet,
    proven: Vec<Caller>,
}

impl Setting {
    async fn with(max_staleness: &str) -> Self {
        let cluster = Cluster::start();
        let folder = tempfile::tempdir().unwrap();
        let mut server = Server::spawn(folder.path(), &cluster.url(), &["--max-staleness", max_staleness]);
        server.ready().await;
        let rule = json!({"subjects": ["everyone"], "names": ["open"], "actions": ["pull"]});
        server.must("PUT", "/rules/open", rule).await;
        server.must("PUT", "/users/alice", json!({"password": PASSWORD})).await;
        server.must("PUT", "/robots/ci", json!({})).await;
        let key = server.must("POST", "/robots/ci/access-keys", json!({"name": "ci"})).await;
        let fleet = Fleet::new(vec![server.port]);
        let alice = Caller::Password("alice", PASSWORD);
        let session = fleet.question(0, &alice, "open").query(&[("offline_token", "true")]).send().await;
        let session: Value = session.unwrap().json().await.unwrap();
        let session = Caller::Session(text(&session["refresh_token"]));
        let proven = vec![Caller::Anonymous, alice, Caller::Key(text(&key["secret"])), session];
        let setting = Self { cluster, _folder: folder, server, fleet, proven };
        setting.all_say(200).await;
        setting
    }

    /// Checks that all authenticated callers and the readiness probe get this status.
    async fn all_say(&self, expected: u16) {
        for caller in &self.proven {
            let said = self.fleet.says(0, caller, "open").await;
            assert_eq!(said, (expected, expected == 200), "{caller:?}");
        }
        assert_eq!(self.readiness().await.0, expected);
    }

    /// Checks that the sign-in page has this status and is HTML. A 503 must name the cause.
    async fn pages_say(&self, expected: u16) {
        let page = self.fleet.get(0, "/signin").await.unwrap();
        let (status, is_html) =
            (page.status().as_u16(), page.headers()["content-type"].to_str().unwrap().to_owned());
        let text = page.text().await.unwrap();
        assert_eq!(
            (status, text.contains("cannot reach its database")),
            (expected, expected == 503),
            "{text}"
        );
        assert!(is_html.starts_with("text/html"), "{is_html}");
    }

    /// Checks that the metrics show exactly this state of the change feed.
    async fn assert_state(&self, expected: &str) {
        let metrics = self.fleet.get(0, "/metrics").await.unwrap().text().await.unwrap();
        for state in ["fresh", "stale", "too_old"] {
            let is_now = u8::from(state == expected);
            let line = format!("portreeve_feed_state{{state=\"{state}\"}} {is_now}");
            assert!(metrics.lines().any(|found| found == line), "{line}: {metrics}");
        }
    }

    async fn readiness(&self) -> (u16, Value) {
        let answer = self.fleet.get(0, "/health/ready").await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Waits until everything is served again, without a restart and within the promised time. Returns the time that
    /// this took.
    async fn returns(&self) -> Duration {
        let back = Instant::now();
        let mut served = false;
        while !served {
            assert!(back.elapsed() < RECOVERY, "not ready in time: {}", self.server.events());
            tokio::time::sleep(Duration::from_millis(20)).await;
            served = self.readiness().await.0 == 200;
            for caller in &self.proven {
                served &= self.fleet.says(0, caller, "open").await.0 == 200;
            }
            let rule = json!({"subjects": ["everyone"], "names": ["new"], "actions": ["pull"]});
            served &= self.server.api("PUT", "/rules/new", rule).await.0 < 300;
        }
        back.elapsed()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_served_for_max_staleness_and_then_nothing_until_the_database_is_back() {
    let setting = Setting::with("3").await;
    let (fleet, began) = (&setting.fleet, Instant::now());
    setting.cluster.stop("fast");
    let gone = Instant::now();
    // The replica read the feed a moment before.
    while began.elapsed() < MAX_STALENESS - PROMISE {
        setting.all_say(200).await;
    }
    setting.assert_state("stale").await;
    let stranger = Caller::Password("bob", PASSWORD);
    assert_eq!(fleet.says(0, &stranger, "open").await.0, 503);

    tokio::time::sleep(MAX_STALENESS.saturating_sub(gone.elapsed())).await;
    setting.all_say(503).await;
    let (_, body) = setting.readiness().await;
    assert!(text(&body["reason"]).contains("--max-staleness"), "{body}");
    assert_eq!(setting.server.api("GET", "/rules", Value::Null).await.0, 503);
    setting.pages_say(503).await;
    assert_eq!(fleet.get(0, "/health/live").await.unwrap().status(), 200);
    setting.assert_state("too_old").await;

    setting.cluster.resume();
    let took = setting.returns().await;
    setting.assert_state("fresh").await;
    println!("served again {took:?} after the return of the database");
    assert_transitions(&setting.server, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_stale_may_be_served_nothing_is() {
    let setting = Setting::with("0").await;
    setting.cluster.stop("immediate");
    tokio::time::sleep(PROMISE).await;
    setting.all_say(503).await;
    setting.cluster.resume();
    setting.returns().await;

    setting.cluster.freeze();
    tokio::time::sleep(REFUSAL).await;
    let refused = Instant::now();
    setting.all_say(503).await;
    assert!(refused.elapsed() < REFUSAL, "the refusals took {:?}", refused.elapsed());
    setting.cluster.thaw();
    setting.returns().await;
    // With a staleness of 0, the memory is too old as soon as the database does not answer. So it is never only stale.
    assert_transitions(&setting.server, [0, 2, 2]);
}

/// Checks how many lines of the log say that the memory is served without the database, that it is too old, and that
/// the server recovered.
fn assert_transitions(server: &Server, expected: [usize; 3]) {
    let texts = [
        "the database does not answer",
        "no tokens until the database answers",
        "the database answers again",
    ];
    assert_eq!(texts.map(|text| server.log_lines(text).len()), expected, "{}", server.events());
}
