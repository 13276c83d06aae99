//! Replicas that share a keys folder.

use crate::place::{PROMISED, command, key_set, list, run, signed_by, token};
use crate::postgres::Cluster;
use crate::said::Said;
use crate::server::Server;
use crate::token::{header, verifies_by_key_set};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// Runs a command of `keys` on the database of the replicas.
async fn keys(folder: &Path, cluster: &Cluster, line: &str) -> Said {
    run(folder, &format!("keys {line}"), &["--database-url", &cluster.url()]).await
}

fn signing<'k>(listed: &'k [Value], service: Option<&str>) -> Vec<&'k Value> {
    let signing = listed.iter().filter(|key| key["state"] == "signing" && key["service"] == json!(service));
    signing.collect()
}

/// Waits until every replica signs with this key. Returns the time that each replica took.
async fn all_sign(replicas: &[Server], service: &str, id: &str) -> Vec<Duration> {
    futures_util::future::join_all(replicas.iter().map(|replica| signed_by(replica, service, id))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_share_the_folder_follow_every_change_and_agree() {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let replicas = Server::replicas(3, folder, &cluster.url()).await;

    let mut slowest = Duration::ZERO;
    for _ in 0..5 {
        keys(folder, &cluster, "rotate").await.ok();
        let rotated = Instant::now();
        let listed = list(folder).await;
        let id = signing(&listed, None)[0]["libtrust_id"].as_str().unwrap().to_owned();
        all_sign(&replicas, "registry", &id).await;
        slowest = slowest.max(rotated.elapsed());
        assert!(rotated.elapsed() < PROMISED);
    }
    eprintln!(
        "in five rotations, all replicas signed with the new key at most {slowest:?} after `keys rotate`"
    );

    // Three rotations at the same time take turns. Each makes its own key, and one key signs at the end.
    let before = list(folder).await;
    let rotations: Vec<_> = (0..3)
        .map(|_| {
            let mut command = command(folder, "keys rotate");
            command.args(["--database-url", &cluster.url()]);
            tokio::task::spawn_blocking(move || Said::from(command.output().unwrap()))
        })
        .collect();
    for rotation in rotations {
        assert!(rotation.await.unwrap().ok().contains(" signs now"));
    }
    let listed = list(folder).await;
    assert_eq!(listed.len(), before.len() + 3);
    let signs = signing(&listed, None);
    assert_eq!(signs.len(), 1, "{listed:?}");
    let id = signs[0]["libtrust_id"].as_str().unwrap();
    all_sign(&replicas, "registry", id).await;
    let whole = std::fs::read(folder.join("keys/keyring.json")).unwrap();
    let whole: Value = serde_json::from_slice(&whole).unwrap();
    assert_eq!(whole["keys"].as_array().unwrap().len(), listed.len());
    let sets: Vec<_> = futures_util::future::join_all(replicas.iter().map(|one| key_set(one, None))).await;
    assert!(sets.iter().all(|set| *set == sets[0]), "all replicas publish the same keys");
    assert_eq!(sets[0].len(), 2 * listed.len(), "each key is published under both forms of its id");
    let files = std::fs::read_dir(folder.join("keys")).unwrap().map(|file| file.unwrap().file_name());
    let files: Vec<String> = files.map(|name| name.into_string().unwrap()).collect();
    assert!(files.iter().all(|name| !name.ends_with(".new")), "a temporary file is left: {files:?}");
    assert_eq!(files.iter().filter(|name| name.ends_with(".key")).count(), listed.len() + 1, "{files:?}");

    // A service that needs its own key gets it before the write is answered. All servers use the key soon after.
    let made = Instant::now();
    replicas[0].must("PUT", "/services/zot", json!({"profile": "zot"})).await;
    let at_home = token(&replicas[0], "zot", "").await;
    let id = header(&at_home)["kid"].as_str().unwrap().to_owned();
    assert!(header(&at_home).get("x5c").is_none());
    for replica in &replicas[1..] {
        // The server knows the service within a second. It refuses tokens until it has read the key.
        loop {
            let query = [("service", "zot")];
            let url = replica.url("/.well-known/jwks.json");
            let answer = crate::server::client().get(url).query(&query).send().await.unwrap();
            let published = answer.status() == 200
                && answer.json::<Value>().await.unwrap()["keys"]
                    .as_array()
                    .is_some_and(|keys| !keys.is_empty());
            if published {
                break;
            }
            assert!(made.elapsed() < PROMISED, "the replica does not use the service or its key");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        signed_by(replica, "zot", &id).await;
        assert!(verifies_by_key_set(&at_home, "zot", &key_set(replica, Some("zot")).await));
    }
    eprintln!("a key made through one replica signed at the others after {:?}", made.elapsed());
    assert!(made.elapsed() < PROMISED);
    let listed = list(folder).await;
    assert_eq!(signing(&listed, Some("zot")).len(), 1, "only one key was created");

    // The trail contains each change once.
    let page = replicas[2].must("GET", "/changes?kind=signing-key", Value::Null).await;
    let told: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|change| change["action"].clone()).collect();
    assert_eq!(told.iter().filter(|action| **action == "rotate").count(), 8, "{told:?}");
    assert_eq!(told.iter().filter(|action| **action == "create").count(), 1, "{told:?}");
}
