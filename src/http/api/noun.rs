//! A noun of the administration API: the one way to list, show, write, delete and describe its objects. Each noun has
//! a file of its own with its names and use cases.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::{Operation, put_and_patch, reference};
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{After, Cascade, Conditions, JsonBody, Parameters, SignedIn};
use crate::accounts::Deletion;
use crate::accounts::{Precondition, Versioned, Write, Written};
use crate::manage::{Admin, Administration, List, ManageError};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::openapi::{Object, RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// Objects with names, which administrators list, show, write and delete.
pub(super) trait Noun: 'static {
    /// The noun's part of the names of operations: `User` in `getUser`.
    const ID: &'static str;
    /// One object in a sentence: `a user`.
    const ONE: &'static str;
    /// Several objects in a sentence, and the tag of the operations: `users`.
    const MANY: &'static str;
    /// The names of the operations to which the answer to a creation links.
    const NEXT: &'static [&'static str];
    /// True if a deletion takes `cascade`, because rules can name the object, or because users can be linked with it
    /// (an identity provider). Without `cascade`, the deletion of an object in use is refused.
    const IS_NAMED_BY_RULES: bool;
    /// Returns true if a write with this body needs a recent sign-in, because it gives an account a credential or all
    /// rights.
    fn is_sensitive(_: &Value) -> bool {
        false
    }
    /// The name in the path.
    type Name: ToSchema;
    /// The object as the API shows it.
    type Object: Serialize + ToSchema + 'static;
    /// The fields that may be written.
    type Fields: ToSchema;

    /// Returns the schema of the fields that may be written.
    fn fields() -> Object {
        object(Self::Fields::schema())
    }
}

/// Returns the schema of an object. A schema of any other kind becomes an empty object.
pub(super) fn object(schema: RefOr<Schema>) -> Object {
    match schema {
        RefOr::T(Schema::Object(object)) => object,
        _ => Object::new(),
    }
}

/// The result of a use case.
type Answer<T> = Result<T, ManageError>;

/// Makes the operations on all objects of a noun, from the use case that lists them.
pub(super) fn all<N: Noun, Q: DeserializeOwned + IntoParams + 'static>(
    list: impl AsyncFn(&Administration, &Admin, &Q) -> Answer<List<N::Object>> + Copy + 'static,
) -> Vec<Verb> {
    let handler = move |web: Data<Web>, who: SignedIn, query: After<Parameters<Q>>| async move {
        let page = list(&web.administration, &who.0.admin()?, &query.open()?.0).await?;
        Ok::<_, ApiError>(answer::json(&page))
    };
    vec![Verb::get(handler, || {
        let summary = format!("Lists {} by name, a page at a time.", N::MANY);
        Operation::allowed(N::MANY, &format!("list{}s", N::ID), &summary).query::<Q>().lists::<N::Object>()
    })]
}

/// Makes the operations on one object of a noun, from the use cases that find, write and delete the object.
pub(super) fn by_name<N: Noun>(
    find: impl AsyncFn(&Administration, &Admin, &str) -> Answer<Versioned<N::Object>> + Copy + 'static,
    write: impl AsyncFn(&Administration, &Admin, &str, Write, Precondition) -> Answer<Written<N::Object>>
    + Copy
    + 'static,
    delete: impl AsyncFn(&Administration, &Admin, &str, Deletion) -> Answer<()> + Copy + 'static,
) -> Vec<Verb> {
    let write_as = |kind: fn(Value) -> Write| {
        move |web: Data<Web>,
              who: SignedIn,
              name: Path<String>,
              conditions: After<Conditions>,
              body: After<JsonBody>| async move {
            let admin = who.0.admin()?;
            let (precondition, body) = (conditions.open()?.precondition, body.open()?.0);
            if N::is_sensitive(&body) {
                who.0.fresh()?;
            }
            let body = kind(body);
            let written = write(&web.administration, &admin, &name, body, precondition).await?;
            Ok::<_, ApiError>(answer::written(&written))
        }
    };
    vec![
        showing::<N>(find),
        Verb::put(write_as(Write::Put), describe_put::<N>),
        Verb::patch(write_as(Write::Patch), describe_patch::<N>),
        deletion::<N>(delete),
    ]
}

/// Makes the operation that shows one object of a noun, from the use case that finds it.
pub(super) fn showing<N: Noun>(
    find: impl AsyncFn(&Administration, &Admin, &str) -> Answer<Versioned<N::Object>> + Copy + 'static,
) -> Verb {
    let show = move |web: Data<Web>, who: SignedIn, name: Path<String>, conditions: After<Conditions>| async move {
        let (admin, conditions) = (who.0.admin()?, conditions.open()?);
        let found = find(&web.administration, &admin, &name).await?;
        Ok::<_, ApiError>(answer::object(&found, &conditions.known))
    };
    Verb::get(show, describe_show::<N>)
}

/// Makes the operation that deletes one object, with the parameter `cascade` if [`Noun::IS_NAMED_BY_RULES`] is true.
pub(super) fn deletion<N: Noun>(
    delete: impl AsyncFn(&Administration, &Admin, &str, Deletion) -> Answer<()> + Copy + 'static,
) -> Verb {
    let remove = move |web: Data<Web>, admin: Admin, name: Path<String>, deletion: Deletion| async move {
        delete(&web.administration, &admin, &name, deletion).await?;
        Ok::<HttpResponse, ApiError>(answer::no_content())
    };
    if !N::IS_NAMED_BY_RULES {
        return Verb::delete(
            move |web, who: SignedIn, name, conditions: After<Conditions>| async move {
                let admin = who.0.admin()?;
                remove(web, admin, name, Deletion::single(false, conditions.open()?.precondition)).await
            },
            || describe_deletion::<N>().if_match().answers_nothing(),
        );
    }
    Verb::delete(
        move |web, who: SignedIn, name, query: After<Parameters<Cascade>>, conditions: After<Conditions>| async move {
            let admin = who.0.admin()?;
            let cascade = query.open()?.0.is_wanted()?;
            if cascade {
                who.0.fresh()?;
            }
            remove(web, admin, name, Deletion::single(cascade, conditions.open()?.precondition)).await
        },
        || describe_deletion::<N>().query::<Cascade>().if_match().answers_nothing().conflicts(),
    )
}

/// Begins the description of an operation on one object.
fn describe<N: Noun>(verb: &str, summary: &str) -> Operation {
    Operation::allowed(N::MANY, &format!("{verb}{}", N::ID), summary).path::<N::Name>("name")
}

fn describe_show<N: Noun>() -> Operation {
    describe::<N>("get", &format!("Shows {}.", N::ONE))
        .if_none_match()
        .answers_version_of::<N::Object>("200")
        .answers_not_modified("ETag")
}

pub(super) fn describe_put<N: Noun>() -> Operation {
    let (body, _) = put_and_patch(&N::fields(), &object(N::Object::schema()));
    let operation = describe::<N>("put", &format!("Creates or replaces {}.", N::ONE))
        .if_match()
        .if_absent()
        .takes::<N::Fields>()
        .schema(&N::Fields::name(), body.into())
        .answers_version_of::<N::Object>("200")
        .answers_version_of::<N::Object>("201")
        .conflicts();
    let name = [("name", "$request.path.name")];
    N::NEXT.iter().fold(operation, |operation, next| operation.links("201", next, &name))
}

pub(super) fn describe_patch<N: Noun>() -> Operation {
    let (_, body) = put_and_patch(&N::fields(), &object(N::Object::schema()));
    let name = format!("{}Patch", N::Object::name());
    describe::<N>("patch", &format!("Changes some fields of {} (JSON merge patch).", N::ONE))
        .if_match()
        // A merge patch has a content type of its own. Plain JSON is accepted as well.
        .takes_as(&["application/merge-patch+json", "application/json"], &reference(name.as_str()))
        .schema(&name, body.into())
        .answers_version_of::<N::Object>("200")
        .conflicts()
}

fn describe_deletion<N: Noun>() -> Operation {
    describe::<N>("delete", &format!("Deletes {}.", N::ONE))
}
