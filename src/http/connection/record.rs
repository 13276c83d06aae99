//! What was seen at the doors: how many connections were refused and cut, by why.

use super::super::once_a_minute::{Line, OnceAMinute};
use super::cut::{Cut, Refused};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

/// What to do about TLS where it is not spoken.
const TLS_AT_PLAIN_HTTP: &str = "the client speaks TLS, and this port is plain http: write http:// and not https:// in its settings, or serve TLS here";

/// Counts of one kind, and the lines of the log about it.
#[derive(Default)]
struct Kind {
    count: AtomicU64,
    lines: OnceAMinute<Seen>,
}

/// What was seen of a connection, for one line of the log.
struct Seen {
    address: IpAddr,
    what: What,
}

enum What {
    Cut(&'static str),
    NotHttp(&'static str),
    Refused(&'static str),
}

impl Line for Seen {
    fn tell(&self, count: u64) {
        let address = self.address;
        match self.what {
            What::Cut(reason) => tracing::info!(event = "connection_cut", reason, count, %address),
            What::NotHttp(reason) => tracing::info!(event = "not_http", reason, count, %address),
            What::Refused(reason) => tracing::warn!(event = "connection_refused", reason, count, %address),
        }
    }
}

/// What was seen at the doors.
#[derive(Default)]
pub(in crate::http) struct Record {
    cut: [Kind; Cut::ALL.len()],
    refused: [Kind; Refused::ALL.len()],
}

impl Record {
    pub(super) fn cut(&self, cut: Cut, address: IpAddr) {
        let Some((kind, (_, reason))) = self.cut.iter().zip(Cut::ALL).find(|(_, (one, _))| *one == cut)
        else {
            return;
        };
        kind.count.fetch_add(1, Ordering::Relaxed);
        let what = match cut {
            // A connection that waits for another request in vain is nothing to be told of.
            Cut::Idle => return,
            Cut::Handshaking => What::NotHttp(TLS_AT_PLAIN_HTTP),
            Cut::NotHttp => What::NotHttp("what the client sent is not HTTP"),
            Cut::Handshake | Cut::Head | Cut::Body | Cut::Answer => What::Cut(reason),
        };
        kind.lines.note(Seen { address, what });
    }

    pub(super) fn refused(&self, refused: Refused, address: IpAddr) {
        let kinds = self.refused.iter().zip(Refused::ALL);
        let Some((kind, (_, reason))) = kinds.into_iter().find(|(_, (one, _))| *one == refused) else {
            return;
        };
        kind.count.fetch_add(1, Ordering::Relaxed);
        kind.lines.note(Seen { address, what: What::Refused(reason) });
    }

    /// How many connections were cut, by why.
    pub(in crate::http) fn cuts(&self) -> Vec<(&'static str, u64)> {
        let all = self.cut.iter().zip(Cut::ALL);
        all.map(|(kind, (_, reason))| (reason, kind.count.load(Ordering::Relaxed))).collect()
    }

    /// How many connections were refused, by why.
    pub(in crate::http) fn refusals(&self) -> Vec<(&'static str, u64)> {
        let all = self.refused.iter().zip(Refused::ALL);
        all.map(|(kind, (_, reason))| (reason, kind.count.load(Ordering::Relaxed))).collect()
    }
}
