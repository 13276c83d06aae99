//! Addresses that are nearly right: they work, or the command says what to write instead.

use crate::certificates::{Authority, Pair};
use crate::helpers::{ADMIN, App, Setup};
use crate::program::{Said, Shell};
use portreeve::config::FlagSettings;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use serde_json::Value;
use std::path::Path;

async fn log_in(shell: &Shell, server: &str, more: &[&str]) -> Said {
    let arguments = [&["login", server, "--user", ADMIN.0], more].concat();
    shell.with_input(&arguments, ADMIN.1).await
}

/// A server with TLS, whose pair is in `folder`.
async fn with_tls(pair: &Pair, folder: &Path) -> App {
    let (certificate, key) = pair.put(folder);
    let text = |path: std::path::PathBuf| Some(path.to_str().unwrap().to_owned());
    let flags = FlagSettings { tls_cert: text(certificate), tls_key: text(key), ..FlagSettings::default() };
    App::spawn_with(Setup { flags, ..Setup::default() }).await
}

/// A certificate that nobody else signed.
fn self_signed(is_ca: bool) -> Pair {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    if is_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let key = KeyPair::generate().unwrap();
    Pair { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

#[tokio::test]
async fn an_address_without_scheme_or_with_more_than_the_server_works_or_is_told() {
    let app = App::spawn().await;
    let shell = Shell::new();
    let host = format!("localhost:{}", app.address.port());
    let slash = app.url("/");
    let api = app.url("/api/v1/");
    for server in [host.as_str(), slash.as_str(), api.as_str()] {
        let said = log_in(&shell, server, &[]).await;
        assert!(said.ok().starts_with(&format!("logged in to {} as `admin`", app.url(""))), "{said:?}");
        shell.line("whoami").await.ok();
        shell.line(&format!("whoami --url {server}")).await.ok();
    }
    let said = log_in(&shell, &app.url("/token"), &[]).await;
    said.fails_with(1, &format!("leave it out: write {}\n", app.url("")));
    let said = log_in(&shell, "http://localhost:1", &[]).await;
    said.fails_with(1, "nothing listens at `localhost:1`: is the server running, and is the port right?");
}

#[tokio::test]
async fn the_wrong_scheme_is_told() {
    let app = App::spawn().await;
    let shell = Shell::new();
    let port = app.address.port();
    let said = log_in(&shell, &format!("https://localhost:{port}"), &[]).await;
    said.fails_with(1, &format!("does not serve TLS: write http://localhost:{port}\n"));
    let folder = tempfile::tempdir().unwrap();
    let tls = with_tls(&Authority::new().pair(90), folder.path()).await;
    let port = tls.address.port();
    let said = log_in(&shell, &format!("http://localhost:{port}"), &[]).await;
    said.fails_with(1, &format!("if it serves TLS, write https://localhost:{port}\n"));
}

#[tokio::test]
async fn an_authority_is_trusted_with_ca_and_kept_with_the_login() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let app = with_tls(&authority.pair(90), folder.path()).await;
    let shell = Shell::new();
    let said = log_in(&shell, &app.url(""), &[]).await;
    said.fails_with(1, "give the certificate of its authority with --ca FILE");
    std::fs::write(shell.home.path().join("ca.crt"), authority.pem()).unwrap();
    log_in(&shell, &app.url(""), &["--ca", "ca.crt"]).await.ok();
    let saved: Value = serde_json::from_str(&std::fs::read_to_string(shell.login_file()).unwrap()).unwrap();
    let file = shell.home.path().canonicalize().unwrap().join("ca.crt");
    assert_eq!(saved["ca"], file.to_str().unwrap());
    shell.line("whoami").await.ok();
    log_in(&shell, &app.url(""), &[]).await.ok();
    shell.line("logout").await.ok();

    let mut other = Shell::new();
    other.set("PORTREEVE_URL", &app.url(""));
    other.set("PORTREEVE_TOKEN", &app.robot("ci", Value::Null).await);
    other.line("whoami").await.fails_with(1, "--ca FILE");
    other.set("PORTREEVE_CA", file.to_str().unwrap());
    other.line("whoami").await.ok();
    other.line("whoami --ca nowhere.crt").await.fails_with(2, "`nowhere.crt` cannot be used");
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused_with_what_to_do_and_trusted_when_it_is_given() {
    for (is_ca, advice) in
        [(false, "or its own if it is self-signed"), (true, "trust that file with --ca FILE")]
    {
        let folder = tempfile::tempdir().unwrap();
        let app = with_tls(&self_signed(is_ca), folder.path()).await;
        let shell = Shell::new();
        log_in(&shell, &app.url(""), &[]).await.fails_with(1, advice);
        let file = folder.path().join("server.crt");
        log_in(&shell, &app.url(""), &["--ca", file.to_str().unwrap()]).await.ok();
        let ip = format!("https://127.0.0.1:{}", app.address.port());
        let said = log_in(&shell, &ip, &["--ca", file.to_str().unwrap()]).await;
        said.fails_with(1, "is for another name");
    }
}

#[tokio::test]
async fn the_documented_recipe_makes_a_certificate_that_the_command_line_trusts() {
    let text = include_str!("../../docs/operations.md").split("### A private certificate").nth(1).unwrap();
    let recipe = text.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("sh")
        .args(["-ec", &recipe.replace("auth.example.org", "localhost")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let app = with_tls(&Pair { certificate: read("auth.crt"), key: read("auth.key") }, folder.path()).await;
    let shell = Shell::new();
    let file = folder.path().join("our-ca.crt");
    log_in(&shell, &app.url(""), &["--ca", file.to_str().unwrap()]).await.ok();
}
