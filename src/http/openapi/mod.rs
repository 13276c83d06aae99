//! The description of the API (OpenAPI 3.1), made from the route tables and from what handlers and
//! types say about themselves. What all operations have in common is added in `common.rs`, the
//! bodies of `PUT` and `PATCH` in `bodies.rs`.

mod bodies;
mod common;
mod links;
mod tokens;

pub(super) use tokens::{JwksQuery, RevokeForm, TokenForm, TokenQuery};

use super::api;
use super::problem::Problem;
use super::verb::Table;
use super::web::API_ROOT;
use crate::domain::policy::{NameGlob, ServiceGlob, TypePattern};
use crate::domain::resource::Action;
use crate::domain::selector::Selector;
use crate::domain::service::ServiceName;
use crate::domain::subject::{GroupName, Labels, SubjectName, SubjectRef};
use crate::domain::time::{Timestamp, Ttl};
use crate::domain::verifier::{KeyIdForm, Profile, Trust};
use crate::manage::{Account, PasswordFields};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

/// The document, as it is served.
static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());

/// The description of the API.
pub(super) fn text() -> &'static str {
    &TEXT
}

const ABOUT: &str = "Issues the tokens that registries want, and administers who may do what. Sign in to \
    the administration API with Basic (user name and password, or user name and access key) or with an access \
    key as bearer token. Administrators may do everything, everybody else what is below `/api/v1/me`. Times are \
    RFC 3339; limits of texts are characters here and bytes in the server where it says so.";

fn document() -> Value {
    let mut paths = Map::new();
    let mut schemas = Vec::new();
    describe(&mut paths, &mut schemas, "", super::table());
    describe(&mut paths, &mut schemas, API_ROOT, api::table());
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "portreeve",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components(schemas),
            "responses": common::responses(),
            "headers": common::headers(),
            "securitySchemes": {
                "basic": {
                    "type": "http", "scheme": "basic",
                    "description": "user name, and password or access key",
                },
                "bearer": {"type": "http", "scheme": "bearer", "description": "an access key"},
            },
        },
    });
    bodies::complete(&mut document);
    common::complete(&mut document);
    document
}

/// Adds the operations of a route table, and the schemas they refer to.
fn describe(
    paths: &mut Map<String, Value>,
    schemas: &mut Vec<(String, RefOr<Schema>)>,
    root: &str,
    table: Table,
) {
    for (path, verbs) in table {
        let mut item = Map::new();
        for verb in verbs {
            let described = (verb.describe)();
            item.insert(verb.method.as_str().to_lowercase(), described.operation);
            schemas.extend(described.schemas);
        }
        paths.insert(format!("{root}{path}"), Value::Object(item));
    }
}

/// All schemas by name: those of the operations, and those that only parameters and texts refer to.
fn components(mut schemas: Vec<(String, RefOr<Schema>)>) -> Map<String, Value> {
    macro_rules! also {
        ($($schema:ty),+) => {$(
            schemas.push((<$schema as ToSchema>::name().into_owned(), <$schema as utoipa::PartialSchema>::schema()));
            <$schema as ToSchema>::schemas(&mut schemas);
        )+};
    }
    also!(
        Problem,
        Account,
        PasswordFields,
        SubjectName,
        GroupName,
        SubjectRef,
        Selector,
        ServiceName,
        ServiceGlob,
        NameGlob,
        TypePattern,
        Action,
        Labels,
        Timestamp,
        Ttl,
        Profile,
        Trust,
        KeyIdForm
    );
    let mut components = tokens::schemas();
    for (name, schema) in schemas {
        components.insert(name, serde_json::to_value(schema).unwrap_or_default());
    }
    components
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
