//! Checks that the audit trail is complete: all records, the links between the records, and the counter at the end.

use super::StoreError;
use super::changes::sha256_hex;
use super::reader::Reader;
use crate::domain::change::{BrokenTrail, ChangeRecord};

/// The number of records that one query reads.
const PAGE: i64 = 500;

/// The fault of a stored audit trail.
#[derive(Debug, thiserror::Error)]
pub enum TrailError {
    /// The trail cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record does not follow from the record before it.
    #[error("its audit trail is broken")]
    Broken(#[from] BrokenTrail),
    /// The last record has another seq or another hash than the counter.
    #[error("its audit trail is broken: it ends with record {last}, and the counter is {counter}")]
    End {
        /// The seq of the last record.
        last: i64,
        /// The seq of the counter.
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
