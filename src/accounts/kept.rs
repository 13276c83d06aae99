//! What an identity provider keeps, nobody else writes.

use super::error::WriteError;
use crate::domain::identity::{OWNERS, ProviderName};
use crate::domain::subject::GroupName;
use crate::storage::Reader;

/// Fails if a provider keeps this group: then nobody else may write it. A provider that was deleted keeps nothing.
pub(super) async fn kept_by_nobody(
    reader: &mut Reader,
    group: &GroupName,
    owner: Option<&str>,
) -> Result<(), WriteError> {
    let name = owner.and_then(|owner| OWNERS.iter().find_map(|prefix| owner.strip_prefix(prefix)));
    let Some(name) = name.and_then(|name| ProviderName::parse(name).ok()) else {
        return Ok(());
    };
    match reader.find_provider(&name).await? {
        None => Ok(()),
        Some(_) => Err(WriteError::conflict(format_args!(
            "the group `{group}` is kept by the identity provider `{name}`, which alone says who is in it: change it there"
        ))),
    }
}
