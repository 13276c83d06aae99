//! `/refresh-tokens` and `/refresh-tokens/{id}`.

use super::super::Web;
use super::super::error::ApiError;
use super::answer::{done, shown};
use super::request::{Parameters, SignedIn};
use super::{Verb, delete_, get_};
use crate::manage::ListQuery;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;

pub(super) fn all() -> Vec<Verb> {
    vec![get_(list), delete_(delete_all)]
}

pub(super) fn by_id() -> Vec<Verb> {
    vec![delete_(delete)]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfSubject {
    subject: String,
    q: Option<String>,
    limit: Option<String>,
    after: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    subject: String,
}

async fn list(web: Data<Web>, who: SignedIn, query: Parameters<OfSubject>) -> Result<HttpResponse, ApiError> {
    let OfSubject { subject, q, limit, after } = query.0;
    let query = ListQuery { q, limit, after };
    let sessions = web.administration.list_sessions(&who.admin()?, &subject, &query).await?;
    Ok(shown(&sessions))
}

async fn delete_all(
    web: Data<Web>,
    who: SignedIn,
    query: Parameters<Whose>,
) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_sessions(&who.admin()?, &query.0.subject).await?;
    Ok(done())
}

async fn delete(web: Data<Web>, who: SignedIn, id: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_session(&who.admin()?, &id).await?;
    Ok(done())
}
