//! The counts and the inventory match the requests of Debian's clients.

use crate::docker::Docker;
use crate::rows;
use crate::yard::{PASSWORD, Said, Yard, run};

fn skopeo(yard: &Yard, command: &str, arguments: &[&str]) -> Said {
    let mut all = vec![command];
    all.extend(arguments);
    let said = run("skopeo", &all, yard.folder.path());
    assert!(said.ok, "{command}: {}", said.text);
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn what_skopeo_and_podman_do_is_what_is_counted() {
    let yard = Yard::open().await;
    let (path, login) = (yard.folder.path(), format!("alice:{PASSWORD}"));
    std::fs::write(path.join("content"), "content").unwrap();
    assert!(run("tar", &["-cf", "content.tar", "content"], path).ok);
    let tarball = format!("tarball:{}", path.join("content.tar").display());
    let image = format!("docker://{}/team/app:1", yard.registry);
    let (push, pull) =
        (["--dest-tls-verify=false", "--dest-creds"], ["--src-tls-verify=false", "--src-creds"]);
    skopeo(&yard, "copy", &[push[0], push[1], &login, &tarball, &image]);
    yard.settle().await;
    assert_eq!(rows::of(&yard.url(), "repository name", "live_tags").await, "team/app 1");
    for number in 0..2 {
        let target = format!("dir:{}", path.join(format!("pulled{number}")).display());
        skopeo(&yard, "copy", &[pull[0], pull[1], &login, &image, &target]);
    }
    yard.settle().await;
    let uses = rows::of(&yard.url(), "subject action count", "daily_usage WHERE action <> 'check'").await;
    assert_eq!(uses, "alice pull 2, alice push 1");

    let reference = format!("{}/team/app:1", yard.registry);
    let storage = path.join("podman");
    let (root, temporary) = (storage.join("root"), storage.join("run"));
    let common = [
        "--root",
        root.to_str().unwrap(),
        "--runroot",
        temporary.to_str().unwrap(),
        "--storage-driver",
        "vfs",
    ];
    for _ in 0..2 {
        let arguments =
            [&common[..], &["pull", "--tls-verify=false", "--creds", &login, &reference]].concat();
        let said = run("podman", &arguments, path);
        assert!(said.ok, "{}", said.text);
    }
    yard.settle().await;
    let uses = rows::of(&yard.url(), "subject action count", "daily_usage WHERE action <> 'check'").await;
    assert_eq!(uses, "alice pull 4, alice push 1");
    let who = rows::of(&yard.url(), "subject count", "digest_pulls").await;
    assert_eq!(who, "alice 4", "the subjects that pulled the digest");

    skopeo(&yard, "delete", &["--tls-verify=false", "--creds", &login, &image]);
    yard.settle().await;
    assert_eq!(rows::of(&yard.url(), "name", "live_tags").await, "");
    assert_eq!(rows::of(&yard.url(), "digest", "live_manifests").await, "");
    assert_eq!(
        rows::of(&yard.url(), "name", "live_repositories").await,
        "team/app",
        "the repository is still listed"
    );
    let uses = rows::of(&yard.url(), "action count", "daily_usage WHERE action = 'delete'").await;
    assert_eq!(uses, "delete 1");
    let told = yard.server.log_lines("registry_delete");
    assert_eq!(told.len(), 2, "the digest and its tag: {told:?}");
    assert!(told[0].contains("subject=\"alice\""), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_as_docker_does_it_is_one_pull() {
    let yard = Yard::open().await;
    let token = yard.token("team/app").await;
    let digest = yard.push(&token, "team/app", "v1", "content").await;
    // INTEROP: docker looks the tag up and then reads the manifest by its digest. If docker already has the image, it
    // only looks the tag up.
    for path in ["team/app/manifests/v1".to_owned(), "team/app/manifests/v1".to_owned()] {
        assert_eq!(yard.ask("HEAD", &token, &path, None).await, 200);
    }
    assert_eq!(yard.ask("GET", &token, &format!("team/app/manifests/{digest}"), None).await, 200);
    yard.settle().await;
    assert_eq!(rows::of(&yard.url(), "action count", "daily_usage").await, "check 2, pull 1, push 1");
    assert_eq!(rows::of(&yard.url(), "tag", "recent_events WHERE action = 'pull'").await, "v1");
}

/// Returns how often alice pulled, pushed and deleted. Leaves out the lookups of her client.
async fn uses(yard: &Yard) -> String {
    yard.settle().await;
    rows::of(&yard.url(), "action count", "daily_usage WHERE action <> 'check'").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_docker_and_skopeo_do_in_turn_is_what_is_counted() {
    let yard = Yard::open().await;
    let path = yard.folder.path();
    let docker = Docker::start(path);
    std::fs::write(path.join("content"), "content").unwrap();
    assert!(run("tar", &["-cf", "content.tar", "content"], path).ok);
    let image = format!("{}/team/app:1", yard.registry);
    let step = |arguments: &[&str]| {
        let said = docker.run("alice", arguments);
        assert!(said.ok, "{arguments:?}: {}", said.text);
    };
    docker.login("alice", &yard.registry, PASSWORD);
    step(&["import", path.join("content.tar").to_str().unwrap(), &image]);
    step(&["push", &image]);
    assert_eq!(uses(&yard).await, "push 1");
    assert_eq!(rows::of(&yard.url(), "repository name changed_by", "live_tags").await, "team/app 1 alice");
    // INTEROP: docker 20.10 knows the image and not its manifest, so it reads the manifest once.
    step(&["pull", &image]);
    assert_eq!(uses(&yard).await, "pull 1, push 1");
    // Docker now has the manifest too, so it only looks the tag up.
    let checks = "SELECT SUM(count) FROM daily_usage WHERE action = 'check' AND subject = 'alice'";
    let before = rows::number(&yard.url(), checks).await;
    step(&["pull", &image]);
    assert_eq!(uses(&yard).await, "pull 1, push 1");
    assert_eq!(rows::number(&yard.url(), checks).await, before + 1);
    assert_eq!(rows::of(&yard.url(), "tag", "recent_events WHERE action = 'pull'").await, "1");

    let (login, whole) = (format!("alice:{PASSWORD}"), format!("docker://{image}"));
    let target = format!("dir:{}", path.join("pulled").display());
    skopeo(&yard, "copy", &["--src-tls-verify=false", "--src-creds", &login, &whole, &target]);
    assert_eq!(uses(&yard).await, "pull 2, push 1");
    // INTEROP: docker cannot delete images from a registry. skopeo reads the manifest before it deletes the image.
    skopeo(&yard, "delete", &["--tls-verify=false", "--creds", &login, &whole]);
    assert_eq!(uses(&yard).await, "delete 1, pull 3, push 1");
    assert_eq!(rows::of(&yard.url(), "name", "live_tags").await, "");
    assert_eq!(rows::of(&yard.url(), "digest", "live_manifests").await, "");
    assert!(!docker.run("alice", &["pull", &image]).ok, "the image was deleted");
    assert_eq!(uses(&yard).await, "delete 1, pull 3, push 1");
}
