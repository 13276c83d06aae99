//! `docker login`, which needs no docker daemon, and the identity token that it stores.

use super::port::{PASSWORD, Port, run_with};
use super::said::Said;
use super::skopeo::{pull, push};
use serde_json::Value;

fn docker_login(port: &Port, user: &str, password: &str) -> Said {
    let config = port.path().join("docker");
    let environment = [("DOCKER_CONFIG", config.to_str().unwrap())];
    let arguments = ["login", "--username", user, "--password-stdin", &port.registry];
    run_with("docker", &arguments, port.path(), &environment, password)
}

#[tokio::test(flavor = "multi_thread")]
async fn docker_login_keeps_an_identity_token_that_pulls_until_it_is_revoked() {
    let port = Port::open();
    port.people().await;
    let said = docker_login(&port, "writer", PASSWORD);
    assert!(said.succeeded() && said.text().contains("Login Succeeded"), "{}", said.text());
    let file = port.path().join("docker/config.json");
    let config: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let entry = &config["auths"][&port.registry];
    assert!(entry["identitytoken"].as_str().unwrap().starts_with("ptr_r_"), "{config}");
    assert!(!config.to_string().contains(PASSWORD));

    assert!(push(&port, Some(&format!("writer:{PASSWORD}")), "team/app").succeeded());
    let with_file = ["--src-authfile", file.to_str().unwrap()];
    let said = pull(&port, &with_file, "team/app");
    assert!(said.succeeded(), "{}", said.text());
    assert!(port.server_log().contains("grant_type=\"refresh_token\""));

    let sessions = port.api("GET", "/refresh-tokens?subject=user:writer", Value::Null).await;
    let session = &sessions["items"][0];
    assert_eq!(session["client_id"], "docker");
    port.api("DELETE", &format!("/refresh-tokens/{}", session["id"].as_str().unwrap()), Value::Null).await;
    let said = pull(&port, &with_file, "team/app");
    assert!(!said.succeeded(), "{}", said.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn docker_login_shows_why_a_password_is_refused() {
    let port = Port::open();
    port.people().await;
    let said = docker_login(&port, "writer", "not the password at all");
    assert!(!said.succeeded(), "{}", said.text());
    assert!(said.text().contains("invalid user name, password or token"), "{}", said.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robot_logs_in_with_its_key_and_docker_keeps_the_key_itself() {
    let port = Port::open();
    port.api("PUT", "/robots/ci", serde_json::json!({})).await;
    let key = port.api("POST", "/robots/ci/access-keys", serde_json::json!({"name": "k"})).await;
    let said = docker_login(&port, "ci", key["secret"].as_str().unwrap());
    assert!(said.succeeded(), "{}", said.text());
    let config = std::fs::read_to_string(port.path().join("docker/config.json")).unwrap();
    assert!(!config.contains("identitytoken"), "{config}");
}
