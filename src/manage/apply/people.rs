//! Those for whom decisions are compared: users and robots as rules see them.
//!
//! They are kept in memory until a user, a robot or a group changes, so that plans one after the other read nothing.

use super::decisions::as_rules_see;
use super::state::MOST_COMPARED;
use crate::domain::policy::Account;
use crate::domain::subject::SubjectKind;
use crate::domain::time::Timestamp;
use crate::snapshot::Snapshots;
use crate::storage::{Counter, Page, Reader, StoreError};
use std::sync::Arc;
use tokio::sync::Mutex;

/// How many users and robots the changed decisions are sought for.
pub(super) const MOST_PEOPLE: usize = 10_000;
/// How many of them are read at once.
const CHUNK: i64 = 1000;

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
