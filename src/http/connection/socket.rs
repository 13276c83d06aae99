//! A socket, encrypted or not.

use super::stream::Abort;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A socket, encrypted or not.
pub(super) enum Socket {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Abort for TcpStream {
    fn abort(&self) {
        // This fails only if the socket is closed already.
        let _ = self.set_zero_linger();
    }
}

impl Abort for Socket {
    fn abort(&self) {
        match self {
            Self::Plain(socket) => socket.abort(),
            Self::Encrypted(socket) => socket.get_ref().0.abort(),
        }
    }
}

/// Calls a method on the socket of either variant.
macro_rules! either {
    ($socket:ident.$method:ident($($argument:expr),*)) => {
        match $socket.get_mut() {
            Self::Plain(socket) => Pin::new(socket).$method($($argument),*),
            Self::Encrypted(socket) => Pin::new(socket).$method($($argument),*),
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(self.poll_read(cx, buf))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        either!(self.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.poll_shutdown(cx))
    }
}
