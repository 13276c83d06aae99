//! `/users` and `/users/{name}`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::web::Web;
use super::documents::{IfAbsent, IfMatch, IfNoneMatch};
use super::request::{Cascade, Conditions, JsonBody, Parameters, SignedIn};
use super::{Verb, delete_, get_, patch_, put_};
use crate::domain::subject::SubjectName;
use crate::manage::{Deletion, List, ListQuery, User, UserFields, Write};
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

/// Lists users by name, a page at a time.
#[utoipa::path(get, path = "/users", tag = "users", operation_id = "listUsers", params(ListQuery), responses((status = 200, body = List<User>)))]
async fn list(web: Data<Web>, who: SignedIn, query: Parameters<ListQuery>) -> Result<HttpResponse, ApiError> {
    let page = web.administration.list_users(&who.admin()?, &query.0).await?;
    Ok(answer::json(&page))
}

/// Shows a user.
#[utoipa::path(get, path = "/users/{name}", tag = "users", operation_id = "getUser", params(("name" = SubjectName, Path), IfNoneMatch), responses((status = 200, body = User), (status = 304)))]
async fn find(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let found = web.administration.find_user(&who.admin()?, &name).await?;
    Ok(answer::object(&found, &conditions.known))
}

/// Creates or replaces a user.
#[utoipa::path(put, path = "/users/{name}", tag = "users", operation_id = "putUser", params(("name" = SubjectName, Path), IfMatch, IfAbsent), request_body = UserFields, responses((status = 200, body = User), (status = 201, body = User), (status = 409)))]
async fn put(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (admin, write) = (who.admin()?, Write::Put(body.0));
    let object = web.administration.write_user(&admin, &name, write, conditions.precondition).await?;
    Ok(answer::written(&object))
}

/// Changes some fields of a user (JSON merge patch).
#[utoipa::path(patch, path = "/users/{name}", tag = "users", operation_id = "patchUser", params(("name" = SubjectName, Path), IfMatch), request_body = UserFields, responses((status = 200, body = User), (status = 409)))]
async fn patch(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (admin, write) = (who.admin()?, Write::Patch(body.0));
    let object = web.administration.write_user(&admin, &name, write, conditions.precondition).await?;
    Ok(answer::written(&object))
}

/// Deletes a user.
#[utoipa::path(delete, path = "/users/{name}", tag = "users", operation_id = "deleteUser", params(("name" = SubjectName, Path), Cascade, IfMatch), responses((status = 204), (status = 409)))]
async fn delete(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    query: Parameters<Cascade>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let deletion = Deletion::single(query.0.is_wanted()?, conditions.precondition);
    web.administration.delete_user(&who.admin()?, &name, deletion).await?;
    Ok(answer::no_content())
}
