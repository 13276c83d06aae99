//! Which of what was read about subjects still holds.
//!
//! What is remembered about a subject carries a [`Stamp`]: the state that it was read from. A
//! change that touches the subject raises its fence, and whatever was read before that change holds
//! no longer. Nothing has to be searched or dropped, so that a fence holds for every cache, also
//! for what is just being read.
//!
//! INVARIANT: fences are raised before the snapshot with the change is published. Take
//! the snapshot first, then check the stamp: if it holds, the subject belongs to that snapshot.

use crate::domain::change::ChangeRecord;
use crate::domain::kind::{ChangeAction, ObjectKind, Recorded};
use crate::domain::subject::SubjectRef;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// How many fences there are. Subjects that share one are read again more often than they must be,
/// and never less.
const FENCES: usize = 16_384;

/// What was read about a subject, and from which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    epoch: u64,
    seq: i64,
    slot: usize,
}

/// The seq of the last change that touched each subject.
pub struct Fences {
    /// Counts how often the feed could not be followed, so that anything may have changed.
    epoch: AtomicU64,
    slots: Box<[AtomicI64]>,
}

impl Default for Fences {
    fn default() -> Self {
        Self { epoch: AtomicU64::new(0), slots: (0..FENCES).map(|_| AtomicI64::new(0)).collect() }
    }
}

/// One of so many places, always the same for a key.
#[must_use]
pub fn place_of(key: &impl Hash, places: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let places = u64::try_from(places).unwrap_or(1).max(1);
    usize::try_from(hasher.finish() % places).unwrap_or(0)
}

/// The fence of a subject. Names that differ in upper and lower case only share one: what is known
/// of `Alice` changes when `alice` is made.
fn slot_of(name: &str) -> usize {
    place_of(&name.to_ascii_lowercase(), FENCES)
}

impl Fences {
    /// The epoch, to be read before the subject is.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// The stamp of what was read about `name` from the state `seq`, after the epoch was read.
    #[must_use]
    pub fn stamp(&self, name: &str, epoch: u64, seq: i64) -> Stamp {
        Stamp { epoch, seq, slot: slot_of(name) }
    }

    /// Whether nothing has touched the subject since.
    #[must_use]
    pub fn holds(&self, stamp: &Stamp) -> bool {
        let raised = self.slots.get(stamp.slot).map_or(i64::MAX, |fence| fence.load(Ordering::Acquire));
        stamp.seq >= raised && stamp.epoch == self.epoch()
    }

    /// Raises the fence of the subject that a change touches, or all where it cannot be told.
    pub(super) fn raise(&self, change: &ChangeRecord) {
        match touched(change) {
            Touched::Nobody => {}
            Touched::Subject(name) => {
                if let Some(fence) = self.slots.get(slot_of(&name)) {
                    fence.fetch_max(change.seq, Ordering::AcqRel);
                }
            }
            Touched::Anybody => self.raise_all(),
        }
    }

    /// Makes everything that was read before hold no longer.
    pub(super) fn raise_all(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        // A restored database counts from an earlier seq on.
        for fence in &self.slots {
            fence.store(0, Ordering::Release);
        }
    }
}

/// Whom a change concerns.
#[derive(Debug, PartialEq, Eq)]
enum Touched {
    Nobody,
    Subject(String),
    Anybody,
}

fn touched(change: &ChangeRecord) -> Touched {
    let member = |field: &str| {
        let named = |state: &Option<serde_json::Value>| {
            let text = state.as_ref()?.get(field)?.as_str()?;
            SubjectRef::parse(text).ok().map(|subject| subject.name.as_str().to_owned())
        };
        named(&change.after).or_else(|| named(&change.before))
    };
    let Recorded::Known(kind) = &change.kind else {
        // A newer release knows more kinds, and this one cannot tell whom they concern.
        return Touched::Anybody;
    };
    match kind {
        ObjectKind::Rule
        | ObjectKind::Service
        | ObjectKind::IdentityProvider
        | ObjectKind::Invitation
        | ObjectKind::SigningKey => Touched::Nobody,
        ObjectKind::User | ObjectKind::Robot | ObjectKind::Identity => Touched::Subject(change.name.clone()),
        ObjectKind::AccessKey | ObjectKind::RefreshToken => {
            member("subject").map_or(Touched::Anybody, Touched::Subject)
        }
        // A group's own fields concern nobody; each membership is a change of its own.
        ObjectKind::Group => match change.action {
            Recorded::Known(ChangeAction::AddMember | ChangeAction::RemoveMember) => {
                member("member").map_or(Touched::Anybody, Touched::Subject)
            }
            Recorded::Known(ChangeAction::Create | ChangeAction::Update | ChangeAction::Delete) => {
                Touched::Nobody
            }
            Recorded::Known(
                ChangeAction::Revoke
                | ChangeAction::Rotate
                | ChangeAction::Backup
                | ChangeAction::Restore
                | ChangeAction::Copy,
            )
            | Recorded::Newer(_) => Touched::Anybody,
        },
        ObjectKind::Database => match change.action {
            Recorded::Known(ChangeAction::Backup) => Touched::Nobody,
            // A restored or copied database, or the end of all sessions.
            Recorded::Known(
                ChangeAction::Restore
                | ChangeAction::Copy
                | ChangeAction::Revoke
                | ChangeAction::Create
                | ChangeAction::Update
                | ChangeAction::Delete
                | ChangeAction::AddMember
                | ChangeAction::RemoveMember
                | ChangeAction::Rotate,
            )
            | Recorded::Newer(_) => Touched::Anybody,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use serde_json::{Value, json};

    fn change(seq: i64, kind: &str, action: &str, name: &str, after: Option<Value>) -> ChangeRecord {
        ChangeRecord {
            seq,
            tx: String::new(),
            at: Timestamp::from_seconds(0),
            actor: "system".to_owned(),
            address: None,
            request_id: String::new(),
            action: Recorded::of(action.to_owned()),
            kind: Recorded::of(kind.to_owned()),
            name: name.to_owned(),
            before: None,
            after,
            prev_hash: String::new(),
            hash: String::new(),
        }
    }

    #[test]
    fn what_was_read_before_a_change_of_its_subject_holds_no_longer() {
        let fences = Fences::default();
        let read = |name, seq| fences.stamp(name, fences.epoch(), seq);
        let (alice, bob) = (read("alice", 5), read("bob", 5));
        fences.raise(&change(6, "user", "update", "alice", None));
        assert!(!fences.holds(&alice) && fences.holds(&bob));
        assert!(fences.holds(&read("alice", 6)));
        assert!(!fences.holds(&read("alice", 5)), "it was being read while the change came");
        let misspelt = read("CAROL", 6);
        fences.raise(&change(7, "user", "create", "Carol", None));
        assert!(!fences.holds(&misspelt), "somebody bears it now, in other case");
        fences.raise_all();
        assert!(!fences.holds(&bob));
        assert!(fences.holds(&read("alice", 1)), "a restored database counts anew");
    }

    #[test]
    fn each_kind_of_change_touches_whom_it_concerns() {
        let member = json!({"member": "robot:ci"});
        let owner = json!({"subject": "user:alice", "name": "laptop"});
        let table = [
            (change(1, "rule", "create", "r", None), Touched::Nobody),
            (change(1, "service", "update", "s", None), Touched::Nobody),
            (change(1, "robot", "delete", "ci", None), Touched::Subject("ci".to_owned())),
            (change(1, "identity", "update", "alice", None), Touched::Subject("alice".to_owned())),
            (change(1, "identity-provider", "update", "corp", None), Touched::Nobody),
            (change(1, "group", "update", "g", Some(json!({"name": "g"}))), Touched::Nobody),
            (change(1, "group", "add-member", "g", Some(member)), Touched::Subject("ci".to_owned())),
            (change(1, "access-key", "revoke", "id", Some(owner)), Touched::Subject("alice".to_owned())),
            (change(1, "refresh-token", "revoke", "id", Some(json!({}))), Touched::Anybody),
            (change(1, "not-yet-known", "create", "w", None), Touched::Anybody),
            (change(1, "group", "lend-member", "g", None), Touched::Anybody),
            (change(1, "group", "revoke", "g", None), Touched::Anybody),
            (change(1, "signing-key", "rotate", "k", None), Touched::Nobody),
            (change(1, "database", "copy", "copy", None), Touched::Anybody),
            (change(1, "database", "backup", "backup", None), Touched::Nobody),
            (change(1, "database", "restore", "restore", None), Touched::Anybody),
            (change(1, "database", "revoke", "sessions", None), Touched::Anybody),
        ];
        for (change, expected) in table {
            assert_eq!(touched(&change), expected, "{} {}", change.kind.as_str(), change.action.as_str());
        }
    }
}
