//! A network that drops everything: the connections to the database are neither closed nor answered.

use crate::postgres::Cluster;
use crate::proxy::Proxy;
use crate::server::{Server, client};
use serde_json::json;
use std::time::{Duration, Instant};
use tempfile::TempDir;

struct Setting {
    _cluster: Cluster,
    proxy: Proxy,
    server: Server,
    key: String,
    _folder: TempDir,
}

async fn setting() -> Setting {
    let cluster = Cluster::start();
    let proxy = Proxy::start(cluster.port()).await;
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::spawn(folder.path(), &cluster.tcp_url(proxy.port), &[]);
    server.ready().await;
    server.must("PUT", "/robots/ci", json!({})).await;
    let rule = json!({"subjects": ["robot:ci", "everyone"], "names": ["a"], "actions": ["pull"]});
    server.must("PUT", "/rules/a", rule).await;
    let key = server.must("POST", "/robots/ci/access-keys", json!({"name": "test"})).await;
    let key = key["secret"].as_str().unwrap().to_owned();
    Setting { _cluster: cluster, proxy, server, key, _folder: folder }
}

impl Setting {
    /// Requests a token. Returns the status, the duration, and true for an answer that says when to try again.
    async fn token(&self, user: &str, password: &str) -> (u16, Duration, bool) {
        let asked = Instant::now();
        let url = self.server.url("/token?service=registry&scope=repository:a:pull");
        let answer = client().get(url).basic_auth(user, Some(password)).send().await.unwrap();
        let retry = answer.headers().contains_key("retry-after");
        (answer.status().as_u16(), asked.elapsed(), retry)
    }

    /// Sends two requests of each of many new users at once, so that every connection is busy. Returns the answers to the
    /// second requests.
    async fn strangers(&self, round: u32) -> Vec<(u16, Duration, bool)> {
        let each = (0..40).map(|number| async move {
            self.token("", &format!("ptr_{round}{number}{}", "0".repeat(40))).await;
            self.token(&format!("nobody{round}-{number}"), "a guess, a guess").await
        });
        futures_util::future::join_all(each).await
    }

    /// Returns the time until a write is acknowledged and a new user is authenticated.
    async fn recovery(&self, name: &str) -> Duration {
        let since = Instant::now();
        loop {
            let rule = json!({"subjects": ["everyone"], "names": [name], "actions": ["pull"]});
            let (status, answer) = self.server.api("PUT", &format!("/rules/{name}"), rule).await;
            if status == 201 || status == 200 {
                break;
            }
            assert_eq!(status, 503, "{answer}");
            assert!(since.elapsed() < Duration::from_secs(60), "no recovery: {answer}");
        }
        let path = format!("/users/{name}");
        self.server.must("PUT", &path, json!({"password": "a perfectly long password"})).await;
        while self.token(name, "a perfectly long password").await.0 != 200 {
            assert!(since.elapsed() < Duration::from_secs(60), "no new user can sign in");
        }
        since.elapsed()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_went_dead_in_use_are_given_up_and_made_anew() {
    let setting = setting().await;
    assert_eq!(setting.token("ci", &setting.key).await.0, 200);
    let strangers = setting.strangers(1);
    let cut = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        setting.proxy.fail_over();
        setting.recovery("after-failover").await
    };
    let (_, _, took) = tokio::join!(setting.strangers(2), strangers, cut);
    assert!(took < Duration::from_secs(8), "the recovery took too long: {took:?}");
    assert_eq!(setting.token("ci", &setting.key).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_network_swallows_everything_the_proven_are_served_and_the_others_told_in_time() {
    let setting = setting().await;
    assert_eq!(setting.token("ci", &setting.key).await.0, 200);
    setting.proxy.cut();
    let until = Instant::now() + Duration::from_secs(12);
    let mut round = 10;
    while Instant::now() < until {
        round += 1;
        let asked = Instant::now();
        let write = async {
            let rule = json!({"subjects": ["everyone"], "names": ["b"], "actions": ["pull"]});
            let (status, answer) = setting.server.api("PUT", "/rules/b", rule).await;
            assert_eq!(status, 503, "{answer}");
            assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
        };
        let (strangers, proven, ()) =
            tokio::join!(setting.strangers(round), setting.token("ci", &setting.key), write);
        assert_eq!(proven.0, 200, "a caller that the server has in memory is served");
        for (status, took, retry) in strangers {
            assert!(status == 503 && retry, "{status}");
            assert!(took < Duration::from_secs(3), "{took:?}");
        }
    }
    setting.proxy.heal();
    let took = setting.recovery("after-partition").await;
    assert!(took < Duration::from_secs(5), "{took:?}");
    let log = setting.server.log();
    let lines = |text: &str| log.lines().filter(|line| line.contains(text)).count();
    assert_eq!(lines("the database does not answer: only clients that were proven"), 1, "{log}");
    assert_eq!(lines("the database answers again"), 1, "{log}");
    // Each new user sends two requests, and there is one write. Only the requests of the first moments are logged one
    // by one.
    let refused = usize::try_from(round - 10).unwrap() * 81;
    assert!(lines("ERROR") < refused / 2, "{} log lines with ERROR for {refused} refusals", lines("ERROR"));
}
