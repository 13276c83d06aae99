//! `/rules` and `/rules/{name}`.

use super::super::Web;
use super::super::error::ApiError;
use super::answer::{done, one, shown, written};
use super::request::{Conditions, JsonBody, Parameters, SignedIn};
use super::{Verb, delete_, get_, patch_, put_};
use crate::manage::{Deletion, RuleListQuery, Write};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

pub(super) fn all() -> Vec<Verb> {
    vec![get_(list)]
}

pub(super) fn by_name() -> Vec<Verb> {
    vec![get_(find), put_(put), patch_(patch), delete_(delete)]
}

async fn list(
    web: Data<Web>,
    who: SignedIn,
    query: Parameters<RuleListQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = web.administration.list_rules(&who.admin()?, &query.0).await?;
    Ok(shown(&page))
}

async fn find(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let found = web.administration.find_rule(&who.admin()?, &name).await?;
    Ok(one(&found, &conditions))
}

async fn put(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (admin, write) = (who.admin()?, Write::Put(body.0));
    let object = web.administration.write_rule(&admin, &name, write, conditions.precondition).await?;
    Ok(written(&object))
}

async fn patch(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (admin, write) = (who.admin()?, Write::Patch(body.0));
    let object = web.administration.write_rule(&admin, &name, write, conditions.precondition).await?;
    Ok(written(&object))
}

async fn delete(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let deletion = Deletion { cascade: false, precondition: conditions.precondition };
    web.administration.delete_rule(&who.admin()?, &name, deletion).await?;
    Ok(done())
}
