//! The client skopeo. podman, buildah and CRI-O use the same code.

use super::port::{PASSWORD, Port, run};
use super::said::Said;
use serde_json::{Value, json};

pub fn push(port: &Port, credentials: Option<&str>, repository: &str) -> Said {
    let tar = port.content(repository);
    let (source, target) =
        (format!("tarball:{}", tar.display()), format!("docker://{}/{repository}:1", port.registry));
    let mut arguments = vec!["copy", "--dest-tls-verify=false"];
    match credentials {
        Some(credentials) => arguments.extend(["--dest-creds", credentials]),
        None => arguments.push("--dest-no-creds"),
    }
    arguments.extend([source.as_str(), target.as_str()]);
    run("skopeo", &arguments, port.path())
}

pub fn pull(port: &Port, credentials: &[&str], repository: &str) -> Said {
    let source = format!("docker://{}/{repository}:1", port.registry);
    let target = tempfile::tempdir().unwrap();
    let target = format!("dir:{}", target.path().display());
    let arguments = [&["copy", "--src-tls-verify=false"], credentials, &[source.as_str(), target.as_str()]];
    run("skopeo", &arguments.concat(), port.path())
}

fn login(name: &str) -> String {
    format!("{name}:{PASSWORD}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_pushes_and_a_reader_pulls_and_is_refused_to_push() {
    let port = Port::open();
    port.people().await;
    let said = push(&port, Some(&login("writer")), "team/app");
    assert!(said.succeeded(), "{}", said.text());
    let said = pull(&port, &["--src-creds", &login("reader")], "team/app");
    assert!(said.succeeded(), "{}", said.text());
    let said = push(&port, Some(&login("reader")), "team/app");
    assert!(!said.succeeded() && said.text().contains("denied"), "{}", said.text());
    let said = push(&port, Some(&login("writer")), "elsewhere/app");
    assert!(!said.succeeded() && said.text().contains("denied"), "{}", said.text());
    let log = port.server_log();
    assert!(log.contains("token_issued") && log.contains("no rule allows"), "{log}");
    assert!(!log.contains(PASSWORD));
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_pulls_what_is_public_and_nobody_pushes_without_a_name() {
    let port = Port::open();
    port.people().await;
    let said = push(&port, Some(&login("writer")), "public/base");
    assert!(said.succeeded(), "{}", said.text());
    let said = pull(&port, &["--src-no-creds"], "public/base");
    assert!(said.succeeded(), "{}", said.text());
    let said = push(&port, None, "public/base");
    assert!(!said.succeeded(), "{}", said.text());
    assert!(push(&port, Some(&login("writer")), "team/app").succeeded());
    let said = pull(&port, &["--src-no-creds"], "team/app");
    assert!(!said.succeeded() && said.text().contains("denied"), "{}", said.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_deleted_by_those_who_may_and_the_catalog_is_for_administrators() {
    let port = Port::open();
    port.people().await;
    assert!(push(&port, Some(&login("writer")), "team/app").succeeded());
    let image = format!("docker://{}/team/app:1", port.registry);
    let delete = |who: &str| {
        run("skopeo", &["delete", "--tls-verify=false", "--creds", &login(who), &image], port.path())
    };
    assert!(!delete("reader").succeeded());
    let said = delete("writer");
    assert!(said.succeeded(), "{}", said.text());
    assert!(!pull(&port, &["--src-creds", &login("writer")], "team/app").succeeded());
    let catalog = "registry:catalog:*";
    let admin = super::port::ADMIN.split_once(':').unwrap();
    assert_eq!(port.get(admin, catalog, "/v2/_catalog").await, 200);
    assert_eq!(port.get(("writer", PASSWORD), catalog, "/v2/_catalog").await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_on_the_screen() {
    let port = Port::open();
    port.people().await;
    let said = push(&port, Some("writer:not the password at all"), "team/app");
    assert!(!said.succeeded(), "{}", said.text());
    assert!(said.text().contains("invalid user name, password or token"), "{}", said.text());
    let arguments = ["login", "--tls-verify=false", "-u", "writer", "-p", "not the password", &port.registry];
    let said = run("skopeo", &arguments, port.path());
    // `skopeo login` prints its own words for a 401.
    assert!(!said.succeeded() && said.text().contains("invalid username/password"), "{}", said.text());
    let arguments = ["login", "--tls-verify=false", "-u", "writer", "-p", PASSWORD, &port.registry];
    let said = run("skopeo", &arguments, port.path());
    assert!(said.succeeded() && said.text().contains("Login Succeeded"), "{}", said.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robot_pushes_with_its_key_within_its_bounds_until_the_key_is_revoked() {
    let port = Port::open();
    port.api("PUT", "/robots/ci", json!({})).await;
    port.api(
        "PUT",
        "/rules/ci",
        json!({"subjects": ["robot:ci"], "names": ["ci/**"], "actions": ["pull", "push"]}),
    )
    .await;
    let body = json!({"name": "build", "scopes": ["repository:ci/app:pull,push"]});
    let key = port.api("POST", "/robots/ci/access-keys", body).await;
    let credentials = format!("ci:{}", key["secret"].as_str().unwrap());
    let said = push(&port, Some(&credentials), "ci/app");
    assert!(said.succeeded(), "{}", said.text());
    assert!(!push(&port, Some(&credentials), "ci/other").succeeded(), "outside the key's scopes");
    assert!(!port.server_log().contains(key["secret"].as_str().unwrap()));
    port.api("DELETE", &format!("/access-keys/{}", key["id"].as_str().unwrap()), Value::Null).await;
    let said = push(&port, Some(&credentials), "ci/app");
    assert!(!said.succeeded() && said.text().contains("invalid user name"), "{}", said.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_rule_and_a_disabled_user_hold_at_once() {
    let port = Port::open();
    port.people().await;
    let reader = login("reader");
    assert!(!push(&port, Some(&reader), "team/app").succeeded());
    port.api("PATCH", "/rules/readers", json!({"actions": ["pull", "push"]})).await;
    let said = push(&port, Some(&reader), "team/app");
    assert!(said.succeeded(), "{}", said.text());
    port.api("PATCH", "/rules/readers", json!({"effect": "deny"})).await;
    assert!(!pull(&port, &["--src-creds", &reader], "team/app").succeeded());
    let writer = login("writer");
    assert!(pull(&port, &["--src-creds", &writer], "team/app").succeeded());
    port.api("PATCH", "/users/writer", json!({"disabled": true})).await;
    let said = pull(&port, &["--src-creds", &writer], "team/app");
    assert!(!said.succeeded() && said.text().contains("invalid user name"), "{}", said.text());
}
