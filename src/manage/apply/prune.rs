//! Deletes an owner's objects if the files do not name them.

use super::state::Apply;
use crate::accounts::{self, Deletion, WriteError};
use crate::domain::identity::ProviderName;
use crate::domain::kind::FileKind;
use crate::domain::policy::RuleName;
use crate::domain::service::ServiceName;
use crate::domain::subject::{GroupName, SubjectKind, SubjectRef};
use crate::manage::{identity_providers, rules, services};
use crate::storage::{Page, ProviderRow, StoreError, StoredSubject, Transaction};
use strum::VariantArray;

/// The number of objects that one query reads.
const CHUNK: i64 = 500;

/// Deletes the owner's objects that the files do not name. Deletes only objects of the kinds that occur in the files.
/// Deletes rules first, because rules may name the other objects.
pub(super) async fn prune(apply: &mut Apply, tx: &mut Transaction) -> Result<(), WriteError> {
    for kind in FileKind::VARIANTS.iter().rev().copied() {
        if !apply.kinds.contains(&kind) {
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
                let is_ours = owner.is_some() && owner == apply.options.owner;
                if is_ours && !apply.named.contains(&(kind, name.clone())) {
                    delete(apply, tx, kind, &name).await?;
                    apply.object_done(tx).await?;
                }
            }
        }
    }
    Ok(())
}

async fn delete(
    apply: &mut Apply,
    tx: &mut Transaction,
    kind: FileKind,
    name: &str,
) -> Result<(), WriteError> {
    let deletion = Deletion::one_of_many();
    let missing = || WriteError::not_found(kind, name);
    match kind {
        FileKind::Rule => {
            let name = RuleName::parse(name).map_err(|_| missing())?;
            rules::delete_rule(tx, &name, &deletion).await?;
            apply.rule_changed(&name);
            apply.policy = apply.policy.without_rule(&name);
        }
        FileKind::Group => {
            let name = GroupName::parse(name).map_err(|_| missing())?;
            for member in tx.find_group(&name).await?.map(|row| row.members).unwrap_or_default() {
                apply.touch(tx, &member).await?;
            }
            accounts::delete_group(tx, &apply.policy, &name, &deletion, apply.at).await?;
        }
        FileKind::User | FileKind::Robot => {
            let subject = SubjectRef::parse(&format!("{}:{name}", kind.as_str())).map_err(|_| missing())?;
            apply.touch(tx, &subject).await?;
            accounts::delete_subject(tx, &apply.policy, &subject, &deletion, apply.at).await?;
        }
        FileKind::Service => {
            let name = ServiceName::parse(name).map_err(|_| missing())?;
            services::delete_service(tx, &name, &deletion).await?;
        }
        FileKind::IdentityProvider => {
            let name = ProviderName::parse(name).map_err(|_| missing())?;
            identity_providers::delete_identity_provider(tx, &name, &deletion, apply.at).await?;
        }
    }
    Ok(())
}

/// Returns a page of names and owners of the objects of a kind.
async fn owned(
    tx: &mut Transaction,
    kind: FileKind,
    page: &Page,
) -> Result<Vec<(String, Option<String>)>, StoreError> {
    let of_subjects = |list: Vec<StoredSubject>| {
        list.into_iter().map(|found| (found.row.subject.name.to_string(), found.row.managed_by)).collect()
    };
    Ok(match kind {
        FileKind::User => of_subjects(tx.list_subjects(SubjectKind::User, page).await?),
        FileKind::Robot => of_subjects(tx.list_subjects(SubjectKind::Robot, page).await?),
        FileKind::Group => {
            let list = tx.list_groups(page).await?;
            list.into_iter().map(|row| (row.name.to_string(), row.managed_by)).collect()
        }
        FileKind::Service => {
            let list = tx.list_services_page(page).await?;
            list.into_iter().map(|row| (row.service.name.to_string(), row.service.managed_by)).collect()
        }
        FileKind::IdentityProvider => {
            let list = tx.list_providers_page(page).await?;
            let own = |row: ProviderRow| (row.settings.name.to_string(), row.settings.managed_by.clone());
            list.into_iter().map(own).collect()
        }
        FileKind::Rule => {
            let list = tx.list_rules(page).await?;
            list.into_iter().map(|row| (row.rule.name.to_string(), row.managed_by)).collect()
        }
    })
}
