//! The changes that writes make, and the records of changes in the audit trail.
//!
//! INVARIANT: a change never contains a secret. INVARIANT: the canonical text of a record depends on its content
//! alone, so everybody who has the records can verify the chain of their hashes.

use super::kind::{ChangeAction, ObjectKind, Recorded};
use super::subject::{GroupName, SubjectRef};
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;
use std::net::IpAddr;
use utoipa::ToSchema;

/// The actor of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The server itself, or a command on the database.
    System,
    /// A caller who is not signed in.
    Anonymous,
    /// A user or robot.
    Subject(SubjectRef),
}

/// An error: the text does not name an actor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an actor: write user:NAME, robot:NAME, system or anonymous")]
pub struct NotAnActor(String);

impl Actor {
    /// Parses an actor, such as `user:alice` or `system`.
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

/// The origin of a change: the actor, the address, the request and the time.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The actor of the change.
    pub actor: Actor,
    /// The client's address, if it is known.
    pub address: Option<IpAddr>,
    /// The id of the request, or the name of the task or command that made the change, such as `purge`.
    pub request_id: String,
    /// The time of the change.
    pub at: Timestamp,
}

impl Origin {
    /// Makes the origin of a change that a request made.
    #[must_use]
    pub fn new(actor: Actor, address: Option<IpAddr>, request_id: String, at: Timestamp) -> Self {
        Self { actor, address, request_id, at }
    }

    /// Makes the origin of a change by the server itself or by a command on the database. `what` is the name
    /// of the task or command, in place of a request's id.
    #[must_use]
    pub fn system(what: &str, at: Timestamp) -> Self {
        Self::new(Actor::System, None, what.to_owned(), at)
    }
}

/// One object that a write touched, with its state before and after.
#[derive(Debug, Clone)]
pub struct Change {
    /// The kind of change.
    pub action: ChangeAction,
    /// The kind of object.
    pub kind: ObjectKind,
    /// The name or id of the object.
    pub name: String,
    /// The state before the write; `None` if the object did not exist. For a removed member of a group, the member
    /// alone; for an added member and for the whole database, `None`.
    pub before: Option<Value>,
    /// The state after the write; `None` if the object no longer exists. For an added member of a group, the member
    /// alone; for a removed member, `None`.
    pub after: Option<Value>,
}

/// Returns an object as JSON, the form in which a change records it.
fn state<T: Serialize>(object: &T) -> Option<Value> {
    Some(serde_json::to_value(object).unwrap_or(Value::Null))
}

impl Change {
    /// Makes a change from the states before and after it.
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

    /// Makes the change for an object that was created.
    #[must_use]
    pub fn created<T: Serialize>(kind: ObjectKind, name: impl fmt::Display, after: &T) -> Self {
        Self::new(ChangeAction::Create, kind, name, None, state(after))
    }

    /// Makes the change for an object whose fields changed.
    #[must_use]
    pub fn updated<T: Serialize>(kind: ObjectKind, name: impl fmt::Display, before: &T, after: &T) -> Self {
        Self::new(ChangeAction::Update, kind, name, state(before), state(after))
    }

    /// Makes the change for an object that was written. The object was created if there is no state `before`.
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

    /// Makes the change for an object that was deleted.
    #[must_use]
    pub fn deleted<T: Serialize>(kind: ObjectKind, name: impl fmt::Display, before: &T) -> Self {
        Self::new(ChangeAction::Delete, kind, name, state(before), None)
    }

    /// Makes the change for a credential that was revoked.
    #[must_use]
    pub fn revoked<T: Serialize>(kind: ObjectKind, name: impl fmt::Display, before: &T) -> Self {
        Self::new(ChangeAction::Revoke, kind, name, state(before), None)
    }

    /// Makes the change for a subject that was added to a group.
    #[must_use]
    pub fn member_added(group: &GroupName, member: &SubjectRef) -> Self {
        let after = Some(json!({"member": member}));
        Self::new(ChangeAction::AddMember, ObjectKind::Group, group, None, after)
    }

    /// Makes the change for a subject that was removed from a group.
    #[must_use]
    pub fn member_removed(group: &GroupName, member: &SubjectRef) -> Self {
        let before = Some(json!({"member": member}));
        Self::new(ChangeAction::RemoveMember, ObjectKind::Group, group, before, None)
    }

    /// Makes the change for a signing key.
    #[must_use]
    pub fn of_signing_key(
        action: ChangeAction,
        key: &str,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Self {
        Self::new(action, ObjectKind::SigningKey, key, before, after)
    }

    /// Makes the change for an action on the whole database.
    #[must_use]
    pub fn of_database(action: ChangeAction, name: &str, after: Value) -> Self {
        Self::new(action, ObjectKind::Database, name, None, Some(after))
    }

    /// Returns true if the change adds or removes a member of a group.
    #[must_use]
    pub fn is_membership(&self) -> bool {
        matches!(self.action, ChangeAction::AddMember | ChangeAction::RemoveMember)
    }
}

/// The record of one object that a write changed. A record never contains a secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRecord {
    /// The number of the record in the trail, counted from 1 without gaps.
    #[schema(minimum = 1)]
    pub seq: i64,
    /// The id of the transaction that made the change.
    pub tx: String,
    /// The time of the change.
    pub at: Timestamp,
    /// The actor: `user:NAME`, `robot:NAME`, `system` or `anonymous`.
    pub actor: String,
    /// The client's address, if it is known.
    pub address: Option<String>,
    /// The id of the request, or the name of the task or command that made the change, such as `purge`.
    pub request_id: String,
    /// The kind of change: `create`, `update`, `delete`, `revoke`, `add-member`, `remove-member`; for signing keys
    /// also `rotate`; for the whole database `backup`, `restore`, `copy`.
    #[schema(value_type = String)]
    pub action: Recorded<ChangeAction>,
    /// The kind of object: `user`, `robot`, `group`, `service`, `rule`, `access-key`, `refresh-token`,
    /// `identity-provider`, `identity`, `invitation`, `signing-key`, `database`.
    #[schema(value_type = String)]
    pub kind: Recorded<ObjectKind>,
    /// The name or id of the object.
    pub name: String,
    /// The full state before the change; null for a new object, an added member and actions on the database. For a
    /// removed member, only the member.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// The full state after the change; null for a deleted or revoked object and a removed member. For an added member,
    /// only the member.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    /// The hash of the previous record; empty for the first record.
    pub prev_hash: String,
    /// The hash of this record: SHA-256 of its canonical text, in hex.
    pub hash: String,
}

/// The reason why an audit trail cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenTrail {
    /// A record was altered after it was written.
    #[error("record {0} was altered: its hash does not fit its content")]
    Altered(i64),
    /// A record is missing, was inserted, or is out of order.
    #[error("record {found} does not follow record {expected_after}: records are missing or out of order")]
    Gap {
        /// The number of the last good record.
        expected_after: i64,
        /// The number of the record that follows the last good record.
        found: i64,
    },
    /// The `prev_hash` of a record is not the hash of the previous record; for record 1, it is not empty.
    #[error("record {0} does not continue the record before it: its `prev_hash` is wrong")]
    Unlinked(i64),
}

impl ChangeRecord {
    /// Returns the text that is hashed: JSON with sorted keys, and without spaces between its parts. The text contains
    /// every field except `hash`; `at` is in microseconds since the epoch.
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

    /// Verifies the hash of this record, and that the record follows `previous`. Without `previous` the record may
    /// have any number; record 1 must not name a previous hash.
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
        assert_eq!(two.verify(None, length), Ok(()), "a part of a trail may begin at any record");
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
