//! TLS of the server: which clients are let in, how the files are replaced, and which faults stop the start.

use super::certificates::{Authority, Pair, put};
use super::helpers::{ADMIN, App, Folder, Setup, config};
use portreeve::app;
use portreeve::causes::causes;
use portreeve::clock::Clock;
use portreeve::config::FlagSettings;
use portreeve::http::{Tls, TlsFiles};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const LIVE: &str = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
const DAY: i64 = 86_400;

/// Starts a server with this certificate and key, and with additional flags.
async fn serve(pair: &Pair, flags: FlagSettings) -> (App, tempfile::TempDir) {
    let files = tempfile::tempdir().unwrap();
    let app = App::spawn_with(Setup { flags: with(pair, files.path(), flags), ..Setup::default() }).await;
    (app, files)
}

fn with(pair: &Pair, files: &Path, flags: FlagSettings) -> FlagSettings {
    let (certificate, key) = pair.put(files);
    let text = |path: PathBuf| Some(path.to_str().unwrap().to_owned());
    FlagSettings { tls_cert: text(certificate), tls_key: text(key), ..flags }
}

type Connection = StreamOwned<ClientConnection, TcpStream>;

/// Opens a connection and finishes the handshake, as a client that trusts `authority` and presents `pair`.
fn connect(address: SocketAddr, authority: &Authority, pair: Option<&Pair>) -> std::io::Result<Connection> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.root()).unwrap();
    let builder = ClientConfig::builder().with_root_certificates(roots);
    let config = match pair {
        None => builder.with_no_client_auth(),
        Some(pair) => {
            let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![pair.der()], key).unwrap()
        }
    };
    let connection = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut stream = StreamOwned::new(connection, stream);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// Sends a request for `/health/live` on a connection that stays open.
fn ask(connection: &mut Connection) -> std::io::Result<String> {
    connection.write_all(LIVE.as_bytes())?;
    let mut answer = Vec::new();
    while !answer.ends_with(br#"{"status":"live"}"#) {
        let mut part = [0; 1024];
        let length = connection.read(&mut part)?;
        if length == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        answer.extend_from_slice(&part[..length]);
    }
    Ok(String::from_utf8(answer).unwrap())
}

fn leaf(connection: &Connection) -> CertificateDer<'static> {
    connection.conn.peer_certificates().unwrap()[0].clone().into_owned()
}

/// Waits until new handshakes get this certificate. Returns the time that this took.
fn until_served(app: &App, authority: &Authority, pair: &Pair) -> Duration {
    let begin = Instant::now();
    while leaf(&connect(app.address, authority, None).unwrap()) != pair.der() {
        assert!(begin.elapsed() < Duration::from_secs(5), "the new certificate is not served");
        std::thread::sleep(Duration::from_millis(10));
    }
    begin.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_has_three_seconds() {
    let (app, _files) = serve(&Authority::new().pair(90), FlagSettings::default()).await;
    // The client sends at most the beginning of a record.
    let begin = Instant::now();
    for sent in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let mut stream = TcpStream::connect(app.address).unwrap();
        stream.write_all(sent).unwrap();
        let begin = Instant::now();
        let _ = stream.read_to_end(&mut Vec::new());
        let took = begin.elapsed().as_secs_f64();
        assert!((2.9..4.0).contains(&took), "{took} s");
    }
    let cut = "portreeve_http_connections_cut_total{reason=\"handshake\"}";
    // The server counts the connection just after it has closed it.
    while super::hang_up::measured(&app, cut).await < 2.0 {
        assert!(begin.elapsed() < Duration::from_secs(10), "a cut is not counted");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_come_over_https_with_strict_transport_security_and_from_nowhere_else() {
    let authority = Authority::new();
    let (app, _files) = serve(&authority.pair(90), FlagSettings::default()).await;
    let root = reqwest::Certificate::from_der(&authority.root()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([root]).build().unwrap();
    let request = client.get(app.url("/token?service=registry")).basic_auth(ADMIN.0, Some(ADMIN.1));
    let reply = App::send(request).await;
    assert_eq!(reply.header("strict-transport-security"), Some("max-age=31536000"));
    reply.token();
    for path in ["/token?scope=", "/nowhere", "/api/v1/users"] {
        let reply = App::send(client.get(app.url(path))).await;
        assert!(reply.header("strict-transport-security").is_some(), "{path}");
    }
    let answer = app.raw("GET /token HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(!answer.contains("HTTP/1.1"), "plain http is neither answered nor redirected: {answer}");
    let strangers = reqwest::Client::builder().build().unwrap();
    assert!(strangers.get(app.url("/token")).send().await.is_err(), "a client without the CA refuses");
    let plain = App::spawn().await;
    let reply = App::send(plain.request("GET", "/health/live")).await;
    assert_eq!(reply.header("strict-transport-security"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarded_addresses_count_over_tls_from_named_networks_only() {
    let authority = Authority::new();
    let rule = json!({"subjects": ["everyone"], "names": ["**"], "actions": ["pull"], "networks": ["198.51.100.0/24"]});
    for (proxies, granted) in [(vec!["127.0.0.0/8".to_owned()], "repository:a:pull"), (Vec::new(), "")] {
        let flags = FlagSettings { trusted_proxies: proxies, ..FlagSettings::default() };
        let (app, _files) = serve(&authority.pair(90), flags).await;
        app.rule("office", rule.clone()).await;
        let request =
            app.request("GET", "/token?scope=repository:a:pull").header("x-forwarded-for", "198.51.100.7");
        assert_eq!(App::send(request).await.granted(), granted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_exchanged_under_connections_and_none_is_dropped() {
    let authority = Authority::new();
    let first = authority.pair(90);
    let (app, files) = serve(&first, FlagSettings::default()).await;
    let (address, stop) = (app.address, Arc::new(AtomicBool::new(false)));
    let mut old = connect(address, &authority, None).unwrap();
    assert_eq!(leaf(&old), first.der());
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(|| {
                        let mut answers = 0;
                        while !stop.load(Ordering::Acquire) {
                            let mut connection = connect(address, &authority, None).unwrap();
                            ask(&mut connection).unwrap();
                            ask(&mut connection).unwrap();
                            answers += 2;
                        }
                        answers
                    })
                })
                .collect();
            for _ in 0..4 {
                ask(&mut old).unwrap();
                let next = authority.pair(90);
                next.put(files.path());
                let took = until_served(&app, &authority, &next);
                assert!(took < Duration::from_millis(1500), "seen after {took:?}");
            }
            stop.store(true, Ordering::Release);
            let answers: u32 = clients.into_iter().map(|client| client.join().unwrap()).sum();
            assert!(answers > 20, "{answers} answers");
        });
        ask(&mut old).unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_used_leave_the_certificate_as_it_is() {
    let authority = Authority::new();
    let first = authority.pair(90);
    let (app, files) = serve(&first, FlagSettings::default()).await;
    let warnings =
        async || App::send(app.request("GET", "/health/ready")).await.json()["warnings"].to_string();
    assert_eq!(warnings().await, "[]");
    let other = authority.pair(90);
    let damages: [&dyn Fn(); 5] = [
        &|| put(files.path(), "server.key", &other.key, 0o600),
        &|| put(files.path(), "server.crt", "no certificate", 0o644),
        &|| drop(authority.pair(-1).put(files.path())),
        &|| put(files.path(), "server.key", &first.key, 0o644),
        &|| std::fs::remove_file(files.path().join("server.key")).unwrap(),
    ];
    for (i, damage) in damages.into_iter().enumerate() {
        damage();
        tokio::time::sleep(Duration::from_millis(1200)).await;
        assert_eq!(leaf(&connect(app.address, &authority, None).unwrap()), first.der(), "{i}");
        let told = warnings().await;
        assert!(told.contains("the log says why") && !told.contains('/'), "{i}: {told}");
        first.put(files.path());
        tokio::time::sleep(Duration::from_millis(1200)).await;
        assert_eq!(warnings().await, "[]", "{i}");
    }
    other.put(files.path());
    until_served(&app, &authority, &other);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_certificate_is_told_by_readiness_and_a_metric() {
    let authority = Authority::new();
    let (app, files) = serve(&authority.pair(40), FlagSettings::default()).await;
    let ready = async || App::send(app.request("GET", "/health/ready")).await.json();
    assert_eq!(ready().await["warnings"], json!([]));
    app.advance(11 * DAY);
    assert!(ready().await["warnings"][0].as_str().unwrap().contains("server.crt ends at"));
    let metric = async || {
        let text = App::send(app.request("GET", "/metrics")).await.text;
        let name = r#"portreeve_certificate_expiry_timestamp_seconds{certificate="tls"} "#;
        text.lines().find_map(|line| line.strip_prefix(name)).unwrap().parse::<i64>().unwrap()
    };
    let before = metric().await;
    assert!((before - app.now_seconds() - 29 * DAY).abs() < 3600);
    app.advance(30 * DAY);
    assert!(ready().await["warnings"][0].as_str().unwrap().contains("clients refuse it"));
    let next = authority.pair(200);
    next.put(files.path());
    until_served(&app, &authority, &next);
    assert!((metric().await - before - 160 * DAY).abs() < 3600);
}

#[test]
fn the_end_comes_near_in_four_steps() {
    let (authority, files) = (Authority::new(), tempfile::tempdir().unwrap());
    let (certificate, key) = authority.pair(100).put(files.path());
    let now = Clock::System.now();
    let guard = portreeve::domain::exposure::Guard::default();
    let files = TlsFiles { certificate, key, client_ca: None, client_required: false, guard };
    let tls = Tls::open(files, now).unwrap();
    for (days, urgency) in [(0, 0), (69, 0), (71, 1), (92, 1), (94, 2), (98, 2), (101, 4)] {
        assert_eq!(tls.urgency(now.plus_seconds(days * DAY)), urgency, "after {days} days");
    }
    assert_eq!(tls.urgency(tls.end().plus_seconds(-3600)), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_show_a_certificate_or_must_and_a_wrong_one_is_refused() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "clients.crt", &authority.pem(), 0o644);
    let good = authority.pair(90);
    let wrong = stranger.pair(90);
    let ended = authority.pair(-1);
    for (whether, without) in [(None, true), (Some("required"), false)] {
        let flags = FlagSettings {
            tls_client_ca: Some(folder.path().join("clients.crt").to_str().unwrap().to_owned()),
            tls_client_auth: whether.map(str::to_owned),
            ..FlagSettings::default()
        };
        let (app, _files) = serve(&authority.pair(90), flags).await;
        for (shown, expected) in
            [(None, without), (Some(&good), true), (Some(&wrong), false), (Some(&ended), false)]
        {
            let answer =
                connect(app.address, &authority, shown).and_then(|mut connection| ask(&mut connection));
            assert_eq!(answer.is_ok(), expected, "{whether:?} {answer:?}");
        }
    }
    let (app, _files) = serve(&authority.pair(90), FlagSettings::default()).await;
    let mut unasked = connect(app.address, &authority, Some(&wrong)).unwrap();
    ask(&mut unasked).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_handshakes_are_cut_off_and_hold_up_nobody() {
    let authority = Authority::new();
    let (app, _files) = serve(&authority.pair(90), FlagSettings::default()).await;
    let begin = Instant::now();
    // These are more silent connections than the HTTP library would shake hands with at once.
    let silent: Vec<TcpStream> = (0..600).map(|_| TcpStream::connect(app.address).unwrap()).collect();
    let mut connection = connect(app.address, &authority, None).unwrap();
    ask(&mut connection).unwrap();
    assert!(begin.elapsed() < Duration::from_secs(2), "other clients waited {:?}", begin.elapsed());
    for mut stream in silent {
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        assert!(matches!(stream.read(&mut [0; 16]), Ok(0) | Err(_)));
        let took = begin.elapsed();
        assert!(took > Duration::from_secs(2) && took < Duration::from_secs(5), "cut after {took:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_in_every_common_form_are_served_and_bad_pairs_stop_the_start_with_advice() {
    let authority = Authority::new();
    let pair = authority.pair(90);
    let start = async |damage: &dyn Fn(&Path), ca: Option<&str>| {
        let (folder, files) = (Folder::with_database_file(), tempfile::tempdir().unwrap());
        let path = |name: &str| files.path().join(name).to_str().unwrap().to_owned();
        let flags = FlagSettings { tls_client_ca: ca.map(path), ..FlagSettings::default() };
        let setup = Setup { flags: with(&pair, files.path(), flags), ..Setup::default() };
        damage(files.path());
        let started = app::start(config(&folder, &setup), Clock::System).await;
        if started.is_err() {
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the start created no file");
        }
        started.map_err(|error| causes(&error))
    };
    let other = authority.pair(90);
    type Case<'a> = (&'a dyn Fn(&Path), Option<&'a str>, &'a str);
    let table: [Case<'_>; 8] = [
        (&|f| put(f, "server.key", &pair.key, 0o640), None, "chmod 600"),
        (&|f| put(f, "server.key", &other.key, 0o600), None, "does not belong"),
        (&|f| put(f, "server.key", "words", 0o600), None, "no private key"),
        (&|f| put(f, "server.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----", 0o600), None, "pass phrase"),
        (&|f| put(f, "server.crt", &pair.key, 0o644), None, "no certificate"),
        (&|f| drop(authority.pair(-1).put(f)), None, "ended at"),
        (&|f| std::fs::remove_file(f.join("server.crt")).unwrap(), None, "server.crt"),
        (&|_| (), Some("server.key"), "no certificate"),
    ];
    for (damage, ca, advice) in table {
        let refused = start(damage, ca).await.err().expect(advice);
        assert!(refused.contains(advice), "{advice}: {refused}");
    }
    for (command, has_older_form) in [
        ("req -x509 -newkey rsa:2048 -nodes", true),
        ("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes", true),
        ("req -x509 -newkey ed25519 -nodes", false),
    ] {
        for traditional in [false, has_older_form] {
            let make = |folder: &Path| {
                let convert = "openssl pkey -in server.key -traditional -out traditional.key && mv traditional.key server.key";
                let script = format!(
                    "openssl {command} -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout server.key -out server.crt && {} && chmod 600 server.key",
                    if traditional { convert } else { "true" }
                );
                let output = Command::new("sh").args(["-c", &script]).current_dir(folder).output().unwrap();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            };
            start(&make, None)
                .await
                .unwrap_or_else(|error| panic!("{command}: {error}"))
                .stop()
                .await
                .unwrap();
        }
    }
}
