//! A proxy in front of another server. The proxy may behave badly. Each connection has one request.

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// The behaviour of the proxy.
#[derive(Clone)]
pub enum Manner {
    /// The proxy passes requests on.
    Plain,
    /// The proxy answers every request with a redirection that keeps the query.
    Redirect(u16, String),
    /// The proxy answers every request with this text.
    Always(String),
    /// The proxy passes requests on, and replaces the first occurrence of a text in the answer.
    Replace(String, String),
    /// The proxy passes requests on without the header `Authorization`.
    Strip,
    /// The proxy answers with this text if the request has the header `Authorization`. It passes other requests on.
    Guard(String),
}

/// A running proxy.
pub struct Front {
    pub port: u16,
}

impl Front {
    /// Starts a proxy in front of `target`, on its own port. With a certificate, the proxy accepts TLS and plain HTTP.
    pub fn before(target: u16, tls: Option<Arc<ServerConfig>>, manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (tls, manner) = (tls.clone(), manner.clone());
                std::thread::spawn(move || serve(stream.unwrap(), target, tls, &manner));
            }
        });
        Self { port }
    }
}

fn serve(stream: TcpStream, target: u16, tls: Option<Arc<ServerConfig>>, manner: &Manner) {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut first = [0];
    let begins = stream.peek(&mut first).is_ok() && first == [0x16];
    match tls {
        Some(config) if begins => {
            let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
            answer(&mut stream, target, manner);
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
        // A plain server gives this answer to a client that speaks TLS.
        None if begins => drop((&stream).write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")),
        _ => answer(&mut { stream }, target, manner),
    }
}

fn answer(stream: &mut (impl Read + Write), target: u16, manner: &Manner) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap();
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let said = match manner {
        Manner::Always(text) => text.clone().into_bytes(),
        Manner::Redirect(status, to) => {
            format!("HTTP/1.1 {status} Elsewhere\r\nLocation: {to}?{query}\r\nContent-Length: 0\r\n\r\n")
                .into_bytes()
        }
        Manner::Guard(text) if head.to_ascii_lowercase().contains("\r\nauthorization: ") => {
            text.clone().into_bytes()
        }
        Manner::Plain | Manner::Guard(_) => pass_on(&head, target),
        Manner::Strip => {
            let is_kept = |line: &&str| !line.to_ascii_lowercase().starts_with("authorization: ");
            pass_on(&head.split_inclusive("\r\n").filter(is_kept).collect::<String>(), target)
        }
        Manner::Replace(from, to) => {
            let text = String::from_utf8(pass_on(&head, target)).unwrap();
            text.replacen(from, to, 1).into_bytes()
        }
    };
    let _ = stream.write_all(&said).and_then(|()| stream.flush());
}

fn pass_on(head: &str, target: u16) -> Vec<u8> {
    let mut server = TcpStream::connect(("127.0.0.1", target)).unwrap();
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    server.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).unwrap();
    answer
}
