//! Connections: limits for their number, and for the time of each step. A client that does not read makes the server
//! keep only a bounded amount of memory.
//!
//! The HTTP library has no deadline for sending answers, reads further requests while answers wait, and
//! continues to read chunked bodies that no handler wants (actix/actix-web 3715, 3967, 3972). So a stream of
//! this module is between the socket and the library. The stream sees every byte, and the handlers tell the
//! stream the state of each request.
//!
//! INVARIANT: every connection is counted by its `Door` until its socket is closed. The TLS handshake has its
//! own deadline. After the handshake, at every moment either a deadline of `exchange.rs` is set, or a handler
//! with its own deadlines works on a request.

mod body;
mod cut;
mod deadlines;
mod doors;
mod exchange;
mod framing;
mod head;
mod record;
mod service;
mod socket;
mod stream;
mod watch;

pub(super) use body::{Sent, UnderWay};
pub use doors::{Doors, Most};
pub(super) use service::{Entrance, connections};
