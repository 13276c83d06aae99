//! The interface to systemd: takes the sockets that systemd holds open for the server, and reports the state
//! of the server (`sd_listen_fds(3)`, `sd_notify(3)`).
//!
//! Without systemd there are no sockets, and reports do nothing.

use super::error::StartError;
use crate::config::reachable;
use listenfd::ListenFd;
use sd_notify::NotifyState;
use std::io::{ErrorKind, Read};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::sleep;

/// The name of the systemd socket that takes the place of `--internal-listen`.
const INTERNAL: &str = "internal";
/// The wait before the next test if the server did not answer a test.
const RETRY: Duration = Duration::from_millis(200);

/// The sockets on which systemd listens. They stay open when the server ends, so that clients wait instead of
/// being refused.
#[derive(Default)]
pub(super) struct Sockets {
    /// The socket that takes the place of `--listen`.
    pub(super) public: Option<TcpListener>,
    /// The socket that takes the place of `--internal-listen`.
    pub(super) internal: Option<TcpListener>,
}

impl Sockets {
    /// Takes the sockets that environment variables describe, and removes these variables. Must run before
    /// any other thread reads the environment. Fails if a socket is not for TCP, or if two sockets take the place of
    /// the same address.
    pub(super) fn take() -> Result<Self, StartError> {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut given = ListenFd::from_env();
        let mut sockets = Self::default();
        for place in 0..given.len() {
            let name = names.next().unwrap_or_default();
            let slot = if name == INTERNAL { &mut sockets.internal } else { &mut sockets.public };
            let socket = given.take_tcp_listener(place).map_err(StartError::Socket)?;
            if slot.is_some() {
                return Err(StartError::SeveralSockets);
            }
            *slot = socket;
        }
        Ok(sockets)
    }
}

/// Reports a state to systemd. Does nothing without systemd.
pub(super) fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the state of the server could not be reported to systemd");
    }
}

/// Reports to systemd that the server at `address` still answers, as often as systemd's watchdog requires.
/// Returns `None` if the watchdog is off.
pub(super) fn keep_telling(address: SocketAddr) -> Option<JoinHandle<()>> {
    let pause = sd_notify::watchdog_enabled()? / 2;
    let address = reachable(address);
    Some(tokio::spawn(async move {
        loop {
            while !matches!(spawn_blocking(move || answers(address, pause / 2)).await, Ok(true)) {
                sleep(RETRY).await;
            }
            tell(NotifyState::Watchdog);
            sleep(pause).await;
        }
    }))
}

/// Returns true if the server accepts a connection, and closes it after this side closed its half. The test
/// works for http and https, and also with a server that has no free connections.
fn answers(address: SocketAddr, patience: Duration) -> bool {
    let look = || {
        let mut stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream.shutdown(Shutdown::Write)?;
        stream.read(&mut [0; 64])
    };
    match look() {
        Ok(_) => true,
        Err(error) => matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::NotConnected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_ends_a_connection_answers() {
        let patience = Duration::from_millis(200);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert!(!answers(address, patience), "the system accepts the connection, but no program closes it");
        let server = std::thread::spawn(move || {
            for _ in 0..2 {
                drop(listener.accept().unwrap());
            }
        });
        assert!(answers(address, Duration::from_secs(5)));
        server.join().unwrap();
        assert!(!answers(address, patience), "no program listens");
    }
}
