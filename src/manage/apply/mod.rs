//! Declarative apply: makes the objects in files the state of the server. One transaction writes all objects or none.
//!
//! A file goes through these steps: `documents` cuts it into objects, and `object` reads an object. `first_pass` does
//! both for the whole file before the transaction begins. `transaction` writes all objects, `prune` deletes objects
//! that the files do not name, `plan` describes the changes, and `decisions` finds the decisions that change, for the
//! existing `people`. A dry run takes the same steps and then rolls back. If the client leaves while the objects are
//! being written, nothing is changed.
//! INVARIANT: memory does not grow with the file, except for the names of its objects, and for its rules.

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

use first_pass::{FirstPass, first_pass};

pub use documents::Format;
pub use options::ApplyOptions;
pub(super) use people::People;
pub use plan::{FieldChange, Plan, PlannedChange, Summary};
pub use preview::Previewed;

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use super::waiting::Waiting;
use crate::domain::policy::Population;
use crate::snapshot::Snapshots;
use crate::storage::{BoxFuture, StoreError, Transaction};
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

/// The longest wait until a policy of very many rules is in force.
const PATIENCE: Duration = Duration::from_secs(300);
/// The most work for finding decisions that change, in steps of the search.
const MOST_WORK: usize = 20_000_000;

/// Returns the body of the transaction.
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
    /// Applies the objects in the file `spool`, from its present position, and returns the changes. If documents have
    /// errors, fails with these errors and changes nothing. Reading stops at 100 errors.
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
        // If the client leaves, this future is dropped with the handle. The dropped handle then stops the work.
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
            // The objects are written, so the answer must not fail now. It counts one person as not compared, so the
            // client knows that the list of decisions is incomplete.
            Err(_) => Population { more_people: 1, ..Population::default() },
            Ok(known) => known,
        };
        let finished =
            tokio::task::spawn_blocking(move || unfinished.finish(&known, MOST_WORK, abandoned)).await;
        Ok(finished.map_err(|_| StoreError::Cut)?)
    }

    /// Reads the whole file outside the worker threads, before the transaction begins. Fails at the limit of errors.
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
        // The rest of the file was not read, so the file is refused before a transaction begins.
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
