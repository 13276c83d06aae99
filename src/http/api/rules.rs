//! `/rules` and `/rules/{name}`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::web::Web;
use super::documents::{IfAbsent, IfMatch, IfNoneMatch};
use super::request::{Conditions, JsonBody, Parameters, SignedIn};
use super::{Verb, delete_, get_, patch_, put_};
use crate::domain::policy::{RuleFields, RuleName};
use crate::manage::{Deletion, List, RuleListQuery, RuleObject, Write};
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

/// Lists rules by name, a page at a time.
#[utoipa::path(get, path = "/rules", tag = "rules", operation_id = "listRules", params(RuleListQuery), responses((status = 200, body = List<RuleObject>)))]
async fn list(
    web: Data<Web>,
    who: SignedIn,
    query: Parameters<RuleListQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = web.administration.list_rules(&who.admin()?, &query.0).await?;
    Ok(answer::json(&page))
}

/// Shows a rule.
#[utoipa::path(get, path = "/rules/{name}", tag = "rules", operation_id = "getRule", params(("name" = RuleName, Path), IfNoneMatch), responses((status = 200, body = RuleObject), (status = 304)))]
async fn find(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let found = web.administration.find_rule(&who.admin()?, &name).await?;
    Ok(answer::object(&found, &conditions.known))
}

/// Creates or replaces a rule.
#[utoipa::path(put, path = "/rules/{name}", tag = "rules", operation_id = "putRule", params(("name" = RuleName, Path), IfMatch, IfAbsent), request_body = RuleFields, responses((status = 200, body = RuleObject), (status = 201, body = RuleObject), (status = 409)))]
async fn put(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (admin, write) = (who.admin()?, Write::Put(body.0));
    let object = web.administration.write_rule(&admin, &name, write, conditions.precondition).await?;
    Ok(answer::written(&object))
}

/// Changes some fields of a rule (JSON merge patch).
#[utoipa::path(patch, path = "/rules/{name}", tag = "rules", operation_id = "patchRule", params(("name" = RuleName, Path), IfMatch), request_body = RuleFields, responses((status = 200, body = RuleObject), (status = 409)))]
async fn patch(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (admin, write) = (who.admin()?, Write::Patch(body.0));
    let object = web.administration.write_rule(&admin, &name, write, conditions.precondition).await?;
    Ok(answer::written(&object))
}

/// Deletes a rule.
#[utoipa::path(delete, path = "/rules/{name}", tag = "rules", operation_id = "deleteRule", params(("name" = RuleName, Path), IfMatch), responses((status = 204)))]
async fn delete(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let deletion = Deletion::single(false, conditions.precondition);
    web.administration.delete_rule(&who.admin()?, &name, deletion).await?;
    Ok(answer::no_content())
}
