//! `/users` and `/users/{name}`.

use super::super::verb::Verb;
use super::noun::{self, Noun, object};
use crate::accounts::{User, UserFields};
use crate::domain::subject::SubjectName;
use crate::manage::{Administration, PasswordFields};
use serde_json::Value;
use utoipa::PartialSchema;
use utoipa::openapi::Object;

/// Users: people who sign in with a password of this server, or at an identity provider.
pub(super) struct Users;

impl Noun for Users {
    const ID: &'static str = "User";
    const ONE: &'static str = "a user";
    const MANY: &'static str = "users";
    const NEXT: &'static [&'static str] = &["getUser", "patchUser", "deleteUser", "createUserAccessKey"];
    const IS_NAMED_BY_RULES: bool = true;
    type Name = SubjectName;
    type Object = User;
    type Fields = UserFields;

    fn is_sensitive(body: &Value) -> bool {
        body.get("admin") == Some(&Value::Bool(true))
            || ["password", "password_hash"].iter().any(|field| body.get(field).is_some())
    }

    /// Adds the password, because `manage` reads the password separately from the other fields.
    fn fields() -> Object {
        let mut fields = object(UserFields::schema());
        fields.properties.extend(object(PasswordFields::schema()).properties);
        fields
    }
}

pub(super) fn all() -> Vec<Verb> {
    noun::all::<Users, _>(Administration::list_users)
}

pub(super) fn by_name() -> Vec<Verb> {
    noun::by_name::<Users>(Administration::find_user, Administration::write_user, Administration::delete_user)
}
