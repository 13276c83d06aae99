//! What users and robots have in common: one name space, and what ends with them.

use super::access_keys::AccessKey;
use super::sessions::Session;
use super::{Administration, ManageError};
use crate::domain::policy::{Rule, RuleFields};
use crate::domain::selector::Selector;
use crate::domain::subject::{SubjectKind, SubjectName};
use crate::domain::time::Timestamp;
use crate::snapshot::Snapshots;
use crate::storage::{Change, Found, RuleRow, SubjectRow, Work};
use serde::Serialize;
use serde_json::{Value, json};

/// An object as a change records it.
pub(super) fn recorded<T: Serialize>(object: &T) -> Value {
    serde_json::to_value(object).unwrap_or(Value::Null)
}

/// The subject `name` if it is of this kind; a conflict if it is of the other kind, or if another
/// bears that name in other letters.
pub(super) async fn claim_name(
    work: &mut Work,
    kind: SubjectKind,
    name: &SubjectName,
) -> Result<Option<Found>, ManageError> {
    match work.find_subject(name).await? {
        Some(found) if found.row.subject.kind == kind => Ok(Some(found)),
        Some(found) => Err(ManageError::Conflict(format!(
            "`{name}` is the name of a {}: users and robots share their names",
            found.row.subject.kind.as_str()
        ))),
        None => match work.find_look_alike(name).await? {
            Some(other) => Err(ManageError::Conflict(format!(
                "`{name}` differs from `{other}` in upper and lower case only: choose another name"
            ))),
            None => Ok(None),
        },
    }
}

/// Refuses to leave the server without an administrator who can sign in.
pub(super) async fn keep_an_administrator(
    work: &mut Work,
    before: &SubjectRow,
    stays: bool,
    at: Timestamp,
) -> Result<(), ManageError> {
    let was = before.admin && !before.disabled;
    if was && !stays && !work.has_other_admin(&before.id, at).await? {
        return Err(ManageError::Conflict(
            "this is the last administrator: make another one first".to_owned(),
        ));
    }
    Ok(())
}

/// Ends every refresh token of a subject.
pub(super) async fn end_sessions(work: &mut Work, subject: &SubjectRow) -> Result<(), ManageError> {
    for token in work.list_refresh_tokens(&subject.id).await? {
        work.revoke_refresh_token(&token.id).await?;
        work.note(Change {
            action: "revoke",
            kind: "refresh-token",
            name: token.id.clone(),
            before: Some(recorded(&Session::new(&subject.subject, &token))),
            after: None,
        });
    }
    Ok(())
}

/// Takes `selector` out of every rule that names it; rules left without subjects are disabled.
/// Without `cascade`, refuses while there are such rules.
pub(super) async fn detach_from_rules(
    work: &mut Work,
    snapshots: &Snapshots,
    selector: &Selector,
    cascade: bool,
    at: Timestamp,
) -> Result<(), ManageError> {
    // The counter is ours, so the snapshot at its seq is the state this transaction sees.
    let snapshot = snapshots.at_least(work.base_seq()).await?;
    let naming: Vec<Rule> =
        snapshot.policy.rules().filter(|rule| rule.subjects.contains(selector)).cloned().collect();
    if naming.is_empty() {
        return Ok(());
    }
    if !cascade {
        return Err(ManageError::NamedByRules(naming.iter().map(|rule| rule.name.to_string()).collect()));
    }
    for mut rule in naming {
        let Some(before) = work.find_rule(&rule.name).await? else {
            continue;
        };
        rule.subjects.retain(|other| other != selector);
        rule.enabled &= !rule.subjects.is_empty();
        let after = RuleRow { rule, updated_at: at, ..before.clone() };
        work.update_rule(&after).await?;
        work.note(Change {
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

impl Administration {
    /// Deletes a user or robot with its keys, sessions and memberships.
    pub(super) async fn delete_subject(
        &self,
        admin: &super::Admin,
        kind: SubjectKind,
        name: &str,
        cascade: bool,
        show: fn(&Found) -> Value,
    ) -> Result<(), ManageError> {
        let row = self.existing(kind, name).await?;
        let (snapshots, at) = (self.snapshots.clone(), admin.origin.at);
        let subject = row.subject.clone();
        self.commit(&admin.origin, move |work| {
            Box::pin(async move {
                let missing =
                    || ManageError::NotFound { kind: kind.as_str(), name: subject.name.to_string() };
                let found =
                    work.find_subject(&subject.name).await?.filter(|found| found.row.subject.kind == kind);
                let found = found.ok_or_else(missing)?;
                keep_an_administrator(work, &found.row, false, at).await?;
                detach_from_rules(work, &snapshots, &Selector::from(&subject), cascade, at).await?;
                end_sessions(work, &found.row).await?;
                for key in work.list_keys(&found.row.id).await? {
                    work.note(Change {
                        action: "revoke",
                        kind: "access-key",
                        name: key.id.clone(),
                        before: Some(recorded(&AccessKey::new(&subject, &key))),
                        after: None,
                    });
                }
                for group in &found.groups {
                    work.note(Change {
                        action: "remove-member",
                        kind: "group",
                        name: group.to_string(),
                        before: Some(json!({"member": subject.to_string()})),
                        after: None,
                    });
                }
                work.delete_subject(&found.row.id).await?;
                work.note(Change {
                    action: "delete",
                    kind: kind.as_str(),
                    name: subject.name.to_string(),
                    before: Some(show(&found)),
                    after: None,
                });
                Ok(())
            })
        })
        .await
    }
}
