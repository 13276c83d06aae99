//! The state of an apply under way: what the files name, what changed, the policy as it is by now.

use super::errors::ApplyErrors;
use super::first_pass::Waiting;
use super::options::ApplyOptions;
use super::people::{MOST_COMPARED, as_rules_see};
use super::plan::Telling;
use crate::authn::Outside;
use crate::domain::kind::FileKind;
use crate::domain::policy::{Account, Policy, RuleName};
use crate::domain::subject::SubjectRef;
use crate::domain::time::Timestamp;
use crate::storage::{StoreError, Transaction};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// An apply under way.
pub(super) struct Apply {
    pub(super) options: ApplyOptions,
    pub(super) at: Timestamp,
    /// Whether the client still waits for the answer.
    pub(super) waiting: Waiting,
    /// What the key signs with that services share.
    pub(super) algorithm: Option<&'static str>,
    /// The identity providers, as far as this server can ask them.
    pub(super) outside: Option<Arc<Outside>>,
    pub(super) telling: Telling,
    pub(super) errors: ApplyErrors,
    /// The policy that this transaction sees, its own writes included.
    pub(super) policy: Policy,
    pub(super) changed_rules: BTreeSet<RuleName>,
    /// Subjects that change, as they were.
    pub(super) touched: BTreeMap<SubjectRef, Option<Account>>,
    /// More changed than is compared.
    pub(super) uncompared: usize,
    /// What the file names: pruning spares it.
    pub(super) named: HashSet<(FileKind, String)>,
    pub(super) kinds: BTreeSet<FileKind>,
}

impl Apply {
    pub(super) fn new(
        options: ApplyOptions,
        at: Timestamp,
        waiting: Waiting,
        algorithm: Option<&'static str>,
        outside: Option<Arc<Outside>>,
    ) -> Self {
        Self {
            options,
            at,
            waiting,
            algorithm,
            outside,
            telling: Telling::default(),
            errors: ApplyErrors::default(),
            policy: Policy::default(),
            changed_rules: BTreeSet::new(),
            touched: BTreeMap::new(),
            uncompared: 0,
            named: HashSet::new(),
            kinds: BTreeSet::new(),
        }
    }

    pub(super) fn rule_changed(&mut self, name: &RuleName) {
        if self.changed_rules.len() < MOST_COMPARED {
            self.changed_rules.insert(name.clone());
        } else if !self.changed_rules.contains(name) {
            self.uncompared += 1;
        }
    }

    /// Remembers a subject as it is before it changes.
    pub(super) async fn touch(
        &mut self,
        tx: &mut Transaction,
        subject: &SubjectRef,
    ) -> Result<(), StoreError> {
        if self.touched.contains_key(subject) {
            return Ok(());
        }
        if self.touched.len() >= MOST_COMPARED {
            self.uncompared += 1;
            return Ok(());
        }
        let found = tx.find_account(subject).await?;
        self.touched.insert(subject.clone(), as_rules_see(found.as_ref(), self.at));
        Ok(())
    }

    /// Tells of the changes that one object made, and records them.
    pub(super) async fn object_done(&mut self, tx: &mut Transaction) -> Result<(), StoreError> {
        self.telling.object(tx.noted());
        tx.record_noted().await
    }
}
