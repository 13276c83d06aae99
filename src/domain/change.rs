//! Changes: what a write says that it did, and the record of it in the audit trail.
//!
//! INVARIANT: a change never holds a secret. INVARIANT: the canonical text of a record depends on its
//! content alone, so everybody who holds the records can verify the chain.

use super::kind::{ChangeAction, ObjectKind, Recorded};
use super::subject::{GroupName, SubjectRef};
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;
use std::net::IpAddr;
use utoipa::ToSchema;

/// Who makes a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The server itself, or a command on the database.
    System,
    /// Nobody who signed in.
    Anonymous,
    /// A user or robot.
    Subject(SubjectRef),
}

/// The text does not name an actor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an actor: write user:NAME, robot:NAME, system or anonymous")]
pub struct NotAnActor(String);

impl Actor {
    /// Parses an actor, as it is recorded.
    pub fn parse(text: &str) -> Result<Self, NotAnActor> {
        match text {
            "system" => Ok(Self::System),
            "anonymous" => Ok(Self::Anonymous),
            other => SubjectRef::parse(other)
                .map(Self::Subject)
                .map_err(|_| NotAnActor(other.chars().take(64).collect())),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Anonymous => f.write_str("anonymous"),
            Self::Subject(subject) => subject.fmt(f),
        }
    }
}

/// Who makes a change, from where, in which request, when.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Who.
    pub actor: Actor,
    /// The client's address, where it is known.
    pub address: Option<IpAddr>,
    /// The request's id.
    pub request_id: String,
    /// When.
    pub at: Timestamp,
}

impl Origin {
    /// The origin of a request.
    #[must_use]
    pub fn new(actor: Actor, address: Option<IpAddr>, request_id: String, at: Timestamp) -> Self {
        Self { actor, address, request_id, at }
    }

    /// The origin of what the server does by itself, or a command does on the database. `what` stands in
    /// place of a request's id.
    #[must_use]
    pub fn system(what: &str, at: Timestamp) -> Self {
        Self::new(Actor::System, None, what.to_owned(), at)
    }
}

/// One object that a write touched, before and after.
#[derive(Debug, Clone)]
pub struct Change {
    /// What happened to it.
    pub action: ChangeAction,
    /// What it is.
    pub kind: ObjectKind,
    /// Its name or id.
    pub name: String,
    /// Its full state before, if it existed.
    pub before: Option<Value>,
    /// Its full state after, if it exists.
    pub after: Option<Value>,
}

/// An object as a change records it.
fn state<T: Serialize>(object: &T) -> Option<Value> {
    Some(serde_json::to_value(object).unwrap_or(Value::Null))
}

impl Change {
    /// A change with the states as they are; `None` where there is nothing to record.
    #[must_use]
    pub fn new(
        action: ChangeAction,
        kind: ObjectKind,
        name: impl fmt::Display,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Self {
        Self { action, kind, name: name.to_string(), before, after }
    }

    /// A new object.
    #[must_use]
    pub fn created<T: Serialize>(kind: ObjectKind, name: impl fmt::Display, after: &T) -> Self {
        Self::new(ChangeAction::Create, kind, name, None, state(after))
    }

    /// An object with other fields than before.
    #[must_use]
    pub fn updated<T: Serialize>(kind: ObjectKind, name: impl fmt::Display, before: &T, after: &T) -> Self {
        Self::new(ChangeAction::Update, kind, name, state(before), state(after))
    }

    /// An object that was written: new where there was none before.
    #[must_use]
    pub fn written<T: Serialize>(
        kind: ObjectKind,
        name: impl fmt::Display,
        before: Option<&T>,
        after: &T,
    ) -> Self {
        match before {
            None => Self::created(kind, name, after),
            Some(before) => Self::updated(kind, name, before, after),
        }
    }

    /// An object that is gone.
    #[must_use]
    pub fn deleted<T: Serialize>(kind: ObjectKind, name: impl fmt::Display, before: &T) -> Self {
        Self::new(ChangeAction::Delete, kind, name, state(before), None)
    }

    /// A credential that ended at once.
    #[must_use]
    pub fn revoked<T: Serialize>(kind: ObjectKind, name: impl fmt::Display, before: &T) -> Self {
        Self::new(ChangeAction::Revoke, kind, name, state(before), None)
    }

    /// A subject was added to a group.
    #[must_use]
    pub fn member_added(group: &GroupName, member: &SubjectRef) -> Self {
        let after = Some(json!({"member": member}));
        Self::new(ChangeAction::AddMember, ObjectKind::Group, group, None, after)
    }

    /// A subject was removed from a group.
    #[must_use]
    pub fn member_removed(group: &GroupName, member: &SubjectRef) -> Self {
        let before = Some(json!({"member": member}));
        Self::new(ChangeAction::RemoveMember, ObjectKind::Group, group, before, None)
    }

    /// What happened to a signing key.
    #[must_use]
    pub fn of_signing_key(
        action: ChangeAction,
        key: &str,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Self {
        Self::new(action, ObjectKind::SigningKey, key, before, after)
    }

    /// What was done with the database as a whole.
    #[must_use]
    pub fn of_database(action: ChangeAction, name: &str, after: Value) -> Self {
        Self::new(action, ObjectKind::Database, name, None, Some(after))
    }

    /// Whether it is about a member of a group, not about the group's own fields.
    #[must_use]
    pub fn is_membership(&self) -> bool {
        matches!(self.action, ChangeAction::AddMember | ChangeAction::RemoveMember)
    }
}

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
    /// `user:NAME`, `robot:NAME`, `system` or `anonymous`.
    pub actor: String,
    /// The client's address, where it is known.
    pub address: Option<String>,
    /// The request's id.
    pub request_id: String,
    /// `create`, `update`, `delete`, `revoke`, `add-member`, `remove-member`; of signing keys `rotate`; of the
    /// database as a whole `backup`, `restore`, `copy`.
    #[schema(value_type = String)]
    pub action: Recorded<ChangeAction>,
    /// `user`, `robot`, `group`, `service`, `rule`, `access-key`, `refresh-token`, `identity-provider`,
    /// `identity`, `invitation`, `signing-key`, `database`.
    #[schema(value_type = String)]
    pub kind: Recorded<ObjectKind>,
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
            action: ChangeAction::Create.into(),
            kind: ObjectKind::Rule.into(),
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
