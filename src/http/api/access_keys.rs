//! `/users/{name}/access-keys`, `/robots/{name}/access-keys`, `/access-keys/{id}`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::Operation;
use super::super::verb::Verb;
use super::super::web::Web;
use super::noun::Noun;
use super::request::{After, JsonBody, Parameters, SignedIn};
use super::robots::Robots;
use super::users::Users;
use crate::accounts::AccessKey;
use crate::domain::subject::SubjectKind;
use crate::manage::{CreatedAccessKey, KeyFields, ListQuery};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

pub(super) fn of_users() -> Vec<Verb> {
    of::<Users>(SubjectKind::User)
}

pub(super) fn of_robots() -> Vec<Verb> {
    of::<Robots>(SubjectKind::Robot)
}

/// Makes the operations that list and create the access keys of one user or robot.
fn of<N: Noun>(kind: SubjectKind) -> Vec<Verb> {
    let list = move |web: Data<Web>,
                     who: SignedIn,
                     name: Path<String>,
                     query: After<Parameters<ListQuery>>| async move {
        let keys = web.administration.list_keys(&who.0.admin()?, kind, &name, &query.open()?.0).await?;
        Ok::<_, ApiError>(answer::json(&keys))
    };
    let create = move |web: Data<Web>, who: SignedIn, name: Path<String>, body: After<JsonBody>| async move {
        let admin = who.0.admin()?;
        who.0.fresh()?;
        let key = web.administration.create_key(&admin, kind, &name, body.open()?.0).await?;
        Ok::<_, ApiError>(answer::created_key(&key, "/access-keys"))
    };
    vec![
        Verb::get(list, || {
            let summary = format!("Lists the access keys of {}, without their secrets.", N::ONE);
            Operation::allowed("access keys", &format!("list{}AccessKeys", N::ID), &summary)
                .path::<N::Name>("name")
                .query::<ListQuery>()
                .lists::<AccessKey>()
        }),
        Verb::post(create, || {
            let summary = format!("Makes an access key for {}; its secret is shown once.", N::ONE);
            Operation::allowed("access keys", &format!("create{}AccessKey", N::ID), &summary)
                .path::<N::Name>("name")
                .takes::<KeyFields>()
                .creates::<CreatedAccessKey>()
                .links("201", "deleteAccessKey", &[("id", "$response.body#/id")])
                .conflicts()
        }),
    ]
}

pub(super) fn by_id() -> Vec<Verb> {
    vec![Verb::delete(delete, || {
        Operation::allowed("access keys", "deleteAccessKey", "Revokes an access key at once.")
            .path_id()
            .answers_nothing()
            .conflicts()
    })]
}

async fn delete(web: Data<Web>, who: SignedIn, id: Path<String>) -> Result<HttpResponse, ApiError> {
    let admin = who.0.admin()?;
    who.0.fresh()?;
    web.administration.revoke_key(&admin, &id).await?;
    Ok(answer::no_content())
}
