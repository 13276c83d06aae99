//! One object of a file: its kind, its name, and its fields in the form of `PUT`.

use crate::accounts::{LinkedIdentity, NewPassword};
use crate::authn::ImportedHash;
use crate::domain::identity::{ProviderName, is_external_id};
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::FileKind;
use crate::domain::policy::RuleName;
use crate::domain::service::ServiceName;
use crate::domain::subject::{GroupName, SubjectName};
use crate::manage::identity_providers::NewSecret;
use crate::storage::Secret;
use serde_json::{Map, Value};
use std::fmt;

/// The checked kind and name of an object, with the password hash and the identity of a user, or the secret of a
/// provider.
pub(super) enum Identity {
    User(SubjectName, NewPassword, Option<LinkedIdentity>),
    Robot(SubjectName),
    Group(GroupName),
    Service(ServiceName),
    Provider(ProviderName, NewSecret),
    Rule(RuleName),
}

/// An object of a file.
pub(super) struct Object {
    pub(super) kind: FileKind,
    pub(super) name: String,
    pub(super) identity: Identity,
    /// The fields that are in neither `kind`, `name` nor `identity`: for example `managed_by`.
    pub(super) fields: Map<String, Value>,
}

/// A document with an error: its number, and the kind and name of its object as the file gives them.
pub(super) struct DocumentRef {
    pub(super) number: usize,
    pub(super) what: Option<(String, String)>,
}

impl fmt::Display for DocumentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "document {}", self.number)?;
        match &self.what {
            Some((kind, name)) => write!(f, " ({kind} {name})"),
            None => Ok(()),
        }
    }
}

impl DocumentRef {
    /// Returns the errors of an object, with the document in front of each field.
    pub(super) fn of(&self, errors: FieldErrors) -> impl Iterator<Item = (String, String)> + '_ {
        errors.0.into_iter().map(move |error| {
            let field =
                if error.field.is_empty() { self.to_string() } else { format!("{self}: {}", error.field) };
            (field, error.message)
        })
    }
}

impl Object {
    /// Reads an object. If `owner` is given, sets the `managed_by` of the object to it, and fails if the object names
    /// another owner.
    pub(super) fn read(value: Value, owner: Option<&str>) -> Result<Self, FieldErrors> {
        let Value::Object(mut fields) = value else {
            return Err(FieldErrors::one("", "must be an object with `kind` and `name`"));
        };
        let mut errors = FieldErrors::default();
        let kind = match fields.remove("kind") {
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        if kind.is_none() {
            errors.push("kind", "must be `user`, `robot`, `group`, `service`, `identity-provider` or `rule`");
        }
        let name = match fields.remove("name") {
            Some(Value::String(name)) => name,
            _ => {
                errors.push("name", "required, a string");
                String::new()
            }
        };
        match (owner, fields.get("managed_by")) {
            (Some(owner), None | Some(Value::Null)) => {
                fields.insert("managed_by".to_owned(), owner.into());
            }
            (Some(owner), Some(other)) if other != owner => {
                errors.push("managed_by", format_args!("differs from the owner `{owner}`: leave it out"));
            }
            _ => {}
        }
        let Some(kind) = kind.filter(|_| errors.0.is_empty()) else {
            return Err(errors);
        };
        let identity = match kind {
            FileKind::User => {
                let password = take_password(&mut fields, &mut errors);
                let linked = take_identity(&mut fields, &mut errors);
                if linked.is_some() && !matches!(password, NewPassword::Keep) {
                    errors.push(
                        "password_hash",
                        "does not belong beside `identity`: a user of an identity provider signs in there alone",
                    );
                }
                let name = errors.keep("name", SubjectName::parse(&name));
                name.map(|name| Identity::User(name, password, linked))
            }
            FileKind::Robot => errors.keep("name", SubjectName::parse(&name)).map(Identity::Robot),
            FileKind::Group => errors.keep("name", GroupName::parse(&name)).map(Identity::Group),
            FileKind::Service => errors.keep("name", ServiceName::parse(&name)).map(Identity::Service),
            FileKind::IdentityProvider => {
                let secret = take_secret(&mut fields, &mut errors);
                // The key `kind` already names the kind of the object, so files call this field `provider_kind`.
                if let Some(kind) = fields.remove("provider_kind") {
                    fields.insert("kind".to_owned(), kind);
                }
                let name = errors.keep("name", ProviderName::parse(&name));
                name.map(|name| Identity::Provider(name, secret))
            }
            FileKind::Rule => errors.keep("name", RuleName::parse(&name)).map(Identity::Rule),
        };
        match identity {
            Some(identity) if errors.0.is_empty() => Ok(Self { kind, name, identity, fields }),
            _ => Err(errors),
        }
    }
}

/// Takes the secret of a provider: the path of a file, or no secret. The secret itself must not be in a file for
/// `apply`.
fn take_secret(fields: &mut Map<String, Value>, errors: &mut FieldErrors) -> NewSecret {
    match fields.remove("client_secret") {
        None => NewSecret::Keep,
        Some(Value::Null) => NewSecret::Set(None),
        Some(Value::Object(mut secret)) if secret.len() == 1 => match secret.remove("file") {
            Some(Value::String(file)) if !file.is_empty() => NewSecret::Set(Some(Secret::File(file))),
            _ => {
                errors.push("client_secret", "must be `{file: PATH}`");
                NewSecret::Keep
            }
        },
        Some(_) => {
            errors.push(
                "client_secret",
                "does not belong in a file: write `{file: PATH}`, or leave it out and set it with `identity-providers update --client-secret`",
            );
            NewSecret::Keep
        }
    }
}

/// Takes the identity of a user at a provider. If the field is absent or null, the identity stays as it is.
fn take_identity(fields: &mut Map<String, Value>, errors: &mut FieldErrors) -> Option<LinkedIdentity> {
    let value = fields.remove("identity").filter(|value| !value.is_null())?;
    let read = serde_json::from_value::<LinkedIdentity>(value);
    let read = read.map_err(|_| "must be `{provider: NAME, external_id: ID}`");
    let linked = errors.keep("identity", read)?;
    errors.keep("identity.provider", ProviderName::parse(&linked.provider))?;
    if !is_external_id(&linked.external_id) {
        errors.push("identity.external_id", "must be 1 to 255 bytes without control characters");
        return None;
    }
    Some(linked)
}

/// Takes the password hash. A hash sets the password only of a user without a password. The server replaces weak
/// hashes. So a hash that also replaced the stored hash would end the user's sessions at each apply.
fn take_password(fields: &mut Map<String, Value>, errors: &mut FieldErrors) -> NewPassword {
    if fields.remove("password").is_some() {
        errors.push(
            "password",
            "does not belong in a file: leave it out, and set it with `users set-password`",
        );
    }
    match fields.remove("password_hash") {
        None | Some(Value::Null) => NewPassword::Keep,
        Some(Value::String(hash)) => errors
            .keep("password_hash", ImportedHash::parse(&hash))
            .map_or(NewPassword::Keep, |hash| NewPassword::First(hash.into_string())),
        Some(_) => {
            errors.push("password_hash", "must be a string");
            NewPassword::Keep
        }
    }
}
