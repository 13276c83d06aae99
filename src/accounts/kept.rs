//! Protects the groups of identity providers: only the provider changes them. Also checks who may be in such a group
//! when a file restores it.

use super::error::WriteError;
use crate::domain::identity::{OWNERS, ProviderName};
use crate::domain::subject::GroupName;
use crate::storage::Reader;

/// Returns the name of the provider in an owner mark (`managed_by`); `None` for the mark of any other owner.
fn provider_of(owner: Option<&str>) -> Option<ProviderName> {
    let name = owner.and_then(|owner| OWNERS.iter().find_map(|prefix| owner.strip_prefix(prefix)));
    name.and_then(|name| ProviderName::parse(name).ok())
}

/// Fails if a provider keeps this group, because only that provider may write it. A deleted provider keeps no group.
pub(super) async fn kept_by_nobody(
    reader: &mut Reader,
    group: &GroupName,
    owner: Option<&str>,
) -> Result<(), WriteError> {
    let Some(name) = provider_of(owner) else {
        return Ok(());
    };
    match reader.find_provider(&name).await? {
        None => Ok(()),
        Some(_) => Err(WriteError::conflict(format_args!(
            "the group `{group}` is kept by the identity provider `{name}`, which alone says who is in it: change it there"
        ))),
    }
}

/// Returns true if `owner` is the mark of an existing provider, and all of these internal ids belong to people of
/// that provider.
pub(super) async fn are_people_of(
    reader: &mut Reader,
    owner: Option<&str>,
    ids: impl Iterator<Item = &String>,
) -> Result<bool, WriteError> {
    let Some(name) = provider_of(owner) else {
        return Ok(false);
    };
    let Some(provider) = reader.find_provider(&name).await? else {
        return Ok(false);
    };
    if owner != Some(&provider.settings.owner()) {
        return Ok(false);
    }
    for id in ids {
        let identity = reader.find_identity_of(id).await?.map(|row| row.identity.provider);
        if identity.as_ref() != Some(&name) {
            return Ok(false);
        }
    }
    Ok(true)
}
