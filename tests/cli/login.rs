//! Login and logout, and the place of the stored key.

use crate::helpers::{ADMIN, App, PASSWORD};
use crate::program::Shell;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn login_keeps_a_key_that_logout_revokes() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    let file = shell.login_file();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    let saved: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let key = saved["key"].as_str().unwrap();
    assert!(key.starts_with("ptr_") && !std::fs::read_to_string(&file).unwrap().contains(ADMIN.1));

    let me = shell.run(&["whoami", "--output", "json"]).await.json();
    assert_eq!(me["subject"], "user:admin");
    let keys = shell.run(&["access-keys", "list", "-o", "json"]).await.json();
    assert!(keys[0]["name"].as_str().unwrap().starts_with("command line on "), "{keys}");
    assert!(keys[0]["expires_at"].is_string(), "{keys}");

    // A second login revokes the key of the first one.
    let url = app.url("");
    shell.with_input(&["login", &url, "--user", "admin", "--days", "1"], ADMIN.1).await.ok();
    assert_eq!(shell.run(&["access-keys", "list", "-o", "json"]).await.json().as_array().unwrap().len(), 1);
    assert_eq!(app.api_as(("", key), "GET", "/me", None).await.status, 401);

    let said = shell.run(&["logout"]).await;
    assert!(said.ok().contains("the access key is revoked"), "{said:?}");
    assert!(!file.exists());
    assert_eq!(app.must("GET", "/me/access-keys", Value::Null).await["items"].as_array().unwrap().len(), 0);
    assert_eq!(shell.run(&["logout"]).await.ok(), "not logged in\n");
}

#[tokio::test]
async fn a_login_that_others_can_read_is_refused() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    std::fs::set_permissions(shell.login_file(), std::fs::Permissions::from_mode(0o640)).unwrap();
    let said = shell.run(&["whoami"]).await;
    assert!(said.fails(1).contains("is open to others (mode 640)"), "{said:?}");
}

#[tokio::test]
async fn a_wrong_password_saves_nothing() {
    let app = App::spawn().await;
    let shell = Shell::new();
    let said = shell.with_input(&["login", &app.url(""), "--user", "admin"], "not the password").await;
    assert_eq!(said.fails(1), "portreeve: wrong user name or password\n");
    let said = shell.with_input(&["login", &app.url(""), "--user", "nobody"], "not the password").await;
    assert_eq!(said.fails(1), "portreeve: wrong user name or password\n");
    assert!(!shell.login_file().exists());
}

#[tokio::test]
async fn a_saved_key_goes_to_its_own_server_only() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    let other = format!("http://127.0.0.1:{}", app.address.port());
    let said = shell.run(&["whoami", "--url", &other]).await;
    assert!(said.fails(1).contains("the saved login is for"), "{said:?}");
}

#[tokio::test]
async fn a_token_in_the_environment_needs_no_login() {
    let app = App::spawn().await;
    app.user("alice").await;
    let key = app.robot("ci", Value::Null).await;
    let mut shell = Shell::new();
    shell.set("PORTREEVE_URL", &app.url(""));
    shell.set("PORTREEVE_TOKEN", &key);
    let said = shell.run(&["whoami"]).await;
    assert!(said.ok().starts_with("subject"), "{said:?}");
    assert!(said.out.contains("robot:ci"), "{said:?}");
    let said = shell.run(&["users", "list"]).await;
    assert!(said.fails(1).contains("only administrators may do this"), "{said:?}");
    shell.set("PORTREEVE_TOKEN", PASSWORD);
    assert!(shell.run(&["whoami"]).await.fails(2).contains("not an access key"));
}

#[tokio::test]
async fn plain_http_over_a_network_is_refused() {
    let mut shell = Shell::new();
    // No server answers at this address, which is reserved for documentation. Nothing must be sent there.
    let said = shell.with_input(&["login", "http://192.0.2.1", "--user", "admin"], ADMIN.1).await;
    assert!(said.fails(1).contains("--insecure-http"), "{said:?}");
    shell.set("PORTREEVE_TOKEN", "ptr_x");
    let said = shell.run(&["whoami", "--url", "http://192.0.2.1"]).await;
    assert!(said.fails(1).contains("plain http"), "{said:?}");
}
