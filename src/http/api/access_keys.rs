//! `/users/{name}/access-keys`, `/robots/{name}/access-keys`, `/access-keys/{id}`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::web::Web;
use super::request::{JsonBody, Parameters, SignedIn};
use super::{Verb, delete_, get_, post_};
use crate::domain::subject::{SubjectKind, SubjectName};
use crate::manage::{AccessKey, CreatedAccessKey, KeyFields, List, ListQuery};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

pub(super) fn of_users() -> Vec<Verb> {
    vec![get_(__path_list_of_user, list_of_user), post_(__path_create_for_user, create_for_user)]
}

pub(super) fn of_robots() -> Vec<Verb> {
    vec![get_(__path_list_of_robot, list_of_robot), post_(__path_create_for_robot, create_for_robot)]
}

pub(super) fn by_id() -> Vec<Verb> {
    vec![delete_(__path_delete, delete)]
}

/// Lists the access keys of a user, without their secrets.
#[utoipa::path(get, path = "/users/{name}/access-keys", tag = "access keys", operation_id = "listUserAccessKeys", params(("name" = SubjectName, Path), ListQuery), responses((status = 200, body = List<AccessKey>)))]
async fn list_of_user(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    query: Parameters<ListQuery>,
) -> Result<HttpResponse, ApiError> {
    let keys = web.administration.list_keys(&who.admin()?, SubjectKind::User, &name, &query.0).await?;
    Ok(answer::json(&keys))
}

/// Lists the access keys of a robot, without their secrets.
#[utoipa::path(get, path = "/robots/{name}/access-keys", tag = "access keys", operation_id = "listRobotAccessKeys", params(("name" = SubjectName, Path), ListQuery), responses((status = 200, body = List<AccessKey>)))]
async fn list_of_robot(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    query: Parameters<ListQuery>,
) -> Result<HttpResponse, ApiError> {
    let keys = web.administration.list_keys(&who.admin()?, SubjectKind::Robot, &name, &query.0).await?;
    Ok(answer::json(&keys))
}

/// Makes an access key for a user; its secret is shown once.
#[utoipa::path(post, path = "/users/{name}/access-keys", tag = "access keys", operation_id = "createUserAccessKey", params(("name" = SubjectName, Path)), request_body = KeyFields, responses((status = 201, body = CreatedAccessKey), (status = 409)))]
async fn create_for_user(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let key = web.administration.create_key(&who.admin()?, SubjectKind::User, &name, body.0).await?;
    Ok(answer::created_key(&key, "/access-keys"))
}

/// Makes an access key for a robot; its secret is shown once.
#[utoipa::path(post, path = "/robots/{name}/access-keys", tag = "access keys", operation_id = "createRobotAccessKey", params(("name" = SubjectName, Path)), request_body = KeyFields, responses((status = 201, body = CreatedAccessKey), (status = 409)))]
async fn create_for_robot(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let key = web.administration.create_key(&who.admin()?, SubjectKind::Robot, &name, body.0).await?;
    Ok(answer::created_key(&key, "/access-keys"))
}

/// Revokes an access key at once.
#[utoipa::path(delete, path = "/access-keys/{id}", tag = "access keys", operation_id = "deleteAccessKey", params(("id" = String, Path, format = Uuid)), responses((status = 204), (status = 409)))]
async fn delete(web: Data<Web>, who: SignedIn, id: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_key(&who.admin()?, &id).await?;
    Ok(answer::no_content())
}
