//! The state of an apply in progress: the names in the files, the changes so far, and the policy so far.

use super::errors::ApplyErrors;
use super::options::ApplyOptions;
use super::people::{MOST_COMPARED, as_rules_see};
use super::plan::Telling;
use crate::authn::Outside;
use crate::domain::kind::FileKind;
use crate::domain::policy::{Account, Policy, RuleName};
use crate::domain::subject::SubjectRef;
use crate::domain::time::Timestamp;
use crate::manage::waiting::Waiting;
use crate::storage::{StoreError, Transaction};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// An apply in progress.
pub(super) struct Apply {
    pub(super) options: ApplyOptions,
    pub(super) at: Timestamp,
    /// The flag that is set when the client no longer waits for the answer.
    pub(super) waiting: Waiting,
    /// The signing algorithm of the key that services share.
    pub(super) algorithm: Option<&'static str>,
    /// The identity providers, if this server can ask them.
    pub(super) outside: Option<Arc<Outside>>,
    pub(super) telling: Telling,
    pub(super) errors: ApplyErrors,
    /// The policy that this transaction sees, with its own writes.
    pub(super) policy: Policy,
    pub(super) changed_rules: BTreeSet<RuleName>,
    /// The subjects that change, each in its old state.
    pub(super) touched: BTreeMap<SubjectRef, Option<Account>>,
    /// The number of changed subjects for which no decisions are compared.
    pub(super) uncompared: usize,
    /// The objects that the files name. Pruning keeps them.
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

    /// Keeps the state of a subject before its change. Beyond 1,000 subjects, only counts the subject.
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

    /// Adds the changes of one object to the plan, and records them.
    pub(super) async fn object_done(&mut self, tx: &mut Transaction) -> Result<(), StoreError> {
        self.telling.object(tx.noted());
        tx.record_noted().await
    }
}
