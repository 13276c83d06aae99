//! The record of the doors: the number of refused and cut connections, for each reason.

use super::super::once_a_minute::{Line, OnceAMinute};
use super::cut::{Cut, Refused};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

/// The log's advice when a client speaks TLS at a port of plain HTTP.
const TLS_AT_PLAIN_HTTP: &str = "the client speaks TLS, and this port is plain http: write http:// and not https:// in its settings, or serve TLS here";

/// The count of connections for one reason, and the limit of log lines about them.
#[derive(Default)]
struct Kind {
    count: AtomicU64,
    lines: OnceAMinute<Seen>,
}

/// One connection, for one line of the log.
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

/// The record of the doors.
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
            // Connections often end in this way, so the log does not mention it.
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

    /// Returns the number of cut connections, for each reason.
    pub(in crate::http) fn cuts(&self) -> Vec<(&'static str, u64)> {
        let all = self.cut.iter().zip(Cut::ALL);
        all.map(|(kind, (_, reason))| (reason, kind.count.load(Ordering::Relaxed))).collect()
    }

    /// Returns the number of refused connections, for each reason.
    pub(in crate::http) fn refusals(&self) -> Vec<(&'static str, u64)> {
        let all = self.refused.iter().zip(Refused::ALL);
        all.map(|(kind, (_, reason))| (reason, kind.count.load(Ordering::Relaxed))).collect()
    }
}
