//! The users and robots for whom a plan compares the decisions before and after its changes, as rules see them.
//!
//! The server keeps them in memory until a user, a robot or a group changes, so several plans in a row read them only
//! once.

use crate::domain::policy::Account;
use crate::domain::subject::SubjectKind;
use crate::domain::time::Timestamp;
use crate::snapshot::Snapshots;
use crate::storage::{Counter, Page, Reader, StoreError, StoredSubject};
use std::sync::Arc;
use tokio::sync::Mutex;

/// The greatest number of changed rules, and of changed subjects, for which a plan compares decisions.
pub(super) const MOST_COMPARED: usize = 1000;
/// The greatest number of unchanged users and robots for whom a plan compares decisions.
pub(super) const MOST_PEOPLE: usize = 10_000;
/// The number of users and robots that one query reads.
const CHUNK: i64 = 1000;

/// Returns a subject as rules see it; `None` if it does not exist, is disabled or has ended.
pub(super) fn as_rules_see(found: Option<&StoredSubject>, at: Timestamp) -> Option<Account> {
    let is_live =
        |found: &&StoredSubject| !found.row.disabled && found.row.expires_at.is_none_or(|end| at < end);
    found.filter(is_live).map(|found| Account {
        subject: found.as_subject(),
        until: found.row.expires_at,
        is_admin: found.row.admin,
    })
}

/// The users and robots in memory: first users, then robots, each sorted by name. Their number is at most about the
/// sum of [`MOST_PEOPLE`] and [`MOST_COMPARED`]: a plan leaves out the accounts that it changes, and compares
/// [`MOST_PEOPLE`] of the others.
pub(super) type Everybody = Arc<[Arc<Account>]>;

/// The users and robots that were read last.
#[derive(Default)]
pub(in crate::manage) struct People {
    /// The users and robots, with the last change that they include.
    kept: Mutex<Option<(Counter, Everybody)>>,
}

impl People {
    /// Returns the accounts that were neither disabled nor ended when they were read. Some may have ended at `at`.
    pub(super) async fn everybody(
        &self,
        reader: &mut Reader,
        snapshots: &Snapshots,
        at: Timestamp,
    ) -> Result<Everybody, StoreError> {
        // The lock is held during the read, so that a second reader can use the same result.
        let mut kept = self.kept.lock().await;
        let as_of = newest(reader, snapshots).await?;
        if let Some((_, everybody)) = kept.as_ref().filter(|(own, _)| *own == as_of) {
            return Ok(everybody.clone());
        }
        let everybody = read(reader, at).await?;
        // If an account changed during the read, the result is not kept for later plans.
        let is_still = newest(reader, snapshots).await? == as_of;
        *kept = is_still.then(|| (as_of, everybody.clone()));
        Ok(everybody)
    }
}

/// Returns the last change of an account in the database.
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
