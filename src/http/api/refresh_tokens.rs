//! `/refresh-tokens` and `/refresh-tokens/{id}`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::{NOT_FOUND, Operation};
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{After, Parameters, SignedIn};
use crate::accounts::RefreshToken;
use crate::domain::subject::SubjectRef;
use crate::manage::ListQuery;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::IntoParams;

pub(super) fn all() -> Vec<Verb> {
    vec![
        Verb::get(list, || {
            Operation::allowed("refresh tokens", "listRefreshTokens", "Lists the refresh tokens of a user.")
                .query::<OfSubject>()
                .lists::<RefreshToken>()
                .links("200", "deleteRefreshToken", &[("id", "$response.body#/items/0/id")])
                .refuses(&[NOT_FOUND])
        }),
        Verb::delete(delete_all, || {
            Operation::allowed("refresh tokens", "deleteRefreshTokens", "Ends every session of a user.")
                .query::<Whose>()
                .answers_nothing()
                .refuses(&[NOT_FOUND])
        }),
    ]
}

pub(super) fn by_id() -> Vec<Verb> {
    vec![Verb::delete(delete, || {
        Operation::allowed("refresh tokens", "deleteRefreshToken", "Revokes a refresh token at once.")
            .path_id()
            .answers_nothing()
    })]
}

/// The query of the list of a subject's sessions, as it was sent.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OfSubject {
    /// The owner of the sessions.
    #[param(value_type = SubjectRef, example = "user:admin")]
    subject: String,
    /// Ids that begin with this text.
    #[param(max_length = 255, pattern = "^[^\\u0000]*$")]
    q: Option<String>,
    /// The greatest number of entries, 1 to 1,000; 100 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100, example = 100)]
    limit: Option<String>,
    /// The `next` of the previous page.
    #[param(min_length = 2, pattern = "^[A-Za-z0-9_-]+$")]
    after: Option<String>,
}

/// The query that names the owner of the sessions to end.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Whose {
    /// The owner of the sessions.
    #[param(value_type = SubjectRef, example = "user:admin")]
    subject: String,
}

async fn list(
    web: Data<Web>,
    who: SignedIn,
    query: After<Parameters<OfSubject>>,
) -> Result<HttpResponse, ApiError> {
    let admin = who.0.admin()?;
    let OfSubject { subject, q, limit, after } = query.open()?.0;
    let query = ListQuery { q, limit, after };
    let sessions = web.administration.list_sessions(&admin, &subject, &query).await?;
    Ok(answer::json(&sessions))
}

async fn delete_all(
    web: Data<Web>,
    who: SignedIn,
    query: After<Parameters<Whose>>,
) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_sessions(&who.0.admin()?, &query.open()?.0.subject).await?;
    Ok(answer::no_content())
}

async fn delete(web: Data<Web>, who: SignedIn, id: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_session(&who.0.admin()?, &id).await?;
    Ok(answer::no_content())
}
