//! `/users/{name}/invitation`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::Operation;
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::SignedIn;
use crate::accounts::WriteError;
use crate::domain::subject::SubjectName;
use crate::manage::{Invitation, ManageError};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

pub(super) fn of_user() -> Vec<Verb> {
    vec![Verb::post(create, || {
        let summary = "Makes a link on which a user who has no password sets the first one.";
        Operation::allowed("users", "createUserInvitation", summary)
            .description("The link is shown once, is good for 24 hours and for one use. An earlier one ends.")
            .path::<SubjectName>("name")
            .answers_new::<Invitation>()
            .conflicts()
    })]
}

async fn create(web: Data<Web>, who: SignedIn, name: Path<String>) -> Result<HttpResponse, ApiError> {
    let admin = who.0.admin()?;
    who.0.fresh()?;
    if !web.public_url.has_pages() {
        let setting = web.public_url.setting();
        let why = format_args!("the link would lead to a page, and pages need https: set {setting} first");
        return Err(ManageError::from(WriteError::conflict(why)).into());
    }
    let invitation = web.administration.invite(&admin, &name).await?;
    Ok(answer::created(&invitation))
}
