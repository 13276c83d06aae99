//! `/groups`, `/groups/{name}` and `/groups/{name}/members/{member}`.

use super::super::Web;
use super::super::error::ApiError;
use super::answer::{done, one, shown, written};
use super::request::{Cascade, Conditions, JsonBody, Parameters, SignedIn};
use super::{Verb, delete_, get_, patch_, put_};
use crate::manage::{Deletion, ListQuery, Write};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

pub(super) fn all() -> Vec<Verb> {
    vec![get_(list)]
}

pub(super) fn by_name() -> Vec<Verb> {
    vec![get_(find), put_(put), patch_(patch), delete_(delete)]
}

async fn list(web: Data<Web>, who: SignedIn, query: Parameters<ListQuery>) -> Result<HttpResponse, ApiError> {
    let page = web.administration.list_groups(&who.admin()?, &query.0).await?;
    Ok(shown(&page))
}

async fn find(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let found = web.administration.find_group(&who.admin()?, &name).await?;
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
    let object = web.administration.write_group(&admin, &name, write, conditions.precondition).await?;
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
    let object = web.administration.write_group(&admin, &name, write, conditions.precondition).await?;
    Ok(written(&object))
}

async fn delete(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    query: Parameters<Cascade>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let deletion = Deletion { cascade: query.0.is_wanted()?, precondition: conditions.precondition };
    web.administration.delete_group(&who.admin()?, &name, deletion).await?;
    Ok(done())
}

pub(super) fn member() -> Vec<Verb> {
    vec![put_(put_member), delete_(delete_member)]
}

async fn put_member(
    web: Data<Web>,
    who: SignedIn,
    path: Path<(String, String)>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let (group, member) = path.into_inner();
    let admin = who.admin()?;
    web.administration.write_member(&admin, &group, &member, true, conditions.precondition).await?;
    Ok(done())
}

async fn delete_member(
    web: Data<Web>,
    who: SignedIn,
    path: Path<(String, String)>,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    let (group, member) = path.into_inner();
    let admin = who.admin()?;
    web.administration.write_member(&admin, &group, &member, false, conditions.precondition).await?;
    Ok(done())
}
