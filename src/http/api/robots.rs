//! `/robots` and `/robots/{name}`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::web::Web;
use super::documents::{IfAbsent, IfMatch, IfNoneMatch};
use super::request::{Cascade, Conditions, JsonBody, Parameters, SignedIn};
use super::{Verb, delete_, get_, patch_, put_};
use crate::domain::subject::SubjectName;
use crate::manage::{Deletion, List, ListQuery, Robot, RobotFields, Write};
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

/// Lists robots by name, a page at a time.
#[utoipa::path(get, path = "/robots", tag = "robots", operation_id = "listRobots", params(ListQuery), responses((status = 200, body = List<Robot>)))]
async fn list(web: Data<Web>, who: SignedIn, query: Parameters<ListQuery>) -> Result<HttpResponse, ApiError> {
    let page = web.administration.list_robots(&who.admin()?, &query.0).await?;
    Ok(answer::json(&page))
}

/// Shows a robot.
#[utoipa::path(get, path = "/robots/{name}", tag = "robots", operation_id = "getRobot", params(("name" = SubjectName, Path), IfNoneMatch), responses((status = 200, body = Robot), (status = 304)))]
async fn find(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let found = web.administration.find_robot(&who.admin()?, &name).await?;
    Ok(answer::object(&found, &conditions.known))
}

/// Creates or replaces a robot.
#[utoipa::path(put, path = "/robots/{name}", tag = "robots", operation_id = "putRobot", params(("name" = SubjectName, Path), IfMatch, IfAbsent), request_body = RobotFields, responses((status = 200, body = Robot), (status = 201, body = Robot), (status = 409)))]
async fn put(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (admin, write) = (who.admin()?, Write::Put(body.0));
    let object = web.administration.write_robot(&admin, &name, write, conditions.precondition).await?;
    Ok(answer::written(&object))
}

/// Changes some fields of a robot (JSON merge patch).
#[utoipa::path(patch, path = "/robots/{name}", tag = "robots", operation_id = "patchRobot", params(("name" = SubjectName, Path), IfMatch), request_body = RobotFields, responses((status = 200, body = Robot), (status = 409)))]
async fn patch(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (admin, write) = (who.admin()?, Write::Patch(body.0));
    let object = web.administration.write_robot(&admin, &name, write, conditions.precondition).await?;
    Ok(answer::written(&object))
}

/// Deletes a robot.
#[utoipa::path(delete, path = "/robots/{name}", tag = "robots", operation_id = "deleteRobot", params(("name" = SubjectName, Path), Cascade, IfMatch), responses((status = 204), (status = 409)))]
async fn delete(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    query: Parameters<Cascade>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let deletion = Deletion::single(query.0.is_wanted()?, conditions.precondition);
    web.administration.delete_robot(&who.admin()?, &name, deletion).await?;
    Ok(answer::no_content())
}
