//! The state of one connection, shared by its stream and its handlers.
//!
//! INVARIANT: at most one request of a connection is in progress. The next request begins when the previous answer
//! has been sent completely, and the previous body has arrived completely.

use super::cut::Cut;
use super::deadlines::{ANSWER, DRAIN, DRAINED, HEAD, IDLE, PROGRESS, WINDOW};
use super::framing::Framing;
use std::cell::Cell;
use std::task::{Context, Waker};
use tokio::time::Instant;

/// The stage of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The next request has not begun.
    Idle,
    /// The head of the next request is arriving.
    Head,
    /// The head has arrived completely, and the HTTP library has it.
    Parsed,
    /// The request is being answered. Its body may still be arriving.
    Asked,
    /// The answer is being sent.
    Answered,
    /// The connection answers no further request.
    Closing,
}

/// The state of one connection.
pub(in crate::http) struct Exchange {
    /// True if the connection is encrypted.
    pub(in crate::http) is_https: bool,
    stage: Cell<Stage>,
    /// The time at which the connection last entered one of the stages `Idle`, `Head` and `Closing`.
    since: Cell<Instant>,
    body: Cell<Framing>,
    /// The number of bytes of the body that were handed over since the body's reader last asked for more.
    ahead_of_reader: Cell<usize>,
    /// The waker of the stream, if the stream waits to hand over bytes.
    stream_waits: Cell<Option<Waker>>,
    /// True if the HTTP library has the whole answer.
    is_told: Cell<bool>,
    /// True if the answer is sent part by part.
    has_parts: Cell<bool>,
    /// The time since which the client has not taken the waiting bytes.
    blocked: Cell<Option<Instant>>,
    /// The number of bytes that the client has taken since the time `blocked`.
    taken: Cell<usize>,
    /// The reason why the stream must end, if it waits for a head.
    expired: Cell<Option<Cut>>,
    cut: Cell<Option<Cut>>,
    /// True if the request was refused because its body came too slowly.
    is_slow: Cell<bool>,
}

impl Exchange {
    pub(super) fn new(is_https: bool) -> Self {
        Self {
            is_https,
            stage: Cell::new(Stage::Head),
            since: Cell::new(Instant::now()),
            body: Cell::new(Framing::NONE),
            ahead_of_reader: Cell::new(0),
            stream_waits: Cell::new(None),
            is_told: Cell::new(false),
            has_parts: Cell::new(false),
            blocked: Cell::new(None),
            taken: Cell::new(0),
            expired: Cell::new(None),
            cut: Cell::new(None),
            is_slow: Cell::new(false),
        }
    }

    pub(super) fn stage(&self) -> Stage {
        self.stage.get()
    }

    /// Returns the reason why the connection was cut, if it was cut.
    pub(super) fn cut(&self) -> Option<Cut> {
        self.cut.get()
    }

    fn enter(&self, stage: Stage) {
        self.stage.set(stage);
        self.since.set(Instant::now());
    }

    /// Notes that the first bytes of a head have arrived.
    pub(super) fn begin_head(&self) {
        if self.stage.get() == Stage::Idle {
            self.enter(Stage::Head);
        }
    }

    /// Notes that a head has arrived completely and is handed over.
    pub(super) fn end_head(&self) {
        self.begin_head();
        self.stage.set(Stage::Parsed);
    }

    /// Notes that the HTTP library understood the head.
    pub(super) fn ask(&self, body: Framing) {
        self.stage.set(Stage::Asked);
        self.body.set(body);
        self.ahead_of_reader.set(0);
        self.is_told.set(false);
        self.has_parts.set(false);
        let stream = self.stream_waits.take();
        if let Some(stream) = stream.filter(|_| !body.is_complete()) {
            stream.wake();
        }
    }

    /// Notes that the stream waits to hand over bytes, which may belong to a body.
    pub(super) fn wait(&self, cx: &Context<'_>) {
        self.stream_waits.set(Some(cx.waker().clone()));
    }

    /// Returns how many of these bytes belong to the body and may be handed over now. Counts them as handed over.
    /// Returns 0 if the reader must read first, and then wakes the stream when the reader has read.
    pub(super) fn take_body(&self, bytes: &[u8], cx: &Context<'_>) -> usize {
        if self.stage.get() != Stage::Asked || self.is_whole() {
            return 0;
        }
        let ahead = self.ahead_of_reader.get();
        let room = WINDOW.saturating_sub(ahead).min(bytes.len());
        if room == 0 && !bytes.is_empty() {
            self.wait(cx);
            return 0;
        }
        let mut body = self.body.get();
        let taken = body.take(bytes.get(..room).unwrap_or_default());
        self.body.set(body);
        self.ahead_of_reader.set(ahead.saturating_add(taken));
        taken
    }

    /// Notes that the reader of the body has all bytes that were handed over, and asks for more.
    pub(super) fn wants_body(&self) {
        self.ahead_of_reader.set(0);
        if let Some(stream) = self.stream_waits.take() {
            stream.wake();
        }
    }

    /// Returns true if the whole body has arrived.
    pub(super) fn is_whole(&self) -> bool {
        self.body.get().is_complete()
    }

    /// Notes that the request is answered, with a body of known length or part by part.
    pub(super) fn answer(&self, has_parts: bool) {
        self.has_parts.set(has_parts);
        self.stage.set(Stage::Answered);
    }

    /// Notes that the request is refused because its body came too slowly.
    pub(super) fn blame_body(&self) {
        self.is_slow.set(true);
    }

    /// Counts bytes of the body that the connection drops, because no handler reads them any more. If these
    /// bytes complete the body, the client has sent everything, so the connection does not count as cut.
    pub(super) fn drop_body(&self, bytes: &[u8]) {
        let mut body = self.body.get();
        body.take(bytes);
        self.body.set(body);
        if self.is_whole() {
            self.excuse_body();
        }
    }

    /// Notes that the client closed its side. If the body has a known length, and its missing rest is short enough that
    /// the server would have read it ([`DRAINED`]), the connection does not count as cut.
    pub(super) fn end_body(&self) {
        if matches!(self.body.get(), Framing::Length(left) if left <= DRAINED as u64) {
            self.excuse_body();
        }
    }

    /// Withdraws the note that the connection was cut, unless the body came too slowly.
    fn excuse_body(&self) {
        if self.cut.get() == Some(Cut::Body) && !self.is_slow.get() {
            self.cut.set(None);
        }
    }

    /// Notes that the HTTP library has the whole answer.
    pub(super) fn tell(&self) {
        self.stage.set(Stage::Answered);
        self.is_told.set(true);
    }

    /// Notes that the client took this number of bytes.
    pub(super) fn took(&self, bytes: usize) {
        if self.blocked.get().is_none() {
            return;
        }
        let taken = self.taken.get().saturating_add(bytes);
        self.taken.set(taken);
        if self.has_parts.get() && taken >= PROGRESS {
            self.blocked.set(None);
        }
    }

    /// Notes that the client takes no bytes now.
    pub(super) fn block(&self) {
        if self.blocked.get().is_none() {
            self.blocked.set(Some(Instant::now()));
            self.taken.set(0);
        }
    }

    /// Notes that the client took everything that was written so far. Returns true if that ended the request.
    /// Then the connection waits for the next request, or closes if the body of the request is incomplete. If
    /// further requests have already arrived (`has_more`), the deadline stays for their answers, unless the
    /// client took at least [`PROGRESS`] bytes. So a client that takes nothing gets no new deadline for each
    /// answer that still fits into a buffer.
    pub(super) fn flush(&self, has_more: bool) -> bool {
        let is_answered = self.stage.get() == Stage::Answered;
        if !is_answered || self.has_parts.get() {
            self.blocked.set(None);
        }
        if !is_answered || !self.is_told.get() {
            return false;
        }
        if !has_more || self.taken.get() >= PROGRESS {
            self.blocked.set(None);
        }
        if self.is_whole() {
            self.enter(Stage::Idle);
        } else {
            self.close(Some(Cut::Body));
        }
        true
    }

    /// Tells the stream to end, if it waits for a head.
    pub(super) fn expire(&self, cut: Cut) {
        self.expired.set(Some(cut));
    }

    /// Returns the reason why the stream must end, if it waits for a head.
    pub(super) fn expired(&self) -> Option<Cut> {
        let waits = matches!(self.stage.get(), Stage::Idle | Stage::Head | Stage::Parsed);
        self.expired.get().filter(|_| waits)
    }

    /// Notes that the client took every answer, and has not sent the complete head of a further request yet.
    pub(super) fn settle(&self) {
        self.blocked.set(None);
    }

    /// Notes that the connection answers no further request.
    pub(super) fn close(&self, cut: Option<Cut>) {
        if self.stage.get() != Stage::Closing {
            self.enter(Stage::Closing);
            self.cut.set(cut);
        }
    }

    /// Returns the deadline of the present step, and the reason for a cut at that time.
    pub(super) fn deadline(&self) -> Option<(Instant, Option<Cut>)> {
        let since = self.since.get();
        match (self.stage.get(), self.blocked.get()) {
            (Stage::Closing, _) => Some((since + DRAIN, None)),
            (_, Some(blocked)) => Some((blocked + ANSWER, Some(Cut::Answer))),
            (Stage::Idle, None) => Some((since + IDLE, Some(Cut::Idle))),
            (Stage::Head | Stage::Parsed, None) => Some((since + HEAD, Some(Cut::Head))),
            (Stage::Asked | Stage::Answered, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::framing::Chunks;
    use super::*;
    use std::time::Duration;

    fn left(exchange: &Exchange) -> Option<(Duration, Option<Cut>)> {
        exchange.deadline().map(|(until, cut)| {
            let since = exchange.blocked.get().unwrap_or(exchange.since.get());
            (until - since, cut)
        })
    }

    #[test]
    fn each_step_has_its_deadline() {
        let exchange = Exchange::new(false);
        let head = Some((HEAD, Some(Cut::Head)));
        assert_eq!(left(&exchange), head);
        let opened = exchange.since.get();
        exchange.begin_head();
        exchange.end_head();
        assert_eq!(left(&exchange), head, "the HTTP library may still wait for bytes of the head");
        assert_eq!(exchange.since.get(), opened);
        exchange.ask(Framing::NONE);
        assert_eq!(left(&exchange), None);
        exchange.answer(false);
        exchange.block();
        let blocked = exchange.blocked.get();
        for _ in 0..5 {
            exchange.took(PROGRESS);
            assert!(!exchange.flush(false));
            exchange.block();
        }
        assert_eq!(left(&exchange), Some((ANSWER, Some(Cut::Answer))));
        assert_eq!(exchange.blocked.get(), blocked, "one deadline covers the whole answer");
        exchange.tell();
        assert!(exchange.flush(false));
        assert_eq!(left(&exchange), Some((IDLE, Some(Cut::Idle))));
        let idle = exchange.since.get();
        exchange.begin_head();
        assert_eq!(left(&exchange), head);
        assert!(exchange.since.get() > idle, "the time begins with the head's first byte");
        exchange.close(Some(Cut::Head));
        assert_eq!(left(&exchange), Some((DRAIN, None)));
    }

    #[test]
    fn an_answer_in_parts_must_get_on() {
        let exchange = Exchange::new(false);
        exchange.ask(Framing::NONE);
        exchange.answer(true);
        for _ in 0..5 {
            exchange.block();
            exchange.took(PROGRESS - 1);
            assert_eq!(left(&exchange), Some((ANSWER, Some(Cut::Answer))));
            exchange.took(1);
            assert_eq!(left(&exchange), None);
        }
    }

    #[test]
    fn answers_one_after_the_other_share_a_deadline_until_enough_was_taken() {
        for (took, is_shared) in [(PROGRESS - 1, true), (PROGRESS, false)] {
            let exchange = Exchange::new(false);
            exchange.ask(Framing::NONE);
            exchange.answer(false);
            exchange.block();
            let blocked = exchange.blocked.get();
            exchange.took(took);
            exchange.tell();
            assert!(exchange.flush(true));
            assert_eq!(exchange.blocked.get(), blocked.filter(|_| is_shared), "{took}");
            exchange.settle();
            assert_eq!(exchange.deadline().map(|(_, cut)| cut), Some(Some(Cut::Idle)));
        }
    }

    #[test]
    fn a_request_that_is_answered_before_its_body_came_ends_the_connection() {
        for (body, sent) in [
            (Framing::Length(10), "123456789"),
            (Framing::Chunks(Chunks::Begin), "1\r\nx\r\n0\r\n"),
            (Framing::Endless, "anything"),
        ] {
            let exchange = Exchange::new(false);
            exchange.ask(body);
            let cx = Context::from_waker(Waker::noop());
            assert_eq!(exchange.take_body(sent.as_bytes(), &cx), sent.len());
            exchange.answer(false);
            assert_eq!(exchange.take_body(b"\r\n", &cx), 0, "no handler reads the body any more");
            exchange.tell();
            assert!(exchange.flush(false));
            assert_eq!((exchange.stage(), exchange.cut()), (Stage::Closing, Some(Cut::Body)));
        }
    }

    #[test]
    fn a_body_comes_no_faster_than_it_is_read() {
        let exchange = Exchange::new(false);
        exchange.ask(Framing::Length(1 << 20));
        let cx = Context::from_waker(Waker::noop());
        assert_eq!(exchange.take_body(&[0; WINDOW + 1], &cx), WINDOW);
        assert_eq!(exchange.take_body(&[0; 1], &cx), 0);
        exchange.wants_body();
        assert_eq!(exchange.take_body(&[0; 1], &cx), 1);
    }
}
