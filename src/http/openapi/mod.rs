//! The description of the API (OpenAPI 3.1), made from the route tables. Each verb of a table has the description of
//! its operation, and each operation the schemas that it refers to.

mod devices;
mod operation;
mod refusals;
mod schemas;
mod tokens;

pub(super) use devices::{authorize as authorize_device, redeem as redeem_device};
pub(super) use operation::{Operation, json, success};
pub(super) use refusals::{INVALID, NOT_FOUND, header_reference, response};
pub(super) use schemas::{any_object, any_objects, complete, joined, put_and_patch, reference, text};
pub(super) use tokens::{get_token, post_token, revoke};

use super::problem::Problem;
use super::verb::Table;
use actix_web::web::Bytes;
use schemas::{LABELS_PATCH, labels_patch, taken};
use std::sync::LazyLock;
use utoipa::openapi::info::{InfoBuilder, LicenseBuilder};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi, OpenApiBuilder, Paths, Server};

/// The served document. It is written at the first request for it.
pub(super) type Document = LazyLock<Bytes>;

const ABOUT: &str = "Issues the tokens that registries want, and administers who may do what. Sign in to \
    the administration API with Basic (user name and password, or user name and access key) or with an access \
    key as bearer token. Administrators may do everything. All other callers may use only the paths below \
    `/api/v1/me` and `/api/v1/repositories`. Times are RFC 3339. This document gives the limits of texts in \
    characters. Where a description names bytes, the server counts bytes.";

/// Route tables, each with the root of its paths.
pub(super) type Tables = [(&'static str, Table); 2];

/// Writes the document of these tables. Its keys are sorted.
pub(super) fn write(tables: Tables) -> Bytes {
    let document = serde_json::to_value(document(tables)).unwrap_or_default();
    Bytes::from(document.to_string())
}

fn document(tables: Tables) -> OpenApi {
    let mut paths = Paths::new();
    let mut components = components();
    for (root, table) in tables {
        for (path, verbs) in table {
            for verb in verbs {
                let described = (verb.describe)();
                let path = format!("{root}{path}");
                paths.add_path_operation(path, vec![verb.described_as], described.operation);
                components.schemas.extend(described.schemas);
            }
        }
    }
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("portreeve")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license));
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([Server::new("/")]))
        .paths(paths)
        .components(Some(components))
        .build()
}

/// Returns the components that operations refer to by name, except the schemas that the operations bring with them.
fn components() -> Components {
    let mut components = Components::new();
    refusals::add_components(&mut components);
    components.schemas.extend(taken::<Problem>());
    components.schemas.extend(tokens::schemas());
    components.schemas.insert(LABELS_PATCH.to_owned(), labels_patch());
    let schemes = [
        ("basic", HttpAuthScheme::Basic, "user name, and password or access key"),
        ("bearer", HttpAuthScheme::Bearer, "an access key"),
    ];
    for (name, scheme, meaning) in schemes {
        let scheme = HttpBuilder::new().scheme(scheme).description(Some(meaning)).build();
        components.add_security_scheme(name, SecurityScheme::Http(scheme));
    }
    components
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
