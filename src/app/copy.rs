//! Copies the data from one main database to another, and verifies the copy before the commit. The events of registries
//! are not copied.

use super::error::CopyError;
use super::runtime;
use crate::clock::Clock;
use crate::config::DatabaseUrl;
use crate::domain::change::{Change, Origin};
use crate::domain::kind::ChangeAction;
use crate::domain::policy::{Alike, SpotCheck};
use crate::domain::service::ServiceName;
use crate::domain::subject::{Subject, SubjectKind};
use crate::entropy;
use crate::snapshot::Snapshot;
use crate::storage::{Contents, Page, Reader, Store, StoreError, TrailError, Transaction};
use serde_json::json;

/// The greatest number of random requests for which the copy compares the decisions of the source and of the target.
const DECISIONS: u64 = 100_000;
/// About the greatest number of stored users and robots whose decisions the copy compares between source and target.
/// The subjects that rules name are compared too.
const SUBJECTS: u64 = 2000;
/// The number of subjects that are read at once.
const PAGE: i64 = 1000;

/// The result of a copy.
#[derive(Debug)]
pub struct Copied {
    /// The content of each table.
    pub tables: Vec<Contents>,
    /// The number of the last change in the source that the target contains.
    pub seq: i64,
    /// The number of compared decisions, and the number of those that grant something.
    pub decisions: Alike,
}

/// A function that reports progress. Its arguments are the kind of work, and the number of items that are
/// done.
pub type Progress<'a> = &'a mut dyn FnMut(&'static str, u64);

/// Copies all data of `from`, as of one moment, into `to`, which must be empty. Leaves out the events of registries,
/// the leases and the list of replicas. After an error the target is empty, or as it was before.
pub fn copy(from: &DatabaseUrl, to: &DatabaseUrl, progress: Progress<'_>) -> Result<Copied, CopyError> {
    runtime::for_command().map_err(CopyError::Start)?.block_on(async {
        if Store::is_same(from.expose(), to.expose()) {
            return Err(CopyError::Same);
        }
        let source = Store::join(from.expose()).await.map_err(CopyError::Source)?;
        let result = between(&source, to, progress).await;
        source.close().await;
        result
    })
}

async fn between(source: &Store, to: &DatabaseUrl, progress: Progress<'_>) -> Result<Copied, CopyError> {
    // `open` would migrate the schema and so change the target, so this check comes first.
    if Store::is_in_use(to.expose()).await.map_err(CopyError::Target)? {
        return Err(CopyError::NotEmpty);
    }
    let target = Store::open(to.expose()).await.map_err(CopyError::Target)?;
    let result = into(source, &target, progress).await;
    target.close().await;
    result
}

async fn into(source: &Store, target: &Store, progress: Progress<'_>) -> Result<Copied, CopyError> {
    let mut state = source.one_state().await.map_err(CopyError::Source)?;
    let origin = Origin::system("copy", Clock::System.now());
    let mut tx = target.begin_long(origin.clone()).await.map_err(CopyError::Target)?;
    if tx.base_seq() > 0 || tx.has_subjects().await.map_err(CopyError::Target)? {
        return Err(CopyError::NotEmpty);
    }
    let tables = tx.copy_from(&mut state, &mut *progress).await?;
    let seq = tx.counter().await.map_err(CopyError::Target)?.seq;
    progress("verified tables", 0);
    let written = tx.contents().await.map_err(CopyError::Target)?;
    if let Some((one, _)) = tables.iter().zip(&written).find(|(one, other)| one != other) {
        return Err(CopyError::Table(one.table));
    }
    progress("verified changes", 0);
    tx.verify_trail().await.map_err(|error| match error {
        TrailError::Store(error) => CopyError::Target(error),
        // The tables were already compared, so the fault comes from the source.
        broken => CopyError::Trail(broken),
    })?;
    progress("verified decisions", 0);
    let subjects = tables.iter().find(|one| one.table == "subjects").map_or(0, |one| one.rows);
    let decisions = compare(&mut state, &mut tx, subjects, &origin).await?;
    let change =
        Change::of_database(ChangeAction::Copy, "copy", json!({"from": source.kind(), "changes": seq}));
    tx.seal(origin, change).await.map_err(CopyError::Target)?;
    Ok(Copied { tables, seq, decisions })
}

/// Compares the decisions of the two databases, for at most [`DECISIONS`] random requests.
async fn compare(
    source: &mut Reader,
    target: &mut Transaction,
    subjects: u64,
    origin: &Origin,
) -> Result<Alike, CopyError> {
    let one = Snapshot::load(source).await.map_err(CopyError::Source)?;
    let other = Snapshot::load(target).await.map_err(CopyError::Target)?;
    let services: Vec<ServiceName> = one.services.into_keys().collect();
    let mut pairs = Vec::new();
    for subject in some_subjects(source, subjects.div_ceil(SUBJECTS)).await.map_err(CopyError::Source)? {
        let Some(id) = &subject.identity else { continue };
        let same = target.find_subject(&id.name).await.map_err(CopyError::Target)?;
        let same = same.map_or_else(Subject::anonymous, |found| found.as_subject());
        pairs.push((subject, same));
    }
    let check = SpotCheck {
        one: &one.policy,
        other: &other.policy,
        subjects: &pairs,
        services: &services,
        at: origin.at,
    };
    Ok(check.run(DECISIONS, u64::from_ne_bytes(entropy::bytes()?))?)
}

/// Reads every `step`-th user and every `step`-th robot.
async fn some_subjects(reader: &mut Reader, step: u64) -> Result<Vec<Subject>, StoreError> {
    let step = usize::try_from(step).unwrap_or(usize::MAX).max(1);
    let mut some = Vec::new();
    for kind in [SubjectKind::User, SubjectKind::Robot] {
        let mut page = Page::new(String::new(), String::new(), PAGE);
        let mut skipped = 0;
        loop {
            let found = reader.list_subjects(kind, &page).await?;
            let Some(last) = found.last() else { break };
            page = page.following(last.row.subject.name.to_string());
            for one in &found {
                if skipped % step == 0 {
                    some.push(one.as_subject());
                }
                skipped += 1;
            }
        }
    }
    Ok(some)
}
