//! The objects of the first start: the administrator, the administrators' group, the rule that grants the group its
//! rights, and the services.

use super::rules::insert_rule;
use super::services::insert_service;
use crate::accounts::{Precondition, WriteError, insert_group, insert_subject, new_subject, write_member};
use crate::domain::change::Origin;
use crate::domain::invalid::FieldErrors;
use crate::domain::policy::{Effect, Rule, RuleFields};
use crate::domain::service::Service;
use crate::domain::subject::{GroupName, SubjectKind, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{GroupRow, Store, SubjectRow, Transaction};

/// The name of the administrators' group and of its rule.
const ADMINS: &str = "admins";

/// The objects of the first start.
pub struct FirstObjects {
    /// The name of the administrator.
    pub name: SubjectName,
    /// The hash of the administrator's password.
    pub password_hash: String,
    /// The services that tokens are issued for.
    pub services: Vec<Service>,
}

/// Stores the objects in one transaction, unless a subject exists already.
pub async fn store_first_objects(
    store: &Store,
    origin: Origin,
    first: FirstObjects,
) -> Result<(), WriteError> {
    let at = origin.at;
    let group = GroupName::parse(ADMINS).map_err(|error| FieldErrors::one("name", error))?;
    let rule = first_rule()?;
    store
        .change(origin, move |tx| {
            Box::pin(async move {
                if tx.has_subjects().await? { Ok(()) } else { insert(tx, first, group, rule, at).await }
            })
        })
        .await
        .map(|_| ())
}

/// Makes the rule that allows administrators everything.
fn first_rule() -> Result<Rule, FieldErrors> {
    Rule::try_from(RuleFields {
        name: ADMINS.to_owned(),
        effect: Effect::Allow,
        subjects: vec![format!("group:{ADMINS}")],
        services: vec!["*".to_owned()],
        resource_type: "*".to_owned(),
        names: vec!["**".to_owned()],
        actions: vec!["*".to_owned()],
        networks: Vec::new(),
        not_before: None,
        not_after: None,
        priority: 0,
        enabled: true,
        description: "Administrators may do everything. Made at the first start.".to_owned(),
    })
}

async fn insert(
    tx: &mut Transaction,
    first: FirstObjects,
    group: GroupName,
    rule: Rule,
    at: Timestamp,
) -> Result<(), WriteError> {
    let FirstObjects { name, password_hash, services } = first;
    let administrator = SubjectRef { kind: SubjectKind::User, name };
    let row = SubjectRow {
        admin: true,
        password_hash: Some(password_hash),
        ..new_subject(administrator.clone(), at)
    };
    insert_subject(tx, row).await?;
    let group = GroupRow {
        id: uuid::Uuid::now_v7().to_string(),
        name: group,
        description: "Its members may do everything, by the rule `admins`.".to_owned(),
        managed_by: None,
        members: Vec::new(),
        created_at: at,
        updated_at: at,
    };
    insert_group(tx, &group).await?;
    write_member(tx, &group.name, &administrator, true, &Precondition::default()).await?;
    insert_rule(tx, rule, at).await?;
    for service in services {
        insert_service(tx, service, at).await?;
    }
    Ok(())
}
