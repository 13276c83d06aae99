//! `/docs/`: a page to browse the description of the API. Everything it needs is in the binary, so
//! that it works without any other host.

use super::verb::read;
use super::web::Web;
use super::{answer, error};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};
use utoipa_swagger_ui::Config;

/// What the page may do: nothing but what this server serves.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page's own settings: no badge of another host's validator, and no query that replaces the
/// document.
static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    Arc::new(
        Config::from("/api/v1/openapi.json")
            .use_base_layout()
            .validator_url("none")
            .query_config_enabled(false),
    )
});

/// The page and its parts.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/docs").route(read().to(elsewhere)))
        .service(web::resource("/docs/{file:[^/]*}").route(read().to(part)));
}

/// Parts are named relative to `/docs/`.
async fn elsewhere() -> HttpResponse {
    answer::moved("/docs/")
}

async fn part(web: web::Data<Web>, file: web::Path<String>) -> Result<HttpResponse, error::TokenError> {
    let found = utoipa_swagger_ui::serve(&file, CONFIG.clone()).ok().flatten();
    let found = found.ok_or_else(|| error::TokenError::NotFound(web.token_paths.listed()))?;
    let bytes = match found.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Ok(answer::page(&found.content_type, POLICY, bytes))
}
