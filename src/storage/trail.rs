//! Whether the audit trail is whole: every record, its links, and the counter at its end.

use super::StoreError;
use super::changes::sha256_hex;
use super::reader::Reader;
use crate::domain::change::{BrokenTrail, ChangeRecord};

/// How many records are read at once.
const PAGE: i64 = 500;

/// What is wrong with a stored audit trail.
#[derive(Debug, thiserror::Error)]
pub enum TrailError {
    /// It cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record does not fit.
    #[error("its audit trail is broken")]
    Broken(#[from] BrokenTrail),
    /// It does not end where the counter says.
    #[error("its audit trail is broken: it ends with record {last}, and the counter stands at {counter}")]
    End {
        /// The last record.
        last: i64,
        /// What the counter says.
        counter: i64,
    },
}

impl Reader {
    /// Verifies the whole trail and returns its last record.
    pub async fn verify_trail(&mut self) -> Result<Option<ChangeRecord>, TrailError> {
        let mut last: Option<ChangeRecord> = None;
        loop {
            let next = last.as_ref().map_or(0, |last| last.seq) + 1;
            let page = self.changes_from(next, PAGE).await?;
            if page.is_empty() {
                break;
            }
            for record in page {
                if last.is_none() && record.seq != 1 {
                    return Err(BrokenTrail::Gap { expected_after: 0, found: record.seq }.into());
                }
                record.verify(last.as_ref(), sha256_hex)?;
                last = Some(record);
            }
        }
        let counter = self.counter().await?;
        let (seq, hash) = last.as_ref().map_or((0, ""), |last| (last.seq, last.hash.as_str()));
        if (seq, hash) != (counter.seq, counter.head_hash.as_str()) {
            return Err(TrailError::End { last: seq, counter: counter.seq });
        }
        Ok(last)
    }
}
