//! Replicas of the previous release and of this release run on one PostgreSQL database. Clients send requests all the
//! time, and notice nothing.
//!
//! `packaging/release` builds the previous release, names it in `PORTREEVE_PREVIOUS`, and runs this test.

use crate::built::program;
use crate::postgres::Cluster;
use crate::server::{ADMIN_PASSWORD, Server, client, free_port};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::RwLock;
use tokio::task::JoinSet;

const SCOPE: &str = "repository:team/app:pull";

/// The kind of a client's requests.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Anonymous,
    Password,
    AccessKey,
    RefreshToken,
    Write,
}

/// Clients that use one server after the other until they are stopped.
struct Load {
    /// The URLs of the servers that take requests. Each request locks this list for reading until its answer arrives.
    servers: RwLock<Vec<String>>,
    key: String,
    refresh_token: String,
    is_over: AtomicBool,
    requests: AtomicU64,
    written: AtomicU64,
}

impl Load {
    /// Sends one request after the other. An answer without success fails the test.
    async fn run(self: Arc<Self>, kind: Kind, first: usize) {
        let http = client();
        for turn in first.. {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            let servers = self.servers.read().await;
            let url = &servers[turn % servers.len()];
            let answer = self.request(&http, kind, url, turn).timeout(Duration::from_secs(10)).send().await;
            let answer = answer.unwrap_or_else(|error| panic!("{kind:?} at {url}: {error}"));
            assert!(answer.status().is_success(), "{kind:?} at {url}: {}", text(answer).await);
            self.requests.fetch_add(1, Ordering::Relaxed);
            if matches!(kind, Kind::Write) {
                self.written.fetch_add(1, Ordering::Relaxed);
            }
            drop(servers);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn request(&self, http: &reqwest::Client, kind: Kind, url: &str, turn: usize) -> RequestBuilder {
        let token = http.get(format!("{url}/token?service=registry&scope={SCOPE}"));
        match kind {
            Kind::Anonymous => token,
            Kind::Password => token.basic_auth("admin", Some(ADMIN_PASSWORD)),
            Kind::AccessKey => token.basic_auth("ci", Some(&self.key)),
            Kind::RefreshToken => http.post(format!("{url}/token")).form(&[
                ("grant_type", "refresh_token"),
                ("refresh_token", self.refresh_token.as_str()),
                ("service", "registry"),
                ("scope", SCOPE),
            ]),
            Kind::Write => rule(http, url, &format!("load-{turn}")),
        }
    }

    async fn add(&self, server: &Server) {
        self.servers.write().await.push(server.url(""));
    }

    /// Stops sending requests to a server, as a load balancer does, and ends the server.
    async fn end(&self, mut server: Server) {
        self.servers.write().await.retain(|url| *url != server.url(""));
        assert!(server.terminate().success(), "{}", server.log());
    }
}

async fn text(answer: Response) -> String {
    format!("{} {}", answer.status(), answer.text().await.unwrap_or_default())
}

fn rule(http: &reqwest::Client, url: &str, name: &str) -> RequestBuilder {
    let body = json!({"subjects": ["robot:ci"], "names": [format!("{name}/**")], "actions": ["pull"]});
    http.put(format!("{url}/api/v1/rules/{name}")).basic_auth("admin", Some(ADMIN_PASSWORD)).json(&body)
}

async fn json_of(request: RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{}", text(answer).await);
    answer.json().await.unwrap()
}

fn start(program: &Path, folder: &Path, cluster: &Cluster) -> Server {
    Server::run(Command::new(program), free_port(), folder, &cluster.url(), &[])
}

/// Writes a rule at one server, and waits until the rule applies at another server.
async fn holds(written_at: &Server, other: &Server, name: &str) {
    let http = client();
    json_of(rule(&http, &written_at.url(""), name)).await;
    let written = Instant::now();
    let question =
        json!({"subject": "robot:ci", "service": "registry", "scope": format!("repository:{name}/x:pull")});
    loop {
        let check = http.post(other.url("/api/v1/check")).basic_auth("admin", Some(ADMIN_PASSWORD));
        let answer = json_of(check.json(&question)).await;
        if answer["granted"].as_array().is_some_and(|granted| !granted.is_empty()) {
            return;
        }
        assert!(written.elapsed() < Duration::from_secs(2), "{name} is not in force: {answer}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the previous release, which packaging/release builds"]
async fn replicas_are_replaced_one_by_one_and_no_client_notices() {
    let previous =
        std::env::var_os("PORTREEVE_PREVIOUS").expect("PORTREEVE_PREVIOUS must name the previous release");
    let (previous, cluster, folder) = (Path::new(&previous), Cluster::start(), tempfile::tempdir().unwrap());
    let mut first = start(previous, folder.path(), &cluster);
    first.ready().await;
    let mut second = start(previous, folder.path(), &cluster);
    second.ready().await;

    let (http, url) = (client(), first.url(""));
    let by_admin = |request: RequestBuilder| request.basic_auth("admin", Some(ADMIN_PASSWORD));
    json_of(by_admin(http.put(format!("{url}/api/v1/robots/ci")).json(&json!({})))).await;
    let key =
        by_admin(http.post(format!("{url}/api/v1/robots/ci/access-keys")).json(&json!({"name": "load"})));
    let session = format!("{url}/token?service=registry&offline_token=true&client_id=load");
    let load = Arc::new(Load {
        servers: RwLock::new(vec![first.url(""), second.url("")]),
        key: json_of(key).await["secret"].as_str().unwrap().to_owned(),
        refresh_token: json_of(by_admin(http.get(session))).await["refresh_token"]
            .as_str()
            .unwrap()
            .to_owned(),
        is_over: AtomicBool::new(false),
        requests: AtomicU64::new(0),
        written: AtomicU64::new(0),
    });
    let mut clients = JoinSet::new();
    for kind in [Kind::Anonymous, Kind::Password, Kind::AccessKey, Kind::RefreshToken, Kind::Write] {
        clients.spawn(load.clone().run(kind, 0));
    }
    // Second clients of these three kinds begin at the other server. None of them writes, so one client writes alone.
    for kind in [Kind::Anonymous, Kind::AccessKey, Kind::RefreshToken] {
        clients.spawn(load.clone().run(kind, 1));
    }
    let some_load = async || tokio::time::sleep(Duration::from_secs(3)).await;

    some_load().await;
    let mut third = start(program(), folder.path(), &cluster);
    third.ready().await;
    load.add(&third).await;
    some_load().await;
    holds(&third, &first, "from-new").await;
    holds(&first, &third, "from-old").await;
    load.end(first).await;
    let mut refused = start(previous, folder.path(), &cluster);
    let ended = refused.ended_within(Duration::from_secs(60)).expect("the previous release must be refused");
    assert_eq!(ended.code(), Some(1), "{}", refused.log());
    let mut fourth = start(program(), folder.path(), &cluster);
    fourth.ready().await;
    load.add(&fourth).await;
    some_load().await;
    holds(&second, &fourth, "from-the-last").await;
    load.end(second).await;
    some_load().await;

    load.is_over.store(true, Ordering::Relaxed);
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    let (requests, written) = (load.requests.load(Ordering::Relaxed), load.written.load(Ordering::Relaxed));
    println!("{requests} requests, {written} of them writes, all answered");
    assert!(requests > 500 && written > 50, "{requests} requests, {written} of them writes");
    let kept = cluster.sql("SELECT COUNT(*) FROM rules WHERE name LIKE 'load-%'");
    assert_eq!(kept, written.to_string(), "all acknowledged writes are stored");
}
