//! `/users/{name}/invitation`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::Operation;
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::SignedIn;
use crate::domain::subject::SubjectName;
use crate::manage::Invitation;
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
    let invitation = web.administration.invite(&who.0.admin()?, &name).await?;
    Ok(answer::created(&invitation))
}
