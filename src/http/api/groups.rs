//! `/groups`, `/groups/{name}` and `/groups/{name}/members/{member}`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::web::Web;
use super::documents::{IfAbsent, IfMatch, IfNoneMatch};
use super::request::{Cascade, Conditions, JsonBody, Parameters, SignedIn};
use super::{Verb, delete_, get_, patch_, put_};
use crate::domain::subject::{GroupName, SubjectRef};
use crate::manage::{Deletion, Group, GroupFields, List, ListQuery, Write};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

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

/// Lists groups by name, a page at a time.
#[utoipa::path(get, path = "/groups", tag = "groups", operation_id = "listGroups", params(ListQuery), responses((status = 200, body = List<Group>)))]
async fn list(web: Data<Web>, who: SignedIn, query: Parameters<ListQuery>) -> Result<HttpResponse, ApiError> {
    let page = web.administration.list_groups(&who.admin()?, &query.0).await?;
    Ok(answer::json(&page))
}

/// Shows a group.
#[utoipa::path(get, path = "/groups/{name}", tag = "groups", operation_id = "getGroup", params(("name" = GroupName, Path), IfNoneMatch), responses((status = 200, body = Group), (status = 304)))]
async fn find(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let found = web.administration.find_group(&who.admin()?, &name).await?;
    Ok(answer::object(&found, &conditions.known))
}

/// Creates or replaces a group.
#[utoipa::path(put, path = "/groups/{name}", tag = "groups", operation_id = "putGroup", params(("name" = GroupName, Path), IfMatch, IfAbsent), request_body = GroupFields, responses((status = 200, body = Group), (status = 201, body = Group), (status = 409)))]
async fn put(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (admin, write) = (who.admin()?, Write::Put(body.0));
    let object = web.administration.write_group(&admin, &name, write, conditions.precondition).await?;
    Ok(answer::written(&object))
}

/// Changes some fields of a group (JSON merge patch).
#[utoipa::path(patch, path = "/groups/{name}", tag = "groups", operation_id = "patchGroup", params(("name" = GroupName, Path), IfMatch), request_body = GroupFields, responses((status = 200, body = Group), (status = 409)))]
async fn patch(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (admin, write) = (who.admin()?, Write::Patch(body.0));
    let object = web.administration.write_group(&admin, &name, write, conditions.precondition).await?;
    Ok(answer::written(&object))
}

/// Deletes a group.
#[utoipa::path(delete, path = "/groups/{name}", tag = "groups", operation_id = "deleteGroup", params(("name" = GroupName, Path), Cascade, IfMatch), responses((status = 204), (status = 409)))]
async fn delete(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    query: Parameters<Cascade>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let deletion = Deletion::single(query.0.is_wanted()?, conditions.precondition);
    web.administration.delete_group(&who.admin()?, &name, deletion).await?;
    Ok(answer::no_content())
}

pub(super) fn member() -> Vec<Verb> {
    vec![put_(__path_put_member, put_member), delete_(__path_delete_member, delete_member)]
}

/// Puts a user or robot into a group.
#[utoipa::path(put, path = "/groups/{name}/members/{member}", tag = "groups", operation_id = "putMember", params(("name" = GroupName, Path), ("member" = SubjectRef, Path), IfMatch), responses((status = 204)))]
async fn put_member(
    web: Data<Web>,
    who: SignedIn,
    path: Path<(String, String)>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let (group, member) = path.into_inner();
    let admin = who.admin()?;
    web.administration.write_member(&admin, &group, &member, true, conditions.precondition).await?;
    Ok(answer::no_content())
}

/// Takes a user or robot out of a group.
#[utoipa::path(delete, path = "/groups/{name}/members/{member}", tag = "groups", operation_id = "deleteMember", params(("name" = GroupName, Path), ("member" = SubjectRef, Path), IfMatch), responses((status = 204)))]
async fn delete_member(
    web: Data<Web>,
    who: SignedIn,
    path: Path<(String, String)>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let (group, member) = path.into_inner();
    let admin = who.admin()?;
    web.administration.write_member(&admin, &group, &member, false, conditions.precondition).await?;
    Ok(answer::no_content())
}
