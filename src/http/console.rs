//! `/console/`: the web console, a client of the administration API that runs in the browser.
//!
//! The four files are built in advance and are part of this program. Every other path below `/console/` answers with
//! `index.html`, because the script decides which page a path shows.

use super::answer;
use super::built_in::BuiltIn;
use super::verb::read;
use actix_web::guard;
use actix_web::http::header;
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use std::sync::LazyLock;

/// The path of the console.
pub(super) const CONSOLE: &str = "/console";

/// The content policy of the console's page: it may use only files of this server. Its script may make markup only
/// through `svelte-trusted-html`, the Trusted Types policy of Svelte.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types svelte-trusted-html";

fn file(name: &'static str, content_type: &'static str, body: &'static [u8]) -> BuiltIn {
    BuiltIn::new(name, content_type, POLICY, body)
}

/// The files of the console. [`show`] takes the first entry for the page.
static FILES: LazyLock<[BuiltIn; 4]> = LazyLock::new(|| {
    [
        file("index.html", answer::HTML, include_bytes!("../../console/dist/index.html")),
        file("app.js", answer::SCRIPT, include_bytes!("../../console/dist/app.js")),
        file("app.css", answer::STYLE, include_bytes!("../../console/dist/app.css")),
        file("favicon.svg", "image/svg+xml", include_bytes!("../../console/dist/favicon.svg")),
    ]
});

/// Registers the console, and a redirection to it for browsers that open the server's own address.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    LazyLock::force(&FILES);
    config
        .service(
            web::resource("/")
                .guard(guard::fn_guard(|context| wants_page(&context.head().headers)))
                .route(read().to(async || answer::see_other("/console/", []))),
        )
        .service(web::resource(CONSOLE).route(read().to(async || answer::moved("/console/"))))
        .service(web::resource("/console/{path:.*}").route(read().to(show)));
}

/// Returns true if a client asks for a page, as a browser does for an address that a person typed.
fn wants_page(headers: &header::HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|kind| kind.trim().starts_with("text/html"))
}

async fn show(request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let [page, others @ ..] = &*FILES;
    let found = others.iter().find(|file| file.name == path.as_str()).unwrap_or(page);
    found.answer(&request)
}
