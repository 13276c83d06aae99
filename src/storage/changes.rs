//! The change feed, which is the audit log: gapless, in commit order, chained by hash.

use super::StoreError;
use super::session::{Session, Work, field, time};
use super::statements::{INSERT_CHANGE, SELECT_CHANGES, SELECT_COUNTER, UPDATE_COUNTER};
use crate::domain::secret::Digest;
use crate::domain::time::Timestamp;
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use std::net::IpAddr;

/// Where the feed stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// The seq of the last change, 0 before the first.
    pub seq: i64,
    /// Its hash, empty before the first.
    pub head_hash: String,
}

/// Who makes a change, from where, in which request.
#[derive(Debug, Clone)]
pub struct Origin {
    /// `user:NAME`, `robot:NAME` or `system`.
    pub actor: String,
    /// The client's address, where it is known.
    pub address: Option<IpAddr>,
    /// The request's id.
    pub request_id: String,
    /// When.
    pub at: Timestamp,
}

impl Origin {
    /// Who, from where, in which request, when.
    #[must_use]
    pub fn new(actor: &str, address: Option<IpAddr>, request_id: String, at: Timestamp) -> Self {
        Self { actor: actor.to_owned(), address, request_id, at }
    }
}

/// One object that a write touched, before and after. Never holds a secret.
#[derive(Debug, Clone)]
pub struct Change {
    /// `create`, `update`, `delete`, `revoke`, `add-member`, `remove-member`.
    pub action: &'static str,
    /// `user`, `robot`, `group`, `service`, `rule`, `access-key`, `refresh-token`.
    pub kind: &'static str,
    /// The object's name or id.
    pub name: String,
    /// Its full state before, if it existed.
    pub before: Option<Value>,
    /// Its full state after, if it exists.
    pub after: Option<Value>,
}

/// A recorded change.
#[derive(Debug, Clone)]
pub struct ChangeRow {
    /// Its place in the feed, from 1, without gaps.
    pub seq: i64,
    /// The transaction it was part of.
    pub tx: String,
    /// What kind of object.
    pub kind: String,
    /// Which object.
    pub name: String,
    /// Its state after the change.
    pub after: Option<Value>,
    /// The hash of the change before.
    pub prev_hash: String,
    /// The hash of this change.
    pub hash: String,
}

/// SHA-256 of the change's canonical JSON (keys sorted, no spaces), which includes the hash of
/// the change before it.
fn hash(canonical: &Value) -> Digest {
    let bytes = canonical.to_string();
    Digest::from_bytes(ring::digest::digest(&ring::digest::SHA256, bytes.as_bytes()).as_ref())
}

pub(super) async fn record(
    work: &mut Work,
    mut counter: Counter,
    origin: &Origin,
    changes: Vec<Change>,
) -> Result<i64, StoreError> {
    let tx = uuid::Uuid::now_v7().to_string();
    let address = origin.address.map(|address| address.to_string());
    for change in changes {
        let seq = counter.seq + 1;
        let canonical = json!({
            "seq": seq, "tx": tx, "at": origin.at.as_micros(), "actor": origin.actor,
            "address": address, "request_id": origin.request_id, "action": change.action,
            "kind": change.kind, "name": change.name, "before": change.before, "after": change.after,
            "prev_hash": counter.head_hash,
        });
        let hash = hash(&canonical);
        let insert = sqlx::query(INSERT_CHANGE)
            .bind(seq)
            .bind(tx.as_str())
            .bind(origin.at.as_micros())
            .bind(origin.actor.as_str())
            .bind(address.as_deref())
            .bind(origin.request_id.as_str())
            .bind(change.action)
            .bind(change.kind)
            .bind(change.name.as_str())
            .bind(change.before.as_ref().map(Value::to_string))
            .bind(change.after.as_ref().map(Value::to_string))
            .bind(counter.head_hash.as_str())
            .bind(hash.as_str());
        work.run(insert).await?;
        counter = Counter { seq, head_hash: hash.as_str().to_owned() };
    }
    let update = sqlx::query(UPDATE_COUNTER).bind(counter.seq).bind(counter.head_hash.as_str());
    work.run(update).await?;
    Ok(counter.seq)
}

impl Session {
    /// Where the feed stands now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn counter(&mut self) -> Result<Counter, StoreError> {
        let row = self.one(sqlx::query(SELECT_COUNTER)).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("the change counter is missing".to_owned()))?;
        Ok(Counter { seq: field(&row, "seq")?, head_hash: field(&row, "head_hash")? })
    }

    /// At most `limit` changes from `seq` on, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn changes_from(&mut self, seq: i64, limit: i64) -> Result<Vec<ChangeRow>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_CHANGES).bind(seq).bind(limit)).await?;
        rows.iter().map(change_row).collect()
    }

    /// Recomputes the hashes of `limit` changes from `seq` on.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] naming the first change whose hash or link is wrong.
    pub async fn verify_chain(&mut self, seq: i64, limit: i64) -> Result<usize, StoreError> {
        let rows = self.all(sqlx::query(SELECT_CHANGES).bind(seq).bind(limit)).await?;
        let mut previous: Option<String> = None;
        for row in &rows {
            let seq: i64 = field(row, "seq")?;
            let prev_hash: String = field(row, "prev_hash")?;
            let canonical = json!({
                "seq": seq, "tx": field::<String>(row, "tx")?, "at": time(row, "at")?.as_micros(),
                "actor": field::<String>(row, "actor")?, "address": field::<Option<String>>(row, "address")?,
                "request_id": field::<String>(row, "request_id")?, "action": field::<String>(row, "action")?,
                "kind": field::<String>(row, "kind")?, "name": field::<String>(row, "name")?,
                "before": json_field(row, "before")?, "after": json_field(row, "after")?,
                "prev_hash": prev_hash,
            });
            let stored: String = field(row, "hash")?;
            if stored != hash(&canonical).as_str() || previous.is_some_and(|hash| hash != prev_hash) {
                return Err(StoreError::Corrupt(format!("the hash of change {seq} is wrong")));
            }
            previous = Some(stored);
        }
        Ok(rows.len())
    }
}

fn json_field(row: &AnyRow, column: &'static str) -> Result<Option<Value>, StoreError> {
    field::<Option<String>>(row, column)?
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| StoreError::Corrupt(format!("{column}: {error}")))
}

fn change_row(row: &AnyRow) -> Result<ChangeRow, StoreError> {
    Ok(ChangeRow {
        seq: field(row, "seq")?,
        tx: field(row, "tx")?,
        kind: field(row, "kind")?,
        name: field(row, "name")?,
        after: json_field(row, "after")?,
        prev_hash: field(row, "prev_hash")?,
        hash: field(row, "hash")?,
    })
}
