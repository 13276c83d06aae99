//! `/services` and `/services/{name}`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::web::Web;
use super::documents::{IfAbsent, IfMatch, IfNoneMatch};
use super::request::{Conditions, JsonBody, Parameters, SignedIn};
use super::{Verb, delete_, get_, patch_, put_};
use crate::domain::service::ServiceName;
use crate::manage::{Deletion, List, ListQuery, RegistrySetUp, ServiceFields, ServiceObject, Write};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::IntoParams;

pub(super) fn all() -> Vec<Verb> {
    vec![get_(__path_list, list)]
}

pub(super) fn by_name() -> Vec<Verb> {
    vec![
        get_(__path_find, find),
        put_(__path_put, put),
        patch_(__path_patch, patch),
        delete_(__path_delete, delete),
    ]
}

pub(super) fn registry_config() -> Vec<Verb> {
    vec![get_(__path_set_up, set_up)]
}

/// Where a registry has its files.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SetUpQuery {
    /// An absolute path; where such registries usually have them if absent.
    #[param(example = "/etc/docker/registry", pattern = "^/")]
    directory: Option<String>,
}

/// Shows how the registry of a service is to be set up: its configuration and the files it must hold.
#[utoipa::path(get, path = "/services/{name}/registry-config", tag = "services", operation_id = "getRegistryConfig", params(("name" = ServiceName, Path), SetUpQuery), responses((status = 200, body = RegistrySetUp), (status = 409)))]
async fn set_up(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    query: Parameters<SetUpQuery>,
) -> Result<HttpResponse, ApiError> {
    let found = web.administration.set_up_of(&who.admin()?, &name, query.0.directory.as_deref()).await?;
    Ok(answer::json(&found))
}

/// Lists services by name, a page at a time.
#[utoipa::path(get, path = "/services", tag = "services", operation_id = "listServices", params(ListQuery), responses((status = 200, body = List<ServiceObject>)))]
async fn list(web: Data<Web>, who: SignedIn, query: Parameters<ListQuery>) -> Result<HttpResponse, ApiError> {
    let page = web.administration.list_services(&who.admin()?, &query.0).await?;
    Ok(answer::json(&page))
}

/// Shows a service.
#[utoipa::path(get, path = "/services/{name}", tag = "services", operation_id = "getService", params(("name" = ServiceName, Path), IfNoneMatch), responses((status = 200, body = ServiceObject), (status = 304)))]
async fn find(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let found = web.administration.find_service(&who.admin()?, &name).await?;
    Ok(answer::object(&found, &conditions.known))
}

/// Creates or replaces a service.
#[utoipa::path(put, path = "/services/{name}", tag = "services", operation_id = "putService", params(("name" = ServiceName, Path), IfMatch, IfAbsent), request_body = ServiceFields, responses((status = 200, body = ServiceObject), (status = 201, body = ServiceObject), (status = 409)))]
async fn put(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (admin, write) = (who.admin()?, Write::Put(body.0));
    let object = web.administration.write_service(&admin, &name, write, conditions.precondition).await?;
    Ok(answer::written(&object))
}

/// Changes some fields of a service (JSON merge patch).
#[utoipa::path(patch, path = "/services/{name}", tag = "services", operation_id = "patchService", params(("name" = ServiceName, Path), IfMatch), request_body = ServiceFields, responses((status = 200, body = ServiceObject), (status = 409)))]
async fn patch(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (admin, write) = (who.admin()?, Write::Patch(body.0));
    let object = web.administration.write_service(&admin, &name, write, conditions.precondition).await?;
    Ok(answer::written(&object))
}

/// Deletes a service.
#[utoipa::path(delete, path = "/services/{name}", tag = "services", operation_id = "deleteService", params(("name" = ServiceName, Path), IfMatch), responses((status = 204)))]
async fn delete(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let deletion = Deletion::single(false, conditions.precondition);
    web.administration.delete_service(&who.admin()?, &name, deletion).await?;
    Ok(answer::no_content())
}
