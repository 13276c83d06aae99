//! `/users/{name}/last-sign-in` and `/robots/{name}/last-sign-in`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::Operation;
use super::super::verb::Verb;
use super::super::web::Web;
use super::noun::Noun;
use super::request::SignedIn;
use super::robots::Robots;
use super::users::Users;
use crate::domain::subject::SubjectKind;
use crate::manage::LastSignIn;
use actix_web::web::{Data, Path};

pub(super) fn of_users() -> Vec<Verb> {
    of::<Users>(SubjectKind::User)
}

pub(super) fn of_robots() -> Vec<Verb> {
    of::<Robots>(SubjectKind::Robot)
}

fn of<N: Noun>(kind: SubjectKind) -> Vec<Verb> {
    let show = move |web: Data<Web>, who: SignedIn, name: Path<String>| async move {
        let found = web.administration.last_sign_in(&who.0.admin()?, kind, &name).await?;
        Ok::<_, ApiError>(answer::json(&found))
    };
    vec![Verb::get(show, || {
        let summary = format!("Tells when {} last signed in.", N::ONE);
        Operation::allowed(N::MANY, &format!("get{}LastSignIn", N::ID), &summary)
            .description("Deleted sessions and keys are not counted.")
            .path::<N::Name>("name")
            .answers::<LastSignIn>()
    })]
}
