//! `/groups`, `/groups/{name}` and `/groups/{name}/members/{member}`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::{INVALID, Operation};
use super::super::verb::Verb;
use super::super::web::Web;
use super::noun::{self, Noun};
use super::request::{Conditions, SignedIn};
use crate::domain::subject::{GroupName, SubjectRef};
use crate::manage::{Administration, Group, GroupFields};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Users and robots that rules name together.
struct Groups;

impl Noun for Groups {
    const ID: &'static str = "Group";
    const ONE: &'static str = "a group";
    const MANY: &'static str = "groups";
    const NEXT: &'static [&'static str] = &["getGroup", "patchGroup", "deleteGroup"];
    const IS_NAMED_BY_RULES: bool = true;
    type Name = GroupName;
    type Object = Group;
    type Fields = GroupFields;
}

pub(super) fn all() -> Vec<Verb> {
    noun::all::<Groups, _>(Administration::list_groups)
}

pub(super) fn by_name() -> Vec<Verb> {
    noun::by_name::<Groups>(
        Administration::find_group,
        Administration::write_group,
        Administration::delete_group,
    )
}

/// One member of a group.
pub(super) fn member() -> Vec<Verb> {
    vec![
        Verb::put(put_member, || {
            let parameters = [("name", "$request.path.name"), ("member", "$request.path.member")];
            of_member("putMember", "Puts a user or robot into a group.").links(
                "204",
                "deleteMember",
                &parameters,
            )
        }),
        Verb::delete(delete_member, || of_member("deleteMember", "Takes a user or robot out of a group.")),
    ]
}

fn of_member(id: &str, summary: &str) -> Operation {
    Operation::allowed("groups", id, summary)
        .path::<GroupName>("name")
        .path::<SubjectRef>("member")
        .if_match()
        .answers_nothing()
        .refuses(&[INVALID])
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
    Ok(answer::no_content())
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
    Ok(answer::no_content())
}
