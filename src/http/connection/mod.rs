//! Connections: who is let in, for how long each step may take, and that nobody makes the server keep more than
//! a bounded amount of memory by not reading.
//!
//! The HTTP library has no deadline for the sending of answers, reads further requests while answers wait, and
//! goes on reading chunked bodies that nobody wants (actix/actix-web 3715, 3967, 3972). So between the socket
//! and the library stands a stream of our own, which sees every byte, and which the handlers tell how far a
//! request is.
//!
//! INVARIANT: every connection counts at its door until its socket is closed, and at every moment either a
//! deadline of `exchange.rs` is set or a handler works on a request, which has deadlines of its own.

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
