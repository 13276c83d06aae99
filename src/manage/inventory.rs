//! The inventory of registries. Each caller sees the repositories that it may pull.

use super::administration::Administration;
use super::caller::Caller;
use super::error::ManageError;
use super::list::{
    List, ListQuery, NOT_A_PLACE, parse_cursor, parse_limit, parse_prefix, parts_of, place_of,
};
use crate::domain::invalid::FieldErrors;
use crate::domain::resource::ResourceName;
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::snapshot::{Looking, Sight};
use crate::storage::Page;
use crate::storage::events::{EventStore, ManifestRow, RepositoryRange, RepositoryRow, TagRow};
use crate::token::Keyring;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Instant;
use utoipa::{IntoParams, ToSchema};

/// The greatest number of repositories that each query after the first reads.
const CHUNK: usize = 2000;
/// The number of tags, and of manifests, on a page, unless the caller asks for another number.
const TAGS: &str = "1000";
/// The error for an `after_manifests` that is not from an answer of the server.
const NOT_A_PLACE_OF_MANIFESTS: &str = "is not the `next_manifests` of an answer about this repository";
/// The name under which this list seals its places. A place is the position after which a page continues.
const LIST: &str = "repositories";

/// The query parameters of the list of repositories, as the client sent them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct RepositoryQuery {
    /// Repositories whose names begin with this text.
    #[param(max_length = 255, pattern = "^[^\\u0000]*$", example = "team/")]
    pub q: Option<String>,
    /// Repositories of this service.
    #[param(value_type = Option<ServiceName>, example = "registry")]
    pub service: Option<String>,
    /// The greatest number of repositories, 1 to 1,000; 100 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100, example = 100)]
    pub limit: Option<String>,
    /// The `next` of the previous page.
    #[param(min_length = 2, pattern = "^[A-Za-z0-9_-]+$")]
    pub after: Option<String>,
}

/// The query parameters of one repository and its tags, as the client sent them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct TagQuery {
    /// Tags whose names begin with this text.
    #[param(max_length = 255, pattern = "^[^\\u0000]*$", example = "v1")]
    pub q: Option<String>,
    /// The greatest number of tags, and of manifests, 1 to 1,000; 1,000 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 1000, example = 100)]
    pub limit: Option<String>,
    /// The `next` of the previous page of tags.
    #[param(min_length = 2, pattern = "^[A-Za-z0-9_-]+$")]
    pub after: Option<String>,
    /// The `next_manifests` of the previous page of manifests.
    #[param(min_length = 2, pattern = "^[A-Za-z0-9_-]+$")]
    pub after_manifests: Option<String>,
}

/// A repository, as its registry reports it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Repository {
    /// The service of the registry.
    #[schema(value_type = ServiceName)]
    service: String,
    /// The name of the repository.
    #[schema(value_type = ResourceName)]
    name: String,
    /// The number of tags in the repository.
    tags: i64,
    /// The time of the last push; null when it is not known.
    last_push_at: Option<Timestamp>,
    /// The time of the last pull; null when it is not known.
    last_pull_at: Option<Timestamp>,
    /// The description of the repository.
    description: String,
}

/// A tag of a repository.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tag {
    /// The name of the tag.
    name: String,
    /// The digest of the manifest that the tag names; null when it is not known.
    digest: Option<String>,
    /// The time of the push that moved the tag to this digest; null when no such push is known.
    changed_at: Option<Timestamp>,
    /// The user or robot who moved the tag; null when the name is not known or the client was anonymous.
    changed_by: Option<String>,
}

/// A manifest of a repository: an image, an index, or a part of an index.
#[derive(Debug, Serialize, ToSchema)]
pub struct Manifest {
    /// The digest of the manifest.
    digest: String,
    /// The media type of the manifest; null when it is not known.
    media_type: Option<String>,
    /// The size of the manifest itself, bytes; null when it is not known.
    size: Option<i64>,
    /// True if a tag names the manifest.
    tagged: bool,
    /// The time of the last push; null when it is not known.
    pushed_at: Option<Timestamp>,
    /// The user or robot of the last push; null when the name is not known or the client was anonymous.
    pushed_by: Option<String>,
    /// The time of the last pull; null when it is not known.
    last_pull_at: Option<Timestamp>,
}

/// A repository with its tags and manifests.
#[derive(Debug, Serialize, ToSchema)]
pub struct RepositoryWithTags {
    /// The service of the registry.
    #[schema(value_type = ServiceName)]
    service: String,
    /// The name of the repository.
    #[schema(value_type = ResourceName)]
    name: String,
    /// The time of the last push; null when it is not known.
    last_push_at: Option<Timestamp>,
    /// The time of the last pull; null when it is not known.
    last_pull_at: Option<Timestamp>,
    /// The description of the repository.
    description: String,
    /// A page of the repository's tags, sorted by name.
    tags: Vec<Tag>,
    /// The `after` of the next page of tags; `null` on the last page.
    next: Option<String>,
    /// A page of the repository's manifests, with or without a tag, sorted by digest.
    manifests: Vec<Manifest>,
    /// The `after_manifests` of the next page of manifests; `null` on the last page.
    next_manifests: Option<String>,
}

fn known(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

impl From<ManifestRow> for Manifest {
    fn from(row: ManifestRow) -> Self {
        Self {
            digest: row.digest,
            media_type: known(row.media_type),
            size: Some(row.size).filter(|size| *size > 0),
            tagged: row.is_tagged,
            pushed_at: row.pushed_at,
            pushed_by: known(row.pushed_by),
            last_pull_at: row.last_pull_at,
        }
    }
}

impl From<TagRow> for Tag {
    fn from(row: TagRow) -> Self {
        let TagRow { name, digest, changed_at, changed_by } = row;
        Self { name, digest: known(digest), changed_at, changed_by: known(changed_by) }
    }
}

impl RepositoryQuery {
    fn parse(&self, keyring: &Keyring) -> Result<(RepositoryRange, usize), FieldErrors> {
        let mut errors = FieldErrors::default();
        let limit = usize::try_from(parse_limit(&mut errors, self.limit.as_deref())).unwrap_or(0);
        let prefix = parse_prefix(&mut errors, self.q.as_deref());
        let service = self.service.as_deref();
        let service = service.and_then(|text| errors.keep("service", ServiceName::parse(text)));
        let after = parse_cursor(&mut errors, self.after.as_deref());
        let opened = keyring.open_place(LIST, &after);
        if opened.is_none() {
            errors.push("after", NOT_A_PLACE);
        }
        let after = parts_of(&mut errors, &opened.unwrap_or_default()).unwrap_or_default();
        errors.into_result()?;
        let [name, of] = after;
        Ok((
            RepositoryRange { service: service.map(|name| name.to_string()), prefix, after: (name, of) },
            limit,
        ))
    }
}

impl TagQuery {
    /// Returns the requested page of tags, and the requested page of manifests.
    fn parse(&self) -> Result<(Page, Page), FieldErrors> {
        let Self { q, limit, after, after_manifests } = self.clone();
        let limit = limit.or_else(|| Some(TAGS.to_owned()));
        let tags = ListQuery { q, limit: limit.clone(), after }.page()?;
        let manifests = ListQuery { q: None, limit, after: after_manifests }.page();
        let manifests =
            manifests.map_err(|_| FieldErrors::one("after_manifests", NOT_A_PLACE_OF_MANIFESTS))?;
        Ok((tags, manifests))
    }
}

/// Returns the service and the name of a repository.
fn place(row: &RepositoryRow) -> (&str, &str) {
    (&row.service, &row.name)
}

/// Finds the next repositories that the caller may see, until there are more than `wanted`. If the effort is spent
/// earlier, also returns the place at which the search stopped.
/// INVARIANT: the place leaves the server only sealed, because it may name a repository that the caller may not see.
async fn look(
    events: &EventStore,
    (sight, looking): (&Arc<Sight>, &Looking),
    mut range: RepositoryRange,
    wanted: usize,
) -> Result<(Vec<RepositoryRow>, Option<String>), ManageError> {
    let (mut found, mut effort, mut chunk) = (Vec::new(), looking.effort(), wanted.saturating_add(1));
    loop {
        let began = Instant::now();
        let wished = effort.next(chunk);
        let most = i64::try_from(wished).unwrap_or(i64::MAX);
        let rows = events.read().await?.list_repositories(&range, most).await?;
        effort.spend(0, began);
        let places: Vec<_> = rows.iter().map(|row| (row.name.clone(), row.service.clone())).collect();
        let kept = sight.keep((looking, effort), rows, place).await?;
        let last = kept.looked_at.checked_sub(1).and_then(|last| places.get(last));
        range.after = last.cloned().unwrap_or(range.after);
        found.extend(kept.seen);
        effort = kept.effort;
        let is_end = places.len() < wished && kept.looked_at == places.len();
        if is_end || found.len() > wanted {
            return Ok((found, None));
        }
        if effort.is_spent() {
            return Ok((found, Some(place_of(&[&range.after.0, &range.after.1]))));
        }
        chunk = CHUNK;
    }
}

impl Administration {
    /// Returns the store of the events of registries. Fails if this process is not a server.
    pub(super) fn events(&self) -> Result<&EventStore, ManageError> {
        let serving = self.serving.as_ref().ok_or(ManageError::NoEvents)?;
        Ok(&serving.events)
    }

    fn keyring(&self) -> Result<Arc<Keyring>, ManageError> {
        let serving = self.serving.as_ref().ok_or(ManageError::NoEvents)?;
        Ok(serving.signing_keys.keyring().load_full())
    }

    /// Returns the repositories that the caller may pull, sorted by name and then by service. The search for a page
    /// is bounded, so a page may be short although more repositories follow.
    pub async fn list_repositories(
        &self,
        caller: &Caller,
        query: &RepositoryQuery,
    ) -> Result<List<Repository>, ManageError> {
        let sight = self.sight_of(caller).await?;
        let events = self.events()?;
        let keyring = self.keyring()?;
        let (range, limit) = query.parse(&keyring)?;
        let looking = self.snapshots.looking();
        let (mut found, unseen) = look(events, (&sight, looking), range, limit).await?;
        let next = if found.len() > limit {
            found.truncate(limit);
            found.last().map(|last| place_of(&[&last.name, &last.service]))
        } else {
            let seal = |place: String| keyring.seal_place(LIST, &place).ok_or(ManageError::TooManyLists);
            unseen.map(seal).transpose()?
        };
        let tags = events.read().await?.count_tags(&found).await?;
        let shown = |(row, tags): (RepositoryRow, i64)| Repository {
            service: row.service,
            name: row.name,
            tags,
            last_push_at: row.last_push_at,
            last_pull_at: row.last_pull_at,
            description: row.description,
        };
        Ok(List::up_to(found.into_iter().zip(tags).map(shown).collect(), next.as_deref()))
    }

    /// Finds a repository that the caller may pull, with a page of its tags and a page of its manifests. A repository
    /// that the caller may not pull is treated like a repository that does not exist.
    pub async fn find_repository(
        &self,
        caller: &Caller,
        (service, name): (&str, &str),
        query: &TagQuery,
    ) -> Result<RepositoryWithTags, ManageError> {
        let sight = self.sight_of(caller).await?;
        let (page, page_of_manifests) = query.parse()?;
        let absent = || ManageError::NoRepository { service: service.to_owned(), name: name.to_owned() };
        if service.contains('\0') || name.contains('\0') {
            return Err(absent());
        }
        let mut reader = self.events()?.read().await?;
        let row = reader.find_repository(service, name).await?;
        let looking = self.snapshots.looking();
        let kept = sight.keep((looking, looking.effort()), row.into_iter().collect(), place).await?;
        let row = kept.seen.into_iter().next().ok_or_else(absent)?;
        let tags = reader.list_tags(service, name, &page).await?;
        let tags = List::new(&page, tags.into_iter().map(Tag::from).collect(), |tag| tag.name.as_str());
        let manifests = reader.list_manifests(service, name, &page_of_manifests).await?;
        let manifests = manifests.into_iter().map(Manifest::from).collect();
        let manifests = List::new(&page_of_manifests, manifests, |one| one.digest.as_str());
        Ok(RepositoryWithTags {
            service: row.service,
            name: row.name,
            last_push_at: row.last_push_at,
            last_pull_at: row.last_pull_at,
            description: row.description,
            tags: tags.items,
            next: tags.next,
            manifests: manifests.items,
            next_manifests: manifests.next,
        })
    }
}
