//! `portreeve admin reset-password` while the server runs, and while it is stopped.

use crate::helpers::{ADMIN, App, PASSWORD, Setup};
use crate::program::{Said, Shell};
use serde_json::{Value, json};
use std::time::Duration;

const NEW: &str = "a new and perfectly long one";

async fn reset(shell: &Shell, app: &App, name: &str, password: &str) -> Said {
    let database = app.folder.database_url();
    let keys = app.folder.path().join("keys");
    let arguments =
        ["admin", "reset-password", name, "--database-url", &database, "--keys-dir", keys.to_str().unwrap()];
    shell.with_input(&arguments, password).await
}

#[tokio::test]
async fn a_password_is_reset_beside_the_running_server() {
    let app = App::spawn().await;
    app.user("alice").await;
    let session =
        app.token(Some(("alice", PASSWORD)), "service=registry&offline_token=true").await.refresh_token();
    app.must("PATCH", "/users/alice", json!({"admin": true})).await;
    let shell = Shell::new();
    let said = reset(&shell, &app, "alice", NEW).await;
    assert_eq!(said.ok(), "set the password of user `alice` and ended its sessions\n");
    assert_eq!(app.api_as(("alice", NEW), "GET", "/users/alice", None).await.status, 200);
    assert_eq!(app.api_as(("alice", PASSWORD), "GET", "/me", None).await.status, 401);
    let form =
        [("grant_type", "refresh_token"), ("refresh_token", session.as_str()), ("service", "registry")];
    assert_eq!(app.post_token(&form).await.status, 401);

    app.must("PATCH", "/users/alice", json!({"admin": false, "disabled": true})).await;
    let said = reset(&shell, &app, "alice", PASSWORD).await;
    assert!(
        said.ok().contains("was disabled and is enabled now") && said.out.contains("not an administrator"),
        "{said:?}"
    );
    // The running server continues with the state that the command wrote.
    tokio::time::sleep(Duration::from_millis(500)).await;
    app.must("PUT", "/users/bob", json!({})).await;
    let changes = app.must("GET", "/changes?kind=user&name=alice", Value::Null).await;
    let last = changes["items"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["actor"], &last["after"]["password_changed"], &last["after"]["disabled"]),
        (&json!("system"), &json!(true), &json!(false))
    );
    assert!(!changes.to_string().contains("argon2"));
}

#[tokio::test]
async fn access_keys_go_on_after_a_reset_unless_they_are_revoked_with_it() {
    let app = App::spawn().await;
    app.user("alice").await;
    let mut secrets = Vec::new();
    for name in ["laptop", "ci"] {
        let key = app.must("POST", "/users/alice/access-keys", json!({"name": name})).await;
        secrets.push(key["secret"].as_str().unwrap().to_owned());
    }
    let status = async |secret: &str| app.api_as(("alice", secret), "GET", "/me", None).await.status;
    let shell = Shell::new();
    let said = reset(&shell, &app, "alice", NEW).await;
    assert!(
        said.ok().contains(
            "the user's access keys keep working (2): `ci`, `laptop`; to revoke them, add --revoke-keys\n"
        ),
        "{said:?}"
    );
    assert_eq!([status(&secrets[0]).await, status(&secrets[1]).await], [200, 200]);
    let database = app.folder.database_url();
    let arguments = ["admin", "reset-password", "alice", "--revoke-keys", "--database-url", &database];
    let said = shell.with_input(&arguments, PASSWORD).await;
    assert!(said.ok().contains("revoked the user's access keys (2): `ci`, `laptop`\n"), "{said:?}");
    // The server reads the change from the change feed.
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!([status(&secrets[0]).await, status(&secrets[1]).await], [401, 401]);
    let trail = app.must("GET", "/changes?kind=access-key&actor=system", Value::Null).await;
    assert_eq!(trail["items"].as_array().unwrap().len(), 2, "{trail}");
}

#[tokio::test]
async fn a_password_is_reset_while_the_server_is_stopped() {
    let mut app = App::spawn_with(Setup { without_password: true, ..Setup::default() }).await;
    let initial = app.folder.path().join("keys/initial-admin-password");
    assert!(initial.exists());
    app.stop().await;
    let shell = Shell::new();
    reset(&shell, &app, "admin", NEW).await.ok();
    assert!(!initial.exists(), "the file contains an old password");
    let config = crate::helpers::config(&app.folder, &Setup::default());
    let running = portreeve::app::start(config, portreeve::clock::Clock::System).await.unwrap();
    let url = format!("http://localhost:{}", running.address.port());
    shell.with_input(&["login", &url, "--user", ADMIN.0], NEW).await.ok();
    running.stop().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_reset_is_said() {
    let app = App::spawn().await;
    app.robot("ci", Value::Null).await;
    let shell = Shell::new();
    for (name, password, has) in [
        ("nobody", NEW, "there is no user `nobody`"),
        ("ci", NEW, "there is no user `ci`"),
        ("admin", "short", "15"),
    ] {
        let said = reset(&shell, &app, name, password).await;
        assert!(said.fails(1).contains(has), "{name}: {said:?}");
    }
    let said = shell.with_input(&["admin", "reset-password", "admin"], NEW).await;
    assert!(said.fails(1).contains("cannot open `portreeve.db`"), "{said:?}");
    assert!(!shell.home.path().join("portreeve.db").exists(), "the command creates no database");
    let said =
        shell.with_input(&["admin", "reset-password", "admin", "--database-url", "mysql://x"], NEW).await;
    assert_eq!(said.code, 2, "{said:?}");
    assert_eq!(app.api("GET", "/me", Value::Null).await.status, 200, "the password is unchanged");
}

#[tokio::test]
async fn a_user_becomes_an_administrator_where_no_human_one_is_left() {
    let app = App::spawn().await;
    app.must("PUT", "/robots/deploy", json!({"admin": true})).await;
    app.must("POST", "/robots/deploy/access-keys", json!({"name": "k"})).await;
    app.must("PATCH", "/users/admin", json!({"admin": false})).await;
    let shell = Shell::new();
    let said = reset(&shell, &app, "admin", NEW).await;
    assert!(
        said.ok().contains(
            "the user is not an administrator: to make the user an administrator, add --make-admin"
        ),
        "{said:?}"
    );
    assert_eq!(app.api_as(("admin", NEW), "GET", "/users", None).await.status, 403);
    let database = app.folder.database_url();
    let arguments = ["admin", "reset-password", "admin", "--make-admin", "--database-url", &database];
    let said = shell.with_input(&arguments, PASSWORD).await;
    assert!(said.ok().ends_with("the user is an administrator now\n"), "{said:?}");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(app.api_as(("admin", PASSWORD), "GET", "/users", None).await.status, 200);
    let changes = app.api_as(("admin", PASSWORD), "GET", "/changes?kind=user&name=admin", None).await.json();
    let last = changes["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["actor"], &last["after"]["admin"]), (&json!("system"), &json!(true)));
    let said = shell.with_input(&arguments, NEW).await;
    assert!(!said.ok().contains("administrator"), "nothing changed: {said:?}");
}
