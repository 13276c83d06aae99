//! Robots that did not sign in, and access keys that nobody presented, for 90 days.

use super::answer::Suggestion;
use super::gather::Gathered;
use super::held::Held;
use super::object::{date, owned, patch, plain};
use super::times::Times;
use crate::accounts::Robot;
use crate::domain::policy::SuggestionKind;
use crate::domain::subject::{SubjectKind, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{AccessKeyRow, Reader, Store, StoreError};
use std::collections::BTreeSet;

/// The greatest number of robots and of keys that are suggested.
const MOST: usize = 1000;
/// The number of robots that are read at once.
const CHUNK: i64 = 1000;

/// Returns suggestions about stale robots and stale keys. Leaves out the keys of stale robots. If `knows_use` is
/// false, leaves out all robots.
pub(super) async fn robots_and_keys(
    store: &Store,
    (gathered, knows_use): (&Gathered, bool),
    times: Times,
    seen: i64,
    held: &mut Held,
) -> Result<Vec<Suggestion>, StoreError> {
    let (mut items, mut stale) = (Vec::new(), BTreeSet::new());
    let robots = if knows_use { robots(store, gathered, times).await? } else { Vec::new() };
    if robots.len() > MOST {
        held.note(&format!("{} further robots did not sign in for 90 days", robots.len() - MOST));
    }
    for robot in robots.into_iter().take(MOST) {
        if let Some(item) = of_robot(&mut store.read().await?, &robot).await? {
            items.push(Suggestion { seen, ..item });
        }
        stale.insert(robot);
    }
    let limit = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
    let keys = store.read().await?.list_stale_keys(times.stale, times.now, limit).await?;
    if keys.len() > MOST {
        held.note("more than 1,000 access keys were not used for 90 days: the list has 1,000 of them");
    }
    let keys = keys.iter().take(MOST).filter(|(owner, _)| !stale.contains(owner));
    items.extend(keys.map(|(owner, key)| Suggestion { seen, ..of_key(owner, key) }));
    Ok(items)
}

/// Returns the robots that did not sign in for 90 days, used no repository and got no token.
async fn robots(store: &Store, gathered: &Gathered, times: Times) -> Result<Vec<SubjectRef>, StoreError> {
    let (active, mut after, mut robots) = (gathered.active(), String::new(), Vec::new());
    loop {
        let mut reader = store.read().await?;
        let names = reader.list_stale_robots(&after, times.stale, times.now, CHUNK).await?;
        let Some(last) = names.last() else { return Ok(robots) };
        after = last.to_string();
        let found = names.into_iter().map(|name| SubjectRef { kind: SubjectKind::Robot, name });
        robots.extend(found.filter(|robot| !active.contains(robot)));
    }
}

fn last(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "never".to_owned(), |at| format!("last on {}", date(at)))
}

async fn of_robot(reader: &mut Reader, robot: &SubjectRef) -> Result<Option<Suggestion>, StoreError> {
    let Some(found) = reader.find_account(robot).await? else { return Ok(None) };
    let uses = reader.last_uses(&found.row.id).await?;
    let used_at = [uses.browser, uses.client, uses.access_key].into_iter().flatten().max();
    let name = robot.name.to_string();
    let object = serde_json::to_value(Robot { disabled: true, ..Robot::new(&found) });
    let owner = found.row.managed_by.as_deref();
    let mut patch = patch("robot", object, owner);
    if let Some(fields) = patch.as_mut().and_then(|patch| patch.as_object_mut()) {
        // The groups of a robot cannot be set at the robot: each group lists its members.
        fields.remove("groups");
    }
    let text = format!("the robot `{name}` signed in {}: disable it", last(used_at));
    Ok(Some(Suggestion {
        subject: Some(robot.to_string()),
        field: Some("disabled"),
        text: text + &owned(owner),
        managed_by: found.row.managed_by.clone(),
        patch,
        ..plain(SuggestionKind::StaleRobot, "robot", name)
    }))
}

fn of_key(owner: &SubjectRef, key: &AccessKeyRow) -> Suggestion {
    let used = last(key.last_used_at);
    Suggestion {
        subject: Some(owner.to_string()),
        text: format!("the access key `{}` of `{owner}` was used {used}: revoke it", key.name),
        command: Some(format!("portreeve access-keys revoke {}", key.id)),
        ..plain(SuggestionKind::StaleKey, "access-key", key.id.clone())
    }
}
