//! Connections whose bytes are not HTTP, such as a TLS hello on a port of plain HTTP: one line of the log with
//! the address and a hint, instead of the HTTP library's error, which has neither.
//!
//! INVARIANT: the library complains, and drops the connection with its data, in one go on one thread. So the
//! complaint that a thread heard last is about the connection that it drops next.

use super::once_a_minute::{Line, OnceAMinute};
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use std::any::Any;
use std::cell::RefCell;
use std::fmt::{Debug, Write};
use std::net::IpAddr;
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

/// Where the library complains.
// INTEROP: actix-http 3: `h1/dispatcher.rs` and `h1/decoder.rs`.
const COMPLAINS: &str = "actix_http::h1";
/// How the complaint about unreadable bytes begins.
const UNREADABLE: &str = "stream error: ";
/// A first complaint about a head that is too large; another follows.
const TOO_LARGE: &str = "MAX_BUFFER_SIZE ";

thread_local! {
    /// What was wrong with the bytes of the connection that ends now.
    static HEARD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Takes an event that is the HTTP library's complaint about unreadable bytes. Such an event must not be
/// written: the line about the connection takes its place.
pub fn overhear(event: &Event<'_>) -> bool {
    let metadata = event.metadata();
    if *metadata.level() != Level::ERROR || !metadata.target().starts_with(COMPLAINS) {
        return false;
    }
    let mut message = Message(String::new());
    event.record(&mut message);
    let Some(what) = message.0.strip_prefix(UNREADABLE) else {
        return message.0.starts_with(TOO_LARGE);
    };
    HEARD.set(Some(what.to_owned()));
    true
}

/// The text of an event.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            // A `String` takes every text.
            let _ = write!(self.0, "{value:?}");
        }
    }
}

/// A connection, kept by the library with the connection's data.
struct Connection {
    peer: Option<IpAddr>,
    speaks_tls: bool,
    lines: OnceAMinute<Unreadable>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(what) = HEARD.take() {
            self.lines.note(Unreadable { peer: self.peer, speaks_tls: self.speaks_tls, what });
        }
    }
}

/// The last of several such connections.
pub(super) struct Unreadable {
    peer: Option<IpAddr>,
    speaks_tls: bool,
    what: String,
}

impl Line for Unreadable {
    fn tell(&self, count: u64) {
        let address = self.peer.map_or_else(|| "unknown".to_owned(), |peer| peer.to_string());
        let hint = if self.speaks_tls {
            ""
        } else {
            ": this port is plain http; if the client speaks TLS, write http:// and not https:// in its settings, or serve TLS here"
        };
        tracing::info!(event = "not_http", count, address, reason = format!("{}{hint}", self.what));
    }
}

/// What is done with each new connection: its address is kept for the line about it.
pub(super) fn watch(speaks_tls: bool) -> impl Fn(&dyn Any, &mut Extensions) + Send + Sync + 'static {
    let lines = OnceAMinute::default();
    move |connection, data| {
        let plain = connection.downcast_ref::<TcpStream>();
        let peer = plain.and_then(|stream| stream.peer_addr().ok()).map(|peer| peer.ip().to_canonical());
        data.insert(Connection { peer, speaks_tls, lines: lines.clone() });
    }
}
