//! Writing the objects of a file, in one transaction.

use super::decisions::{Registries, Unfinished, as_rules_see};
use super::documents::{Document, Documents, Format};
use super::object::{DocumentRef, Identity, Object};
use super::plan::Plan;
use super::prune::prune;
use super::state::{Apply, MOST_COMPARED};
use crate::accounts::{self, ObjectWrite, WriteError, some_administrator_is_left};
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::{ChangeAction, FileKind};
use crate::domain::policy::{Policy, Rule, SubjectChange};
use crate::domain::service::{Service, ServiceName};
use crate::domain::subject::{GroupName, SubjectKind, SubjectRef};
use crate::manage::administration::policy_of;
use crate::manage::error::ManageError;
use crate::manage::lint::lint;
use crate::manage::{rules, services};
use crate::snapshot::Snapshots;
use crate::storage::{GroupRow, StoreError, Transaction};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Seek;
use std::sync::Arc;

/// How many errors are collected before the rest of the file is left unread.
const MOST_ERRORS: usize = 100;
/// How many changed rules are linted.
const MOST_LINTED: usize = 200;

/// A file is read once for everything but groups, then for groups, whose members may come after
/// them.
#[derive(Debug, Clone, Copy)]
enum Pass {
    Others,
    Groups,
}

/// The kind and name that an object claims to have.
fn claimed(value: &Value) -> Option<(String, String)> {
    let text = |key: &str| {
        value.get(key).and_then(Value::as_str).map(|text| text.chars().take(80).collect::<String>())
    };
    text("kind").zip(text("name"))
}

/// The registries as the transaction sees them.
async fn registries(tx: &mut Transaction) -> Result<BTreeMap<ServiceName, Service>, StoreError> {
    let rows = tx.list_services().await?;
    Ok(rows.into_iter().map(|row| (row.service.name.clone(), row.service)).collect())
}

impl Apply {
    pub(super) async fn run(
        mut self,
        tx: &mut Transaction,
        snapshots: Arc<Snapshots>,
        mut file: File,
        format: Format,
    ) -> Result<Unfinished, ManageError> {
        tx.expect_pauses().await?;
        let before = policy_of(tx, &snapshots).await?;
        self.policy = before.clone();
        let registries = registries(tx).await?;
        self.read(tx, &file, format, Pass::Others).await?;
        if self.kinds.contains(&FileKind::Group) {
            file.rewind().map_err(ManageError::Spool)?;
            self.read(tx, &file, format, Pass::Groups).await?;
        }
        std::mem::take(&mut self.errors).into_result()?;
        if self.options.prune {
            prune(&mut self, tx).await?;
        }
        some_administrator_is_left(tx, self.at).await?;
        self.finish(tx, before, registries).await
    }

    /// Reads the file once, and writes what is for this pass.
    async fn read(
        &mut self,
        tx: &mut Transaction,
        file: &File,
        format: Format,
        pass: Pass,
    ) -> Result<(), ManageError> {
        let mut documents = Documents::new(file, format);
        while self.errors.0.len() < MOST_ERRORS {
            let Some(document) = documents.next().map_err(ManageError::Spool)? else {
                break;
            };
            match pass {
                Pass::Others => self.document(tx, document).await?,
                Pass::Groups => self.group_document(tx, document).await?,
            }
        }
        Ok(())
    }

    /// Writes a document if it is a group; whatever is wrong with it was told in the first pass.
    async fn group_document(&mut self, tx: &mut Transaction, document: Document) -> Result<(), ManageError> {
        let is_group =
            |value: &Value| value.get("kind").and_then(Value::as_str) == Some(FileKind::Group.as_str());
        let object = document.value.ok().filter(is_group);
        match object.and_then(|value| Object::read(value, self.options.owner.as_deref()).ok()) {
            Some(group) => self.object(tx, document.number, group).await,
            None => Ok(()),
        }
    }

    async fn document(&mut self, tx: &mut Transaction, document: Document) -> Result<(), ManageError> {
        let number = document.number;
        let value = match document.value {
            Ok(value) => value,
            Err(why) => {
                self.errors.push(format!("document {number}"), why);
                return Ok(());
            }
        };
        let what = claimed(&value);
        match Object::read(value, self.options.owner.as_deref()) {
            Err(errors) => {
                self.refuse(&DocumentRef { number, what }, errors);
                Ok(())
            }
            Ok(object) => {
                self.kinds.insert(object.kind);
                let is_new = self.named.insert((object.kind, object.name.clone()));
                if !is_new {
                    let twice =
                        FieldErrors::one("", "is given twice: each object may stand in the files once");
                    self.refuse(&DocumentRef { number, what }, twice);
                    return Ok(());
                }
                if object.kind == FileKind::Group {
                    return Ok(());
                }
                self.object(tx, number, object).await
            }
        }
    }

    fn refuse(&mut self, document: &DocumentRef, errors: FieldErrors) {
        for (field, message) in document.of(errors) {
            self.errors.push(field, message);
        }
    }

    /// Writes one object. What is wrong with it is collected; a failure of the store ends it all.
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
            result = Self::check_owner(tx);
        }
        match result {
            Ok(()) => Ok(self.object_done(tx).await?),
            Err(WriteError::Invalid(errors)) => {
                self.refuse(&document, errors);
                Ok(())
            }
            Err(error @ (WriteError::Conflict(_) | WriteError::NotFound { .. })) => {
                self.refuse(&document, FieldErrors::one("", error));
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn write(&mut self, tx: &mut Transaction, object: Object) -> Result<(), WriteError> {
        let write = ObjectWrite::one_of_many(object.fields, self.at);
        match object.identity {
            Identity::User(name, password) => {
                let subject = SubjectRef { kind: SubjectKind::User, name: name.clone() };
                self.touch(tx, &subject).await?;
                accounts::write_user(tx, name, write, password, FieldErrors::default()).await?;
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
            Identity::Rule(name) => {
                let (_, rule) = rules::write_rule(tx, name, write).await?;
                if self.policy.rule(&rule.name) != Some(&rule) {
                    self.rule_changed(&rule.name);
                    self.policy.insert_all([rule]);
                }
            }
        }
        Ok(())
    }

    /// Refuses to take an object away from its owner. What is noted tells whose it was and is.
    fn check_owner(tx: &Transaction) -> Result<(), WriteError> {
        let owner = |state: &Option<Value>| {
            let text = state.as_ref()?.get("managed_by")?.as_str()?;
            Some(text.to_owned())
        };
        let taken = tx.noted().iter().find_map(|change| {
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
            // Only this membership is new, so without it the subject is as it was.
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

    /// The plan but for its decisions, for those who had this policy and these registries before.
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
