//! The grammars of the domain's texts as JSON schemas, for the description of the API.
//!
//! INVARIANT: a text that a parser of this crate accepts matches the schema of that parser. A schema that
//! cannot express a rule (bytes instead of characters, host bits, reserved names) accepts more texts than its
//! parser.

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

/// The control characters, for use inside a character class.
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

/// Returns the schema of a text of 1 to `longest` characters that matches `pattern`.
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

/// Returns the schema of a text that is one of `words`.
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
        "the name of a user or robot; reserved, in upper or lower case: anonymous, everyone, authenticated, system, the all-zero UUID",
        concat!("^", name!(), "$"), 255, "alice");
    ProviderName => text("the name of an identity provider", "^[a-z0-9][a-z0-9_-]{0,62}$", 63, "corp");
    GroupName => text("the name of a group", concat!("^", name!(), "$"), 255, "web");
    SubjectRef => text("a user or robot", concat!("^(?:user|robot):", name!(), "$"), 261, "user:admin");
    Selector => text(
        "a selector: the subjects that a rule matches",
        concat!("^(?:authenticated|anonymous|everyone|(?:user|robot|group):", name!(), ")$"),
        261, "group:web");
    ObjectKind => words("the kind of object that a change is about", ObjectKind::VARIANTS);
    KeyOrigin => words("the way in which an access key was made", KeyOrigin::VARIANTS);
    Actor => text(
        "the actor of a change",
        concat!("^(?:system|anonymous|(?:user|robot):", name!(), ")$"), 261, "user:admin");
    RuleName => text("the name of a rule", "^[a-z0-9][a-z0-9._-]{0,127}$", 128, "web-push");
    ServiceName => text(
        "a registry, which is the audience of its tokens: printable ASCII without comma",
        "^[ -+\\--~]{1,255}$", 255, "registry");
    ServiceGlob => text(
        "a pattern over services, at most 512 bytes: `*` matches any text, `?` one character",
        concat!("^(?:[^$", control!(), "]|\\$(?!\\{))+$"), 512, "*");
    NameGlob => text(
        "a pattern over names, segment by segment: `*`, `?`, `**` as a whole segment, `${subject}`, `${group}`, \
         `${label:KEY}`; at most 512 bytes, and at most two different placeholders may occur more than once",
        concat!("^", segment!(), "(?:/", segment!(), ")*$"), 512, "web/**");
    TypePattern => text("a resource type, or `*` for any", "^(?:\\*|[a-z0-9]{1,64})$", 64, "repository");
    ResourceType => text("a resource type", "^[a-z0-9]{1,64}$", 64, "repository");
    ResourceName => text("the name of a resource", "^[!-~]{1,255}$", 255, "web/site");
    Action => text("an action, or `*` for every action", concat!("^", action!(), "$"), 64, "pull");
    Timestamp => ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .description(Some("a time in RFC 3339; responses use UTC"))
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
    Trust => words("the way in which a registry trusts keys", Trust::VARIANTS);
    KeyIdForm => words("the form of a token's `kid`", KeyIdForm::VARIANTS);
    Form => words("the form of a registry's configuration", Form::VARIANTS);
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

/// Returns the schema of one entry of an access key's restriction.
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

/// Returns the schema of an access key's restriction: a list of entries, or null.
#[must_use]
pub fn restrictions() -> Schema {
    ArrayBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Array, Type::Null]))
        .items(restriction())
        .min_items(Some(1))
        .max_items(Some(100))
        .description(Some("the restriction of the key; null for none"))
        .build()
        .into()
}

/// Returns the schema of a list of networks without host bits.
#[must_use]
pub fn networks() -> Schema {
    let pattern = "^(?:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}\
        (?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])/(?:[0-9]|[12][0-9]|3[0-2])\
        |[0-9A-Fa-f:.]{2,45}/(?:[0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))$";
    ArrayBuilder::new()
        .items(text("a CIDR network without host bits", pattern, 49, "10.0.0.0/8"))
        .max_items(Some(1000))
        .description(Some("the networks of clients; empty for all addresses"))
        .build()
        .into()
}

/// Returns the schema of an IP address, or null.
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

/// Returns the schema of a user, a robot, or `anonymous`.
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

/// Returns the schema of the action that an event of a registry reports.
#[must_use]
pub fn used_action() -> Schema {
    words("the action that an event reports", &["pull", "check", "push", "mount", "delete"]).into()
}

/// Returns the schema of a text for people, which may be empty.
#[must_use]
pub fn description() -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("a text for people, at most 1,024 bytes"))
        .pattern(Some(concat!("^[^", control!(), "]*$")))
        .max_length(Some(1024))
        .default(Some(json!("")))
        .build()
        .into()
}

/// Returns the schema of `managed_by`: the declarative tool that owns an object, or null.
#[must_use]
pub fn managed_by() -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("the owner of the object, for declarative tools; at most 255 bytes"))
        .pattern(Some(concat!("^[^", control!(), "]+$")))
        .min_length(Some(1))
        .max_length(Some(255))
        .build()
        .into()
}

/// Returns the schema of a text of 1 to 255 bytes without control characters.
#[must_use]
pub fn line() -> Schema {
    text(
        "a text of at most 255 bytes, without control characters",
        concat!("^[^", control!(), "]+$"),
        255,
        "a",
    )
    .into()
}

/// Returns the schema of one line of text, or null.
#[must_use]
pub fn line_or_null() -> Schema {
    let mut line = text(
        "a text of at most 255 bytes, without control characters",
        concat!("^[^", control!(), "]+$"),
        255,
        "a",
    );
    line.schema_type = SchemaType::from_iter([Type::String, Type::Null]);
    line.into()
}

/// Returns the schema of a list of lines of text.
#[must_use]
pub fn lines() -> Schema {
    ArrayBuilder::new().items(RefOr::T(line())).max_items(Some(1000)).build().into()
}

/// Returns the schema of a map from the key of a label to the claim that sets the label.
#[must_use]
pub fn label_claims() -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("the labels that claims set: a map from the key of a label to the name of a claim"))
        .property_names(Some(text("a label key", "^[a-z0-9][a-z0-9._-]{0,62}$", 63, "team")))
        .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(line()))))
        .build()
        .into()
}

/// Returns the schema of the kind of an identity provider.
#[must_use]
pub fn provider_kind() -> Schema {
    let mut kind = words("the protocol of an identity provider", ProviderKind::VARIANTS);
    kind.default = Some(json!("oidc"));
    kind.into()
}

/// Returns the schema of the name of an access key.
#[must_use]
pub fn key_name() -> Schema {
    text("the name of the key, for people; at most 255 bytes", concat!("^[^", control!(), "]+$"), 255, "ci")
        .into()
}

/// Returns the schema of the id of an object in the API: a UUID.
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

/// Returns the schema of a new password.
#[must_use]
pub fn new_password() -> Schema {
    password(SchemaType::new(Type::String))
}

/// Returns the schema of a new password, or null for none.
#[must_use]
pub fn password_or_null() -> Schema {
    password(SchemaType::from_iter([Type::String, Type::Null]))
}

fn password(schema_type: SchemaType) -> Schema {
    ObjectBuilder::new()
        .schema_type(schema_type)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
        .description(Some(
            "a password of at most 1,024 bytes; not the user's name, and not one character repeated",
        ))
        .pattern(Some("^[^\\u0000]*$"))
        .min_length(Some(15))
        .max_length(Some(1024))
        .examples([json!("a perfectly long password")])
        .write_only(true)
        .build()
        .into()
}

/// Returns the schema of a password hash that another system made, or null.
#[must_use]
pub fn password_hash() -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("a password hash in place of `password`: argon2id or argon2i in PHC form, or bcrypt"))
        .pattern(Some(
            "^(?:\\$2[aby]\\$(?:0[4-9]|1[0-4])\\$[./A-Za-z0-9]{53}\
             |\\$argon2(?:id|i|d)\\$v=[0-9]+\\$m=[0-9]+,t=[0-9]+,p=[0-9]+\\$[A-Za-z0-9+/]+\\$[A-Za-z0-9+/]+)$",
        ))
        .write_only(true)
        .build()
        .into()
}
