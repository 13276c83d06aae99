//! A record of the audit trail, and what its hash is taken of.
//!
//! INVARIANT: the canonical text of a record depends on its content alone, so that whoever holds
//! the records can verify the chain.

use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// One object that one write touched, as it is recorded. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRecord {
    /// Its place in the trail, from 1, without gaps.
    #[schema(minimum = 1)]
    pub seq: i64,
    /// The transaction it was part of.
    pub tx: String,
    /// When.
    pub at: Timestamp,
    /// `user:NAME`, `robot:NAME` or `system`.
    pub actor: String,
    /// The client's address, where it is known.
    pub address: Option<String>,
    /// The request's id.
    pub request_id: String,
    /// `create`, `update`, `delete`, `revoke`, `add-member`, `remove-member`; of the database as a whole
    /// `backup`, `restore`, `copy`.
    pub action: String,
    /// `user`, `robot`, `group`, `service`, `rule`, `access-key`, `refresh-token`, `database`.
    pub kind: String,
    /// The object's name or id.
    pub name: String,
    /// Its full state before, if it existed.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// Its full state after, if it exists.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    /// The hash of the record before; empty for the first.
    pub prev_hash: String,
    /// The hash of this record: SHA-256 of its canonical text, in hex.
    pub hash: String,
}

/// What is wrong with a trail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenTrail {
    /// The record is not what was written.
    #[error("record {0} was altered: its hash does not fit its content")]
    Altered(i64),
    /// A record is missing, or was put in.
    #[error("record {found} does not follow record {expected_after}: records are missing or out of order")]
    Gap {
        /// The last good one.
        expected_after: i64,
        /// What came instead of the next.
        found: i64,
    },
    /// The record does not continue the one before.
    #[error("record {0} does not continue the one before it: its link does not fit")]
    Unlinked(i64),
}

impl ChangeRecord {
    /// The text whose hash is recorded: JSON with sorted keys and without spaces, of everything but
    /// the hash itself, times in microseconds.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        write_canonical(
            &json!({
                "seq": self.seq, "tx": self.tx, "at": self.at.as_micros(), "actor": self.actor,
                "address": self.address, "request_id": self.request_id, "action": self.action,
                "kind": self.kind, "name": self.name, "before": self.before, "after": self.after,
                "prev_hash": self.prev_hash,
            }),
            &mut text,
        );
        text
    }

    /// Checks this record, and that it follows `previous`. Without `previous` it may stand anywhere,
    /// but as number 1 it must be the beginning.
    pub fn verify(
        &self,
        previous: Option<&ChangeRecord>,
        sha256_hex: impl Fn(&str) -> String,
    ) -> Result<(), BrokenTrail> {
        if let Some(previous) = previous
            && self.seq != previous.seq + 1
        {
            return Err(BrokenTrail::Gap { expected_after: previous.seq, found: self.seq });
        }
        if self.hash != sha256_hex(&self.canonical()) {
            return Err(BrokenTrail::Altered(self.seq));
        }
        let linked = match previous {
            Some(previous) => previous.hash == self.prev_hash,
            None => self.seq != 1 || self.prev_hash.is_empty(),
        };
        if linked { Ok(()) } else { Err(BrokenTrail::Unlinked(self.seq)) }
    }
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(object) => {
            let mut keys: Vec<&String> = object.keys().collect();
            keys.sort();
            text.push('{');
            for (i, key) in keys.into_iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write_canonical(object.get(key).unwrap_or(&Value::Null), text);
            }
            text.push('}');
        }
        Value::Array(list) => {
            text.push('[');
            for (i, one) in list.iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                write_canonical(one, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(text: &str) -> String {
        format!("{}-{}", text.len(), text.bytes().map(u32::from).sum::<u32>())
    }

    fn record(seq: i64, prev_hash: &str) -> ChangeRecord {
        let mut record = ChangeRecord {
            seq,
            tx: "t".to_owned(),
            at: Timestamp::from_micros(5),
            actor: "user:alice".to_owned(),
            address: None,
            request_id: "r".to_owned(),
            action: "create".to_owned(),
            kind: "rule".to_owned(),
            name: "a".to_owned(),
            before: None,
            after: Some(json!({"z": [1, "x"], "a": {"c": null, "b": true}})),
            prev_hash: prev_hash.to_owned(),
            hash: String::new(),
        };
        record.hash = length(&record.canonical());
        record
    }

    #[test]
    fn the_canonical_text_has_sorted_keys_and_no_spaces() {
        assert_eq!(
            record(1, "").canonical(),
            r#"{"action":"create","actor":"user:alice","address":null,"after":{"a":{"b":true,"c":null},"z":[1,"x"]},"at":5,"before":null,"kind":"rule","name":"a","prev_hash":"","request_id":"r","seq":1,"tx":"t"}"#
        );
    }

    #[test]
    fn a_broken_trail_names_its_first_bad_record() {
        let one = record(1, "");
        let two = record(2, &one.hash);
        assert_eq!(one.verify(None, length), Ok(()));
        assert_eq!(two.verify(Some(&one), length), Ok(()));
        assert_eq!(two.verify(None, length), Ok(()), "a part of a trail may begin anywhere");
        let altered = ChangeRecord { actor: "user:mallory".to_owned(), ..two.clone() };
        assert_eq!(altered.verify(Some(&one), length), Err(BrokenTrail::Altered(2)));
        let three = record(3, &two.hash);
        let gap = BrokenTrail::Gap { expected_after: 1, found: 3 };
        assert_eq!(three.verify(Some(&one), length), Err(gap));
        let stranger = record(2, "elsewhere");
        assert_eq!(stranger.verify(Some(&one), length), Err(BrokenTrail::Unlinked(2)));
        assert_eq!(record(1, "before").verify(None, length), Err(BrokenTrail::Unlinked(1)));
    }
}
