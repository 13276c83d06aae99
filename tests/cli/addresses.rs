//! Server addresses with small mistakes: they work, or the command says what to write instead.

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

/// Starts a server with TLS. Its certificate and key are in `folder`.
async fn with_tls(pair: &Pair, folder: &Path) -> App {
    let (certificate, key) = pair.put(folder);
    let text = |path: std::path::PathBuf| Some(path.to_str().unwrap().to_owned());
    let flags = FlagSettings { tls_cert: text(certificate), tls_key: text(key), ..FlagSettings::default() };
    App::spawn_with(Setup { flags, ..Setup::default() }).await
}

/// Makes a self-signed certificate.
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
    said.fails_with(1, &format!("leave the path out: write {}\n", app.url("")));
    let said = log_in(&shell, "http://localhost:1", &[]).await;
    said.fails_with(1, "nothing listens at `localhost:1`: is the server running, and is the port right?");
}

#[tokio::test]
async fn the_server_may_be_named_with_url_as_well() {
    let app = App::spawn().await;
    let mut shell = Shell::new();
    let (url, said) = (app.url(""), format!("logged in to {} as `admin`", app.url("")));
    let log_in = async |shell: &Shell, arguments: &[&str]| {
        let arguments = [&["login", "--user", ADMIN.0], arguments].concat();
        shell.with_input(&arguments, ADMIN.1).await
    };
    assert!(log_in(&shell, &["--url", &url]).await.ok().starts_with(&said));
    assert!(log_in(&shell, &[&app.url("/"), "--url", &url]).await.ok().starts_with(&said));
    log_in(&shell, &[&url, "--url", "http://localhost:1"])
        .await
        .fails_with(2, &format!("`{url}` and --url `http://localhost:1` are two servers: name one of them"));
    log_in(&shell, &[]).await.fails_with(2, "which server? name it, for example");
    shell
        .line("logout --url http://localhost:1")
        .await
        .fails_with(2, &format!("you are logged in to `{url}`"));
    for line in [format!("whoami {url}"), format!("status {url}"), format!("users list {url}")] {
        let said = shell.line(&line).await;
        assert!(
            said.fails_with_usage().contains(&format!("tip: name the server with --url: `--url {url}`")),
            "{said:?}"
        );
    }
    assert!(!shell.line(&format!("version {url}")).await.fails_with_usage().contains("--url"));
    shell.line(&format!("logout --url {url}")).await.ok();
    shell.set("PORTREEVE_URL", "http://localhost:1");
    assert!(log_in(&shell, &[&url]).await.ok().starts_with(&said), "the argument wins over the variable");
    shell.set("PORTREEVE_URL", &url);
    assert!(log_in(&shell, &[]).await.ok().starts_with(&said));
}

#[tokio::test]
async fn what_to_do_comes_first_and_the_cause_on_a_line_of_its_own() {
    let shell = Shell::new();
    let folder = tempfile::tempdir().unwrap();
    let tls = with_tls(&self_signed(true), folder.path()).await;
    let plain = App::spawn().await;
    for (server, advice) in [
        (format!("https://localhost:{}", plain.address.port()), "does not serve TLS: write http://"),
        (format!("http://localhost:{}", tls.address.port()), "does not answer in plain http: "),
        (tls.url(""), "is that of an authority (CA:TRUE"),
        ("http://localhost:1".to_owned(), "nothing listens at `localhost:1`: "),
        ("https://nowhere.invalid".to_owned(), "the name in `nowhere.invalid:443` is not known: "),
    ] {
        let said = log_in(&shell, &server, &[]).await;
        let lines: Vec<&str> = said.fails(1).lines().collect();
        assert_eq!(lines.len(), 2, "{said:?}");
        assert!(lines[0].contains(advice), "{said:?}");
        assert!(lines[1].starts_with("portreeve: cause: cannot reach the server: "), "{said:?}");
    }
}

#[tokio::test]
async fn a_command_that_is_printed_repeats_the_authorities() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let app = with_tls(&authority.pair(90), folder.path()).await;
    app.user("bob").await;
    let mut shell = Shell::new();
    std::fs::write(shell.home.path().join("other.crt"), Authority::new().pem()).unwrap();
    std::fs::write(shell.home.path().join("our ca.crt"), authority.pem()).unwrap();
    let url = app.url("");
    let trust = ["--ca", "other.crt", "--ca", "our ca.crt"];
    let way = " --ca other.crt --ca 'our ca.crt'";
    let said = shell.run(&[&["whoami", "--url", &url], &trust[..]].concat()).await;
    said.fails_with(1, &format!("run `portreeve login {url}/{way}`"));
    log_in(&shell, &url, &trust).await.ok();
    let other = [&["whoami", "--url", "https://localhost:1"], &trust[..]].concat();
    shell.run(&other).await.fails_with(1, &format!("run `portreeve login https://localhost:1/{way}`"));
    shell.line("whoami").await.ok();
    let ask = ["explain", "user:bob", "repository:a:pull"];
    let said = shell.run(&[&ask[..], &trust[..]].concat()).await;
    assert!(said.out.ends_with(&format!(" --action pull{way}\n")), "{said:?}");
    let said = shell.run(&[&["users", "create", "bob"], &trust[..]].concat()).await;
    said.fails_with(1, &format!("`portreeve users update{way} bob`"));
    shell.set("PORTREEVE_CA", "our ca.crt");
    assert!(shell.run(&ask).await.out.ends_with(" --action pull\n"), "the next command uses the variable");
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
    assert_eq!(saved["ca"], serde_json::json!([file]));
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
    // A renewed authority has the same name as the old one.
    std::fs::write(other.home.path().join("old.crt"), Authority::new().pem()).unwrap();
    other
        .line("whoami --ca old.crt")
        .await
        .fails_with(1, "another authority of the same name signed the certificate");
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused_with_what_to_do_and_trusted_when_it_is_given() {
    for (is_ca, advice) in [
        (false, "or the certificate of the server if it is self-signed"),
        (true, "trust that file with --ca FILE"),
    ] {
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
