//! The configuration of a registry: environment variables, a whole file, files that stay unchanged, and exported keys.

use crate::place::{Place, run};
use crate::registry_process::{free_port, start, wait_for};
use crate::server::client;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_runs_on_the_environment_variables_that_are_printed() {
    let place = Place::open().await;
    place.log_in().await;
    for (name, is_text) in [("Docker registry", true), ("123", false), ("it's $HOME `id`", true)] {
        let path = utf8_percent_encode(name, NON_ALPHANUMERIC).to_string();
        place.service(&path, json!({})).await;
        let said = run(place.path(), "services config --format env --write .", &[name]).await;
        std::fs::write(place.path().join("registry.env"), said.ok()).unwrap();
        assert_eq!(!said.out.contains("'\"123\"'"), is_text, "{}", said.out);
        let port = free_port();
        let config = format!("version: 0.1\nstorage:\n  inmemory: {{}}\nhttp:\n  addr: 127.0.0.1:{port}\n");
        std::fs::write(place.path().join("bare.yml"), config).unwrap();
        let mut command = Command::new("sh");
        let script = "set -a; . ./registry.env; exec /usr/bin/docker-registry serve bare.yml";
        command.args(["-c", script]).current_dir(place.path()).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let _registry = start(command);
        wait_for(port, "the registry");
        let answer = client().get(format!("http://127.0.0.1:{port}/v2/")).send().await.unwrap();
        let challenge = answer.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert_eq!(challenge, format!("Bearer realm=\"{}\",service=\"{name}\"", place.server.url("/token")));
        let token = place.token(name, "").await;
        let answer = client().get(format!("http://127.0.0.1:{port}/v2/")).bearer_auth(token).send().await;
        assert_eq!(answer.unwrap().status(), 200, "{name}");
    }
    place.service("zot", json!({"profile": "zot"})).await;
    place
        .run("services config zot --format env")
        .await
        .fails_with(1, "zot reads its configuration from a file only");
    for (path, status, field) in [
        ("/services/zot/registry-config?format=env", 422, "format"),
        ("/services/registry/registry-config?format=toml", 422, "format"),
        ("/services/none/registry-config?format=env", 404, ""),
    ] {
        let (code, answer) = place.server.api("GET", path, Value::Null).await;
        assert_eq!(code, status, "{path}: {answer}");
        assert!(field.is_empty() || answer["errors"][0]["field"] == field, "{path}: {answer}");
    }
    let whole = place.server.must("GET", "/services/zot/registry-config?format=yaml", Value::Null).await;
    let file: Value = serde_json::from_str(whole["configuration"].as_str().unwrap()).unwrap();
    assert!(file["http"]["port"] == "5000" && file["storage"]["rootDirectory"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_serves_something_else_is_not_overwritten() {
    let place = Place::open().await;
    place.log_in().await;
    for zot in ["zot", "zot-two"] {
        place.service(zot, json!({"profile": "zot"})).await;
    }
    let file = place.path().join("portreeve.crt");
    place.run("services config zot --write .").await.ok();
    let first = std::fs::read_to_string(&file).unwrap();
    let said = place.run("services config zot-two --write .").await;
    said.fails_with(1, "is for the registry of `zot`: write into another folder");
    for other in ["", "not a certificate", "{\"keys\": []}", &format!("{first}{first}")] {
        std::fs::write(&file, other).unwrap();
        place.run("services config zot --write .").await.fails_with(1, "holds something else");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), other);
    }
    // The command overwrites an earlier certificate of the same service.
    std::fs::write(&file, &first).unwrap();
    place.run("keys rotate --service zot").await.ok();
    place.run("services config zot --write .").await.ok();
    assert_ne!(std::fs::read_to_string(&file).unwrap(), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_registry_trusts_is_written_into_a_file_that_everybody_may_read() {
    let place = Place::open().await;
    let printed = place.run("keys export").await.ok().to_owned();
    place.run("keys export given.crt").await.ok();
    let file = place.path().join("given.crt");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), printed);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    place.run("keys export nowhere/given.crt").await.fails_with(1, "cannot write `nowhere/given.crt`");
    place.run("keys export keys").await.fails_with(2, "is not a file");
    place.run("keys rotate").await.ok();
    for form in ["", " --form jwks"] {
        let again = format!("keys export given.crt{form}");
        place
            .run(&again)
            .await
            .fails_with(1, "`given.crt` exists already: choose another name, or replace it");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), printed);
    }
    std::os::unix::fs::symlink("nowhere", place.path().join("linked.crt")).unwrap();
    place.run("keys export linked.crt").await.fails_with(1, "`linked.crt` exists already");
    place.run("keys export given.crt --form jwks --force").await.ok();
    assert!(std::fs::read_to_string(&file).unwrap().starts_with('{'));
}
