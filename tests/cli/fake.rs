//! Answers that a server might give, but that this server cannot be made to give.

use crate::program::Shell;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// Starts a server that gives these answers (status line and body), one for each connection. Returns a shell that calls
/// the server, and the received requests.
fn server(answers: Vec<(&'static str, &'static str)>) -> (Shell, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut shell = Shell::new();
    shell.set("PORTREEVE_URL", &format!("http://{}", listener.local_addr().unwrap()));
    shell.set("PORTREEVE_TOKEN", "ptr_x");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    std::thread::spawn(move || {
        for (head, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            kept.lock().unwrap().push(String::from_utf8_lossy(&request[..length]).into_owned());
            let answer = format!(
                "HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (shell, asked)
}

#[tokio::test]
async fn an_update_is_made_anew_on_what_others_changed() {
    let stale = ("412 Precondition Failed", r#"{"detail":"it was changed meanwhile"}"#);
    let (shell, asked) = server(vec![
        ("200 OK\r\netag: \"1\"", r#"{"names":["a"]}"#),
        stale,
        ("200 OK\r\netag: \"2\"", r#"{"names":["b"]}"#),
        ("200 OK", r#"{"names":["b","c"],"warnings":[{"code":"x","message":"broad"}]}"#),
    ]);
    let said = shell.line("rules update web --add-name c").await;
    assert_eq!((said.ok(), said.err.as_str()), ("updated rule `web`\n", "portreeve: warning: broad\n"));
    let asked = asked.lock().unwrap();
    assert!(
        asked[3].contains("if-match: \"2\"") && asked[3].ends_with(r#"{"names":["b","c"]}"#),
        "{}",
        asked[3]
    );
}

#[tokio::test]
async fn an_update_gives_up_after_five_attempts() {
    let current = ("200 OK\r\netag: \"1\"", r#"{"names":["a"]}"#);
    let stale = ("412 Precondition Failed", r#"{"detail":"it was changed meanwhile"}"#);
    let (shell, asked) = server([current, stale].repeat(6));
    let said = shell.line("rules update web --add-name c").await;
    assert!(said.fails(1).contains("changed meanwhile"), "{said:?}");
    assert_eq!(asked.lock().unwrap().len(), 10);
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let (shell, asked) = server(vec![("302 Found\r\nlocation: http://127.0.0.1:1/elsewhere", "")]);
    let said = shell.line("whoami").await;
    assert!(said.fails(1).contains("redirects to `http://127.0.0.1:1/elsewhere`"), "{said:?}");
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_from_a_server_acts_on_the_terminal() {
    let list = "{\"items\":[{\"name\":\"a\\u001b[2Jb\\u009b\\u202ec\"}],\"next\":null}";
    let problem = "{\"detail\":\"no\\u001b[31m\\nportreeve: fake\"}";
    let (shell, _) = server(vec![
        ("200 OK", list),
        ("200 OK", list),
        ("200 OK", list),
        ("400 Bad Request", problem),
        ("200 OK", "<html>"),
    ]);
    for line in ["users list", "users list -o json", "users list -o yaml", "users list", "users list"] {
        let said = shell.line(line).await;
        let text = format!("{}{}", said.out, said.err);
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{line}: {text:?}");
        assert!(!text.contains("\nportreeve: fake"), "{text:?}");
    }
}
