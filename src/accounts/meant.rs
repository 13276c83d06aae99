//! Who was probably meant by a name that nobody has: one of the other kind, or in other case.

use crate::domain::selector::Selector;
use crate::domain::subject::{GroupName, SubjectName, SubjectRef};
use crate::storage::{Reader, StoreError};

/// The user or robot whose name is equal to this one but for the kind or for case.
///
/// # Errors
/// [`StoreError`].
pub async fn meant_subject(
    reader: &mut Reader,
    name: &SubjectName,
) -> Result<Option<SubjectRef>, StoreError> {
    let alike = reader.find_look_alike(name).await?;
    let Some(alike) = alike.and_then(|alike| SubjectName::parse(&alike).ok()) else {
        return Ok(None);
    };
    Ok(reader.find_subject(&alike).await?.map(|found| found.row.subject))
}

/// The user, robot or group that was probably meant by a selector that names nobody.
///
/// # Errors
/// [`StoreError`].
pub async fn meant_selector(reader: &mut Reader, unknown: &Selector) -> Result<Option<Selector>, StoreError> {
    let name = match unknown {
        Selector::User(name) | Selector::Robot(name) => name.as_str(),
        Selector::Group(name) => name.as_str(),
        Selector::Authenticated | Selector::Anonymous | Selector::Everyone => return Ok(None),
    };
    if let Ok(name) = SubjectName::parse(name)
        && let Some(subject) = meant_subject(reader, &name).await?
    {
        return Ok(Some(Selector::from(&subject)));
    }
    match GroupName::parse(name) {
        Ok(group) if reader.has_group(&group).await? => Ok(Some(Selector::Group(group))),
        _ => Ok(None),
    }
}
