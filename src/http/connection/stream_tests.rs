//! Tests the stream between a client and an HTTP library. The tests imitate both.

use super::super::framing::{Chunks, Framing};
use super::*;
use std::task::Waker;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

impl Abort for DuplexStream {
    fn abort(&self) {}
}

const HEAD: &str = "POST /token HTTP/1.1\r\nHost: x\r\n\r\n";

/// Opens a stream to a client that has sent this text. Returns the stream and the client's end.
async fn opened(sent: &str) -> (Guarded<DuplexStream>, DuplexStream) {
    let (io, mut client) = duplex(1 << 20);
    client.write_all(sent.as_bytes()).await.unwrap();
    (Guarded::new(io, Rc::new(Exchange::new(false))), client)
}

/// Reads the bytes that the HTTP library gets now, `room` at a time, until there are no more. The runtime limits how
/// often a task may read at once, so that limit is switched off.
async fn read(stream: &mut Guarded<DuplexStream>, room: usize) -> String {
    tokio::task::unconstrained(async { read_all(stream, room) }).await
}

fn read_all(stream: &mut Guarded<DuplexStream>, room: usize) -> String {
    let mut all = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        let mut part = vec![0; room];
        let mut part = ReadBuf::new(&mut part);
        match Pin::new(&mut *stream).poll_read(&mut cx, &mut part) {
            Poll::Ready(Ok(())) if !part.filled().is_empty() => all.extend_from_slice(part.filled()),
            Poll::Ready(read) => {
                read.unwrap();
                all.extend_from_slice(b"<end>");
                break;
            }
            Poll::Pending => break,
        }
    }
    String::from_utf8(all).unwrap()
}

fn answer(stream: &mut Guarded<DuplexStream>) {
    let mut cx = Context::from_waker(Waker::noop());
    stream.exchange.answer(false);
    stream.exchange.tell();
    assert!(Pin::new(stream).poll_flush(&mut cx).is_ready());
}

#[tokio::test]
async fn one_request_is_handed_over_at_a_time_whatever_the_room() {
    let chunked = "5\r\nhello\r\n0\r\n\r\n";
    let sent = format!("{HEAD}{}\r\n{HEAD}{chunked}{HEAD}\r\n\r\n{HEAD}", "b".repeat(2000));
    for room in [1, 2, 7, 100, 1024, 8192] {
        let (mut stream, _client) = opened(&sent).await;
        for (framing, body) in [
            (Framing::Length(2000), "b".repeat(2000)),
            (Framing::Chunks(Chunks::Begin), chunked.to_owned()),
            (Framing::NONE, String::new()),
            (Framing::NONE, String::new()),
        ] {
            assert_eq!(read(&mut stream, room).await, HEAD, "{room}");
            stream.exchange.ask(framing);
            assert_eq!(read(&mut stream, room).await, body, "{room}");
            assert!(stream.exchange.is_whole());
            answer(&mut stream);
        }
        assert_eq!((read(&mut stream, room).await, stream.exchange.stage()), (String::new(), Stage::Idle));
    }
}

#[tokio::test]
async fn little_is_read_while_an_answer_waits() {
    let (mut stream, _client) = opened(&HEAD.repeat(10_000)).await;
    for _ in 0..100 {
        assert_eq!(read(&mut stream, 8192).await, HEAD);
        stream.exchange.ask(Framing::NONE);
        assert_eq!(read(&mut stream, 8192).await, "");
        assert!(stream.ahead.bytes.len() < 2 * (AHEAD + 8192), "{}", stream.ahead.bytes.len());
        answer(&mut stream);
    }
}

#[tokio::test]
async fn the_end_comes_after_what_came_before_it() {
    let (mut stream, client) = opened(&HEAD.repeat(2)).await;
    drop(client);
    assert_eq!(read(&mut stream, 8192).await, HEAD);
    stream.exchange.ask(Framing::NONE);
    answer(&mut stream);
    assert_eq!(read(&mut stream, 8192).await, format!("{HEAD}<end>"));
}

#[tokio::test]
async fn heads_that_are_not_handed_over_are_answered() {
    let long = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(LONGEST_HEAD));
    for (head, status) in [("GET / HTTP/1.1\nHost: x\n\n", "400"), (&long, "431"), ("GET", "408")] {
        let (mut stream, mut client) = opened(head).await;
        if status == "408" {
            assert_eq!(read(&mut stream, 8192).await, "");
            stream.exchange.expire(Cut::Head);
        }
        assert_eq!(
            (read(&mut stream, 8192).await.as_str(), stream.exchange.stage()),
            ("<end>", Stage::Closing)
        );
        let mut answer = [0; 12];
        tokio::io::AsyncReadExt::read_exact(&mut client, &mut answer).await.unwrap();
        assert_eq!(std::str::from_utf8(&answer).unwrap(), format!("HTTP/1.1 {status}"));
    }
}

/// Closes the stream as the HTTP library does after the answer. Returns true if the connection is closed now.
fn close(stream: &mut Guarded<DuplexStream>) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    Pin::new(stream).poll_shutdown(&mut cx).is_ready()
}

#[tokio::test]
async fn a_body_that_came_although_nobody_read_it_is_not_a_cut() {
    // The bytes of the body arrive with the head (`at_once`), after the answer (`later`), or never. `closes` is true if
    // the client closes its side.
    for (at_once, later, closes, cut) in [
        ("0123456789", "", false, None),
        ("01234", "56789", false, None),
        ("01234", "", true, None),
        ("01234", "5678", false, Some(Cut::Body)),
    ] {
        for is_slow in [false, true] {
            let (mut stream, mut client) = opened(&format!("{HEAD}{at_once}")).await;
            assert_eq!(read(&mut stream, 8192).await, HEAD);
            stream.exchange.ask(Framing::Length(10));
            if is_slow {
                stream.exchange.blame_body();
            }
            answer(&mut stream);
            assert_eq!(stream.exchange.cut(), Some(Cut::Body));
            client.write_all(later.as_bytes()).await.unwrap();
            if closes {
                client.shutdown().await.unwrap();
            }
            close(&mut stream);
            assert_eq!(
                stream.exchange.cut(),
                if is_slow { Some(Cut::Body) } else { cut },
                "{at_once} {later}"
            );
        }
    }
    // In a chunked body, the number of missing bytes is unknown.
    let (mut stream, mut client) = opened(HEAD).await;
    assert_eq!(read(&mut stream, 8192).await, HEAD);
    stream.exchange.ask(Framing::Chunks(Chunks::Begin));
    answer(&mut stream);
    client.shutdown().await.unwrap();
    close(&mut stream);
    assert_eq!(stream.exchange.cut(), Some(Cut::Body));
}
