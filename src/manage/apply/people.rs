//! Those for whom decisions are compared: users and robots as rules see them.
//!
//! They are kept in memory until a user, a robot or a group changes, so that plans one after the other read nothing.

use crate::domain::policy::Account;
use crate::domain::subject::SubjectKind;
use crate::domain::time::Timestamp;
use crate::snapshot::Snapshots;
use crate::storage::{Counter, Page, Reader, StoreError, StoredSubject};
use std::sync::Arc;
use tokio::sync::Mutex;

/// How many changed rules and subjects the changed decisions are sought for.
pub(super) const MOST_COMPARED: usize = 1000;
/// How many users and robots the changed decisions are sought for.
pub(super) const MOST_PEOPLE: usize = 10_000;
/// How many of them are read at once.
const CHUNK: i64 = 1000;

/// A subject as rules see it: not at all while it is disabled, nor after its end.
pub(super) fn as_rules_see(found: Option<&StoredSubject>, at: Timestamp) -> Option<Account> {
    let is_live =
        |found: &&StoredSubject| !found.row.disabled && found.row.expires_at.is_none_or(|end| at < end);
    found.filter(is_live).map(|found| Account {
        subject: found.as_subject(),
        until: found.row.expires_at,
        is_admin: found.row.admin,
    })
}

/// Users and robots, the first by name: more than are compared, as some of them may change.
pub(super) type Everybody = Arc<[Arc<Account>]>;

/// The last that were read.
#[derive(Default)]
pub(in crate::manage) struct People {
    /// With the change that they are as of.
    kept: Mutex<Option<(Counter, Everybody)>>,
}

impl People {
    /// Those that are neither disabled nor have ended by `at`; some may end later.
    pub(super) async fn everybody(
        &self,
        reader: &mut Reader,
        snapshots: &Snapshots,
        at: Timestamp,
    ) -> Result<Everybody, StoreError> {
        // Held while they are read: whoever comes meanwhile has use for the same.
        let mut kept = self.kept.lock().await;
        let as_of = newest(reader, snapshots).await?;
        if let Some((_, everybody)) = kept.as_ref().filter(|(own, _)| *own == as_of) {
            return Ok(everybody.clone());
        }
        let everybody = read(reader, at).await?;
        // Somebody may have changed while they were read: these are then not kept.
        let is_still = newest(reader, snapshots).await? == as_of;
        *kept = is_still.then(|| (as_of, everybody.clone()));
        Ok(everybody)
    }
}

/// The last change of people that the database has.
async fn newest(reader: &mut Reader, snapshots: &Snapshots) -> Result<Counter, StoreError> {
    Ok(snapshots.at_least(reader.counter().await?.seq).await?.people().clone())
}

async fn read(reader: &mut Reader, at: Timestamp) -> Result<Everybody, StoreError> {
    let mut everybody = Vec::new();
    for kind in [SubjectKind::User, SubjectKind::Robot] {
        let mut page = Page::new(String::new(), String::new(), CHUNK);
        while everybody.len() <= MOST_PEOPLE + MOST_COMPARED {
            let found = reader.list_subjects(kind, &page).await?;
            let Some(last) = found.last() else { break };
            page = page.following(last.row.subject.name.to_string());
            everybody.extend(found.iter().filter_map(|one| as_rules_see(Some(one), at)).map(Arc::new));
        }
    }
    Ok(everybody.into())
}
