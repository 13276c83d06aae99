//! What users and robots have in common: one name space, and what ends with them.

use super::access_keys::AccessKey;
use super::sessions::RefreshTokenObject;
use super::{Administration, ManageError, Precondition, Robot, User, Versioned};
use crate::domain::policy::{Policy, Rule, RuleFields};
use crate::domain::selector::Selector;
use crate::domain::subject::{SubjectKind, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{Change, RuleRow, StoredSubject, SubjectRow, Transaction};
use serde::Serialize;
use serde_json::{Value, json};

/// An object as a change records it.
pub(super) fn recorded<T: Serialize>(object: &T) -> Value {
    serde_json::to_value(object).unwrap_or(Value::Null)
}

/// The subject `name` if it is of this kind; a conflict if it is of the other kind, or if another
/// bears that name in other letters.
pub(super) async fn claim_name(
    tx: &mut Transaction,
    kind: SubjectKind,
    name: &SubjectName,
) -> Result<Option<StoredSubject>, ManageError> {
    match tx.find_subject(name).await? {
        Some(found) if found.row.subject.kind == kind => Ok(Some(found)),
        Some(found) => Err(ManageError::Conflict(format!(
            "`{name}` is the name of a {}: users and robots share their names",
            found.row.subject.kind.as_str()
        ))),
        None => match tx.find_look_alike(name).await? {
            Some(other) => Err(ManageError::Conflict(format!(
                "`{name}` differs from `{other}` in upper and lower case only: choose another name"
            ))),
            None => Ok(None),
        },
    }
}

fn no_administrator() -> ManageError {
    let why = "this is the last administrator who can sign in: make another one first, with a password or an access key";
    ManageError::Conflict(why.to_owned())
}

/// Refuses a work of many writes after which no administrator can sign in.
pub(super) async fn some_administrator_is_left(
    tx: &mut Transaction,
    at: Timestamp,
) -> Result<(), ManageError> {
    // No subject has the empty id, so all count.
    if tx.has_other_admin("", at).await? { Ok(()) } else { Err(no_administrator()) }
}

/// How many rules a refusal lists.
const MOST_NAMED: usize = 100;

/// Refuses to leave the server without an administrator who can sign in.
pub(super) async fn keep_an_administrator(
    tx: &mut Transaction,
    before: &SubjectRow,
    stays: bool,
    at: Timestamp,
) -> Result<(), ManageError> {
    let was = before.admin && !before.disabled;
    if was && !stays && !tx.has_other_admin(&before.id, at).await? {
        return Err(no_administrator());
    }
    Ok(())
}

/// Ends every refresh token of a subject.
pub(super) async fn end_sessions(tx: &mut Transaction, subject: &SubjectRow) -> Result<(), ManageError> {
    for token in tx.list_refresh_tokens(&subject.id).await? {
        tx.revoke_refresh_token(&token.id).await?;
        tx.note(Change {
            action: "revoke",
            kind: "refresh-token",
            name: token.id.clone(),
            before: Some(recorded(&RefreshTokenObject::new(&subject.subject, &token))),
            after: None,
        });
    }
    Ok(())
}

/// Takes `selector` out of every rule of `policy`, the state that this transaction sees, that names
/// it; rules left without subjects are disabled. Without `cascade`, refuses while there are such
/// rules.
pub(super) async fn detach_from_rules(
    tx: &mut Transaction,
    policy: &Policy,
    selector: &Selector,
    cascade: bool,
    at: Timestamp,
) -> Result<(), ManageError> {
    let naming: Vec<Rule> = policy.rules().filter(|rule| rule.subjects.contains(selector)).cloned().collect();
    if naming.is_empty() {
        return Ok(());
    }
    if !cascade {
        let rules = naming.iter().take(MOST_NAMED).map(|rule| rule.name.to_string()).collect();
        return Err(ManageError::NamedByRules { what: selector.to_string(), rules });
    }
    for mut rule in naming {
        let Some(before) = tx.find_rule(&rule.name).await? else {
            continue;
        };
        rule.subjects = rule.subjects.iter().filter(|other| *other != selector).cloned().collect();
        rule.enabled &= !rule.subjects.is_empty();
        let after = RuleRow { rule, updated_at: at, ..before.clone() };
        tx.update_rule(&after).await?;
        tx.note(Change {
            action: "update",
            kind: "rule",
            name: after.rule.name.to_string(),
            before: Some(rule_value(&before)),
            after: Some(rule_value(&after)),
        });
    }
    Ok(())
}

/// A rule as the API shows it and as a change records it.
pub(super) fn rule_value(row: &RuleRow) -> Value {
    let mut value = recorded(&RuleFields::from(&row.rule));
    if let Value::Object(object) = &mut value {
        object.insert("managed_by".to_owned(), json!(row.managed_by));
    }
    value
}

/// How an object is deleted.
#[derive(Debug, Clone, Default)]
pub struct Deletion {
    /// Takes it out of the rules that name it, instead of refusing.
    pub cascade: bool,
    /// What must be true of it.
    pub precondition: Precondition,
    /// Whether an administrator is left is asked after the last of many.
    pub(crate) one_of_many: bool,
}

impl Deletion {
    /// A deletion by itself.
    #[must_use]
    pub fn single(cascade: bool, precondition: Precondition) -> Self {
        Self { cascade, precondition, one_of_many: false }
    }
}

/// A user or robot as the API shows it and as changes record it.
pub(super) fn shown(found: &StoredSubject) -> Value {
    match found.row.subject.kind {
        SubjectKind::User => recorded(&User::new(found)),
        SubjectKind::Robot => recorded(&Robot::new(found)),
    }
}

/// Deletes a user or robot with its keys, sessions and memberships inside a transaction that sees
/// `policy`.
pub(super) async fn delete_subject(
    tx: &mut Transaction,
    policy: &Policy,
    subject: &SubjectRef,
    deletion: &Deletion,
    at: Timestamp,
) -> Result<(), ManageError> {
    let kind = subject.kind.as_str();
    let missing = || ManageError::NotFound { kind, name: subject.name.to_string() };
    let found = tx.find_subject(&subject.name).await?.filter(|found| found.row.subject == *subject);
    let found = found.ok_or_else(missing)?;
    deletion.precondition.check(tx, kind, subject.name.as_str(), true).await?;
    if !deletion.one_of_many {
        keep_an_administrator(tx, &found.row, false, at).await?;
    }
    detach_from_rules(tx, policy, &Selector::from(subject), deletion.cascade, at).await?;
    end_sessions(tx, &found.row).await?;
    for key in tx.list_keys(&found.row.id).await? {
        tx.note(Change {
            action: "revoke",
            kind: "access-key",
            name: key.id.clone(),
            before: Some(recorded(&AccessKey::new(subject, &key))),
            after: None,
        });
    }
    for group in &found.groups {
        tx.note(Change {
            action: "remove-member",
            kind: "group",
            name: group.to_string(),
            before: Some(json!({"member": subject.to_string()})),
            after: None,
        });
    }
    tx.delete_subject(&found.row.id).await?;
    tx.note(Change {
        action: "delete",
        kind,
        name: subject.name.to_string(),
        before: Some(shown(&found)),
        after: None,
    });
    Ok(())
}

impl Administration {
    /// A user or robot with its version. The version is read first: a change between the two only
    /// makes a later `If-Match` fail.
    pub(super) async fn shown_subject(
        &self,
        kind: SubjectKind,
        name: &str,
    ) -> Result<Versioned<StoredSubject>, ManageError> {
        let missing = || ManageError::NotFound { kind: kind.as_str(), name: name.to_owned() };
        let parsed = SubjectName::parse(name).map_err(|_| missing())?;
        let mut reader = self.store.read().await?;
        let version = reader.version(kind.as_str(), name).await?;
        let found = reader.find_subject(&parsed).await?;
        let object = found.filter(|found| found.row.subject.kind == kind).ok_or_else(missing)?;
        Ok(Versioned { object, version })
    }

    /// Deletes a user or robot with its keys, sessions and memberships.
    pub(super) async fn delete_subject(
        &self,
        admin: &super::Admin,
        kind: SubjectKind,
        name: &str,
        deletion: Deletion,
    ) -> Result<(), ManageError> {
        let missing = || ManageError::NotFound { kind: kind.as_str(), name: name.to_owned() };
        let subject = SubjectRef { kind, name: SubjectName::parse(name).map_err(|_| missing())? };
        let (snapshots, at) = (self.snapshots.clone(), admin.origin.at);
        self.commit(&admin.origin, move |tx| {
            Box::pin(async move {
                // The counter is ours, so the snapshot at its seq is the state this transaction sees.
                let snapshot = snapshots.at_least(tx.base_seq()).await?;
                delete_subject(tx, &snapshot.policy, &subject, &deletion, at).await
            })
        })
        .await
    }
}
