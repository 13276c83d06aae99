//! Ends connections whose deadline has passed.

use super::cut::Cut;
use super::exchange::{Exchange, Stage};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use tokio::time::{Instant, sleep_until};

/// Serves a connection until it ends or one of its steps takes too long. Returns the reason why the connection was
/// cut, if it was cut.
///
/// The timer is set when a deadline moves nearer, and checked when it fires. A deadline that only moves later, as with
/// each request of a busy connection, costs nothing.
pub(super) async fn watch(serving: impl Future, exchange: &Exchange) -> Option<Cut> {
    let mut serving = pin!(serving);
    let mut rings = None;
    let mut timer = pin!(sleep_until(Instant::now()));
    poll_fn(|cx| {
        loop {
            if serving.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let over = loop {
                let Some((until, cut)) = exchange.deadline() else {
                    return Poll::Pending;
                };
                if rings.is_some_and(|rings| rings <= until) && !timer.is_elapsed() {
                    return Poll::Pending;
                }
                rings = Some(until);
                timer.as_mut().reset(until);
                if timer.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                if Instant::now() >= until {
                    break cut;
                }
            };
            match over {
                // The library reads the end of the stream, and closes the connection in order.
                Some(cut @ (Cut::Head | Cut::Idle)) if exchange.stage() != Stage::Closing => {
                    exchange.expire(cut);
                    if serving.as_mut().poll(cx).is_ready() {
                        return Poll::Ready(());
                    }
                    exchange.close(Some(cut));
                }
                over => {
                    exchange.close(over);
                    return Poll::Ready(());
                }
            }
        }
    })
    .await;
    // The HTTP library ends after a head that it does not understand, without asking a handler for an answer.
    let is_unread = exchange.stage() == Stage::Parsed;
    exchange.cut().or(is_unread.then_some(Cut::NotHttp))
}
