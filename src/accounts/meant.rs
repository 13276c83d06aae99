//! Guesses the user, robot or group that was meant by an unknown name: one of another kind, or a user or robot with
//! other upper and lower case.

use crate::domain::selector::Selector;
use crate::domain::subject::{GroupName, SubjectName, SubjectRef};
use crate::storage::{Reader, StoreError};

/// Returns the user or robot that has this name, or a name that differs only in upper and lower case.
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

/// Returns the user, robot or group that was probably meant by a selector that names no existing subject.
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
