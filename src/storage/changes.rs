//! The change feed, which is also the audit trail. The feed has no gaps, is in the order of commits, and is chained by
//! hash.

use super::StoreError;
use super::connections::Connection;
use super::reader::{Reader, field, time};
use super::statements::{
    INSERT_CHANGE, SELECT_CHANGES, SELECT_COUNTER, SELECT_TRAIL, SELECT_TRAIL_BACK, SELECT_TRAIL_OF_ACTOR,
    SELECT_TRAIL_OF_ACTOR_BACK, SELECT_TRAIL_OF_OBJECT, SELECT_TRAIL_OF_OBJECT_BACK, SELECT_VERSION,
    UPDATE_COUNTER,
};
use crate::domain::change::{Change, ChangeRecord, Origin};
use crate::domain::kind::{ObjectKind, Recorded};
use crate::domain::secret::Digest;
use crate::domain::time::Timestamp;
use ring::digest::{SHA256, digest};
use serde_json::Value;
use sqlx::any::AnyRow;

/// The present end of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// The seq of the last change; 0 before the first change.
    pub seq: i64,
    /// The hash of the last change; empty before the first change.
    pub head_hash: String,
}

/// The part of the audit trail to read.
#[derive(Debug, Clone, Default)]
pub struct ChangeFilter {
    /// Only changes of this kind of object.
    pub kind: Option<String>,
    /// Only changes of objects with this name or id.
    pub name: Option<String>,
    /// Only changes by this actor.
    pub actor: Option<String>,
    /// Only changes at or after this time.
    pub since: Option<Timestamp>,
    /// Only changes before this time.
    pub until: Option<Timestamp>,
    /// True if the newest changes come first.
    pub newest_first: bool,
}

/// Records the changes of one transaction in order.
pub(super) struct Recorder {
    counter: Counter,
    origin: Origin,
    tx: String,
}

impl Recorder {
    pub(super) fn new(counter: Counter, origin: Origin) -> Self {
        Self { counter, origin, tx: uuid::Uuid::now_v7().to_string() }
    }

    /// Returns the seq of the last recorded change.
    pub(super) fn seq(&self) -> i64 {
        self.counter.seq
    }

    pub(super) async fn record(
        &mut self,
        connection: &mut Connection,
        change: Change,
    ) -> Result<(), StoreError> {
        let mut record = ChangeRecord {
            seq: self.counter.seq + 1,
            tx: self.tx.clone(),
            at: self.origin.at,
            actor: self.origin.actor.to_string(),
            address: self.origin.address.map(|address| address.to_string()),
            request_id: self.origin.request_id.clone(),
            action: change.action.into(),
            kind: change.kind.into(),
            name: change.name,
            before: change.before,
            after: change.after,
            prev_hash: self.counter.head_hash.clone(),
            hash: String::new(),
        };
        record.hash = sha256_hex(&record.canonical());
        let insert = sqlx::query(INSERT_CHANGE)
            .bind(record.seq)
            .bind(record.tx.as_str())
            .bind(record.at.as_micros())
            .bind(record.actor.as_str())
            .bind(record.address.as_deref())
            .bind(record.request_id.as_str())
            .bind(record.action.as_str())
            .bind(record.kind.as_str())
            .bind(record.name.as_str())
            .bind(record.before.as_ref().map(Value::to_string))
            .bind(record.after.as_ref().map(Value::to_string))
            .bind(record.prev_hash.as_str())
            .bind(record.hash.as_str());
        connection.run(insert).await?;
        self.counter = Counter { seq: record.seq, head_hash: record.hash };
        Ok(())
    }

    /// Sets the change counter to the last recorded change. Returns the seq of this change.
    pub(super) async fn finish(self, connection: &mut Connection) -> Result<i64, StoreError> {
        let update = sqlx::query(UPDATE_COUNTER).bind(self.counter.seq).bind(self.counter.head_hash.as_str());
        connection.run(update).await?;
        Ok(self.counter.seq)
    }
}

/// Computes the hash that links the records of the trail.
pub(super) fn sha256_hex(text: &str) -> String {
    Digest::from_bytes(digest(&SHA256, text.as_bytes()).as_ref()).as_str().to_owned()
}

impl Reader {
    /// Reads the present end of the feed.
    pub async fn counter(&mut self) -> Result<Counter, StoreError> {
        let row = self.one(sqlx::query(SELECT_COUNTER)).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("the change counter is missing".to_owned()))?;
        Ok(Counter { seq: field(&row, "seq")?, head_hash: field(&row, "head_hash")? })
    }

    /// Reads the version of an object: the seq of its last change; 0 if the object was never changed.
    pub async fn version(&mut self, kind: ObjectKind, name: &str) -> Result<i64, StoreError> {
        match self.one(sqlx::query(SELECT_VERSION).bind(kind.as_str()).bind(name)).await? {
            Some(row) => Ok(field::<Option<i64>>(&row, "n")?.unwrap_or(0)),
            None => Ok(0),
        }
    }

    /// Reads at most `limit` changes in order, beginning with `seq`.
    pub async fn changes_from(&mut self, seq: i64, limit: i64) -> Result<Vec<ChangeRecord>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_CHANGES).bind(seq).bind(limit)).await?;
        rows.iter().map(record).collect()
    }

    /// Reads at most `limit` changes of the audit trail after `seq`, or before `seq` if the newest come first. With
    /// `None`, begins with the oldest change, or with the newest change if the newest come first.
    pub async fn trail(
        &mut self,
        seq: Option<i64>,
        limit: i64,
        filter: &ChangeFilter,
    ) -> Result<Vec<ChangeRecord>, StoreError> {
        let of_object = filter.kind.is_some() && filter.name.is_some();
        let statement = match (of_object, filter.actor.is_some(), filter.newest_first) {
            (true, _, false) => SELECT_TRAIL_OF_OBJECT,
            (true, _, true) => SELECT_TRAIL_OF_OBJECT_BACK,
            (false, true, false) => SELECT_TRAIL_OF_ACTOR,
            (false, true, true) => SELECT_TRAIL_OF_ACTOR_BACK,
            (false, false, false) => SELECT_TRAIL,
            (false, false, true) => SELECT_TRAIL_BACK,
        };
        let from = seq.unwrap_or(if filter.newest_first { i64::MAX } else { 0 });
        let query = sqlx::query(statement)
            .bind(from)
            .bind(limit)
            .bind(filter.kind.as_deref())
            .bind(filter.name.as_deref())
            .bind(filter.actor.as_deref())
            .bind(filter.since.map(Timestamp::as_micros))
            .bind(filter.until.map(Timestamp::as_micros));
        let rows = self.all(query).await?;
        rows.iter().map(record).collect()
    }
}

fn json_field(row: &AnyRow, column: &'static str) -> Result<Option<Value>, StoreError> {
    field::<Option<String>>(row, column)?
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| StoreError::Corrupt(format!("{column}: {error}")))
}

fn record(row: &AnyRow) -> Result<ChangeRecord, StoreError> {
    Ok(ChangeRecord {
        seq: field(row, "seq")?,
        tx: field(row, "tx")?,
        at: time(row, "at")?,
        actor: field(row, "actor")?,
        address: field(row, "address")?,
        request_id: field(row, "request_id")?,
        action: Recorded::of(field(row, "action")?),
        kind: Recorded::of(field(row, "kind")?),
        name: field(row, "name")?,
        before: json_field(row, "before")?,
        after: json_field(row, "after")?,
        prev_hash: field(row, "prev_hash")?,
        hash: field(row, "hash")?,
    })
}
