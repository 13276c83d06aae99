//! `/repositories` and `/repositories/{service}/{repository}`: the content of registries that the caller may pull.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::Operation;
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{After, Parameters, SignedIn};
use crate::domain::resource::ResourceName;
use crate::domain::service::ServiceName;
use crate::manage::{Repository, RepositoryQuery, RepositoryWithTags, TagQuery};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

pub(super) fn all() -> Vec<Verb> {
    vec![Verb::get(list, || {
        let summary = "Lists the repositories that the caller may pull, by name and then by service.";
        Operation::allowed("repositories", "listRepositories", summary)
            .description(
                "The list is as registries report it. The search for a page takes a tenth of a second at most, so a page \
                 may be short, or empty, and still have a `next`. 503 when too many such lists are in progress.",
            )
            .query::<RepositoryQuery>()
            .lists::<Repository>()
    })]
}

pub(super) fn by_name() -> Vec<Verb> {
    vec![Verb::get(show, || {
        let summary = "Shows a repository that the caller may pull, with its tags and manifests.";
        Operation::allowed("repositories", "getRepository", summary)
            .description(
                "The name of the repository is the rest of the path, slashes included. A repository that the caller \
                 may not pull is 404, as if it were not there. Tags and manifests are lists with pages of their own.",
            )
            .path::<ServiceName>("service")
            .path::<ResourceName>("repository")
            .query::<TagQuery>()
            .answers::<RepositoryWithTags>()
    })]
}

async fn list(
    web: Data<Web>,
    who: SignedIn,
    query: After<Parameters<RepositoryQuery>>,
) -> Result<HttpResponse, ApiError> {
    who.0.unrestricted()?;
    Ok(answer::json(&web.administration.list_repositories(&who.0, &query.open()?.0).await?))
}

async fn show(
    web: Data<Web>,
    who: SignedIn,
    path: Path<(String, String)>,
    query: After<Parameters<TagQuery>>,
) -> Result<HttpResponse, ApiError> {
    who.0.unrestricted()?;
    let (service, name) = path.into_inner();
    let found = web.administration.find_repository(&who.0, (&service, &name), &query.open()?.0).await?;
    Ok(answer::json(&found))
}
