//! Writes the objects of a file, in one transaction.

use super::decisions::{Registries, Unfinished};
use super::first_pass::{FirstPass, Spool};
use super::object::{DocumentRef, Identity, Object};
use super::people::{MOST_COMPARED, as_rules_see};
use super::plan::Plan;
use super::prune::prune;
use super::state::Apply;
use crate::accounts::{
    self, LinkedIdentity, NewPassword, ObjectWrite, WriteError, some_administrator_is_left,
};
use crate::domain::change::Change;
use crate::domain::identity::ProviderName;
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::{ChangeAction, ObjectKind};
use crate::domain::policy::{Policy, Rule, SubjectChange};
use crate::domain::service::{Service, ServiceName};
use crate::domain::subject::{GroupName, SubjectKind, SubjectName, SubjectRef};
use crate::manage::administration::policy_of;
use crate::manage::error::ManageError;
use crate::manage::identity_providers::{self, ProviderWrite};
use crate::manage::lint::lint;
use crate::manage::{rules, services};
use crate::snapshot::Snapshots;
use crate::storage::{GroupRow, StoreError, Transaction};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The greatest number of changed rules for which a plan contains warnings.
pub(super) const MOST_LINTED: usize = 200;

/// Returns the registries as the transaction sees them.
async fn registries(tx: &mut Transaction) -> Result<BTreeMap<ServiceName, Service>, StoreError> {
    let rows = tx.list_services().await?;
    Ok(rows.into_iter().map(|row| (row.service.name.clone(), row.service)).collect())
}

/// Fails if a change would take an object away from its owner. The noted changes show its old and new owner.
pub(super) fn check_owner(noted: &[Change]) -> Result<(), WriteError> {
    let owner = |state: &Option<Value>| {
        let text = state.as_ref()?.get("managed_by")?.as_str()?;
        Some(text.to_owned())
    };
    let taken = noted.iter().find_map(|change| {
        let (was, is) = (owner(&change.before)?, owner(&change.after));
        (change.action == ChangeAction::Update && is.as_ref() != Some(&was)).then_some(was)
    });
    match taken {
        Some(other) => {
            let why =
                format!("belongs to `{other}`: apply it as that owner, or clear its `managed_by` first");
            Err(FieldErrors::one("managed_by", why).into())
        }
        None => Ok(()),
    }
}

impl Apply {
    pub(super) async fn run(
        mut self,
        tx: &mut Transaction,
        snapshots: Arc<Snapshots>,
        file: FirstPass,
    ) -> Result<Unfinished, ManageError> {
        tx.expect_pauses().await?;
        let before = policy_of(tx, &snapshots).await?;
        self.policy = before.clone();
        let registries = registries(tx).await?;
        self.errors = file.errors;
        self.named = file.named;
        self.kinds = file.kinds;
        self.write_all(tx, file.others).await?;
        self.write_all(tx, file.groups).await?;
        std::mem::take(&mut self.errors).into_result()?;
        if self.options.prune {
            prune(&mut self, tx).await?;
        }
        some_administrator_is_left(tx, self.at).await?;
        self.finish(tx, before, registries).await
    }

    /// Writes the objects of a spool. Stops at the limit of errors. Fails once no client waits for the answer.
    async fn write_all(&mut self, tx: &mut Transaction, mut objects: Spool) -> Result<(), ManageError> {
        while !self.errors.are_enough()
            && let Some((number, value)) = objects.next()?
        {
            self.waiting.check()?;
            match Object::read(value, self.options.owner.as_deref()) {
                Ok(object) => self.object(tx, number, object).await?,
                Err(wrong) => self.errors.add(&DocumentRef { number, what: None }, wrong),
            }
        }
        Ok(())
    }

    /// Writes one object. Collects the object's errors; a failure of the store ends the apply.
    async fn object(
        &mut self,
        tx: &mut Transaction,
        number: usize,
        object: Object,
    ) -> Result<(), ManageError> {
        let document =
            DocumentRef { number, what: Some((object.kind.as_str().to_owned(), object.name.clone())) };
        let mut result = self.write(tx, object).await;
        if result.is_ok() {
            result = check_owner(tx.noted());
        }
        match result {
            Ok(()) => Ok(self.object_done(tx).await?),
            Err(WriteError::Invalid(errors)) => {
                self.errors.add(&document, errors);
                Ok(())
            }
            Err(error @ (WriteError::Conflict(_) | WriteError::NotFound { .. })) => {
                self.errors.add(&document, FieldErrors::one("", error));
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn write(&mut self, tx: &mut Transaction, object: Object) -> Result<(), WriteError> {
        let write = ObjectWrite::one_of_many(object.fields, self.at);
        match object.identity {
            Identity::User(name, password, linked) => {
                let subject = SubjectRef { kind: SubjectKind::User, name: name.clone() };
                self.touch(tx, &subject).await?;
                self.user(tx, name, write, (password, linked)).await?;
            }
            Identity::Robot(name) => {
                let subject = SubjectRef { kind: SubjectKind::Robot, name: name.clone() };
                self.touch(tx, &subject).await?;
                accounts::write_robot(tx, name, write).await?;
            }
            Identity::Group(name) => self.group(tx, name, write).await?,
            Identity::Service(name) => {
                services::write_service(tx, name, write, self.algorithm).await?;
            }
            Identity::Provider(name, secret) => {
                let more = ProviderWrite { secret, move_identities: false };
                match self.outside.clone() {
                    Some(outside) => {
                        identity_providers::write_identity_provider(tx, name, write, more, &outside).await?;
                    }
                    None => return Err(WriteError::conflict("identity providers need a running server")),
                }
            }
            Identity::Rule(name) => {
                let (_, rule) = rules::write_rule(tx, name, write, &self.policy).await?;
                if self.policy.rule(&rule.name) != Some(&rule) {
                    self.rule_changed(&rule.name);
                    self.policy.insert_all([rule]);
                }
            }
        }
        Ok(())
    }

    /// Writes a user, and the user's identity at a provider.
    async fn user(
        &self,
        tx: &mut Transaction,
        name: SubjectName,
        write: ObjectWrite,
        (password, linked): (NewPassword, Option<LinkedIdentity>),
    ) -> Result<(), WriteError> {
        let none = FieldErrors::default();
        let Some(LinkedIdentity { provider, external_id }) = linked else {
            return accounts::write_user(tx, name, write, password, None, none).await.map(|_| ());
        };
        let missing = || WriteError::not_found(ObjectKind::IdentityProvider, &provider);
        let parsed = ProviderName::parse(&provider).map_err(|_| missing())?;
        let settings = tx.find_provider(&parsed).await?.ok_or_else(missing)?.settings;
        let owner = settings.owner();
        accounts::write_user(tx, name.clone(), write, password, Some(&owner), none).await?;
        accounts::link(tx, &name, &settings, external_id, self.at).await.map(|_| ())
    }

    async fn group(
        &mut self,
        tx: &mut Transaction,
        name: GroupName,
        write: ObjectWrite,
    ) -> Result<(), WriteError> {
        let members = |row: Option<GroupRow>| -> BTreeSet<SubjectRef> {
            row.map(|row| row.members.into_iter().collect()).unwrap_or_default()
        };
        let before = members(tx.find_group(&name).await?);
        let written = accounts::write_group(tx, name.clone(), write).await?;
        let after: BTreeSet<SubjectRef> = written.object.members.into_iter().collect();
        for changed in before.symmetric_difference(&after) {
            if self.touched.contains_key(changed) {
                continue;
            }
            if self.touched.len() >= MOST_COMPARED {
                self.uncompared += 1;
                continue;
            }
            // Only this membership changed. So the subject's state before is its state now, with this group if it
            // leaves the group, and without this group if it joins.
            let mut was = as_rules_see(tx.find_subject(&changed.name).await?.as_ref(), self.at);
            if let Some(account) = &mut was {
                let groups = &mut account.subject.groups;
                if before.contains(changed) {
                    groups.insert(name.clone());
                } else {
                    groups.remove(&name);
                }
            }
            self.touched.insert(changed.clone(), was);
        }
        Ok(())
    }

    /// Returns the plan without its decisions: the changes from the policy `before` and from `registries_before`.
    async fn finish(
        self,
        tx: &mut Transaction,
        before: Policy,
        registries_before: BTreeMap<ServiceName, Service>,
    ) -> Result<Unfinished, ManageError> {
        let mut subjects = Vec::new();
        for (subject, was) in self.touched {
            let is = as_rules_see(tx.find_account(&subject).await?.as_ref(), self.at);
            if was != is {
                subjects.push(SubjectChange { before: was, after: is });
            }
        }
        let changed = self.changed_rules.iter().filter_map(|name| self.policy.rule(name));
        let changed: Vec<&Rule> = changed.take(MOST_LINTED).collect();
        let services = registries(tx).await?;
        let plan = Plan {
            dry_run: self.options.dry_run,
            summary: self.telling.summary,
            changes: self.telling.changes,
            changes_omitted: self.telling.omitted,
            decisions: Vec::new(),
            decisions_omitted: self.uncompared,
            warnings: lint(tx, &self.policy, &services, &changed, self.at).await?,
        };
        let services = Registries::new(registries_before, &services);
        let (changed_rules, after, at) = (self.changed_rules, self.policy, self.at);
        Ok(Unfinished { plan, before, after, changed_rules, subjects, services, at })
    }
}
