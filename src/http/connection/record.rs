//! What was seen at the doors: how many connections were refused and cut, by why.

use super::super::sparing::Sparing;
use super::cut::{Cut, Refused};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of one kind, and the lines of the log about it.
#[derive(Default)]
struct Kind {
    count: AtomicU64,
    lines: Sparing<IpAddr>,
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
        // A connection that waits for another request in vain is nothing to be told of.
        if cut != Cut::Idle {
            kind.lines.note(address, move |address, count| {
                tracing::info!(event = "connection_cut", reason, count, %address);
            });
        }
    }

    pub(super) fn refused(&self, refused: Refused, address: IpAddr) {
        let kinds = self.refused.iter().zip(Refused::ALL);
        let Some((kind, (_, reason))) = kinds.into_iter().find(|(_, (one, _))| *one == refused) else {
            return;
        };
        kind.count.fetch_add(1, Ordering::Relaxed);
        kind.lines.note(address, move |address, count| {
            tracing::warn!(event = "connection_refused", reason, count, %address);
        });
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
