//! Opens the addresses on which the server listens, and limits the connections there.

use super::descriptors;
use super::error::StartError;
use super::systemd::Sockets;
use crate::config::Config;
use crate::http::{Listeners, Most};
use rustix::net::sockopt;
use std::net::{SocketAddr, TcpListener};

/// The number of connections that may wait until the server accepts them.
const BACKLOG: i32 = 4096;
/// The number of unsent bytes that the system keeps for each client. With the system's default of 4 MB,
/// thousands of clients that read nothing would use up the memory.
const SEND_BUFFER: usize = 128 * 1024;

/// The open listeners, their addresses, and the limit of connections.
pub(super) struct Listening {
    pub(super) listeners: Listeners,
    pub(super) address: SocketAddr,
    pub(super) internal_address: Option<SocketAddr>,
    /// True if systemd keeps the public socket open after the server ends.
    pub(super) is_held: bool,
    pub(super) most: Most,
}

/// Opens the listeners, and raises the limit of descriptors. `sockets` take the place of the addresses in the
/// settings.
pub(super) fn open(config: &Config, sockets: Sockets) -> Result<Listening, StartError> {
    let descriptors = descriptors::raise();
    let most = descriptors::share(descriptors, config.max_connections);
    tracing::info!(
        descriptors,
        connections = most.total,
        connections_of_one_network = most.network,
        "limited the number of connections"
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

/// Prepares a listening socket from systemd, and returns it with its address.
fn take(socket: TcpListener) -> Result<(TcpListener, SocketAddr), StartError> {
    prepare(&socket).map_err(StartError::Socket)?;
    let address = socket.local_addr().map_err(StartError::Socket)?;
    tracing::info!(%address, "systemd listens on this socket, so the address in the settings is not used");
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
    // The standard library lets only 128 connections wait. A client beyond that number tries to connect again after
    // a second.
    rustix::net::listen(listener, BACKLOG)?;
    // Connections inherit these options from the listener. With Nagle's algorithm, the first answer on an encrypted
    // connection would wait 40 ms until the client acknowledges the end of the handshake.
    sockopt::set_socket_send_buffer_size(listener, SEND_BUFFER)?;
    sockopt::set_tcp_nodelay(listener, true)?;
    Ok(())
}
