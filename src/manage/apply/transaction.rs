//! Writing the objects of a file, in one transaction.

use super::documents::{Document, Documents};
use super::object::{Identity, Kind, Object, Place};
use super::plan::{Plan, Telling};
use super::{ApplyOptions, Format};
use crate::domain::invalid::FieldErrors;
use crate::domain::policy::{Policy, Rule, RuleName, SubjectChange, compare};
use crate::domain::subject::{GroupName, Subject, SubjectKind, SubjectRef};
use crate::domain::time::Timestamp;
use crate::manage::lint::lint;
use crate::manage::{Deletion, ManageError, Request, Write, groups, robots, rules, services};
use crate::manage::{subjects, users};
use crate::snapshot::Snapshots;
use crate::storage::{Change, Found, Page, Work};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::sync::Arc;

/// How many errors are collected before the rest of the file is left unread.
const MOST_ERRORS: usize = 100;
/// How many changed rules and subjects the changed decisions are sought for.
const MOST_COMPARED: usize = 1000;
/// How many changed rules are linted.
const MOST_LINTED: usize = 200;
/// How many changed decisions are told.
const MOST_DECISIONS: usize = 1000;
/// How many objects are looked at at once for pruning.
const CHUNK: i64 = 500;

/// An apply under way.
pub(super) struct Apply {
    options: ApplyOptions,
    at: Timestamp,
    telling: Telling,
    errors: FieldErrors,
    /// The policy that this transaction sees, its own writes included.
    policy: Policy,
    changed_rules: BTreeSet<RuleName>,
    /// Subjects that change, as they were.
    touched: BTreeMap<SubjectRef, Option<Subject>>,
    /// More changed than is compared.
    uncompared: usize,
    /// What the file names: kept only to prune the others.
    named: HashSet<(Kind, String)>,
    kinds: BTreeSet<Kind>,
    /// Groups wait for the end, because their members may come after them.
    groups: Vec<(usize, Object)>,
}

/// The kind and name that an object claims to have.
fn claimed(value: &Value) -> Option<(String, String)> {
    let text = |key: &str| {
        value.get(key).and_then(Value::as_str).map(|text| text.chars().take(80).collect::<String>())
    };
    text("kind").zip(text("name"))
}

/// A subject as rules see it: not at all while it is disabled.
fn as_rules_see(found: Option<&Found>) -> Option<Subject> {
    found.filter(|found| !found.row.disabled).map(Found::as_subject)
}

impl Apply {
    pub(super) fn new(options: ApplyOptions, at: Timestamp) -> Self {
        Self {
            options,
            at,
            telling: Telling::default(),
            errors: FieldErrors::default(),
            policy: Policy::default(),
            changed_rules: BTreeSet::new(),
            touched: BTreeMap::new(),
            uncompared: 0,
            named: HashSet::new(),
            kinds: BTreeSet::new(),
            groups: Vec::new(),
        }
    }

    pub(super) async fn run(
        mut self,
        work: &mut Work,
        snapshots: Arc<Snapshots>,
        file: File,
        format: Format,
    ) -> Result<Plan, ManageError> {
        // The counter is ours, so the snapshot at its seq is the state this transaction begins with.
        let before = snapshots.at_least(work.base_seq()).await?.policy.clone();
        self.policy = before.clone();
        let mut documents = Documents::new(file, format);
        loop {
            let document = documents.next().map_err(ManageError::Spool)?;
            let Some(document) = document.filter(|_| self.errors.0.len() < MOST_ERRORS) else {
                break;
            };
            self.document(work, document).await?;
        }
        for (number, group) in std::mem::take(&mut self.groups) {
            self.object(work, number, group).await?;
        }
        std::mem::take(&mut self.errors).into_result()?;
        if self.options.prune {
            self.prune(work).await?;
        }
        self.finish(work, &before).await
    }

    async fn document(&mut self, work: &mut Work, document: Document) -> Result<(), ManageError> {
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
                self.refuse(&Place { number, what }, errors);
                Ok(())
            }
            Ok(object) => {
                self.kinds.insert(object.kind);
                let is_new = self.named.insert((object.kind, object.name.clone()));
                if !is_new {
                    let twice =
                        FieldErrors::one("", "is given twice: each object may stand in the files once");
                    self.refuse(&Place { number, what }, twice);
                    return Ok(());
                }
                if object.kind == Kind::Group {
                    self.groups.push((number, object));
                    return Ok(());
                }
                self.object(work, number, object).await
            }
        }
    }

    fn refuse(&mut self, place: &Place, errors: FieldErrors) {
        for (field, message) in place.of(errors) {
            self.errors.push(field, message);
        }
    }

    /// Writes one object. What is wrong with it is collected; a failure of the store ends it all.
    async fn object(&mut self, work: &mut Work, number: usize, object: Object) -> Result<(), ManageError> {
        let place = Place { number, what: Some((object.kind.to_string(), object.name.clone())) };
        let mut result = self.write(work, object).await;
        if result.is_ok() {
            result = self.check_owner(work);
        }
        match result {
            Ok(()) => {
                self.telling.object(work.noted());
                work.record_noted().await?;
                Ok(())
            }
            Err(ManageError::Invalid(errors)) => {
                self.refuse(&place, errors);
                Ok(())
            }
            Err(error @ (ManageError::Conflict(_) | ManageError::NotFound { .. })) => {
                self.refuse(&place, FieldErrors::one("", error));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn write(&mut self, work: &mut Work, object: Object) -> Result<(), ManageError> {
        let request =
            Request { write: Write::Put(Value::Object(object.fields)), precondition: None, at: self.at };
        match object.identity {
            Identity::User(name, password) => {
                let subject = SubjectRef { kind: SubjectKind::User, name: name.clone() };
                self.touch(work, &subject).await?;
                users::write_user(work, name, request, password, FieldErrors::default()).await?;
            }
            Identity::Robot(name) => {
                let subject = SubjectRef { kind: SubjectKind::Robot, name: name.clone() };
                self.touch(work, &subject).await?;
                robots::write_robot(work, name, request).await?;
            }
            Identity::Group(name) => self.group(work, name, request).await?,
            Identity::Service(name) => {
                services::write_service(work, name, request).await?;
            }
            Identity::Rule(name) => {
                let (_, rule) = rules::write_rule(work, name, request).await?;
                if self.policy.rule(&rule.name) != Some(&rule) {
                    self.rule_changed(&rule.name);
                    self.policy.insert_all([rule]);
                }
            }
        }
        Ok(())
    }

    /// Refuses to take an object away from another owner. What is noted tells whose it was; what
    /// is not changed has this owner already.
    fn check_owner(&self, work: &Work) -> Result<(), ManageError> {
        let was = |change: &Change| {
            let before = change.before.as_ref()?.get("managed_by")?;
            before.as_str().map(str::to_owned)
        };
        let Some(owner) = &self.options.owner else {
            return Ok(());
        };
        match work.noted().iter().find_map(was) {
            Some(other) if other != *owner => {
                let why =
                    format!("belongs to `{other}`: apply it as that owner, or clear its `managed_by` first");
                Err(FieldErrors::one("managed_by", why).into())
            }
            _ => Ok(()),
        }
    }

    async fn group(&mut self, work: &mut Work, name: GroupName, request: Request) -> Result<(), ManageError> {
        let members = |row: Option<crate::storage::GroupRow>| -> BTreeSet<SubjectRef> {
            row.map(|row| row.members.into_iter().collect()).unwrap_or_default()
        };
        let before = members(work.find_group(&name).await?);
        let written = groups::write_group(work, name.clone(), request).await?;
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
            let mut was = as_rules_see(work.find_subject(&changed.name).await?.as_ref());
            if let Some(subject) = &mut was {
                if before.contains(changed) {
                    subject.groups.insert(name.clone());
                } else {
                    subject.groups.remove(&name);
                }
            }
            self.touched.insert(changed.clone(), was);
        }
        Ok(())
    }

    fn rule_changed(&mut self, name: &RuleName) {
        if self.changed_rules.len() < MOST_COMPARED {
            self.changed_rules.insert(name.clone());
        } else if !self.changed_rules.contains(name) {
            self.uncompared += 1;
        }
    }

    /// Remembers a subject as it is before it changes.
    async fn touch(&mut self, work: &mut Work, subject: &SubjectRef) -> Result<(), ManageError> {
        if self.touched.contains_key(subject) {
            return Ok(());
        }
        if self.touched.len() >= MOST_COMPARED {
            self.uncompared += 1;
            return Ok(());
        }
        let found = work.find_subject(&subject.name).await?;
        let found = found.filter(|found| found.row.subject == *subject);
        self.touched.insert(subject.clone(), as_rules_see(found.as_ref()));
        Ok(())
    }

    /// Deletes what belongs to the owner, is of a kind that the files hold, and is not in them.
    /// Rules go first, so that they do not hold on to subjects.
    async fn prune(&mut self, work: &mut Work) -> Result<(), ManageError> {
        for kind in [Kind::Rule, Kind::Group, Kind::Robot, Kind::User, Kind::Service] {
            if !self.kinds.contains(&kind) {
                continue;
            }
            let mut page = Page::new(String::new(), String::new(), CHUNK);
            loop {
                let listed = owned(work, kind, &page).await?;
                let Some((last, _)) = listed.last() else {
                    break;
                };
                page = page.following(last.clone());
                for (name, owner) in listed {
                    let is_ours = owner.is_some() && owner == self.options.owner;
                    if is_ours && !self.named.contains(&(kind, name.clone())) {
                        self.delete(work, kind, &name).await?;
                        self.telling.object(work.noted());
                        work.record_noted().await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn delete(&mut self, work: &mut Work, kind: Kind, name: &str) -> Result<(), ManageError> {
        let deletion = Deletion::default();
        let missing = || ManageError::NotFound { kind: kind.as_str(), name: name.to_owned() };
        match kind {
            Kind::Rule => {
                let name = RuleName::parse(name).map_err(|_| missing())?;
                rules::delete_rule(work, &name, &deletion).await?;
                self.rule_changed(&name);
                self.policy = self.policy.without_rule(&name);
            }
            Kind::Group => {
                let name = GroupName::parse(name).map_err(|_| missing())?;
                for member in work.find_group(&name).await?.map(|row| row.members).unwrap_or_default() {
                    self.touch(work, &member).await?;
                }
                groups::delete_group(work, &self.policy, &name, &deletion, self.at).await?;
            }
            Kind::User | Kind::Robot => {
                let subject = SubjectRef::parse(&format!("{kind}:{name}")).map_err(|_| missing())?;
                self.touch(work, &subject).await?;
                subjects::delete_subject(work, &self.policy, &subject, &deletion, self.at).await?;
            }
            Kind::Service => {
                let name = crate::domain::service::ServiceName::parse(name).map_err(|_| missing())?;
                services::delete_service(work, &name, &deletion).await?;
            }
        }
        Ok(())
    }

    async fn finish(self, work: &mut Work, before: &Policy) -> Result<Plan, ManageError> {
        let mut subjects = Vec::new();
        for (subject, was) in self.touched {
            let found = work.find_subject(&subject.name).await?;
            let is = as_rules_see(found.filter(|found| found.row.subject == subject).as_ref());
            if was != is {
                subjects.push(SubjectChange { before: was, after: is });
            }
        }
        let compared = compare(before, &self.policy, &self.changed_rules, &subjects, self.at, MOST_DECISIONS);
        let changed: Vec<&Rule> =
            self.changed_rules.iter().filter_map(|name| self.policy.rule(name)).take(MOST_LINTED).collect();
        let warnings = lint(work, &self.policy, &changed, self.at).await?;
        Ok(Plan {
            dry_run: self.options.dry_run,
            summary: self.telling.summary,
            changes: self.telling.changes,
            changes_omitted: self.telling.omitted,
            decisions: compared.decisions,
            decisions_omitted: compared.omitted + self.uncompared,
            warnings,
        })
    }
}

/// Names and owners of the objects of a kind, a page at a time.
async fn owned(
    work: &mut Work,
    kind: Kind,
    page: &Page,
) -> Result<Vec<(String, Option<String>)>, ManageError> {
    let of_subjects = |list: Vec<Found>| {
        list.into_iter().map(|found| (found.row.subject.name.to_string(), found.row.managed_by)).collect()
    };
    Ok(match kind {
        Kind::User => of_subjects(work.list_subjects(SubjectKind::User, page).await?),
        Kind::Robot => of_subjects(work.list_subjects(SubjectKind::Robot, page).await?),
        Kind::Group => {
            let list = work.list_groups(page).await?;
            list.into_iter().map(|row| (row.name.to_string(), row.managed_by)).collect()
        }
        Kind::Service => {
            let list = work.list_services_page(page).await?;
            list.into_iter().map(|row| (row.service.name.to_string(), row.service.managed_by)).collect()
        }
        Kind::Rule => {
            let list = work.list_rules(page).await?;
            list.into_iter().map(|row| (row.rule.name.to_string(), row.managed_by)).collect()
        }
    })
}
