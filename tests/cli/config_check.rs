//! `portreeve config check`: what a start would do, without doing it.

use crate::helpers::{App, config};
use crate::program::{Said, Shell};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Every file below a folder with its content and its mode.
fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, u32)> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        if path.is_dir() {
            all.insert(path.display().to_string(), (Vec::new(), mode));
            all.extend(files(&path));
        } else {
            all.insert(path.display().to_string(), (std::fs::read(&path).unwrap(), mode));
        }
    }
    all
}

/// Runs the check, which must leave every file as it is.
async fn check(shell: &Shell, arguments: &[&str]) -> Said {
    let before = files(shell.home.path());
    let said = shell.run(&[&["config", "check"], arguments].concat()).await;
    assert!(before == files(shell.home.path()), "{said:?}");
    said
}

fn has(said: &Said, code: i32, lines: &[&str]) {
    assert_eq!(said.code, code, "{said:?}");
    for line in lines {
        assert!(said.out.contains(line), "{line}: {}", said.out);
    }
}

const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];

#[tokio::test]
async fn a_first_start_is_foreseen() {
    let shell = Shell::new();
    let said = check(&shell, &LISTEN).await;
    let lines = [
        "would    database       make `sqlite://portreeve.db`, with schema ",
        "would    keys           make the folder `keys`: make a CA, make a signing key\n",
        "would    administrator  make `admin`, with a random password in `keys/initial-admin-password`\n",
        "would    services       make `registry`\n",
        "\nserve would start\n",
    ];
    has(&said, 0, &lines);
    let said = check(&shell, &[&LISTEN[..], &["-o", "json"]].concat()).await.json();
    assert_eq!(said["starts"], true);
    assert!(said["findings"].as_array().unwrap().iter().any(|one| one["level"] == "would"), "{said}");
}

#[tokio::test]
async fn what_would_stop_the_start_is_found_all_at_once() {
    let mut shell = Shell::new();
    shell.set("PORTREEVE_ADMIN_PASSWORD", "short");
    let home = shell.home.path().to_owned();
    std::fs::write(home.join("portreeve.db"), "no database at all, but a text of some length").unwrap();
    std::fs::set_permissions(home.join("portreeve.db"), PermissionsExt::from_mode(0o600)).unwrap();
    let said = check(&shell, &[&LISTEN[..], &["--tls-cert", "a.crt", "--tls-key", "a.key"]].concat()).await;
    let lines = ["error    tls ", "error    database ", "\nserve would not start\n"];
    has(&said, 1, &lines);
    std::fs::remove_file(home.join("portreeve.db")).unwrap();
    std::fs::create_dir(home.join("keys")).unwrap();
    for name in ["a", "b"] {
        std::fs::write(home.join(format!("keys/{name}.key")), "").unwrap();
    }
    let said = check(&shell, &LISTEN).await;
    has(
        &said,
        1,
        &["holds several `.key` files", "error    administrator  PORTREEVE_ADMIN_PASSWORD cannot be used"],
    );
    let said = check(&shell, &["--listen", "192.0.2.1:5001"]).await;
    has(&said, 1, &["error    listen         cannot listen on 192.0.2.1:5001"]);
    let said = check(&shell, &[&LISTEN[..], &["--database-url", "sqlite://nowhere/p.db"]].concat()).await;
    has(&said, 1, &["error    database "]);
    for bad in [["--listen", "here"], ["--database-url", "mysql://x"], ["--config", "nowhere.toml"]] {
        check(&shell, &bad).await.fails(2);
    }
}

#[tokio::test]
async fn a_server_at_work_is_no_fault_and_one_at_rest_is_fine() {
    let mut app = App::spawn().await;
    let (shell, database) = (Shell::new(), app.folder.database_url());
    let keys = app.folder.path().join("keys");
    let listen = app.address.to_string();
    let arguments = [
        "--listen",
        &listen,
        "--database-url",
        &database,
        "--keys-dir",
        keys.to_str().unwrap(),
        "--service",
        "other",
    ];
    let said = check(&shell, &arguments).await;
    let lines = [
        "warning  listen ",
        "warning  database       it is in use",
        "ok       database       sqlite, schema ",
    ];
    has(&said, 0, &lines);
    app.stop().await;
    let before = files(app.folder.path());
    let said = check(&shell, &arguments).await;
    has(
        &said,
        0,
        &["ok       listen ", "ok       keys ", "ok       services       registry\n", "make `other`"],
    );
    assert!(!said.out.contains("warning  database"), "{}", said.out);
    assert!(before == files(app.folder.path()), "left as it was");
    // The same without its keys.
    std::fs::rename(&keys, app.folder.path().join("elsewhere")).unwrap();
    has(&check(&shell, &arguments).await, 1, &["is missing although the database is in use"]);
    let settings = config(&app.folder, &crate::helpers::Setup::default());
    assert!(portreeve::app::start(settings, portreeve::clock::Clock::System).await.is_err(), "and so it is");
}

#[tokio::test]
async fn the_steps_of_an_older_schema_are_told_and_not_taken() {
    let mut app = App::spawn().await;
    app.stop().await;
    let (shell, database) = (Shell::new(), app.folder.database_url());
    let keys = app.folder.path().join("keys");
    let run = async |sql: &str| crate::database::run(&database, sql).await;
    run("ALTER TABLE services DROP COLUMN password_grant").await;
    run("DELETE FROM _sqlx_migrations WHERE version = 7").await;
    let arguments = ["--database-url", &database, "--keys-dir", keys.to_str().unwrap(), LISTEN[0], LISTEN[1]];
    let before = files(app.folder.path());
    let said = check(&shell, &arguments).await;
    has(&said, 0, &["would    database       bring the schema from ", "7 (password_grant)"]);
    assert!(before == files(app.folder.path()), "left as it was");
    run("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (999, 'later', TRUE, '', 0)").await;
    has(&check(&shell, &arguments).await, 1, &["written by a newer release"]);
}
