//! An identity provider as the API shows it: never with a secret.

use crate::domain::identity::{ProviderFields, ProviderName};
use crate::domain::warning::Warning;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Object, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// How a provider is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = IdentityProviderStatus)]
pub struct Status {
    /// Whether it answered this server last; null if it was not asked since the start.
    pub reachable: Option<bool>,
    /// What went wrong last, if it did.
    pub last_error: Option<String>,
    /// How many users it vouches for.
    pub people: i64,
    /// How many of them it is to be asked about.
    pub due: i64,
    /// Whether nobody is cut off, because very many were gone at once.
    pub held: bool,
}

/// An identity provider as the API shows it.
#[derive(Debug, Clone, Serialize)]
pub struct IdentityProvider {
    /// Its name.
    pub name: ProviderName,
    /// Its settings.
    #[serde(flatten)]
    pub fields: ProviderFields,
    /// Whether it has a secret.
    pub has_secret: bool,
    /// What to register at the provider.
    pub redirect_uri: String,
    /// How it is.
    pub status: Status,
    /// What is odd about it, and what to do.
    pub warnings: Vec<Warning>,
}

/// The schema of an object with fields.
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
            ("has_secret", simple(Type::Boolean, "whether it has a secret")),
            ("redirect_uri", simple(Type::String, "what to register at the provider")),
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

/// A secret as it is given.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum SecretFields {
    /// The secret itself.
    Text(String),
    /// A file that holds it.
    File {
        /// The file.
        file: String,
    },
}

/// The schema of what may be written: the fields, and the secret.
#[must_use]
pub fn provider_fields() -> Object {
    let mut schema = object(ProviderFields::schema());
    let file = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(4096));
    let secret = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Object, Type::Null]))
        .description(Some("the client secret, or the file that holds it; absent keeps it, null removes it"))
        .min_length(Some(1))
        .max_length(Some(4096))
        .property("file", file)
        .required("file")
        .write_only(true)
        .build();
    schema.properties.insert("client_secret".to_owned(), RefOr::T(secret.into()));
    schema
}
