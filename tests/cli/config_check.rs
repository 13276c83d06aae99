//! `portreeve config check` checks that a server could start, and changes nothing.

use crate::helpers::{App, config};
use crate::program::{Said, Shell};
use crate::server::Server;
use serde_json::json;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Reads every file below a folder, with its content and its mode.
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

/// Runs the check. The check must leave every file unchanged.
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
        &["contains several `.key` files", "error    administrator  PORTREEVE_ADMIN_PASSWORD cannot be used"],
    );
    let said = check(&shell, &["--listen", "192.0.2.1:5001"]).await;
    let interface = "error    listen         cannot listen on 192.0.2.1:5001: no interface of this machine has the address `192.0.2.1`";
    has(&said, 1, &[interface]);
    let said = check(&shell, &[&LISTEN[..], &["--database-url", "sqlite://nowhere/p.db"]].concat()).await;
    has(
        &said,
        1,
        &["error    database       the folder `nowhere` of the database file does not exist: run `mkdir "],
    );
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
    let lock = database.replace("sqlite://", "") + ".lock";
    let verdict = format!("\nserve would start once {listen} and {lock} are free\n");
    let lines = [
        "warning  listen ",
        "warning  database       it is in use",
        "ok       database       sqlite, schema ",
        ", 1 rule, number of the last change: ",
        &verdict,
    ];
    has(&said, 0, &lines);
    let json = check(&shell, &[&arguments[..], &["-o", "json"]].concat()).await.json();
    assert_eq!((&json["starts"], &json["once_free"]), (&json!(false), &json!([listen, lock])));
    let elsewhere = [&["--listen", "127.0.0.1:0"], &arguments[2..]].concat();
    let verdict = format!("\nserve would start once {lock} is free\n");
    has(&check(&shell, &elsewhere).await, 0, &[&verdict]);
    app.stop().await;
    let before = files(app.folder.path());
    let said = check(&shell, &arguments).await;
    has(
        &said,
        0,
        &["ok       listen ", "ok       keys ", "ok       services       registry\n", "make `other`"],
    );
    assert!(!said.out.contains("warning  database"), "{}", said.out);
    assert!(before == files(app.folder.path()), "the check changes nothing");
    // Without the keys folder the same check fails, as a start would.
    std::fs::rename(&keys, app.folder.path().join("elsewhere")).unwrap();
    has(&check(&shell, &arguments).await, 1, &["is missing although the database is in use"]);
    let settings = config(&app.folder, &crate::helpers::Setup::default());
    assert!(
        portreeve::app::start(settings, portreeve::clock::Clock::System).await.is_err(),
        "a start would also fail"
    );
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
    assert!(before == files(app.folder.path()), "the check changes nothing");
    run("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (999, 'later', TRUE, '', 0)").await;
    has(&check(&shell, &arguments).await, 1, &["written by a newer release"]);
}

#[tokio::test]
async fn what_a_killed_server_left_is_read_and_left_as_it_is() {
    let (shell, folder) = (Shell::new(), tempfile::tempdir().unwrap());
    let mut server = Server::spawn(folder.path(), "sqlite://portreeve.db", &[]);
    server.ready().await;
    server.must("PUT", "/services/late", json!({})).await;
    server.kill();
    assert!(folder.path().join("portreeve.db-wal").metadata().unwrap().len() > 0);
    // SQLite's shared memory file may be missing, for example if only the other files were copied.
    std::fs::remove_file(folder.path().join("portreeve.db-shm")).unwrap();
    let database = format!("sqlite://{}", folder.path().join("portreeve.db").display());
    let keys = folder.path().join("keys");
    let arguments =
        [&LISTEN[..], &["--database-url", &database, "--keys-dir", keys.to_str().unwrap()]].concat();
    let before = files(folder.path());
    let said = check(&shell, &arguments).await;
    has(&said, 0, &["ok       services       late, registry\n", "\nserve would start\n"]);
    assert!(before == files(folder.path()), "the check changes nothing");
}

#[tokio::test]
async fn postgresql_that_cannot_be_used_is_named_with_the_cause() {
    let shell = Shell::new();
    let port = crate::server::free_port();
    for (url, why) in [
        (
            format!("postgres://u:secret@127.0.0.1:{port}/d"),
            format!("`127.0.0.1:{port}`: the connection is refused"),
        ),
        (
            "postgres://u:secret@nowhere.invalid:5432/d".to_owned(),
            "`nowhere.invalid:5432`: the host name `nowhere.invalid` cannot be resolved".to_owned(),
        ),
        (
            "postgres:///d?host=/nowhere&password=secret".to_owned(),
            "`/nowhere/.s.PGSQL.5432`: there is no such socket".to_owned(),
        ),
    ] {
        let arguments = [&LISTEN[..], &["--database-url", &url]].concat();
        let said = check(&shell, &arguments).await;
        has(&said, 1, &["error    database       PostgreSQL at ", &why]);
        let served = shell.run(&[&["serve"], &arguments[..]].concat()).await;
        assert_eq!(served.code, 1);
        let text = served.err.lines().find(|line| line.contains("portreeve: ")).unwrap_or_default();
        assert!(text.contains(&why), "{served:?}");
        assert!(!said.out.contains("secret") && !served.err.contains("secret"), "{said:?} {served:?}");
    }
}

#[tokio::test]
async fn findings_stand_under_what_they_are_about_and_name_settings_as_they_are_written() {
    let shell = Shell::new();
    let file = "listen = \"0.0.0.0:0\"\nservices = [\"a b\", \"c\"]\nlog = \"portreev=debug\"\n";
    std::fs::write(shell.home.path().join("portreeve.toml"), file).unwrap();
    let said = check(&shell, &[]).await;
    let lines = [
        "warning  realm          no realm is set",
        ": set `realm` in portreeve.toml to the URL",
        "warning  tls            PLAIN HTTP on 0.0.0.0:0",
        ": set `tls_cert` and `tls_key` in portreeve.toml, or put a proxy with TLS in front and name its network with `trusted_proxies` in portreeve.toml\n",
        "warning  services       the name of the new service `a b` holds a space: if these are several services, write services = [\"a\", \"b\"]; ",
        "warning  settings       `log` in portreeve.toml: nothing logs under `portreev`: the targets are `portreeve`, ",
        "\nserve would start\n",
    ];
    has(&said, 0, &lines);
    assert!(!said.out.contains("--"), "{}", said.out);
    let mut shell = Shell::new();
    shell.set("PORTREEVE_SERVICES", "a b");
    let said = check(&shell, &[]).await;
    has(&said, 0, &["write PORTREEVE_SERVICES=a,b;"]);
    let said = check(&shell, &["--service", "a b", "--listen", "192.0.2.1:1"]).await;
    has(&said, 1, &["write --service a --service b;", "or 0.0.0.0 for all, with --listen"]);
}
