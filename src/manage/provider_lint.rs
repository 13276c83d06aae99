//! Warnings about identity providers: settings that cannot work, or that probably do not have the intended effect.
//! Each warning says what to do.

use crate::authn::Outside;
use crate::domain::policy::Policy;
use crate::domain::selector::Selector;
use crate::domain::shell;
use crate::domain::subject::GroupName;
use crate::domain::warning::Warning;
use crate::storage::{ProviderRow, Reader, Secret, StoreError};
use std::collections::BTreeSet;
use std::path::Path;

/// Returns a number of people as a text, for example `2 people`.
pub(super) fn told(people: i64) -> String {
    if people == 1 { "1 person".to_owned() } else { format!("{people} people") }
}

/// Returns the groups that rules name.
pub(super) fn named_groups(policy: &Policy) -> BTreeSet<&GroupName> {
    let mut named = BTreeSet::new();
    for selector in policy.rules().flat_map(|rule| &rule.subjects) {
        if let Selector::Group(name) = selector {
            named.insert(name);
        }
    }
    named
}

/// Returns the warnings about a provider. `people` is the number of users that it vouches for. `named` contains the
/// groups that rules name.
pub(super) async fn lint_provider(
    reader: &mut Reader,
    row: &ProviderRow,
    people: i64,
    outside: &Outside,
    named: &BTreeSet<&GroupName>,
) -> Result<Vec<Warning>, StoreError> {
    let mut found = about_itself(row, people, outside);
    let settings = &row.settings;
    let owner = settings.owner();
    for mapping in &settings.map {
        let Ok(group) = GroupName::parse(&mapping.group) else { continue };
        let of_group = shell::argument(group.as_str());
        let keeper = reader.find_group_owner(&group).await?;
        if keeper.is_some_and(|(_, keeper)| keeper.as_ref() != Some(&owner)) {
            let message = format!(
                "`map` makes the group `{group}` of `{}`, but this provider does not keep that group, so nobody is put into it: choose another name, or delete the group: `portreeve groups delete{of_group}`",
                mapping.value
            );
            found.push(Warning::new("foreign-group", message));
        } else if !named.contains(&group) {
            let message = format!(
                "`map` makes the group `{group}` of `{}`, and no rule names it, so it grants nothing: write a rule: `portreeve rules create NAME{} --name 'PATTERN' --action pull`",
                mapping.value,
                shell::flag("--subject", &format!("group:{group}"))
            );
            found.push(Warning::new("unused-group", message));
        }
    }
    Ok(found)
}

/// Returns the warnings about the provider's own settings, secret and state.
fn about_itself(row: &ProviderRow, people: i64, outside: &Outside) -> Vec<Warning> {
    let (settings, name) = (&row.settings, &row.settings.name);
    let mut found = Vec::new();
    if let Err(why) = outside.upstreams().check_issuer(&settings.issuer) {
        found.push(Warning::new("unlisted-host", format!("its issuer cannot be asked: {why}")));
    }
    if let Some(Secret::File(file)) = &row.secret
        && let Err(error) = outside.secrets.check_file(Path::new(file))
    {
        found.push(Warning::new("secret-file", format!("its client secret cannot be used: {error}")));
    }
    if !settings.enabled && people > 0 {
        let message = format!(
            "it is disabled, so its users ({}) are not checked, and keep access until its last answer is too old: enable it: `portreeve identity-providers update {name} --enabled`, or end that access: `portreeve identity-providers delete {name} --cascade`",
            told(people)
        );
        found.push(Warning::new("disabled-with-people", message));
    }
    if row.held_at.is_some() {
        let message = format!(
            "very many people were gone at once, so nobody is cut off: if that is right, run `portreeve identity-providers release {name}`"
        );
        found.push(Warning::new("held", message));
    }
    if !settings.map.is_empty() && !settings.automatic {
        let is_mapped = |value: &&String| settings.map.iter().any(|mapping| mapping.value == **value);
        for value in settings.require_groups.iter().filter(|value| !is_mapped(value)) {
            let message = format!(
                "`require_groups` lets in people who have `{value}`, but `map` makes no group of it, so people who have nothing else are in no group here: add it to the `--map` flags of `portreeve identity-providers update {name}`"
            );
            found.push(Warning::new("required-group-unmapped", message));
        }
    }
    found
}
