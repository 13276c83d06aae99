//! `/groups`, `/groups/{name}` and `/groups/{name}/members/{member}`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::{INVALID, Operation};
use super::super::verb::Verb;
use super::super::web::Web;
use super::noun::{self, Noun};
use super::request::{After, Conditions, Parameters, SignedIn};
use crate::accounts::{Group, GroupFields};
use crate::domain::subject::{GroupName, SubjectRef};
use crate::manage::{Administration, CountedListQuery};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Groups: users and robots that rules name together.
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

/// The operations on the members of a group.
pub(super) fn members() -> Vec<Verb> {
    vec![Verb::get(list_members, || {
        Operation::allowed("groups", "listMembers", "Lists the members of a group by name, a page at a time.")
            .path::<GroupName>("name")
            .query::<CountedListQuery>()
            .lists::<SubjectRef>()
    })]
}

async fn list_members(
    web: Data<Web>,
    who: SignedIn,
    group: Path<String>,
    query: After<Parameters<CountedListQuery>>,
) -> Result<HttpResponse, ApiError> {
    let admin = who.0.admin()?;
    Ok(answer::json(&web.administration.list_members(&admin, &group, &query.open()?.0).await?))
}

/// The operations on one member of a group.
pub(super) fn member() -> Vec<Verb> {
    let write = |belongs: bool| {
        move |web: Data<Web>, who: SignedIn, path: Path<(String, String)>, conditions: After<Conditions>| async move {
            let ((group, member), admin) = (path.into_inner(), who.0.admin()?);
            let precondition = conditions.open()?.precondition;
            web.administration.write_member(&admin, &group, &member, belongs, precondition).await?;
            Ok::<_, ApiError>(answer::no_content())
        }
    };
    vec![
        Verb::put(write(true), || {
            let parameters = [("name", "$request.path.name"), ("member", "$request.path.member")];
            describe("putMember", "Puts a user or robot into a group.").links(
                "204",
                "deleteMember",
                &parameters,
            )
        }),
        Verb::delete(write(false), || describe("deleteMember", "Takes a user or robot out of a group.")),
    ]
}

fn describe(id: &str, summary: &str) -> Operation {
    Operation::allowed("groups", id, summary)
        .path::<GroupName>("name")
        .path::<SubjectRef>("member")
        .if_match()
        .answers_nothing()
        .refuses(&[INVALID])
}
