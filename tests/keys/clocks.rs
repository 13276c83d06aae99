//! A server whose clock is wrong, for a moment or for longer. After the clock is corrected, a real registry accepts the
//! server's tokens, or `/health/ready` explains why the registry refuses them.

use crate::faketime::library;
use crate::openssl::certify_ahead;
use crate::place::{PATIENCE, Place, SQLITE, run};
use crate::postgres::Cluster;
use crate::registry::{IMAGE, Registry};
use crate::server::{ADMIN_PASSWORD, Server, client, free_port};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// The time for which the clock is wrong.
const WRONG: Duration = Duration::from_secs(4);
/// The longest time from the correction of the clock until registries accept new tokens.
const PROMISED: Duration = Duration::from_secs(3);

/// A clock that can be set while a server runs.
struct SetClock(PathBuf);

impl SetClock {
    fn new(folder: &Path, name: &str, days: i64) -> Self {
        let clock = Self(folder.join(name));
        clock.set(days);
        clock
    }

    /// Sets the clock this number of days ahead, or back if the number is negative.
    fn set(&self, days: i64) {
        let beside = self.0.with_extension("new");
        std::fs::write(&beside, format!("{days:+}d\n")).unwrap();
        std::fs::rename(beside, &self.0).unwrap();
    }

    /// Starts a server that uses this clock.
    fn server(&self, folder: &Path, database: &str) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portreeve"));
        command.env("LD_PRELOAD", library()).env("FAKETIME_TIMESTAMP_FILE", &self.0);
        command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        Server::run(command, free_port(), folder, database, &[])
    }
}

async fn warnings(server: &Server) -> Vec<String> {
    let answer = client().get(server.url("/health/ready")).send().await.unwrap();
    let body: Value = answer.json().await.unwrap();
    body["warnings"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Asks the registry with a token of the server. Returns the status: 401 if the registry refuses the token, and 404 if
/// it accepts the token, because the image does not exist.
async fn ask(server: &Server, registry: &Registry) -> u16 {
    let scope = format!("repository:{IMAGE}:pull");
    let request = client().get(server.url("/token")).query(&[("service", "registry"), ("scope", &scope)]);
    let answer = request.basic_auth("admin", Some(ADMIN_PASSWORD)).send().await.unwrap();
    let body: Value = answer.json().await.unwrap();
    let token = body["token"].as_str().unwrap_or_default();
    client().get(registry.manifest()).bearer_auth(token).send().await.unwrap().status().as_u16()
}

/// Waits until the registry accepts the tokens of every server. Returns the time that this took.
async fn accepted(servers: &[Server], registry: &Registry, what: &str) -> Duration {
    let began = Instant::now();
    for server in servers {
        while ask(server, registry).await != 404 {
            let said = warnings(server).await;
            assert!(began.elapsed() < PROMISED, "{what}: tokens are refused: {said:?}\n{}", server.events());
            sleep(Duration::from_millis(50)).await;
        }
    }
    began.elapsed()
}

/// Returns an `auth` section with the realm of this server and the CA of the keys folder.
fn auth(folder: &Path, server: &Server) -> String {
    let ca = folder.join("keys/ca.crt");
    format!(
        "auth:\n  token:\n    realm: {}\n    service: registry\n    issuer: portreeve\n    rootcertbundle: {}\n",
        server.url("/token"),
        ca.display()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_whose_clock_is_set_and_set_right_is_believed_at_once() {
    for days in [61, -61, 365, -365] {
        let folder = tempfile::tempdir().unwrap();
        let clock = SetClock::new(folder.path(), "clock", 0);
        let mut servers = vec![clock.server(folder.path(), SQLITE)];
        servers[0].ready().await;
        let registry = Registry::start(folder.path(), &auth(folder.path(), &servers[0]));
        accepted(&servers, &registry, "before").await;
        clock.set(days);
        sleep(WRONG).await;
        clock.set(0);
        let took = accepted(&servers, &registry, &format!("{days} days for 4 s")).await;
        println!("{days} days for 4 s: accepted {took:?} after the clock was right");
        let said = warnings(&servers[0]).await;
        assert!(said.iter().any(|text| text.contains("the clock of this machine was set")), "{said:?}");
        let metrics = client().get(servers[0].url("/metrics")).send().await.unwrap().text().await.unwrap();
        for direction in ["back", "ahead"] {
            let line = format!("portreeve_clock_steps_total{{direction=\"{direction}\"}} 1");
            assert!(metrics.contains(&line), "{metrics}");
        }
        // Tokens must also be accepted after a restart with the wrong clock, and after one with the right clock.
        servers[0].terminate();
        clock.set(days);
        servers[0] = clock.server(folder.path(), SQLITE);
        servers[0].ready().await;
        sleep(Duration::from_secs(1)).await;
        clock.set(0);
        accepted(&servers, &registry, &format!("{days} days at a restart")).await;
        servers[0].terminate();
        servers[0] = clock.server(folder.path(), SQLITE);
        servers[0].ready().await;
        accepted(&servers, &registry, &format!("{days} days, and restarted")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaf_of_an_earlier_release_that_has_not_begun_is_made_anew() {
    let place = Place::open().await;
    let registry = Registry::start(place.path(), &auth(place.path(), &place.server));
    let name = place.signing(None).await;
    certify_ahead(place.path(), &format!("keys/{name}"), "keys/ca");
    let began = Instant::now();
    while place.server.log_lines("renewed a certificate").is_empty() {
        assert!(began.elapsed() < PATIENCE, "{}", place.server.log());
        sleep(Duration::from_millis(20)).await;
    }
    accepted(std::slice::from_ref(&place.server), &registry, "made anew").await;
    assert!(warnings(&place.server).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_with_a_wrong_clock_works_or_readiness_says_what_to_do() {
    for days in [61, -61, 365, -365] {
        let folder = tempfile::tempdir().unwrap();
        let clock = SetClock::new(folder.path(), "clock", days);
        let mut servers = vec![clock.server(folder.path(), SQLITE)];
        servers[0].ready().await;
        sleep(WRONG).await;
        clock.set(0);
        let mut registry = Registry::start(folder.path(), &auth(folder.path(), &servers[0]));
        if days < 0 {
            accepted(&servers, &registry, &format!("first start {days} days ahead")).await;
            continue;
        }
        // The server does not replace a CA that is not valid yet, and a restart does not help.
        assert_eq!(ask(&servers[0], &registry).await, 401);
        servers[0].terminate();
        servers[0] = clock.server(folder.path(), SQLITE);
        servers[0].ready().await;
        let said = warnings(&servers[0]).await;
        let advice = said.iter().find(|text| text.contains("ca.crt begins only at")).expect("no warning");
        let command = advice.split('`').nth(1).unwrap().strip_prefix("portreeve ").unwrap();
        assert!(advice.contains("give the new `ca.crt` to every registry"), "{advice}");
        assert_eq!(said.iter().filter(|text| text.contains("begins only at")).count(), 1, "{said:?}");
        let status = servers[0].must("GET", "/status", Value::Null).await;
        assert!(
            status["warnings"].as_array().unwrap().iter().any(|one| one["code"] == "certificate-not-begun")
        );

        run(folder.path(), &format!("{command} --yes"), &[]).await.ok();
        registry = Registry::start(folder.path(), &auth(folder.path(), &servers[0]));
        accepted(&servers, &registry, "with the new CA").await;
        let said = warnings(&servers[0]).await;
        assert!(said.iter().any(|text| text.contains("a new CA was made") && text.contains("give `ca.crt`")));
        servers[0].terminate();
        servers[0] = clock.server(folder.path(), SQLITE);
        servers[0].ready().await;
        let said = warnings(&servers[0]).await;
        assert!(said.iter().any(|text| text.contains("a new CA was made")), "after a restart: {said:?}");
        assert!(!said.iter().any(|text| text.contains("begins only at")), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_of_replicas_with_a_wrong_clock_works_or_each_of_them_says_what_to_do() {
    for days in [365, -365] {
        let (cluster, folder) = (Cluster::start(), tempfile::tempdir().unwrap());
        let clock = SetClock::new(folder.path(), "clock", days);
        let start = || clock.server(folder.path(), &cluster.url());
        let mut servers = vec![start(), start(), start()];
        for server in &mut servers {
            server.ready().await;
        }
        sleep(WRONG).await;
        clock.set(0);
        let registry = Registry::start(folder.path(), &auth(folder.path(), &servers[0]));
        if days < 0 {
            accepted(&servers, &registry, &format!("first start {days} days ahead")).await;
            continue;
        }
        for server in &servers {
            assert_eq!(ask(server, &registry).await, 401);
            let said = warnings(server).await;
            assert!(said.iter().any(|text| text.contains("ca.crt begins only at")), "{said:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_of_which_one_has_a_wrong_clock_do_not_take_the_certificate_from_each_other() {
    for days in [61, -61, 365, -365] {
        let (cluster, folder) = (Cluster::start(), tempfile::tempdir().unwrap());
        let path = folder.path();
        let database = cluster.url();
        let right = SetClock::new(path, "right", 0);
        let clock = SetClock::new(path, "clock", 0);
        let mut servers = vec![right.server(path, &database)];
        servers[0].ready().await;
        servers.push(right.server(path, &database));
        let mut wrong = clock.server(path, &database);
        servers[1].ready().await;
        wrong.ready().await;
        let registry = Registry::start(path, &auth(path, &servers[0]));
        accepted(&servers, &registry, "before").await;
        // The clock of one server stays wrong. Registries accept the tokens of the other servers, and no server
        // replaces the certificate any more.
        clock.set(days);
        sleep(WRONG).await;
        accepted(&servers, &registry, &format!("a replica is {days} days ahead")).await;
        let leaf = || {
            let entries = std::fs::read_dir(path.join("keys")).unwrap().map(|entry| entry.unwrap().path());
            let leaf = entries
                .into_iter()
                .find(|path| path.to_string_lossy().ends_with(".crt") && !path.ends_with("ca.crt"));
            std::fs::read(leaf.unwrap()).unwrap()
        };
        let before = leaf();
        sleep(Duration::from_secs(3)).await;
        assert!(leaf() == before, "the replicas must not replace each other's certificate");
        // The killed server may have left a lease that its wrong clock dated. The lease must not delay the other
        // servers.
        wrong.kill();
        clock.set(0);
        servers.push(clock.server(path, &database));
        servers[2].ready().await;
        accepted(&servers, &registry, &format!("it was {days} days ahead")).await;
        let listed = run(path, "keys rotate", &["--database-url", &database]).await;
        assert!(listed.ok().contains(" signs now"));
        sleep(Duration::from_secs(2)).await;
        accepted(&servers, &registry, "after a rotation").await;
    }
}
