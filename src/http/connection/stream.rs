//! The stream between the socket and the HTTP library.
//!
//! The library reads and writes through this stream. The stream hands over one request at a time, and no byte of the
//! next request before the answer was sent completely. So the server reads no further requests of a client that takes
//! no answers, and the library keeps a bounded amount of memory for each connection.

use super::cut::Cut;
use super::deadlines::{AHEAD, DRAINED, LONGEST_HEAD};
use super::exchange::{Exchange, Stage};
use super::head::{Found, HeadScan, empty_lines};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The first byte of a TLS handshake (RFC 8446 section 5.1). No HTTP request begins with it.
const TLS_HANDSHAKE: u8 = 0x16;
/// The answers to heads that are not handed to the HTTP library.
const BAD_HEAD: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const SLOW_HEAD: &[u8] = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const LONG_HEAD: &[u8] =
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A socket that can be closed at once, even if something was not sent yet.
pub(super) trait Abort {
    /// Makes the next close drop the unsent bytes and reset the connection, so that the client notices the
    /// cut.
    fn abort(&self);
}

/// Bytes that were read and are not handed over yet.
#[derive(Debug, Default)]
struct Ahead {
    bytes: Vec<u8>,
    /// The number of these bytes that were handed over already.
    from: usize,
}

impl Ahead {
    fn left(&self) -> &[u8] {
        self.bytes.get(self.from..).unwrap_or_default()
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.from.min(self.bytes.len()));
        self.from = 0;
        self.bytes.extend_from_slice(bytes);
    }

    fn pass(&mut self, count: usize) {
        self.from += count;
        if self.from >= self.bytes.len() {
            self.bytes.clear();
            self.from = 0;
            // An idle connection keeps only a small buffer.
            self.bytes.shrink_to(AHEAD);
        }
    }
}

/// The stream of one connection.
pub(super) struct Guarded<IO: Abort> {
    io: IO,
    exchange: Rc<Exchange>,
    ahead: Ahead,
    scan: HeadScan,
    /// The number of bytes of the complete head that are not handed over yet.
    head_left: usize,
    /// True if the client has closed its side.
    is_ended: bool,
    /// True if this side is closed.
    is_shut: bool,
    /// The number of bytes that were read and dropped after this side closed.
    drained: usize,
}

impl<IO: AsyncRead + AsyncWrite + Unpin + Abort> Guarded<IO> {
    pub(super) fn new(io: IO, exchange: Rc<Exchange>) -> Self {
        Self {
            io,
            exchange,
            ahead: Ahead::default(),
            scan: HeadScan::default(),
            head_left: 0,
            is_ended: false,
            is_shut: false,
            drained: 0,
        }
    }

    /// Returns the state of this connection.
    pub(super) fn exchange(&self) -> &Rc<Exchange> {
        &self.exchange
    }

    /// Returns how many of the bytes that were read may be handed over now, if there is room for `room` bytes.
    fn allowed(&mut self, room: usize, cx: &mut Context<'_>) -> usize {
        let fitting = self.ahead.left().get(..room).unwrap_or(self.ahead.left());
        match self.exchange.stage() {
            Stage::Idle | Stage::Head => self.look_at_head(cx).min(room),
            Stage::Parsed => self.head_left.min(room),
            Stage::Asked => self.exchange.take_body(fitting, cx),
            Stage::Answered | Stage::Closing => 0,
        }
    }

    fn look_at_head(&mut self, cx: &mut Context<'_>) -> usize {
        let empty = empty_lines(self.ahead.left());
        if empty > 0 {
            self.ahead.pass(empty);
            self.scan = HeadScan::default();
        }
        let head = self.ahead.left();
        if head.is_empty() {
            return 0;
        }
        self.exchange.begin_head();
        if head.first() == Some(&TLS_HANDSHAKE) {
            return self.refuse(BAD_HEAD, Some(Cut::Handshaking), cx);
        }
        match self.scan.look(head) {
            Found::End(end) => {
                self.exchange.end_head();
                self.head_left = end;
                end
            }
            Found::BareLf => self.refuse(BAD_HEAD, Some(Cut::NotHttp), cx),
            Found::Nothing if head.len() >= LONGEST_HEAD => self.refuse(LONG_HEAD, None, cx),
            Found::Nothing => {
                self.exchange.settle();
                0
            }
        }
    }

    /// Answers a head that is not handed over. At this time no other answer is being sent.
    fn refuse(&mut self, answer: &[u8], cut: Option<Cut>, cx: &mut Context<'_>) -> usize {
        // The answer is short, so the buffer of the socket has room for it. If the connection is broken, no client
        // waits for it.
        let _ = Pin::new(&mut self.io).poll_write(cx, answer);
        self.exchange.close(cut);
        0
    }

    /// Ends a connection that waits for a head. If a part of the head has arrived, answers first.
    fn expire(&mut self, cut: Cut, cx: &mut Context<'_>) {
        if cut == Cut::Head && !self.ahead.left().is_empty() {
            self.refuse(SLOW_HEAD, Some(cut), cx);
        }
        self.exchange.close(Some(cut));
    }

    /// Hands over bytes that were read. The caller makes sure that there is room for them.
    fn hand_over(&mut self, count: usize, buf: &mut ReadBuf<'_>) {
        buf.put_slice(self.ahead.left().get(..count).unwrap_or_default());
        self.ahead.pass(count);
        self.head_left = self.head_left.saturating_sub(count);
    }

    /// Returns true if the new bytes are exactly one head, as they nearly always are. Then notes the end of
    /// the head, because the caller hands the bytes over without a copy.
    fn is_one_head(&mut self, bytes: &[u8]) -> bool {
        let waits =
            matches!(self.exchange.stage(), Stage::Idle | Stage::Head) && self.ahead.left().is_empty();
        let is_one =
            waits && empty_lines(bytes) == 0 && HeadScan::default().look(bytes) == Found::End(bytes.len());
        if is_one {
            self.exchange.end_head();
            self.head_left = 0;
        }
        is_one
    }

    /// Returns true if no more bytes may be read now.
    fn is_full(&self) -> bool {
        let waits = matches!(self.exchange.stage(), Stage::Idle | Stage::Head);
        self.ahead.left().len() >= if waits { LONGEST_HEAD } else { AHEAD }
    }

    /// Drops bytes that were read, and belong to a body that no handler reads any more.
    fn drop_ahead(&mut self) {
        self.exchange.drop_body(self.ahead.left());
        self.ahead = Ahead::default();
    }

    /// Reads the rest that the client sends, and drops it.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut scrap = [0; 2048];
        while self.drained < DRAINED {
            let mut scrap = ReadBuf::new(&mut scrap);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut scrap))?;
            if scrap.filled().is_empty() {
                self.exchange.end_body();
                break;
            }
            self.exchange.drop_body(scrap.filled());
            self.drained += scrap.filled().len();
        }
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin + Abort> AsyncRead for Guarded<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            if let Some(cut) = this.exchange.expired() {
                this.expire(cut, cx);
            }
            let is_empty = this.ahead.left().is_empty();
            let allowed = if is_empty { 0 } else { this.allowed(buf.remaining(), cx) };
            if allowed > 0 {
                this.hand_over(allowed, buf);
                return Poll::Ready(Ok(()));
            }
            let is_waiting = matches!(this.exchange.stage(), Stage::Idle | Stage::Head);
            if this.exchange.stage() == Stage::Closing
                || (this.is_ended && (is_waiting || this.ahead.left().is_empty()))
            {
                // The library takes an empty buffer for the end, and closes the connection.
                return Poll::Ready(Ok(()));
            }
            if this.exchange.stage() == Stage::Parsed && !this.ahead.left().is_empty() {
                this.exchange.wait(cx);
            }
            if this.is_ended || this.is_full() {
                return Poll::Pending;
            }
            let before = buf.filled().len();
            ready!(Pin::new(&mut this.io).poll_read(cx, buf))?;
            let new = buf.filled().get(before..).unwrap_or_default();
            if new.is_empty() {
                this.is_ended = true;
            } else if this.is_one_head(new) {
                return Poll::Ready(Ok(()));
            } else {
                this.ahead.push(new);
                buf.set_filled(before);
            }
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin + Abort> AsyncWrite for Guarded<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        match written {
            Poll::Ready(Ok(count)) => self.exchange.took(count),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.exchange.block(),
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.io).poll_flush(cx) {
            Poll::Ready(Ok(())) => {
                let has_more = !self.ahead.left().is_empty();
                let is_over = self.exchange.flush(has_more);
                // Without this wake-up, the library would notice neither the bytes that arrived earlier nor the end.
                if is_over && (has_more || self.is_ended || self.exchange.stage() == Stage::Closing) {
                    cx.waker().wake_by_ref();
                }
                Poll::Ready(Ok(()))
            }
            Poll::Pending => {
                self.exchange.block();
                Poll::Pending
            }
            failed => failed,
        }
    }

    /// Closes this side. If the client may still be sending, reads some of it before closing the socket: otherwise
    /// the answer could be lost on its way (RFC 9112 section 9.6).
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let is_sending = !this.is_ended && (!this.exchange.is_whole() || !this.ahead.left().is_empty());
        // The HTTP library closes after a head that it does not understand, without asking a handler for an answer.
        let is_unread = this.exchange.stage() == Stage::Parsed;
        this.exchange.close(is_unread.then_some(Cut::NotHttp));
        this.drop_ahead();
        if this.is_ended {
            this.exchange.end_body();
        }
        if !this.is_shut {
            ready!(Pin::new(&mut this.io).poll_shutdown(cx))?;
            this.is_shut = true;
        }
        if is_sending { this.poll_drain(cx) } else { Poll::Ready(Ok(())) }
    }
}

impl<IO: Abort> Drop for Guarded<IO> {
    fn drop(&mut self) {
        // Without this abort, the system would try to send for minutes, and the client would not notice the cut.
        if self.exchange.cut() == Some(Cut::Answer) {
            self.io.abort();
        }
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
