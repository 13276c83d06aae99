//! A server that gives the answers that a test chooses, and keeps the heads of the requests. Each connection has one
//! request.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Answer = dyn Fn(&str) -> String + Send + Sync;

/// A running server.
pub struct Fake {
    pub port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// Starts a server. `answer` gets the head of a request and returns the whole answer. With `tls`, the server
    /// accepts only TLS.
    pub fn new(
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer) as Arc<Answer>);
        let memory = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
                let (tls, memory, answer) = (tls.clone(), Arc::clone(&memory), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let mut first = [0];
                    let begins = stream.peek(&mut first).is_ok() && first == [0x16];
                    match tls {
                        // A plain server gives this answer to a client that speaks TLS.
                        None if begins => drop(stream.write_all(said(400, &[], "").as_bytes())),
                        None => serve(&mut stream, &memory, answer.as_ref()),
                        Some(config) => {
                            let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
                            serve(&mut stream, &memory, answer.as_ref());
                            stream.conn.send_close_notify();
                            let _ = stream.flush();
                        }
                    }
                });
            }
        });
        Self { port, asked }
    }

    /// Returns the heads of all requests.
    pub fn heads(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Returns the number of requests that contained a password.
    pub fn passwords(&self) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|head| head.to_ascii_lowercase().contains("\r\nauthorization: basic ")).count()
    }
}

fn serve(stream: &mut (impl Read + Write), memory: &Mutex<Vec<String>>, answer: &Answer) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.to_ascii_lowercase();
    let length = length.split_once("content-length: ").map_or("0", |(_, rest)| rest);
    let mut body = vec![0; length.split("\r\n").next().unwrap().parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    let said = answer(&head);
    memory.lock().unwrap().push(head);
    let _ = stream.write_all(said.as_bytes()).and_then(|()| stream.flush());
}

/// Builds an HTTP answer.
pub fn said(status: u16, headers: &[&str], body: &str) -> String {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let length = body.len();
    format!("HTTP/1.1 {status} So\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

/// Builds the answer of a registry to a request without a token.
pub fn challenge(realm: &str) -> String {
    let challenge = format!("WWW-Authenticate: Bearer realm=\"{realm}\",service=\"registry\"");
    said(401, &["Docker-Distribution-Api-Version: registry/2.0", &challenge], "{}")
}

/// Builds the answer of a token server with this token.
pub fn given(token: &str) -> String {
    let body = json!({"token": token, "access_token": token, "expires_in": 300});
    said(200, &["Content-Type: application/json"], &body.to_string())
}

/// Builds a token with this access and an invalid signature.
pub fn token(access: Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"iss": "portreeve", "aud": "registry", "sub": "admin", "exp": 4_102_444_800_u64, "access": access});
    format!("{}.{}.c2lnbmF0dXJl", encode(&json!({"alg": "ES256", "kid": "k"})), encode(&claims))
}

/// Returns true if a request contains this token.
pub fn brings(head: &str, token: &str) -> bool {
    head.contains(&format!("Bearer {token}\r\n"))
}
