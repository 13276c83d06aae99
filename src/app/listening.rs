//! Where the server listens, and how many it lets in there.

use super::descriptors;
use super::error::StartError;
use super::systemd::Sockets;
use crate::config::Config;
use crate::http::{Listeners, Most};
use rustix::net::sockopt;
use std::net::{SocketAddr, TcpListener};

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 4096;
/// How much of what is sent may wait in the system for each client, bytes. Without a bound it is 4 MB, which
/// thousands of clients that read nothing would take up.
const SEND_BUFFER: usize = 128 * 1024;

/// The listeners with their addresses, and how many connections there may be.
pub(super) struct Listening {
    pub(super) listeners: Listeners,
    pub(super) address: SocketAddr,
    pub(super) internal_address: Option<SocketAddr>,
    /// Whether systemd holds the public socket, which then outlives the server.
    pub(super) is_held: bool,
    pub(super) most: Most,
}

/// Listens, and raises the limit of descriptors for those who come. `sockets` are used instead of addresses of the
/// settings.
pub(super) fn open(config: &Config, sockets: Sockets) -> Result<Listening, StartError> {
    let descriptors = descriptors::raise();
    let most = descriptors::share(descriptors, config.max_connections);
    tracing::info!(
        descriptors,
        connections = most.total,
        connections_of_one_network = most.network,
        "as many connections are served"
    );
    let is_held = sockets.public.is_some();
    let (public, address) = match sockets.public {
        Some(socket) => take(socket)?,
        None => listen(config, config.listen, "listen")?,
    };
    let internal = match (sockets.internal, config.internal_listen) {
        (Some(socket), _) => Some(take(socket)?),
        (None, Some(address)) => Some(listen(config, address, "internal_listen")?),
        (None, None) => None,
    };
    let (internal, internal_address) = internal.unzip();
    Ok(Listening { listeners: Listeners { public, internal }, address, internal_address, is_held, most })
}

/// A socket that systemd listens on, with its address.
fn take(socket: TcpListener) -> Result<(TcpListener, SocketAddr), StartError> {
    prepare(&socket).map_err(StartError::Socket)?;
    let address = socket.local_addr().map_err(StartError::Socket)?;
    tracing::info!(%address, "systemd listens, and the setting of the address is not used");
    Ok((socket, address))
}

fn listen(
    config: &Config,
    address: SocketAddr,
    key: &'static str,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let cannot_listen = |source| StartError::Listen { address, setting: config.places.name(key), source };
    let listener = TcpListener::bind(address).map_err(cannot_listen)?;
    prepare(&listener).map_err(cannot_listen)?;
    let bound = listener.local_addr().map_err(cannot_listen)?;
    Ok((listener, bound))
}

fn prepare(listener: &TcpListener) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    // The standard library lets 128 connections wait; a client that finds no room tries again after a second.
    rustix::net::listen(listener, BACKLOG)?;
    // Connections get these from the listener. With Nagle's algorithm, the first answer on an encrypted connection
    // would wait 40 ms until the client acknowledges what belongs to the handshake.
    sockopt::set_socket_send_buffer_size(listener, SEND_BUFFER)?;
    sockopt::set_tcp_nodelay(listener, true)?;
    Ok(())
}
