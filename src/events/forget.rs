//! Replaces the names of deleted users in the reports of registries and in the counts of grants by pseudonyms.

use super::pauses::{PORTION, Turn};
use crate::domain::kind::{ChangeAction, ObjectKind, Recorded};
use crate::domain::time::Timestamp;
use crate::entropy::{self, NoEntropy};
use crate::storage::events::{EventStore, EventTransaction, Forgotten};
use crate::storage::{ChangeFilter, Store, StoreError};
use std::time::Instant;

/// The number of changes of the audit trail that one query reads.
const PAGE: i64 = 500;
/// The greatest number of events that one transaction reads.
const EVENTS: i64 = 20_000;
/// The name of the note with the number of the last processed change of the audit trail.
const MARK: &str = "deleted_users";
/// The name of the note about the user who is being forgotten. The note contains the number of the deletion in the
/// audit trail, and the pseudonym.
const UNDER_WAY: &str = "forgetting";

/// The errors of forgetting.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// A database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system provides no random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

/// Forgets the users who were deleted since the last run, and returns their number. The first run forgets nobody, and
/// notes where the next run begins. Ends early if another server takes the turn.
pub async fn forget_deleted<N: Fn() -> Timestamp>(
    main: &Store,
    events: &EventStore,
    turn: &mut Turn<'_, N>,
) -> Result<u64, ForgetError> {
    let head = main.read().await?.counter().await?.seq;
    let seen = events.read().await?.mark(MARK).await?.and_then(|text| text.parse::<i64>().ok());
    // A restored database may be older than the note: its audit trail then ends before the noted change.
    let Some(mut seen) = seen.map(|seen| seen.min(head)) else {
        events.note(MARK, head.to_string()).await?;
        return Ok(0);
    };
    let filter = ChangeFilter { kind: Some(ObjectKind::User.as_str().to_owned()), ..ChangeFilter::default() };
    let mut count = 0;
    loop {
        let changes = main.read().await?.trail(Some(seen), PAGE, &filter).await?;
        for change in changes.iter().filter(|one| one.action == Recorded::Known(ChangeAction::Delete)) {
            let pseudonym = pseudonym(events, change.seq).await?;
            let who = Forgotten { name: change.name.clone(), pseudonym, at: change.at };
            if !forget(events, &who, turn).await? {
                return Ok(count);
            }
            count += 1;
            events.note(MARK, change.seq.to_string()).await?;
        }
        let Some(last) = changes.last() else { break };
        seen = last.seq;
    }
    events.note(MARK, head.max(seen).to_string()).await?;
    Ok(count)
}

/// Returns the pseudonym for the user of a deletion. After an interruption the next run gets the same pseudonym.
async fn pseudonym(events: &EventStore, seq: i64) -> Result<String, ForgetError> {
    if let Some(noted) = events.read().await?.mark(UNDER_WAY).await?
        && let Some((number, pseudonym)) = noted.split_once(' ')
        && number.parse() == Ok(seq)
    {
        return Ok(pseudonym.to_owned());
    }
    let pseudonym = format!("deleted:{:016x}", u64::from_ne_bytes(entropy::bytes()?));
    events.note(UNDER_WAY, format!("{seq} {pseudonym}")).await?;
    Ok(pseudonym)
}

/// Replaces the name of a user by the pseudonym in all tables of events. Returns `false` if another server took the
/// turn.
async fn forget<N: Fn() -> Timestamp>(
    events: &EventStore,
    who: &Forgotten,
    turn: &mut Turn<'_, N>,
) -> Result<bool, StoreError> {
    for service in events.read().await?.used_services(&who.name).await? {
        if !(in_portions(events, who, Some(&service), Table::Usage, turn).await?
            && in_portions(events, who, Some(&service), Table::Grants, turn).await?)
        {
            return Ok(false);
        }
    }
    for table in [Table::Pulls, Table::Tags, Table::Manifests] {
        if !in_portions(events, who, None, table, turn).await? {
            return Ok(false);
        }
    }
    let mut first = 0;
    loop {
        let next = events.read().await?.events_step(first, EVENTS).await?;
        if next == 0 {
            return Ok(true);
        }
        let (began, whom) = (Instant::now(), who.clone());
        events
            .write(move |mut tx| Box::pin(async move { tx.forget_events(&whom, first, next).await }))
            .await?;
        first = next;
        if !turn.rest(began.elapsed()).await? {
            return Ok(false);
        }
    }
}

#[derive(Clone, Copy)]
enum Table {
    Usage,
    Grants,
    Pulls,
    Tags,
    Manifests,
}

async fn in_portions<N: Fn() -> Timestamp>(
    events: &EventStore,
    who: &Forgotten,
    service: Option<&str>,
    table: Table,
    turn: &mut Turn<'_, N>,
) -> Result<bool, StoreError> {
    loop {
        let (began, whom, service) = (Instant::now(), who.clone(), service.unwrap_or_default().to_owned());
        let rows = events
            .write(move |mut tx: EventTransaction<'_>| {
                Box::pin(async move {
                    match table {
                        Table::Usage => tx.forget_usage(&whom, &service, PORTION).await,
                        Table::Grants => tx.forget_grants(&whom, &service, PORTION).await,
                        Table::Pulls => tx.forget_pulls(&whom, PORTION).await,
                        Table::Tags => tx.forget_tags(&whom, PORTION).await,
                        Table::Manifests => tx.forget_manifests(&whom, PORTION).await,
                    }
                })
            })
            .await?;
        let is_done = i64::try_from(rows).is_ok_and(|rows| rows < PORTION);
        if !turn.rest(began.elapsed()).await? {
            return Ok(false);
        }
        if is_done {
            return Ok(true);
        }
    }
}
