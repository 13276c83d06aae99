//! `portreeve self-check` against a sound server, and against a server with each fault that it finds.

use crate::helpers::App;
use crate::program::Shell;
use std::io::{Read, Write};
use std::net::TcpListener;

/// Starts a fake server with the clock `date`. It answers `keys` for the key set, and `ready` for every other path.
fn stand_in(date: &'static str, ready: (u16, &'static str), keys: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            let length = stream.read(&mut head).unwrap();
            let is_keys = String::from_utf8_lossy(&head[..length]).contains("jwks.json");
            let (status, body) = if is_keys { (200, keys) } else { ready };
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} X\r\ndate: {date}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    url
}

#[tokio::test]
async fn a_server_that_does_its_work_is_found_well() {
    let app = App::spawn().await;
    let (url, nobody) = (app.url(""), Shell::new());
    let said = nobody.run(&["self-check", &url]).await;
    assert_eq!(said.ok(), format!("{url} is ready, publishes its keys, and has the right time\n"));
    // The setting `listen` names all interfaces, so the command asks the loopback address.
    let listen = format!("0.0.0.0:{}", app.address.port());
    assert!(nobody.run(&["self-check", "--listen", &listen]).await.ok().contains("http://127.0.0.1:"));
    let mut shell = Shell::new();
    shell.set("PORTREEVE_LISTEN", &listen);
    shell.run(&["self-check"]).await.ok();

    let admin = Shell::of_admin(&app).await;
    let said = admin.run(&["self-check", &url]).await;
    assert!(said.ok().ends_with("has the right time, and issues tokens\n"), "{said:?}");
    let said = admin.run(&["self-check", &url, "--service", "elsewhere"]).await;
    said.fails_with(1, "issues no token for the access key: ");
    shell.set("PORTREEVE_TOKEN", "ptr_wrong");
    shell.run(&["self-check"]).await.fails_with(1, "issues no token for the access key: ");
    let said = shell.run(&["self-check", "http://192.0.2.1"]).await;
    said.fails_with(1, "would show the credential to the network");
}

#[tokio::test]
async fn each_thing_that_is_wrong_is_told_in_a_sentence() {
    let shell = Shell::new();
    let now = "Sun, 06 Nov 2044 08:49:37 GMT";
    let ready = (200, "{\"status\":\"ready\"}");
    for (url, words) in [
        ("http://127.0.0.1:1".to_owned(), "` cannot be reached: Connection refused"),
        (stand_in(now, (503, "{\"reason\":\"stopping\"}"), ""), "` is not ready: stopping\n"),
        (stand_in(now, (404, "nothing"), ""), "` is not ready: it answers `404`\n"),
        (stand_in(now, ready, "{\"keys\":[]}"), "` publishes no key: "),
        (stand_in(now, ready, "{\"keys\":[{}]}"), " s ahead of this machine's: "),
        (stand_in("yesterday", ready, "{\"keys\":[{}]}"), "` does not tell the time: "),
    ] {
        let said = shell.run(&["self-check", &url]).await;
        said.fails_with(1, words);
        assert_eq!((said.err.lines().count(), said.out.as_str()), (1, ""), "{said:?}");
    }
    // This listener accepts connections and sends nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    shell.run(&["self-check", &url]).await.fails_with(1, "did not answer within 4 s");
    shell.run(&["self-check", "ftp://x"]).await.fails_with(2, "is not a server address");
    shell.run(&["self-check", "--listen", "here"]).await.fails(2);
    assert_eq!(shell.run(&["self-check", &url, "--listen", "127.0.0.1:1"]).await.code, 2);
}
