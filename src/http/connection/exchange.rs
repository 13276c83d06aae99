//! What goes on on one connection, as its stream and those who answer see it.
//!
//! INVARIANT: of a connection at most one request is under way. The next one begins when the answer to the
//! one before has been sent whole, and when that one's body has come whole.

use super::cut::Cut;
use super::deadlines::{ANSWER, DRAIN, DRAINED, HEAD, IDLE, PROGRESS, WINDOW};
use super::framing::Framing;
use std::cell::Cell;
use std::task::{Context, Waker};
use tokio::time::Instant;

/// A step of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The next request has not begun.
    Idle,
    /// The head of a request comes.
    Head,
    /// The head came whole. The HTTP library has it.
    Parsed,
    /// The request is worked on. Its body may still come.
    Asked,
    /// The answer is being sent.
    Answered,
    /// Nothing is answered any more.
    Closing,
}

/// What goes on on one connection.
pub(in crate::http) struct Exchange {
    /// Whether the connection is encrypted.
    pub(in crate::http) is_https: bool,
    stage: Cell<Stage>,
    /// When the connection came to the stage `Idle`, `Head` or `Closing` that it is at or was at last.
    since: Cell<Instant>,
    body: Cell<Framing>,
    /// How much of the body was handed over since its reader last asked.
    ahead_of_reader: Cell<usize>,
    /// Wakes the stream when more of the body may be handed over.
    stream_waits: Cell<Option<Waker>>,
    /// Whether the HTTP library has the whole answer.
    is_told: Cell<bool>,
    /// Whether the answer is sent part by part.
    has_parts: Cell<bool>,
    /// Since when bytes wait that the client does not take.
    blocked: Cell<Option<Instant>>,
    /// How many bytes it took since then.
    taken: Cell<usize>,
    /// Why the stream shall end, if it waits for a head.
    expired: Cell<Option<Cut>>,
    cut: Cell<Option<Cut>>,
    /// Whether the request was refused because its body came too slowly.
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

    /// Why the connection was cut, if it was.
    pub(super) fn cut(&self) -> Option<Cut> {
        self.cut.get()
    }

    fn enter(&self, stage: Stage) {
        self.stage.set(stage);
        self.since.set(Instant::now());
    }

    /// The first bytes of a head came.
    pub(super) fn begin_head(&self) {
        if self.stage.get() == Stage::Idle {
            self.enter(Stage::Head);
        }
    }

    /// A head came whole and is handed over.
    pub(super) fn end_head(&self) {
        self.begin_head();
        self.stage.set(Stage::Parsed);
    }

    /// The HTTP library understood the head.
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

    /// Bytes wait that may belong to a body.
    pub(super) fn wait(&self, cx: &Context<'_>) {
        self.stream_waits.set(Some(cx.waker().clone()));
    }

    /// How many of these bytes belong to the body and may be handed over now.
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

    /// The reader of the body has all that was handed over, and asks for more.
    pub(super) fn wants_body(&self) {
        self.ahead_of_reader.set(0);
        if let Some(stream) = self.stream_waits.take() {
            stream.wake();
        }
    }

    /// Whether the whole body came.
    pub(super) fn is_whole(&self) -> bool {
        self.body.get().is_complete()
    }

    /// The request is answered, with a body of known length or part by part.
    pub(super) fn answer(&self, has_parts: bool) {
        self.has_parts.set(has_parts);
        self.stage.set(Stage::Answered);
    }

    /// The request is refused because its body came too slowly.
    pub(super) fn blame_body(&self) {
        self.is_slow.set(true);
    }

    /// The connection drops these bytes, which nobody reads any more. If they end the body, the client has sent all
    /// it had to send: the connection was not cut.
    pub(super) fn drop_body(&self, bytes: &[u8]) {
        let mut body = self.body.get();
        body.take(bytes);
        self.body.set(body);
        if self.is_whole() {
            self.excuse_body();
        }
    }

    /// The client closed its side. If so little of its body was missing that it would have been read to its end, the
    /// connection was not cut.
    pub(super) fn end_body(&self) {
        if matches!(self.body.get(), Framing::Length(left) if left <= DRAINED as u64) {
            self.excuse_body();
        }
    }

    /// What looked like a cut was none, unless the body came too slowly.
    fn excuse_body(&self) {
        if self.cut.get() == Some(Cut::Body) && !self.is_slow.get() {
            self.cut.set(None);
        }
    }

    /// The HTTP library has the whole answer.
    pub(super) fn tell(&self) {
        self.stage.set(Stage::Answered);
        self.is_told.set(true);
    }

    /// The client took so many bytes.
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

    /// The client takes nothing now.
    pub(super) fn block(&self) {
        if self.blocked.get().is_none() {
            self.blocked.set(Some(Instant::now()));
            self.taken.set(0);
        }
    }

    /// Everything that was written so far was taken. Returns whether that ended the request. When further requests
    /// came already (`has_more`), their answers go on with its deadline unless the client took enough: who takes
    /// nothing gets no new deadline for each answer that still finds room on its way.
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

    /// Asks the stream to end, if it waits for a head.
    pub(super) fn expire(&self, cut: Cut) {
        self.expired.set(Some(cut));
    }

    /// Why the stream shall end, if it waits for a head.
    pub(super) fn expired(&self) -> Option<Cut> {
        let waits = matches!(self.stage.get(), Stage::Idle | Stage::Head | Stage::Parsed);
        self.expired.get().filter(|_| waits)
    }

    /// The client has sent no further request yet, and took every answer.
    pub(super) fn settle(&self) {
        self.blocked.set(None);
    }

    /// Answers nothing any more.
    pub(super) fn close(&self, cut: Option<Cut>) {
        if self.stage.get() != Stage::Closing {
            self.enter(Stage::Closing);
            self.cut.set(cut);
        }
    }

    /// Until when the present step may take, and what its end is called.
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
        assert_eq!(left(&exchange), head, "the library might wait for more");
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
        assert_eq!(exchange.blocked.get(), blocked, "of the whole answer");
        exchange.tell();
        assert!(exchange.flush(false));
        assert_eq!(left(&exchange), Some((IDLE, Some(Cut::Idle))));
        let idle = exchange.since.get();
        exchange.begin_head();
        assert_eq!(left(&exchange), head);
        assert!(exchange.since.get() > idle, "from its first byte on");
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
            assert_eq!(exchange.take_body(b"\r\n", &cx), 0, "nobody reads it any more");
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
