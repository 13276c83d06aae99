//! Writes suggestions about rules and groups: in words, and as the object that `apply` takes.

use super::answer::Suggestion;
use super::held::Held;
use crate::domain::events::Day;
use crate::domain::identity::is_provider_owner;
use crate::domain::policy::{Narrowing, RuleFields, RuleName, Suggested, SuggestionKind, Suggestions};
use crate::domain::subject::{GroupName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::snapshot::Snapshot;
use crate::storage::{GroupRow, Reader, RuleRow, StoreError};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The number of rules that are read at once.
const CHUNK: usize = 100;
/// The number of names that a sentence lists.
const MOST_LISTED: usize = 3;

/// Returns the suggestions about rules and groups. Leaves out those about groups that an identity provider keeps.
/// Leaves out those about objects that changed during the request, and notes their number in `held`.
pub(super) async fn written(
    reader: &mut Reader,
    snapshot: &Snapshot,
    suggestions: &Suggestions,
    held: &mut Held,
) -> Result<Vec<Suggestion>, StoreError> {
    let rows = rows(reader, &suggestions.items).await?;
    // A suggestion about a rule that changed during the request may be wrong by now.
    let same = |name: &RuleName| rows.get(name).filter(|row| snapshot.policy.rule(name) == Some(&row.rule));
    let (mut items, mut others) = (Vec::new(), 0_usize);
    for one in &suggestions.items {
        let item = match &one.narrowing {
            Narrowing::Members { group, gone, rules } => {
                let row = reader.find_group(group).await?;
                match row.filter(|_| rules.iter().all(|name| same(name).is_some())) {
                    Some(row) => of_group(one, group, gone, row),
                    None => {
                        others += 1;
                        continue;
                    }
                }
            }
            other => {
                let Some(row) = other.rule().and_then(same) else {
                    others += 1;
                    continue;
                };
                Some(of_rule(one, row))
            }
        };
        let (asked, granted, used) = (one.asked, one.granted, one.used);
        items.extend(item.map(|item| Suggestion { asked, granted, used, seen: suggestions.seen, ..item }));
    }
    if others > 0 {
        held.note(&format!(
            "{others} suggestions are about objects that changed during the request: ask again"
        ));
    }
    Ok(items)
}

/// Returns the rows of all rules that the suggestions name.
async fn rows(reader: &mut Reader, items: &[Suggested]) -> Result<BTreeMap<RuleName, RuleRow>, StoreError> {
    let names: BTreeSet<&RuleName> = items
        .iter()
        .flat_map(|one| match &one.narrowing {
            Narrowing::Members { rules, .. } => rules.iter().collect::<Vec<_>>(),
            other => other.rule().into_iter().collect(),
        })
        .collect();
    let names: Vec<&RuleName> = names.into_iter().collect();
    let mut rows = BTreeMap::new();
    for some in names.chunks(CHUNK) {
        rows.extend(reader.find_rules(some).await?.into_iter().map(|row| (row.rule.name.clone(), row)));
    }
    Ok(rows)
}

/// Returns a suggestion that has only a kind and an object.
pub(super) fn plain(kind: SuggestionKind, object: &'static str, name: String) -> Suggestion {
    Suggestion {
        kind,
        object,
        name,
        subject: None,
        services: Vec::new(),
        field: None,
        removed: Vec::new(),
        text: String::new(),
        managed_by: None,
        asked: 0,
        granted: 0,
        used: 0,
        refused: 0,
        seen: 0,
        patch: None,
        command: None,
    }
}

fn of_rule(one: &Suggested, row: &RuleRow) -> Suggestion {
    let mut rule = row.rule.clone();
    one.narrowing.apply_to(&mut rule);
    let fields = RuleFields::from(&rule);
    let (name, gone) = (&fields.name, listed(&one.removed));
    let text = match one.kind {
        SuggestionKind::UnusedActions => format!("nobody used {gone} of the rule `{name}`: remove {gone}"),
        SuggestionKind::UnusedMembers => format!("{gone} used nothing of the rule `{name}`: remove {gone}"),
        SuggestionKind::NarrowerNames => {
            let names = listed(&fields.names);
            format!("all used names of the rule `{name}` fit {names}: remove {gone}")
        }
        _ => format!("nobody used the rule `{name}`: disable it"),
    };
    Suggestion {
        services: fields.services.clone(),
        field: Some(one.narrowing.field()),
        removed: one.removed.clone(),
        text: text + &owned(row.managed_by.as_deref()),
        managed_by: row.managed_by.clone(),
        patch: patch("rule", serde_json::to_value(&fields), row.managed_by.as_deref()),
        ..plain(one.kind, "rule", name.clone())
    }
}

/// Returns a suggestion about a group; `None` if an identity provider decides about the group's members.
fn of_group(
    one: &Suggested,
    group: &GroupName,
    gone: &BTreeSet<SubjectRef>,
    row: GroupRow,
) -> Option<Suggestion> {
    let owner = row.managed_by.as_deref();
    if owner.is_some_and(is_provider_owner) {
        return None;
    }
    let members: Vec<&SubjectRef> = row.members.iter().filter(|member| !gone.contains(member)).collect();
    let object = json!({"name": row.name.to_string(), "description": row.description, "members": members});
    let text = format!("{0} needed nothing of the group `{group}`: remove {0}", listed(&one.removed));
    Some(Suggestion {
        field: Some(one.narrowing.field()),
        removed: one.removed.clone(),
        text: text + &owned(owner),
        managed_by: row.managed_by.clone(),
        patch: patch("group", Ok(object), owner),
        ..plain(one.kind, "group", row.name.to_string())
    })
}

/// Returns an object as `apply` takes it; `None` if it could not be serialized.
pub(super) fn patch(
    kind: &str,
    object: serde_json::Result<Value>,
    managed_by: Option<&str>,
) -> Option<Value> {
    let Ok(Value::Object(mut fields)) = object else { return None };
    fields.insert("kind".to_owned(), kind.into());
    fields.insert("managed_by".to_owned(), managed_by.into());
    Some(Value::Object(fields))
}

/// Returns the advice for an object that a declarative tool owns; empty for an object without an owner.
pub(super) fn owned(managed_by: Option<&str>) -> String {
    managed_by.map(|owner| format!("; `{owner}` manages it: change it there")).unwrap_or_default()
}

pub(super) fn date(at: Timestamp) -> String {
    Day::of(at).to_string()
}

fn listed(all: &[String]) -> String {
    let shown: Vec<String> = all.iter().take(MOST_LISTED).map(|one| format!("`{one}`")).collect();
    let others = all.len().saturating_sub(MOST_LISTED);
    let more = if others > 0 { format!(" and {others} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
