//! podman, and docker with a daemon, through nginx with the printed configuration.

use crate::docker::Docker;
use crate::proxies::{Proxy, nginx, stock};
use crate::server::ADMIN_PASSWORD;
use crate::yard::{PASSWORD, Yard, run};
use serde_json::{Value, json};

const NAMES: [&str; 5] = ["open/app", "ops/tool-p", "secret/app", "team/app", "team/web"];
/// The access keys of the robot: one without a restriction, and one with a restriction.
const KEYS: [(&str, &str); 2] = [("whole", ""), ("narrow", "repository:open/**:pull")];

/// Starts a server and a registry behind nginx. Everybody may pull `open/**`. Alice may also pull `team/**`, the robot
/// `ops/**`, and the administrator everything.
async fn town() -> (Yard, Proxy, Vec<String>) {
    let yard = Yard::open().await;
    let proxy = nginx(&yard);
    for (name, subjects, names) in
        [("open", "everyone", "open/**"), ("ops", "robot:ci", "ops/**"), ("all", "user:admin", "**")]
    {
        if name == "ops" {
            yard.server.must("PUT", "/robots/ci", json!({})).await;
        }
        let rule = json!({"subjects": [subjects], "names": [names], "actions": ["pull"]});
        yard.server.must("PUT", &format!("/rules/{name}"), rule).await;
    }
    let mut keys = Vec::new();
    for (name, scope) in KEYS {
        let scopes = if scope.is_empty() { Value::Null } else { json!([scope]) };
        let key = json!({"name": name, "scopes": scopes});
        let key = yard.server.must("POST", "/robots/ci/access-keys", key).await;
        keys.push(key["secret"].as_str().unwrap().to_owned());
    }
    stock(&yard, &NAMES).await;
    (yard, proxy, keys)
}

#[tokio::test(flavor = "multi_thread")]
async fn docker_search_shows_to_everybody_what_they_may_pull() {
    let (yard, proxy, keys) = town().await;
    let docker = Docker::start(yard.folder.path());
    for (scheme, port) in [("http", proxy.http), ("https", proxy.https)] {
        let registry = format!("localhost:{port}");
        let (few, all) = (format!("{registry}/app"), format!("{registry}/p"));
        assert_eq!(docker.search("nobody", &all), "open/app", "{scheme}, not logged in");
        docker.login("alice", &registry, PASSWORD);
        assert!(docker.saved("alice").contains("identitytoken"), "{}", docker.saved("alice"));
        assert_eq!(docker.search("alice", &all), "open/app team/app", "{scheme}, by identity token");
        assert_eq!(docker.search("alice", &few), "open/app team/app", "{scheme}");
        docker.login("ci", &registry, &keys[0]);
        assert_eq!(docker.search("ci", &all), "open/app ops/tool-p", "{scheme}, by access key");
        docker.login("ci", &registry, &keys[1]);
        assert_eq!(docker.search("ci", &all), "open/app", "{scheme}, by narrowed key");
        yard.server.must("PATCH", "/services/registry", json!({"offline_tokens": false})).await;
        docker.run("alice", &["logout", &registry]);
        docker.login("alice", &registry, PASSWORD);
        assert!(!docker.saved("alice").contains("identitytoken"), "{}", docker.saved("alice"));
        assert_eq!(docker.search("alice", &all), "open/app team/app", "{scheme}, by password");
        yard.server.must("PATCH", "/services/registry", json!({"offline_tokens": true})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn podman_search_shows_to_everybody_what_they_may_pull() {
    let (yard, proxy, keys) = town().await;
    let folder = yard.folder.path();
    let registry = format!("localhost:{}", proxy.http);
    let storage = folder.join("podman");
    let (root, temporary) = (storage.join("root"), storage.join("run"));
    let podman = |who: &str, command: &str, arguments: &[&str]| {
        let file = folder.join(format!("{who}.json"));
        let common = ["--root", root.to_str().unwrap(), "--runroot", temporary.to_str().unwrap()];
        let own =
            ["--storage-driver", "vfs", command, "--tls-verify=false", "--authfile", file.to_str().unwrap()];
        run("podman", &[&common[..], &own, arguments].concat(), folder)
    };
    for (who, user, secret, expected) in [
        ("nobody", "", "", "open/app"),
        ("alice", "alice", PASSWORD, "open/app team/app"),
        ("admin", "admin", ADMIN_PASSWORD, "open/app ops/tool-p secret/app team/app"),
        ("robot", "ci", keys[0].as_str(), "open/app ops/tool-p"),
        // A token of the restricted key names no repository, so it lists none.
        ("narrow", "ci", keys[1].as_str(), ""),
    ] {
        if user.is_empty() {
            std::fs::write(folder.join("nobody.json"), "{}").unwrap();
        } else {
            let said = podman(who, "login", &["-u", user, "-p", secret, &registry]);
            assert!(said.ok, "{who}: {}", said.text);
        }
        let said = podman(who, "search", &["--format", "{{.Name}}", &format!("{registry}/p")]);
        assert!(said.ok, "{who}: {}", said.text);
        let prefix = format!("{registry}/");
        let mut names: Vec<&str> =
            said.text.lines().filter_map(|line| line.trim().strip_prefix(&prefix)).collect();
        names.sort_unstable();
        assert_eq!(names.join(" "), expected, "{who}: {}", said.text);
    }
    let said =
        podman("alice", "search", &["--list-tags", "--format", "{{.Tag}}", &format!("{registry}/team/app")]);
    let last = said.text.lines().last().unwrap_or_default();
    assert!(
        last.ends_with("/team/app  1"),
        "the server lists the tags, because the registry has none: {}",
        said.text
    );
}
