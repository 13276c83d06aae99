//! An identity provider as the API shows it, without its secret, and the secret as clients send it.

use crate::domain::identity::{ProviderFields, ProviderName};
use crate::domain::warning::Warning;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Object, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The state of a provider.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = IdentityProviderStatus)]
pub struct Status {
    /// True if the provider answered when this server last asked it; null if the server has not asked since its start.
    pub reachable: Option<bool>,
    /// The fault of the last answer, or the reason why there was no answer; null after a good answer.
    pub last_error: Option<String>,
    /// The number of users that the provider vouches for.
    pub people: i64,
    /// The number of users that the server must ask the provider about now.
    pub due: i64,
    /// True if nobody is cut off, because very many people disappeared at once.
    pub held: bool,
}

/// An identity provider as the API shows it.
#[derive(Debug, Clone, Serialize)]
pub struct IdentityProvider {
    /// The name of the provider.
    pub name: ProviderName,
    /// The settings of the provider.
    #[serde(flatten)]
    pub fields: ProviderFields,
    /// True if the provider has a secret.
    pub has_secret: bool,
    /// The URI to register at the provider.
    pub redirect_uri: String,
    /// The state of the provider.
    pub status: Status,
    /// Warnings about the provider, with advice.
    pub warnings: Vec<Warning>,
}

/// Returns the object that a schema describes, or an empty object for any other schema.
fn object(schema: RefOr<Schema>) -> Object {
    match schema {
        RefOr::T(Schema::Object(object)) => object,
        _ => Object::new(),
    }
}

fn simple(kind: Type, description: &str) -> RefOr<Schema> {
    RefOr::T(ObjectBuilder::new().schema_type(kind).description(Some(description)).build().into())
}

impl PartialSchema for IdentityProvider {
    fn schema() -> RefOr<Schema> {
        let mut schema = object(ProviderFields::schema());
        let beside = [
            ("name", ProviderName::schema()),
            ("has_secret", simple(Type::Boolean, "True if the provider has a secret.")),
            ("redirect_uri", simple(Type::String, "The URI to register at the provider.")),
            ("status", Status::schema()),
            ("warnings", <Vec<Warning>>::schema()),
        ];
        schema.properties.extend(beside.map(|(name, schema)| (name.to_owned(), schema)));
        schema.example = None;
        RefOr::T(schema.into())
    }
}

impl ToSchema for IdentityProvider {
    fn name() -> Cow<'static, str> {
        "IdentityProvider".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ProviderFields::schemas(schemas);
        Status::schemas(schemas);
        schemas.push((Warning::name().into_owned(), Warning::schema()));
    }
}

/// A client secret, as clients of the API send it.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum SecretFields {
    /// The secret itself.
    Text(String),
    /// A file that contains the secret.
    File {
        /// The path of the file.
        file: String,
    },
}

/// Returns the schema of the writable fields and the secret.
#[must_use]
pub fn provider_fields() -> Object {
    let mut schema = object(ProviderFields::schema());
    let file = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(4096));
    let secret = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Object, Type::Null]))
        .description(Some("The client secret, or its file. If absent, the secret stays. Null removes it."))
        .min_length(Some(1))
        .max_length(Some(4096))
        .property("file", file)
        .required("file")
        .write_only(true)
        .build();
    schema.properties.insert("client_secret".to_owned(), RefOr::T(secret.into()));
    schema
}
