//! Ports for servers that a test starts.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// The first port of the search. It is below the ports that systems give to outgoing connections, because an outgoing
/// connection might take a port between the check and the use.
const FIRST: u32 = 10_000;
const COUNT: u32 = 22_000;

/// Returns a port on which no program listens. Tests that run at the same time begin their search at different ports.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(37);
    let ports = std::iter::repeat_with(|| begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT);
    let mut ports = ports.take(1000).filter_map(|offset| u16::try_from(FIRST + offset).ok());
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}
