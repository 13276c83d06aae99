//! `/docs/`: a page that shows the description of the API. Every file that it needs is in the binary, so that
//! it works without any other host.
//!
//! The page is Swagger UI. `build.rs` takes the files that the page loads out of Swagger UI's archive.

use super::answer::{HTML, SCRIPT, STYLE};
use super::built_in::BuiltIn;
use super::verb::read;
use super::web::Web;
use super::{answer, error};
use actix_web::{HttpRequest, HttpResponse, web};
use std::sync::LazyLock;

/// The content policy of the page: it may load only files of this server, and images in `data:` URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Includes a file of Swagger UI from its archive.
macro_rules! swagger_ui {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name))
    };
}

fn file(name: &'static str, content_type: &'static str, body: &'static [u8]) -> BuiltIn {
    BuiltIn::new(name, content_type, POLICY, body)
}

/// The files of the page. They are compressed when the page is opened for the first time.
static FILES: LazyLock<[BuiltIn; 6]> = LazyLock::new(|| {
    [
        file("index.html", HTML, include_bytes!("index.html")),
        file("start.js", SCRIPT, include_bytes!("start.js")),
        file("index.css", STYLE, swagger_ui!("index.css")),
        file("swagger-ui-bundle.js", SCRIPT, swagger_ui!("swagger-ui-bundle.js")),
        file("swagger-ui.css", STYLE, swagger_ui!("swagger-ui.css")),
        file("favicon-32x32.png", "image/png", swagger_ui!("favicon-32x32.png")),
    ]
});

/// Registers the page and the files that it loads.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/docs").route(read().to(elsewhere)))
        .service(web::resource("/docs/{file:[^/]*}").route(read().to(part)));
}

/// Sends the browser to `/docs/`, because the page names its files relative to that path.
async fn elsewhere() -> HttpResponse {
    answer::moved("/docs/")
}

async fn part(
    request: HttpRequest,
    web: web::Data<Web>,
    name: web::Path<String>,
) -> Result<HttpResponse, error::TokenError> {
    let name = if name.is_empty() { "index.html" } else { name.as_str() };
    let found = FILES.iter().find(|file| file.name == name);
    let found = found.ok_or_else(|| error::TokenError::NotFound(web.token_paths.listed()))?;
    Ok(found.answer(&request))
}
