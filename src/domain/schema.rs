//! The grammars of the domain's texts as JSON schemas, for the description of the API.
//!
//! INVARIANT: what a parser of this crate accepts fits its schema here. Where a schema cannot say a
//! rule (bytes instead of characters, host bits, reserved names) it accepts more than the parser.

use super::change::Actor;
use super::identity::{ProviderKind, ProviderName};
use super::key_origin::KeyOrigin;
use super::kind::ObjectKind;
use super::policy::{NameGlob, RuleName, ServiceGlob, TypePattern};
use super::registry_configuration::Form;
use super::resource::{Action, ResourceName, ResourceType};
use super::selector::Selector;
use super::service::ServiceName;
use super::subject::{GroupName, Labels, SubjectName, SubjectRef};
use super::time::{Timestamp, Ttl};
use super::verifier::{KeyIdForm, Profile, Trust};
use serde_json::{Value, json};
use strum::VariantNames;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AdditionalProperties, KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat,
};
use utoipa::openapi::schema::{ArrayBuilder, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// Control characters, inside a character class.
macro_rules! control {
    () => {
        "\\u0000-\\u001f\\u007f-\\u009f"
    };
}
macro_rules! name {
    () => {
        "[A-Za-z0-9][A-Za-z0-9._@+-]{0,254}"
    };
}
macro_rules! action {
    () => {
        "(?:\\*|[a-z][a-z0-9_-]{0,63})"
    };
}
macro_rules! plain_segment {
    () => {
        concat!("(?:\\*\\*|(?:[^*/$", control!(), "]|\\*(?!\\*)|\\$(?!\\{))+)")
    };
}
macro_rules! segment {
    () => {
        concat!(
            "(?:\\*\\*|(?:[^*/$",
            control!(),
            "]|\\*(?!\\*)|\\$(?!\\{)|\\$\\{(?:subject|group|label:[a-z0-9][a-z0-9._-]{0,62})\\})+)"
        )
    };
}

/// A text of 1 to `longest` characters that fits `pattern`.
fn text(description: &str, pattern: &str, longest: usize, example: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .pattern(Some(pattern))
        .min_length(Some(1))
        .max_length(Some(longest))
        .examples([Value::from(example)])
        .build()
}

/// One of some words.
fn words(description: &str, words: &'static [&'static str]) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(words.iter().copied()))
        .examples(words.first().map(|word| json!(word)))
        .build()
}

macro_rules! schemas {
    ($($type:ty => $schema:expr;)+) => {$(
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                RefOr::T(Schema::from($schema))
            }
        }
        impl ToSchema for $type {}
    )+};
}

schemas! {
    SubjectName => text(
        "the name of a user or robot; reserved in any case: anonymous, everyone, authenticated, system, the all-zero UUID",
        concat!("^", name!(), "$"), 255, "alice");
    ProviderName => text("the name of an identity provider", "^[a-z0-9][a-z0-9_-]{0,62}$", 63, "corp");
    GroupName => text("the name of a group", concat!("^", name!(), "$"), 255, "web");
    SubjectRef => text("a user or robot", concat!("^(?:user|robot):", name!(), "$"), 261, "user:admin");
    Selector => text(
        "whom a rule is about",
        concat!("^(?:authenticated|anonymous|everyone|(?:user|robot|group):", name!(), ")$"),
        261, "group:web");
    ObjectKind => words("what a change is about", ObjectKind::VARIANTS);
    KeyOrigin => words("how an access key was made", KeyOrigin::VARIANTS);
    Actor => text(
        "who makes changes",
        concat!("^(?:system|anonymous|(?:user|robot):", name!(), ")$"), 261, "user:admin");
    RuleName => text("the name of a rule", "^[a-z0-9][a-z0-9._-]{0,127}$", 128, "web-push");
    ServiceName => text(
        "a registry, which is the audience of its tokens: printable ASCII without comma",
        "^[ -+\\--~]{1,255}$", 255, "registry");
    ServiceGlob => text(
        "a pattern over services: `*` any run of characters, `?` one; at most 512 bytes",
        concat!("^(?:[^$", control!(), "]|\\$(?!\\{))+$"), 512, "*");
    NameGlob => text(
        "a pattern over names, segment by segment: `*`, `?`, `**` as a whole segment, `${subject}`, `${group}`, \
         `${label:KEY}`; at most 512 bytes, and at most two different placeholders more than once",
        concat!("^", segment!(), "(?:/", segment!(), ")*$"), 512, "web/**");
    TypePattern => text("a resource type, or `*` for any", "^(?:\\*|[a-z0-9]{1,64})$", 64, "repository");
    ResourceType => text("a resource type", "^[a-z0-9]{1,64}$", 64, "repository");
    ResourceName => text("the name of a resource", "^[!-~]{1,255}$", 255, "web/site");
    Action => text("an action, or `*` for every action", concat!("^", action!(), "$"), 64, "pull");
    Timestamp => ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .description(Some("RFC 3339; answered in UTC"))
        .examples([json!("2030-01-31T12:00:00Z")])
        .build();
    Ttl => ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some("seconds"))
        .minimum(Some(60))
        .maximum(Some(3600))
        .examples([json!(300)])
        .build();
    Profile => words("the kind of registry that verifies the tokens of a service", Profile::VARIANTS);
    Trust => words("how a registry knows the keys that it trusts", Trust::VARIANTS);
    KeyIdForm => words("the form of the `kid`", KeyIdForm::VARIANTS);
    Form => words("how the configuration of a registry is written", Form::VARIANTS);
    Labels => ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("attributes that rules may use: at most 64 keys, each with at most 256 values of at most 255 bytes"))
        .property_names(Some(text("a label key", "^[a-z0-9][a-z0-9._-]{0,62}$", 63, "team")))
        .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(Schema::from(
            ArrayBuilder::new()
                .items(text("a value", concat!("^[^", control!(), "]+$"), 255, "web"))
                .max_items(Some(256))
                .build(),
        )))))
        .max_properties(Some(64))
        .examples([json!({"team": ["web"]})])
        .build();
}

/// An entry of a key's restriction.
#[must_use]
pub fn restriction() -> Object {
    text(
        "TYPE:NAMEGLOB:ACTIONS, without placeholders",
        concat!(
            "^(?:\\*|[a-z0-9]{1,64}):",
            plain_segment!(),
            "(?:/",
            plain_segment!(),
            ")*:",
            action!(),
            "(?:,",
            action!(),
            ")*$"
        ),
        2048,
        "repository:web/**:pull",
    )
}

/// A list of entries of a key's restriction, or null.
#[must_use]
pub fn restrictions() -> Schema {
    ArrayBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Array, Type::Null]))
        .items(restriction())
        .min_items(Some(1))
        .max_items(Some(100))
        .description(Some("what the key is narrowed to; null for no restriction"))
        .build()
        .into()
}

/// A network without host bits.
#[must_use]
pub fn networks() -> Schema {
    let pattern = "^(?:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}\
        (?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])/(?:[0-9]|[12][0-9]|3[0-2])\
        |[0-9A-Fa-f:.]{2,45}/(?:[0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))$";
    ArrayBuilder::new()
        .items(text("a CIDR network without host bits", pattern, 49, "10.0.0.0/8"))
        .max_items(Some(1000))
        .description(Some("the client's networks; empty for anywhere"))
        .build()
        .into()
}

/// An IP address, or null.
#[must_use]
pub fn address() -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("an IP address"))
        .pattern(Some("^(?:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|::1|::)$"))
        .examples([json!("192.0.2.1")])
        .build()
        .into()
}

/// A user, a robot, or `anonymous`.
#[must_use]
pub fn subject_or_anonymous() -> Schema {
    text(
        "a user, a robot, or `anonymous`",
        concat!("^(?:anonymous|(?:user|robot):", name!(), ")$"),
        261,
        "user:admin",
    )
    .into()
}

/// A text for people, which may be empty.
#[must_use]
pub fn description() -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("for people to read; at most 1,024 bytes"))
        .pattern(Some(concat!("^[^", control!(), "]*$")))
        .max_length(Some(1024))
        .default(Some(json!("")))
        .build()
        .into()
}

/// The mark of a declarative tool, or null.
#[must_use]
pub fn managed_by() -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("who keeps it, for declarative tools; at most 255 bytes"))
        .pattern(Some(concat!("^[^", control!(), "]+$")))
        .min_length(Some(1))
        .max_length(Some(255))
        .build()
        .into()
}

/// A text of 1 to 255 bytes without control characters.
#[must_use]
pub fn line() -> Schema {
    text("at most 255 bytes, without control characters", concat!("^[^", control!(), "]+$"), 255, "a").into()
}

/// The same, or null.
#[must_use]
pub fn line_or_null() -> Schema {
    let mut line =
        text("at most 255 bytes, without control characters", concat!("^[^", control!(), "]+$"), 255, "a");
    line.schema_type = SchemaType::from_iter([Type::String, Type::Null]);
    line.into()
}

/// A list of such texts.
#[must_use]
pub fn lines() -> Schema {
    ArrayBuilder::new().items(RefOr::T(line())).max_items(Some(1000)).build().into()
}

/// Claims by the key of the label that they set.
#[must_use]
pub fn label_claims() -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("labels that are set from claims: the key of the label, and the claim"))
        .property_names(Some(text("a label key", "^[a-z0-9][a-z0-9._-]{0,62}$", 63, "team")))
        .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(line()))))
        .build()
        .into()
}

/// The kind of an identity provider.
#[must_use]
pub fn provider_kind() -> Schema {
    let mut kind = words("how an identity provider is asked", ProviderKind::VARIANTS);
    kind.default = Some(json!("oidc"));
    kind.into()
}

/// The name of a key, for people.
#[must_use]
pub fn key_name() -> Schema {
    text("for people to recognise it; at most 255 bytes", concat!("^[^", control!(), "]+$"), 255, "ci").into()
}

/// A public id.
#[must_use]
pub fn id() -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
        .description(Some("a public id"))
        .examples([json!("0190b3a8-5c4e-7d3a-9d5e-0a1b2c3d4e5f")])
        .build()
        .into()
}

/// A new password.
#[must_use]
pub fn new_password() -> Schema {
    password(SchemaType::new(Type::String))
}

/// A new password, or null for none.
#[must_use]
pub fn password_or_null() -> Schema {
    password(SchemaType::from_iter([Type::String, Type::Null]))
}

fn password(schema_type: SchemaType) -> Schema {
    ObjectBuilder::new()
        .schema_type(schema_type)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
        .description(Some("at most 1,024 bytes; not the name, and not one character repeated"))
        .pattern(Some("^[^\\u0000]*$"))
        .min_length(Some(15))
        .max_length(Some(1024))
        .examples([json!("a perfectly long password")])
        .write_only(true)
        .build()
        .into()
}

/// The hash of a password that is brought along.
#[must_use]
pub fn password_hash() -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("instead of `password`: argon2 in PHC form, or bcrypt"))
        .pattern(Some(
            "^(?:\\$2[aby]\\$(?:0[4-9]|1[0-4])\\$[./A-Za-z0-9]{53}\
             |\\$argon2(?:id|i|d)\\$v=[0-9]+\\$m=[0-9]+,t=[0-9]+,p=[0-9]+\\$[A-Za-z0-9+/]+\\$[A-Za-z0-9+/]+)$",
        ))
        .write_only(true)
        .build()
        .into()
}
