//! A preview: the plan of an apply, made without a transaction.
//!
//! The objects are read and checked as for an apply, against the policy in memory and the present database. The
//! resulting accounts and rules are kept in memory. So a preview waits for no writer, and no writer waits for a
//! preview. If several administrators would lose the right to administer, a preview does not check that an
//! administrator is left: only the write checks it.

use super::decisions::{Registries, Unfinished};
use super::documents::{Document, Documents, Format};
use super::errors::ApplyErrors;
use super::first_pass::claimed;
use super::object::{DocumentRef, Identity, Object};
use super::people::{MOST_COMPARED, as_rules_see};
use super::plan::{Plan, Telling};
use super::transaction::{MOST_LINTED, check_owner};
use crate::accounts::{
    self, LinkedIdentity, ObjectWrite, WantedSubject, WriteError, administrator_is_left_without,
    certainly_administers, may_end_administration,
};
use crate::domain;
use crate::domain::change::Change;
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::FileKind;
use crate::domain::policy::{Account, Policy, Rule, RuleName, SubjectChange};
use crate::domain::selector::Selector;
use crate::domain::subject::{GroupName, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::manage::administration::Administration;
use crate::manage::caller::Admin;
use crate::manage::error::ManageError;
use crate::manage::lint::{Made, lint_beside};
use crate::manage::rules;
use crate::manage::waiting::Waiting;
use crate::snapshot::Snapshot;
use crate::storage::{Reader, StoreError, StoredSubject};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Cursor;
use std::time::Duration;

/// The most objects in a preview.
const MOST_OBJECTS: usize = 1000;
/// The most work for finding decisions that change, in steps of the search: at most about a second.
const MOST_WORK: usize = 1_000_000;
/// The longest wait of a preview for earlier previews.
const PATIENCE: Duration = Duration::from_secs(10);

/// The objects of a preview, as the client sent them.
pub enum Previewed {
    /// One object, or a list of them.
    Json(Value),
    /// A file of objects.
    File(Vec<u8>, Format),
}

impl Administration {
    /// Finds the changes that an apply of `objects` would make: rules, groups, users and robots. Writes nothing, and
    /// does not wait for writers. Fails with the errors of all documents; for a single object, with the errors of
    /// its fields. Fails if earlier previews take longer than 10 seconds. Ends soon after the client has left.
    pub async fn preview(&self, admin: &Admin, objects: Previewed) -> Result<Plan, ManageError> {
        let turn = tokio::time::timeout(PATIENCE, self.previews.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| ManageError::TooManyPreviews)?.map_err(|_| StoreError::Cut)?;
        let waiting = Waiting::default();
        // If the client leaves, this future is dropped with the handle. The dropped handle then stops the work.
        let _waiter = waiting.waiter();
        let abandoned = waiting.abandoned();
        let is_one = matches!(&objects, Previewed::Json(value) if !value.is_array());
        let reading = tokio::task::spawn_blocking(move || documents(objects, &waiting));
        let documents = reading.await.map_err(|_| StoreError::Cut)??;
        let mut reader = self.store.read().await?;
        // Another replica's last write is perhaps not in the snapshot yet, so wait for that write.
        let snapshot = self.snapshots.at_least(reader.counter().await?.seq).await?;
        let mut preview = Preview::new(snapshot.policy.clone(), admin.origin.at, is_one);
        preview.objects(&mut reader, documents).await?;
        let mut unfinished = preview.finish(&mut reader, &snapshot).await?;
        let known = unfinished.known(&self.people, &mut reader, &self.snapshots).await?;
        drop(reader);
        let finished = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            unfinished.finish(&known, MOST_WORK, abandoned)
        });
        Ok(finished.await.map_err(|_| StoreError::Cut)?)
    }
}

/// Returns the owner mark (`managed_by`) of the provider that already vouches for a user. Fails for a new link: a
/// preview cannot show that the user's password ends, and cannot check the provider's other people.
async fn owner_of_linked(
    reader: &mut Reader,
    name: &SubjectName,
    linked: &LinkedIdentity,
) -> Result<String, WriteError> {
    let is_linked = |identity: &domain::identity::Identity| {
        identity.provider.as_str() == linked.provider && identity.external_id == linked.external_id
    };
    let identity = reader.find_subject(name).await?.and_then(|found| found.identity).filter(is_linked);
    let provider = match identity {
        Some(identity) => reader.find_provider(&identity.provider).await?,
        None => None,
    };
    let why = "is new to this user, and a new link cannot be previewed: use a dry run of `apply`";
    Ok(provider.ok_or_else(|| FieldErrors::one("identity", why))?.settings.owner())
}

/// Reads the documents, and puts groups last: their members may follow them in the file. Fails for more than 1,000
/// objects.
fn documents(objects: Previewed, waiting: &Waiting) -> Result<Vec<Document>, ManageError> {
    let mut documents = Vec::new();
    match objects {
        Previewed::Json(Value::Array(list)) => {
            let numbered = list.into_iter().enumerate();
            documents.extend(numbered.map(|(i, value)| Document { number: i + 1, value: Ok(value) }));
        }
        Previewed::Json(one) => documents.push(Document { number: 1, value: Ok(one) }),
        Previewed::File(bytes, format) => {
            let mut all = Documents::new(Cursor::new(bytes), format);
            while documents.len() <= MOST_OBJECTS
                && let Some(document) = all.next(&|| waiting.check().is_err()).map_err(ManageError::Spool)?
            {
                documents.push(document);
            }
        }
    }
    if documents.len() > MOST_OBJECTS {
        let why = format!("a preview holds at most {MOST_OBJECTS} objects: use a dry run of `apply`");
        return Err(FieldErrors::one("", why).into());
    }
    let is_group = |document: &Document| {
        document.value.as_ref().is_ok_and(|value| value.get("kind").is_some_and(|kind| kind == "group"))
    };
    documents.sort_by_key(is_group);
    Ok(documents)
}

/// A preview in progress.
struct Preview {
    at: Timestamp,
    /// True for a preview of a single object: its errors then need not name the object.
    is_one: bool,
    telling: Telling,
    errors: ApplyErrors,
    /// The policy with the objects that were added so far.
    policy: Policy,
    changed_rules: BTreeSet<RuleName>,
    /// The subjects that change, each in its old state.
    touched: BTreeMap<SubjectRef, Option<Account>>,
    after: BTreeMap<SubjectRef, StoredSubject>,
    /// The subjects that are new, with the ids that they would have.
    made: BTreeMap<SubjectRef, String>,
    groups: BTreeSet<GroupName>,
    /// The ids of administrators who would lose the right to administer, or a way to sign in.
    lost: BTreeSet<String>,
    /// The number of changed subjects for which no decisions are compared.
    uncompared: usize,
    named: HashSet<(FileKind, String)>,
}

impl Preview {
    fn new(policy: Policy, at: Timestamp, is_one: bool) -> Self {
        Self {
            at,
            is_one,
            telling: Telling::default(),
            errors: ApplyErrors::default(),
            policy,
            changed_rules: BTreeSet::new(),
            touched: BTreeMap::new(),
            after: BTreeMap::new(),
            made: BTreeMap::new(),
            groups: BTreeSet::new(),
            lost: BTreeSet::new(),
            uncompared: 0,
            named: HashSet::new(),
        }
    }

    /// Adds all objects. Fails with the errors of all of them together.
    async fn objects(&mut self, reader: &mut Reader, documents: Vec<Document>) -> Result<(), ManageError> {
        for Document { number, value } in documents {
            if self.errors.are_enough() {
                break;
            }
            let what = value.as_ref().ok().and_then(claimed);
            let document = DocumentRef { number, what };
            let wrong = match value.map_err(|why| FieldErrors::one("", why)) {
                Ok(value) => match self.object(reader, value).await {
                    Ok(changes) => {
                        self.telling.object(&changes);
                        continue;
                    }
                    Err(WriteError::Invalid(errors)) => errors,
                    Err(error @ (WriteError::Conflict(_) | WriteError::NotFound { .. })) => {
                        FieldErrors::one("", error)
                    }
                    Err(error) => return Err(error.into()),
                },
                Err(wrong) => wrong,
            };
            if self.is_one {
                return Err(wrong.into());
            }
            self.errors.add(&document, wrong);
        }
        std::mem::take(&mut self.errors).into_result()?;
        let is_left = self.after.values().any(|after| certainly_administers(&after.row, self.at));
        if let (Some(only), 1, false) = (self.lost.first(), self.lost.len(), is_left) {
            administrator_is_left_without(reader, only, self.at).await?;
        }
        Ok(())
    }

    async fn object(&mut self, reader: &mut Reader, value: Value) -> Result<Vec<Change>, WriteError> {
        let object = Object::read(value, None)?;
        if !self.named.insert((object.kind, object.name.clone())) {
            return Err(FieldErrors::one("", "is given twice: give each object once").into());
        }
        let write = ObjectWrite::one_of_many(object.fields, self.at);
        let changes = match object.identity {
            Identity::User(name, password, linked) => {
                let none = FieldErrors::default();
                let owner = match linked {
                    Some(linked) => Some(owner_of_linked(reader, &name, &linked).await?),
                    None => None,
                };
                let owner = owner.as_deref();
                let wanted = accounts::wanted_user(reader, name, write, password, owner, none).await?;
                self.subject(wanted)?
            }
            Identity::Robot(name) => {
                let wanted = accounts::wanted_robot(reader, name, write).await?;
                self.subject(wanted)?
            }
            Identity::Group(name) => self.group(reader, name, write).await?,
            Identity::Rule(name) => {
                let wanted = rules::wanted_rule(reader, name, write, &self.policy).await?;
                let change = wanted.change();
                let rule = wanted.row.rule;
                if self.policy.rule(&rule.name) != Some(&rule) {
                    self.changed_rules.insert(rule.name.clone());
                    self.policy.insert_all([rule]);
                }
                change.into_iter().collect()
            }
            Identity::Service(_) | Identity::Provider(..) => {
                let why = "cannot be previewed: only rules, groups, users and robots can";
                return Err(FieldErrors::one("kind", why).into());
            }
        };
        check_owner(&changes)?;
        Ok(changes)
    }

    /// Adds a user or robot.
    fn subject(&mut self, wanted: WantedSubject) -> Result<Vec<Change>, WriteError> {
        let subject = wanted.row.subject.clone();
        let alike = |one: &&SubjectRef| one.name.as_str().eq_ignore_ascii_case(subject.name.as_str());
        if let Some(other) = self.made.keys().find(alike) {
            let why =
                format!("`{}` and `{other}` must not both be made: their names are too alike", subject.name);
            return Err(WriteError::conflict(why));
        }
        self.touched.entry(subject.clone()).or_insert_with(|| as_rules_see(wanted.before.as_ref(), self.at));
        let Some((after, change)) = wanted.change() else {
            return Ok(Vec::new());
        };
        match &wanted.before {
            None => drop(self.made.insert(subject.clone(), after.row.id.clone())),
            Some(before) if may_end_administration(&before.row, &after.row, self.at) => {
                self.lost.insert(before.row.id.clone());
            }
            Some(_) => {}
        }
        self.after.insert(subject, after);
        Ok(vec![change])
    }

    /// Adds a group, and with it the members that join or leave.
    async fn group(
        &mut self,
        reader: &mut Reader,
        name: GroupName,
        write: ObjectWrite,
    ) -> Result<Vec<Change>, WriteError> {
        let wanted = accounts::wanted_group(reader, name.clone(), write, &self.made).await?;
        let gone = wanted.gone().into_iter().map(|one| (one, false));
        let changed: Vec<_> = gone.chain(wanted.new_members().cloned().map(|one| (one, true))).collect();
        for (member, comes) in changed {
            if !self.after.contains_key(&member) {
                if self.after.len() >= MOST_COMPARED {
                    self.uncompared += 1;
                    continue;
                }
                let Some(found) = reader.find_account(&member).await? else { continue };
                self.touched.entry(member.clone()).or_insert_with(|| as_rules_see(Some(&found), self.at));
                self.after.insert(member.clone(), found);
            }
            if let Some(after) = self.after.get_mut(&member) {
                if comes {
                    after.groups.insert(name.clone());
                } else {
                    after.groups.remove(&name);
                }
            }
        }
        self.groups.insert(name);
        Ok(wanted.changes())
    }

    /// Returns the users, robots and groups that the preview makes or changes, so that lint does not look them up in
    /// the database.
    fn made(&self) -> Made {
        let subjects = self.after.iter();
        let subjects = subjects.map(|(subject, after)| (Selector::from(subject), Some(after.groups.clone())));
        subjects.chain(self.groups.iter().map(|name| (Selector::Group(name.clone()), None))).collect()
    }

    /// Returns the plan without its decisions: the changes from the state in force.
    async fn finish(self, reader: &mut Reader, in_force: &Snapshot) -> Result<Unfinished, StoreError> {
        let services = &in_force.services;
        let changed = self.changed_rules.iter().filter_map(|name| self.policy.rule(name));
        let changed: Vec<&Rule> = changed.take(MOST_LINTED).collect();
        let made = self.made();
        let warnings = lint_beside(reader, &self.policy, services, &changed, self.at, made).await?;
        let mut subjects = Vec::new();
        for (subject, before) in self.touched {
            let after = match self.after.get(&subject) {
                Some(after) => as_rules_see(Some(after), self.at),
                None => before.clone(),
            };
            if before != after {
                subjects.push(SubjectChange { before, after });
            }
        }
        let plan = Plan {
            dry_run: true,
            summary: self.telling.summary,
            changes: self.telling.changes,
            changes_omitted: self.telling.omitted,
            decisions: Vec::new(),
            decisions_omitted: self.uncompared,
            warnings,
        };
        let (changed_rules, after, at) = (self.changed_rules, self.policy, self.at);
        let (before, services) = (in_force.policy.clone(), Registries::new(services.clone(), services));
        Ok(Unfinished { plan, before, after, changed_rules, subjects, services, at })
    }
}
