//! Deleting what an owner has and the files do not name.

use super::object::Kind;
use super::transaction::Apply;
use crate::accounts::{self, Deletion, WriteError};
use crate::domain::policy::RuleName;
use crate::domain::service::ServiceName;
use crate::domain::subject::{GroupName, SubjectKind, SubjectRef};
use crate::manage::{rules, services};
use crate::storage::{Page, StoreError, StoredSubject, Transaction};

/// How many objects are looked at at once.
const CHUNK: i64 = 500;

impl Apply {
    /// Deletes what belongs to the owner, is of a kind that the files hold, and is not in them.
    /// Rules go first, so that they do not hold on to subjects.
    pub(super) async fn prune(&mut self, tx: &mut Transaction) -> Result<(), WriteError> {
        for kind in [Kind::Rule, Kind::Group, Kind::Robot, Kind::User, Kind::Service] {
            if !self.kinds.contains(&kind) {
                continue;
            }
            let mut page = Page::new(String::new(), String::new(), CHUNK);
            loop {
                let listed = owned(tx, kind, &page).await?;
                let Some((last, _)) = listed.last() else {
                    break;
                };
                page = page.following(last.clone());
                for (name, owner) in listed {
                    let is_ours = owner.is_some() && owner == self.options.owner;
                    if is_ours && !self.named.contains(&(kind, name.clone())) {
                        self.delete(tx, kind, &name).await?;
                        self.telling.object(tx.noted());
                        tx.record_noted().await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn delete(&mut self, tx: &mut Transaction, kind: Kind, name: &str) -> Result<(), WriteError> {
        let deletion = Deletion::one_of_many();
        let missing = || WriteError::not_found(kind, name);
        match kind {
            Kind::Rule => {
                let name = RuleName::parse(name).map_err(|_| missing())?;
                rules::delete_rule(tx, &name, &deletion).await?;
                self.rule_changed(&name);
                self.policy = self.policy.without_rule(&name);
            }
            Kind::Group => {
                let name = GroupName::parse(name).map_err(|_| missing())?;
                for member in tx.find_group(&name).await?.map(|row| row.members).unwrap_or_default() {
                    self.touch(tx, &member).await?;
                }
                accounts::delete_group(tx, &self.policy, &name, &deletion, self.at).await?;
            }
            Kind::User | Kind::Robot => {
                let subject =
                    SubjectRef::parse(&format!("{}:{name}", kind.as_str())).map_err(|_| missing())?;
                self.touch(tx, &subject).await?;
                accounts::delete_subject(tx, &self.policy, &subject, &deletion, self.at).await?;
            }
            Kind::Service => {
                let name = ServiceName::parse(name).map_err(|_| missing())?;
                services::delete_service(tx, &name, &deletion).await?;
            }
        }
        Ok(())
    }
}

/// Names and owners of the objects of a kind, a page at a time.
async fn owned(
    tx: &mut Transaction,
    kind: Kind,
    page: &Page,
) -> Result<Vec<(String, Option<String>)>, StoreError> {
    let of_subjects = |list: Vec<StoredSubject>| {
        list.into_iter().map(|found| (found.row.subject.name.to_string(), found.row.managed_by)).collect()
    };
    Ok(match kind {
        Kind::User => of_subjects(tx.list_subjects(SubjectKind::User, page).await?),
        Kind::Robot => of_subjects(tx.list_subjects(SubjectKind::Robot, page).await?),
        Kind::Group => {
            let list = tx.list_groups(page).await?;
            list.into_iter().map(|row| (row.name.to_string(), row.managed_by)).collect()
        }
        Kind::Service => {
            let list = tx.list_services_page(page).await?;
            list.into_iter().map(|row| (row.service.name.to_string(), row.service.managed_by)).collect()
        }
        Kind::Rule => {
            let list = tx.list_rules(page).await?;
            list.into_iter().map(|row| (row.rule.name.to_string(), row.managed_by)).collect()
        }
    })
}
