//! Access keys and sessions.

use crate::helpers::{ADMIN, App, PASSWORD};
use crate::program::Shell;

#[tokio::test]
async fn a_key_is_shown_once() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    shell.line("robots create ci").await.ok();
    let said = shell
        .line("access-keys create robot:ci --name deploy --scope repository:web/**:pull --days 9 --quiet")
        .await;
    let secret = said.ok().trim_end().to_owned();
    assert!(secret.starts_with("ptr_") && said.out.lines().count() == 1 && said.err.is_empty(), "{said:?}");
    assert_eq!(app.api_as(("ci", &secret), "GET", "/me", None).await.status, 200);
    for line in [
        "access-keys list robot:ci",
        "access-keys list robot:ci -o json",
        "access-keys list robot:ci -o yaml",
    ] {
        let said = shell.line(line).await;
        assert!(said.ok().contains("deploy") && !said.out.contains(&secret), "{said:?}");
    }
    let made = shell.line("access-keys create --name own -o json").await.json();
    assert!(made["secret"].as_str().unwrap().starts_with("ptr_"));
    let id =
        shell.line("access-keys list robot:ci -o json").await.json()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(shell.run(&["access-keys", "revoke", &id]).await.ok(), format!("revoked access key `{id}`\n"));
    assert_eq!(app.api_as(("ci", &secret), "GET", "/me", None).await.status, 401);
    assert!(shell.run(&["access-keys", "revoke", &id]).await.fails(1).contains("there is no access key"));
    assert_eq!(shell.line("access-keys list group:ci").await.code, 2);
}

#[tokio::test]
async fn people_make_their_own_keys_with_their_password() {
    let app = App::spawn().await;
    app.user("alice").await;
    let shell = Shell::new();
    shell.with_input(&["login", &app.url(""), "--user", "alice"], PASSWORD).await.ok();
    let made = shell.with_input(&["access-keys", "create", "--name", "mine", "-q"], PASSWORD).await;
    let secret = made.ok().trim_end().to_owned();
    let keys = shell.line("access-keys list -o json").await.json();
    let mine = keys.as_array().unwrap().iter().find(|key| key["name"] == "mine").unwrap();
    shell.run(&["access-keys", "revoke", mine["id"].as_str().unwrap()]).await.ok();
    assert_eq!(app.api_as(("alice", &secret), "GET", "/me", None).await.status, 401);
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let app = App::spawn().await;
    app.user("alice").await;
    let admin = Shell::of_admin(&app).await;
    let alice = Shell::new();
    alice.with_input(&["login", &app.url(""), "--user", "alice"], PASSWORD).await.ok();
    let log_in = async || {
        app.token(Some(("alice", PASSWORD)), "service=registry&offline_token=true&client_id=docker")
            .await
            .refresh_token();
    };
    let count = async |shell: &Shell, line: &str| shell.line(line).await.json().as_array().unwrap().len();
    for _ in 0..3 {
        log_in().await;
    }
    assert!(admin.line("sessions list user:alice").await.ok().contains("docker"));
    let id = alice.line("sessions list -o json").await.json()[0]["id"].as_str().unwrap().to_owned();
    alice.run(&["sessions", "revoke", &id]).await.ok();
    assert_eq!(count(&admin, "sessions list user:alice -o json").await, 2);
    let id = alice.line("sessions list -o json").await.json()[0]["id"].as_str().unwrap().to_owned();
    admin.run(&["sessions", "revoke", &id]).await.ok();
    log_in().await;
    assert_eq!(
        alice.line("sessions revoke --all --yes").await.ok(),
        "ended all sessions of user:alice, except those of browsers\n"
    );
    assert_eq!(count(&alice, "sessions list -o json").await, 0);
    log_in().await;
    assert!(
        alice.line("sessions revoke --all user:admin --yes").await.fails(1).contains("only administrators")
    );
    admin.line("sessions revoke --all user:alice --yes").await.ok();
    assert_eq!(count(&alice, "sessions list -o json").await, 0);
    assert_eq!(app.api_as(ADMIN, "GET", "/me", None).await.status, 200);
}
