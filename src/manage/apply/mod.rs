//! Declarative apply: objects in files become the state of the server, in one transaction or not at
//! all.
//!
//! The way of a file: `documents` cuts it into objects one at a time, `object` reads one, `first_pass` does
//! so with the whole file before the writer is taken. `transaction` writes them all, `plan` tells what that
//! changed, `decisions` which decisions that changes, for the `people` that there are. A dry run goes the same way and then gives everything
//! back. If the client leaves before the end, nothing is changed.
//! INVARIANT: memory does not grow with the file, but for the names of its objects.

mod decisions;
mod documents;
mod errors;
mod first_pass;
mod object;
mod options;
mod people;
mod plan;
mod preview;
mod prune;
mod state;
mod transaction;
mod yaml_words;

use first_pass::{FirstPass, Waiting, first_pass};

pub use documents::Format;
pub use options::ApplyOptions;
pub(super) use people::People;
pub use plan::{FieldChange, Plan, PlannedChange, Summary};
pub use preview::Previewed;

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use crate::domain::policy::Population;
use crate::snapshot::Snapshots;
use crate::storage::{BoxFuture, StoreError, Transaction};
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

/// How long the policy of very many rules may take to come into force.
const PATIENCE: Duration = Duration::from_secs(300);
/// How much work is spent on the decisions that change.
const MOST_WORK: usize = 20_000_000;

/// What the transaction does.
fn body(
    apply: state::Apply,
    snapshots: Arc<Snapshots>,
    file: FirstPass,
) -> impl for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<decisions::Unfinished, ManageError>>
+ Send
+ 'static {
    move |tx| Box::pin(apply.run(tx, snapshots, file))
}

impl Administration {
    /// Applies the objects of `spool`, read from its beginning, and tells what changed.
    /// Fails with the errors of every document; nothing is changed then.
    pub async fn apply(
        &self,
        admin: &Admin,
        options: ApplyOptions,
        format: Format,
        spool: File,
    ) -> Result<Plan, ManageError> {
        options.check()?;
        let dry_run = options.dry_run;
        let waiting = Waiting::default();
        // If the client leaves, this is dropped.
        let _waiter = waiting.waiter();
        let file = self.first_pass(&options, format, spool, waiting.clone()).await?;
        let outside = self.outside().ok().cloned();
        let abandoned = waiting.abandoned();
        let apply = state::Apply::new(options, admin.origin.at, waiting, self.shared_algorithm(), outside);
        let body = body(apply, self.snapshots.clone(), file);
        let mut unfinished = if dry_run {
            self.store.rehearse(admin.origin.clone(), body).await?
        } else {
            self.commit_within(&admin.origin, PATIENCE, body).await?
        };
        if !dry_run {
            self.make_keys(admin.origin.at).await;
        }
        let known = match self.known(&mut unfinished).await {
            Err(error) if dry_run => return Err(error.into()),
            // It is done, so that is the answer, with a list that says that it is not complete.
            Err(_) => Population { more_people: 1, ..Population::default() },
            Ok(known) => known,
        };
        let finished =
            tokio::task::spawn_blocking(move || unfinished.finish(&known, MOST_WORK, abandoned)).await;
        Ok(finished.map_err(|_| StoreError::Cut)?)
    }

    /// Reads the whole file outside of the workers and before the writer is taken.
    async fn first_pass(
        &self,
        options: &ApplyOptions,
        format: Format,
        spool: File,
        waiting: Waiting,
    ) -> Result<FirstPass, ManageError> {
        let turn = self.first_passes.clone().acquire_owned().await.map_err(|_| StoreError::Cut)?;
        let owner = options.owner.clone();
        let pass = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            first_pass(spool, format, owner.as_deref(), &waiting)
        });
        let file = pass.await.map_err(|_| StoreError::Cut)??;
        // Then the writer is not needed.
        if file.errors.are_enough() {
            file.errors.into_result()?;
            return Err(StoreError::Cut.into());
        }
        Ok(file)
    }

    async fn known(&self, unfinished: &mut decisions::Unfinished) -> Result<Population, StoreError> {
        unfinished.known(&self.people, &mut self.store.read().await?, &self.snapshots).await
    }
}
