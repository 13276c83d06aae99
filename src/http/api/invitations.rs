//! `/users/{name}/invitation` and `/invitations`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::{INVALID, Operation};
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{After, Creating, Parameters, SignedIn};
use crate::accounts::WriteError;
use crate::domain::subject::SubjectName;
use crate::manage::{Invitation, ListQuery, ManageError, OpenInvitation};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

pub(super) fn of_user() -> Vec<Verb> {
    vec![
        Verb::post(create, || {
            let summary = "Makes a link with which a user without a password sets a first password.";
            Operation::allowed("users", "createUserInvitation", summary)
                .description("The link is shown once. It works once, within 24 hours. An earlier link ends.")
                .path::<SubjectName>("name")
                .query::<Creating>()
                .answers_new::<Invitation>()
                .conflicts()
                .refuses(&[INVALID])
        }),
        Verb::delete(withdraw, || {
            let summary = "Withdraws the invitation of a user: its link ends.";
            Operation::allowed("users", "deleteUserInvitation", summary)
                .path::<SubjectName>("name")
                .answers_nothing()
        }),
    ]
}

pub(super) fn all() -> Vec<Verb> {
    let list = |web: Data<Web>, who: SignedIn, query: After<Parameters<ListQuery>>| async move {
        let page = web.administration.list_invitations(&who.0.admin()?, &query.open()?.0).await?;
        Ok::<_, ApiError>(answer::json(&page))
    };
    vec![Verb::get(list, || {
        let summary = "Lists the usable invitations by user name, a page at a time.";
        Operation::allowed("users", "listInvitations", summary).query::<ListQuery>().lists::<OpenInvitation>()
    })]
}

async fn create(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    query: After<Parameters<Creating>>,
) -> Result<HttpResponse, ApiError> {
    let admin = who.0.admin()?;
    who.0.fresh()?;
    let creating = query.open()?.0.is_wanted()?;
    if !web.public_url.has_pages() {
        let setting = web.public_url.setting();
        let why = format_args!("the link would lead to a page, and pages need https: set {setting} first");
        return Err(ManageError::from(WriteError::conflict(why)).into());
    }
    let invitation = web.administration.invite(&admin, &name, creating).await?;
    Ok(answer::created(&invitation))
}

async fn withdraw(web: Data<Web>, who: SignedIn, name: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.withdraw_invitation(&who.0.admin()?, &name).await?;
    Ok(answer::no_content())
}
