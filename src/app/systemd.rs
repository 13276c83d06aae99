//! What passes between the server and systemd: the sockets that systemd holds open for it, and how it is
//! (`sd_listen_fds(3)`, `sd_notify(3)`).
//!
//! Without systemd nothing is taken, and nobody is told.

use super::error::StartError;
use crate::config::reachable;
use listenfd::ListenFd;
use sd_notify::NotifyState;
use std::io::{ErrorKind, Read};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::sleep;

/// The name of the socket that takes the place of `--internal-listen`.
const INTERNAL: &str = "internal";
/// How long we wait after a look that found no answer.
const RETRY: Duration = Duration::from_millis(200);

/// Sockets that systemd listens on. They stay open when the server ends, so that clients wait instead of being refused.
#[derive(Default)]
pub(super) struct Sockets {
    /// Takes the place of `--listen`.
    pub(super) public: Option<TcpListener>,
    /// Takes the place of `--internal-listen`.
    pub(super) internal: Option<TcpListener>,
}

impl Sockets {
    /// Takes the sockets that the environment names, and removes them from the environment. Must run before there are
    /// threads that read the environment.
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

/// Tells systemd a state, if there is a systemd.
pub(super) fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "systemd could not be told how the server is");
    }
}

/// Tells systemd, as often as it asks for, that the server answers at `address`.
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

/// Whether the server accepts a connection and ends it in its turn. It is the same for http and https, and a server
/// that is full answers as well.
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
        assert!(!answers(address, patience), "the system accepts it, and nobody ends it");
        let server = std::thread::spawn(move || {
            for _ in 0..2 {
                drop(listener.accept().unwrap());
            }
        });
        assert!(answers(address, Duration::from_secs(5)));
        server.join().unwrap();
        assert!(!answers(address, patience), "nobody listens");
    }
}
