//! Connections: the time limit of each step, the number of permitted connections, and the paths that exist only at the
//! address of `--internal-listen`.

use super::helpers::{ADMIN, App, Setup};
use portreeve::config::FlagSettings;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const FORM: &str = "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n";
const CHUNKED: &str = "Transfer-Encoding: chunked\r\n\r\n";
const LIVE: &str = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";

/// Sends the text `first`, and then `byte` each quarter of a second, for at most 40 s. Returns the answer, and the time
/// until it ended.
fn drip(app: &App, first: &str, byte: &[u8]) -> (String, Duration) {
    let mut stream = TcpStream::connect(app.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(250))).unwrap();
    let begin = Instant::now();
    let mut answer = Vec::new();
    stream.write_all(first.as_bytes()).unwrap();
    while begin.elapsed() < Duration::from_secs(40) {
        let mut part = [0; 4096];
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&part[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                let _ = stream.write_all(byte);
            }
            Err(_) => break,
        }
    }
    (String::from_utf8(answer).unwrap(), begin.elapsed())
}

/// Reads the first sample of the metrics whose line begins with `name`.
async fn measured(app: &App, name: &str) -> f64 {
    super::hang_up::measured(app, name).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_of_a_connection_has_its_deadline() {
    let app = App::spawn().await;
    let form = format!("{FORM}Content-Length: 1000\r\n\r\n");
    let chunked_form = format!("{FORM}{CHUNKED}");
    let after_another = format!("{LIVE}GET /");
    let cases = [
        ("a head", "GET / HTTP/1.1\r\nX: ", &b"x"[..], "HTTP/1.1 408", 5, "head"),
        ("a second head", after_another.as_str(), &b"x"[..], "HTTP/1.1 200", 5, "head"),
        ("nothing", "", &b""[..], "", 5, "head"),
        ("a body", form.as_str(), &b"x"[..], "HTTP/1.1 408", 10, "body"),
        ("chunks", chunked_form.as_str(), &b"1\r\nx\r\n"[..], "HTTP/1.1 408", 10, "body"),
        ("no further request", LIVE, &b""[..], "HTTP/1.1 200", 15, "idle"),
        ("only empty lines", LIVE, &b"\r\n"[..], "HTTP/1.1 200", 15, "idle"),
    ];
    let ended = std::thread::scope(|scope| {
        let clients = cases.map(|(_, first, byte, ..)| scope.spawn(|| drip(&app, first, byte)));
        clients.map(|client| client.join().unwrap())
    });
    for ((what, _, _, status, seconds, _), (answer, after)) in cases.iter().zip(&ended) {
        assert!(answer.starts_with(status), "{what}: {answer}");
        let after = after.as_secs_f64() - f64::from(*seconds);
        assert!((-0.1..1.0).contains(&after), "{what}: {after} s after its deadline");
    }
    assert!(ended[1].0.contains("HTTP/1.1 408"), "the second head is answered too: {}", ended[1].0);
    for reason in ["head", "body", "idle"] {
        let count = cases.iter().filter(|(.., one)| *one == reason).count();
        let name = format!("portreeve_http_connections_cut_total{{reason=\"{reason}\"}}");
        assert_eq!(measured(&app, &name).await, count as f64, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_answered_before_its_body_came_is_the_last_of_its_connection() {
    let app = App::spawn().await;
    let json = "Content-Type: application/json\r\n";
    for (status, head) in [
        ("404", "POST / HTTP/1.1\r\nHost: x\r\n".to_owned()),
        ("401", format!("PUT /api/v1/users/x HTTP/1.1\r\nHost: x\r\n{json}")),
        ("200", "GET /health/live HTTP/1.1\r\nHost: x\r\n".to_owned()),
        ("415", "POST /token HTTP/1.1\r\nHost: x\r\n".to_owned()),
    ] {
        for body in ["Content-Length: 100\r\n\r\n", CHUNKED] {
            let (answer, after) = drip(&app, &format!("{head}{body}"), b"1\r\nx\r\n");
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
            assert!(answer.contains("connection: close"), "{answer}");
            assert!(after < Duration::from_secs(2), "{status} {body}: {after:?}");
        }
    }
    // The server reads the form to its end, so it answers the next request. It does not read the body of a request that
    // it answers with 404, so it closes that connection.
    let whole = format!("POST / HTTP/1.1\r\nHost: x\r\n{CHUNKED}1\r\nx\r\n0\r\n\r\n");
    let form = format!("{FORM}{CHUNKED}16\r\ngrant_type=nothing&a=b\r\n0\r\n\r\n");
    for (first, status) in [(form.as_str(), "400"), (whole.as_str(), "404")] {
        let last = LIVE.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        let answer = app.raw(format!("{first}{last}")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        assert_eq!(answer.contains("\"status\":\"live\""), status == "400", "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_follow_one_another_at_once_are_answered_in_their_order() {
    let app = App::spawn().await;
    let mut sent = String::new();
    for number in 0..100 {
        let body = "x".repeat(number % 7 * 1000);
        sent.push_str(&format!("GET /nowhere/{number} HTTP/1.1\r\nHost: x\r\n\r\n"));
        let length = body.len();
        sent.push_str(&format!("{FORM}Content-Length: {length}\r\n\r\n{body}"));
    }
    sent.push_str("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let answers = app.raw(sent).await;
    let statuses: Vec<&str> =
        answers.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.split(' ').next()).collect();
    let expected: Vec<&str> = [["404", "400"].repeat(100), vec!["200"]].concat();
    assert_eq!(statuses, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_no_answers_is_asked_for_nothing_more_and_cut() {
    let app = App::spawn().await;
    let mut stream = TcpStream::connect(app.address).unwrap();
    stream.write_all("GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000).as_bytes()).unwrap();
    let answered = app.token(Some(ADMIN), "").await.status;
    let begin = Instant::now();
    let name = "portreeve_http_connections_cut_total{reason=\"answer\"}";
    while measured(&app, name).await < 1.0 {
        assert!(begin.elapsed() < Duration::from_secs(32), "the connection is not cut");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(answered, 200);
    assert!(begin.elapsed() > Duration::from_secs(28), "{:?}", begin.elapsed());
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut rest = Vec::new();
    assert!(stream.read_to_end(&mut rest).is_err(), "the connection is reset");
    assert!(rest.len() < 2_000_000, "{} bytes were buffered for the client", rest.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_whose_lines_end_with_lf_alone_are_refused() {
    let app = App::spawn().await;
    for head in [
        "GET /health/live HTTP/1.1\nHost: x\n\n",
        "GET /health/live HTTP/1.1\r\nHost: x\n\r\n",
        "GET /health/live HTTP/1.1\r\nHost: x\r\n\n",
        "\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        for before in ["", LIVE] {
            let answer = app.raw(format!("{before}{head}")).await;
            let last = answer.rsplit("HTTP/1.1 ").next().unwrap();
            assert!(last.starts_with("400"), "{head:?}: {answer}");
        }
    }
    let answer = app.raw(format!("\r\n{}", LIVE.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "an empty line before a request is ignored: {answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_network_is_refused_until_there_is_room() {
    let flags = FlagSettings { max_connections: Some("16".to_owned()), ..FlagSettings::default() };
    let app = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    let connect = || TcpStream::connect(app.address).unwrap();
    let lives = |stream: &mut TcpStream| {
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut answer = [0; 12];
        let _ = stream.write_all(LIVE.as_bytes());
        stream.read_exact(&mut answer).is_ok() && answer.ends_with(b"200")
    };
    let mut inside: Vec<TcpStream> = (0..8).map(|_| connect()).collect();
    assert!(inside.iter_mut().all(lives), "one network may use half of the connections");
    assert!(!lives(&mut connect()));
    drop(inside);
    let patience = Instant::now() + Duration::from_secs(5);
    while !lives(&mut connect()) {
        assert!(Instant::now() < patience, "no connection became free");
    }
    assert!(measured(&app, "portreeve_http_connections_refused_total{reason=\"network\"}").await >= 1.0);
    assert_eq!(measured(&app, "portreeve_http_connections_refused_total{reason=\"total\"}").await, 0.0);
    assert_eq!(
        measured(&app, "portreeve_http_connections_max ").await,
        48.0,
        "the metric includes the connections for internal use"
    );

    // A proxy may open many connections, because it has many clients.
    let flags = FlagSettings {
        max_connections: Some("16".to_owned()),
        trusted_proxies: vec!["127.0.0.1".to_owned()],
        ..FlagSettings::default()
    };
    let app = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    let mut inside: Vec<TcpStream> = (0..16).map(|_| TcpStream::connect(app.address).unwrap()).collect();
    assert!(inside.iter_mut().all(lives));
    assert!(!lives(&mut TcpStream::connect(app.address).unwrap()), "all connections are in use");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_internal_use_has_an_address_of_its_own_if_it_is_set() {
    let flags = FlagSettings { internal_listen: Some("127.0.0.1:0".to_owned()), ..FlagSettings::default() };
    let app = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    let internal = app.internal_address();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let both = ["/health/live", "/health/ready"];
    let inside = ["/metrics", "/docs", "/docs/", "/docs/index.html", "/api/v1/openapi.json"];
    let outside = [
        "/token",
        "/auth",
        "/.well-known/jwks.json",
        "/api/v1/me",
        "/api/v1/users",
        "/oauth2/revoke",
        "/signin",
        "/signin/style.css",
    ];
    for (paths, is_outside, is_inside) in
        [(&both[..], true, true), (&inside, false, true), (&outside, true, false)]
    {
        for path in paths {
            let public = App::send(app.request("GET", path).basic_auth(ADMIN.0, Some(ADMIN.1))).await.status;
            let own = client.get(format!("http://{internal}{path}")).basic_auth(ADMIN.0, Some(ADMIN.1));
            let own = App::send(own).await.status;
            assert_eq!((public != 404, own != 404), (is_outside, is_inside), "{path}: {public}, {own}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_page_may_embed_an_answer_or_hold_its_window() {
    let app = App::spawn().await;
    for path in ["/token", "/nowhere", "/api/v1/me", "/.well-known/jwks.json", "/docs/", "/health/live"] {
        let reply = App::send(app.request("GET", path)).await;
        for header in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
            assert_eq!(reply.header(header), Some("same-origin"), "{path}");
        }
    }
}
