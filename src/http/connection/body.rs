//! The bodies of a request and of its answer, as far as the connection must observe them.

use super::deadlines::PIECE;
use super::exchange::Exchange;
use super::framing::{Chunks, Framing};
use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::{ConnectionType, header};
use actix_web::web::Bytes;
use futures_util::Stream;
use std::error::Error;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

/// The status for a request whose body came too slowly (RFC 9110 section 15.5.9).
const TOO_SLOW: u16 = 408;

/// A request in progress. When this value is dropped, the HTTP library has the whole answer.
pub(in crate::http) struct UnderWay(Option<Rc<Exchange>>);

impl UnderWay {
    /// Tells the connection that a request is being answered. Does nothing for a request without a connection.
    pub(in crate::http) fn begin(request: &mut ServiceRequest) -> Self {
        let Some(exchange) = request.conn_data::<Rc<Exchange>>().cloned() else {
            return Self(None);
        };
        let framing = framing(request);
        exchange.ask(framing);
        if !framing.is_complete() {
            let payload = request.parts_mut().1.take();
            request.set_payload(Payload::Stream {
                payload: Box::pin(Wanted { payload, exchange: exchange.clone() }),
            });
        }
        Self(Some(exchange))
    }

    /// Returns true if the request came over an encrypted connection.
    pub(in crate::http) fn is_https(&self) -> bool {
        self.0.as_ref().is_some_and(|exchange| exchange.is_https)
    }

    /// Ends the request with this answer. If the body of the request has not arrived completely, the connection closes
    /// after the answer.
    pub(in crate::http) fn answer(self, response: ServiceResponse<BoxBody>) -> ServiceResponse<Sent> {
        response.map_body(|head, body| {
            if let Some(exchange) = &self.0 {
                exchange.answer(body.size() == BodySize::Stream);
                if head.status.as_u16() == TOO_SLOW {
                    exchange.blame_body();
                }
                if !exchange.is_whole() {
                    head.set_connection_type(ConnectionType::Close);
                }
            }
            Sent { body, rest: Bytes::new(), _under_way: self }
        })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(exchange) = &self.0 {
            exchange.tell();
        }
    }
}

/// Returns the rule by which the HTTP library finds the end of the body. The library refuses a request that has both a
/// length and chunks.
fn framing(request: &ServiceRequest) -> Framing {
    if matches!(request.parts().1, Payload::None) {
        return Framing::NONE;
    }
    if request.chunked().unwrap_or(false) {
        return Framing::Chunks(Chunks::Begin);
    }
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    // A request for an upgrade has neither length nor chunks, so the end of its body is unknown.
    length.and_then(|text| text.trim().parse().ok()).map_or(Framing::Endless, Framing::Length)
}

/// The body of a request. Reading the body asks the connection for more bytes.
struct Wanted {
    payload: Payload,
    exchange: Rc<Exchange>,
}

impl Stream for Wanted {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.payload).poll_next(cx);
        if polled.is_pending() {
            self.exchange.wants_body();
        }
        polled
    }
}

/// The body of an answer. A large body is handed over in pieces, so that the HTTP library copies no more of it than
/// the client takes.
pub(in crate::http) struct Sent {
    body: BoxBody,
    /// The rest of a part that is being handed over in pieces.
    rest: Bytes,
    _under_way: UnderWay,
}

impl MessageBody for Sent {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_next(cx)) {
                Some(Ok(part)) => self.rest = part,
                other => return Poll::Ready(other),
            }
        }
        let piece = PIECE.min(self.rest.len());
        Poll::Ready(Some(Ok(self.rest.split_to(piece))))
    }
}
