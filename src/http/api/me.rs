//! `/me`: the caller's own account.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::{NOT_FOUND, Operation, complete, joined, reference};
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{After, JsonBody, Parameters, SignedIn};
use crate::accounts::{AccessKey, RefreshToken, Robot, User};
use crate::manage::{Account, CreatedAccessKey, KeyFields, ListQuery, OwnServices, PasswordChange};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use utoipa::PartialSchema;
use utoipa::openapi::OneOfBuilder;

/// Begins the description of an operation on the caller's own account. No caller needs a right for it, but
/// some credentials are refused with 403, for example restricted ones.
fn own(id: &str, summary: &str) -> Operation {
    Operation::allowed("me", id, summary)
}

pub(super) fn account() -> Vec<Verb> {
    vec![Verb::get(describe, || {
        let own = Account::schema();
        let joined = |account| complete(joined(&[account, own.clone()]));
        // The answer has the fields of the user or robot, and the fields of [`Account`].
        let account = OneOfBuilder::new().item(reference("UserAccount")).item(reference("RobotAccount"));
        Operation::signed_in("me", "getMe", "Shows the caller's own account.")
            .answers::<Account>()
            .schema("UserAccount", joined(User::schema()))
            .schema("RobotAccount", joined(Robot::schema()))
            .schema("Account", account.into())
    })]
}

pub(super) fn services() -> Vec<Verb> {
    vec![Verb::get(list_services, || {
        own("listMyServices", "Lists the registries, and where clients get tokens.").answers::<OwnServices>()
    })]
}

async fn list_services(web: Data<Web>, who: SignedIn) -> Result<HttpResponse, ApiError> {
    Ok(answer::json(&web.administration.own_services(&who.0)?))
}

pub(super) fn password() -> Vec<Verb> {
    vec![Verb::put(change_password, || {
        own("putMyPassword", "Changes the caller's own password.").takes::<PasswordChange>().answers_nothing()
    })]
}

pub(super) fn keys() -> Vec<Verb> {
    vec![
        Verb::get(list_keys, || {
            own("listMyAccessKeys", "Lists the caller's own access keys.")
                .query::<ListQuery>()
                .lists::<AccessKey>()
        }),
        Verb::post(create_key, || {
            own("createMyAccessKey", "Makes an access key for the caller; its secret is shown once.")
                .takes::<KeyFields>()
                .creates::<CreatedAccessKey>()
                .links("201", "deleteMyAccessKey", &[("id", "$response.body#/id")])
                .conflicts()
        }),
    ]
}

pub(super) fn key() -> Vec<Verb> {
    vec![Verb::delete(revoke_key, || {
        own("deleteMyAccessKey", "Revokes one of the caller's access keys at once.")
            .path_id()
            .answers_nothing()
            .conflicts()
    })]
}

pub(super) fn sessions() -> Vec<Verb> {
    vec![Verb::get(list_sessions, || {
        own("listMyRefreshTokens", "Lists the caller's own refresh tokens.")
            .query::<ListQuery>()
            .lists::<RefreshToken>()
            .links("200", "deleteMyRefreshToken", &[("id", "$response.body#/items/0/id")])
            .refuses(&[NOT_FOUND])
    })]
}

pub(super) fn session() -> Vec<Verb> {
    vec![Verb::delete(revoke_session, || {
        own("deleteMyRefreshToken", "Revokes one of the caller's refresh tokens at once.")
            .path_id()
            .answers_nothing()
    })]
}

async fn describe(who: SignedIn) -> HttpResponse {
    answer::json(&who.0.describe())
}

async fn change_password(
    web: Data<Web>,
    who: SignedIn,
    body: After<JsonBody>,
) -> Result<HttpResponse, ApiError> {
    who.0.with_password()?;
    web.administration.change_own_password(&who.0, body.open()?.0).await?;
    Ok(answer::no_content())
}

async fn list_keys(
    web: Data<Web>,
    who: SignedIn,
    query: After<Parameters<ListQuery>>,
) -> Result<HttpResponse, ApiError> {
    who.0.unrestricted()?;
    let keys = web.administration.list_own_keys(&who.0, &query.open()?.0).await?;
    Ok(answer::json(&keys))
}

async fn create_key(web: Data<Web>, who: SignedIn, body: After<JsonBody>) -> Result<HttpResponse, ApiError> {
    who.0.with_password()?;
    let key = web.administration.create_own_key(&who.0, body.open()?.0).await?;
    Ok(answer::created_key(&key, "/me/access-keys"))
}

async fn revoke_key(web: Data<Web>, who: SignedIn, id: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_own_key(&who.0, &id).await?;
    Ok(answer::no_content())
}

async fn list_sessions(
    web: Data<Web>,
    who: SignedIn,
    query: After<Parameters<ListQuery>>,
) -> Result<HttpResponse, ApiError> {
    who.0.unrestricted()?;
    let sessions = web.administration.list_own_sessions(&who.0, &query.open()?.0).await?;
    Ok(answer::json(&sessions))
}

async fn revoke_session(web: Data<Web>, who: SignedIn, id: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_own_session(&who.0, &id).await?;
    Ok(answer::no_content())
}
