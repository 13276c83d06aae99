//! The objects of the first start: the administrator, their group, and the rule that lets them in.

use super::services::insert_service;
use super::subjects::recorded;
use super::{ManageError, User, groups, rules};
use crate::domain::invalid::FieldErrors;
use crate::domain::policy::{Effect, Rule, RuleFields};
use crate::domain::service::Service;
use crate::domain::subject::{GroupName, Labels, SubjectKind, SubjectName, SubjectRef};
use crate::storage::{Change, GroupRow, Origin, Store, StoredSubject, SubjectRow};
use std::collections::BTreeSet;

/// The group and the rule of administrators.
const ADMINS: &str = "admins";

/// Stores them in one transaction, unless a subject exists already.
pub async fn store_first_objects(
    store: &Store,
    origin: Origin,
    name: SubjectName,
    password_hash: String,
    services: Vec<Service>,
) -> Result<(), ManageError> {
    let at = origin.at;
    let group_name = GroupName::parse(ADMINS).map_err(|error| FieldErrors::one("name", error))?;
    let rule = Rule::try_from(RuleFields {
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
    })?;
    store
        .change(origin, move |tx| {
            Box::pin(async move {
                if tx.has_subjects().await? {
                    return Ok(());
                }
                let member = SubjectRef { kind: SubjectKind::User, name };
                let row = SubjectRow {
                    id: uuid::Uuid::now_v7().to_string(),
                    subject: member.clone(),
                    description: String::new(),
                    admin: true,
                    disabled: false,
                    labels: Labels::default(),
                    password_hash: Some(password_hash),
                    credential_version: 1,
                    expires_at: None,
                    managed_by: None,
                    created_at: at,
                    updated_at: at,
                };
                let group = GroupRow {
                    id: uuid::Uuid::now_v7().to_string(),
                    name: group_name,
                    description: "Those whom the rule `admins` lets do everything.".to_owned(),
                    managed_by: None,
                    members: Vec::new(),
                    created_at: at,
                    updated_at: at,
                };
                tx.insert_subject(&row).await?;
                tx.insert_group(&group).await?;
                tx.insert_member(&group.id, &row.id).await?;
                let user = User::new(&StoredSubject { row, groups: BTreeSet::new(), seq: 0 });
                tx.note(Change {
                    action: "create",
                    kind: "user",
                    name: user.name.to_string(),
                    before: None,
                    after: Some(recorded(&user)),
                });
                tx.note(groups::change("create", None, Some(&group)));
                tx.note(groups::membership("add-member", &group.name, &member));
                let (row, change) = rules::first_rule(rule, at);
                tx.insert_rule(&row).await?;
                tx.note(change);
                for service in services {
                    insert_service(tx, service, at).await?;
                }
                Ok::<(), ManageError>(())
            })
        })
        .await
        .map(|_| ())
}
