//! `/users/{name}/identity` and `/users/{name}/identity/recheck`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::{INVALID, Operation};
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{After, Conditions, JsonBody, SignedIn};
use crate::accounts::IdentityObject;
use crate::domain::subject::SubjectName;
use crate::manage::{IdentityFields, RecheckedIdentity};
use actix_web::web::{Data, Path};

fn describe(id: &str, summary: &str) -> Operation {
    Operation::allowed("identities", id, summary).path::<SubjectName>("name")
}

/// The operations on the identity of a user.
pub(super) fn of_user() -> Vec<Verb> {
    let show = |web: Data<Web>, who: SignedIn, name: Path<String>, conditions: After<Conditions>| async move {
        let (admin, conditions) = (who.0.admin()?, conditions.open()?);
        let found = web.administration.find_identity(&admin, &name).await?;
        Ok::<_, ApiError>(answer::object(&found, &conditions.known))
    };
    let link = |web: Data<Web>,
                who: SignedIn,
                name: Path<String>,
                conditions: After<Conditions>,
                body: After<JsonBody>| async move {
        let (admin, precondition) = (who.0.admin()?, conditions.open()?.precondition);
        who.0.fresh()?;
        let body = body.open()?.0;
        let written = web.administration.link_identity(&admin, &name, body, precondition).await?;
        Ok::<_, ApiError>(answer::written(&written))
    };
    let unlink = |web: Data<Web>, who: SignedIn, name: Path<String>, conditions: After<Conditions>| async move {
        let (admin, precondition) = (who.0.admin()?, conditions.open()?.precondition);
        web.administration.unlink_identity(&admin, &name, precondition).await?;
        Ok::<_, ApiError>(answer::no_content())
    };
    vec![
        Verb::get(show, || {
            describe("getIdentity", "Shows the identity of a user at an identity provider.")
                .if_none_match()
                .answers_version_of::<IdentityObject>("200")
                .answers_not_modified("ETag")
        }),
        Verb::put(link, || {
            describe(
                "putIdentity",
                "Links a user with a person of an identity provider. The user loses the password.",
            )
            .if_match()
            .if_absent()
            .takes::<IdentityFields>()
            .answers_version_of::<IdentityObject>("200")
            .answers_version_of::<IdentityObject>("201")
            .conflicts()
            .refuses(&[INVALID])
        }),
        Verb::delete(unlink, || {
            let summary = "Unlinks a user from the identity provider: keys and sessions end, the user stays.";
            describe("deleteIdentity", summary).if_match().answers_nothing().conflicts()
        }),
    ]
}

/// The operation that asks the provider about a user now.
pub(super) fn recheck() -> Vec<Verb> {
    let recheck = |web: Data<Web>, who: SignedIn, name: Path<String>| async move {
        let admin = who.0.admin()?;
        let found = web.administration.recheck_identity(&admin, &name).await?;
        Ok::<_, ApiError>(answer::json(&found))
    };
    vec![Verb::post(recheck, || {
        describe("recheckIdentity", "Asks the identity provider about a user now.")
            .answers::<RecheckedIdentity>()
            .conflicts()
    })]
}
