//! `/console/`: the web console, a client of the administration API that runs in the browser.
//!
//! Its four files are built beforehand and are in this program. Every other path below `/console/` answers with
//! `index.html`, because the script decides which page a path shows.

use super::answer;
use super::gzip::{self, Effort};
use super::verb::read;
use crate::token::entity_tag;
use actix_web::guard;
use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use std::sync::LazyLock;

/// Where the console is.
pub(super) const CONSOLE: &str = "/console";

/// What the console may do: use what this server serves. Its script makes markup by one policy only, that of Svelte.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types svelte-trusted-html";

/// A file in one form.
struct Form {
    body: Bytes,
    etag: String,
}

impl Form {
    fn new(body: Bytes) -> Self {
        Self { etag: entity_tag(&body), body }
    }
}

/// A file of the console.
struct File {
    name: &'static str,
    content_type: &'static str,
    plain: Form,
    /// `None` where compressing does not make it smaller.
    gzip: Option<Form>,
}

impl File {
    fn new(name: &'static str, content_type: &'static str, body: &'static [u8]) -> Self {
        let small = gzip::compress(body, Effort::Once).ok().filter(|small| small.len() < body.len());
        Self { name, content_type, plain: Form::new(Bytes::from_static(body)), gzip: small.map(Form::new) }
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let headers = request.headers();
        let gzip = self.gzip.as_ref().filter(|_| gzip::is_accepted(headers));
        let form = gzip.unwrap_or(&self.plain);
        let file = answer::ConsoleFile {
            content_type: self.content_type,
            policy: POLICY,
            etag: &form.etag,
            is_gzip: gzip.is_some(),
            body: form.body.clone(),
        };
        file.answer(answer::is_known(headers, &form.etag))
    }
}

/// The page comes first.
static FILES: LazyLock<[File; 4]> = LazyLock::new(|| {
    [
        File::new("index.html", answer::HTML, include_bytes!("../../console/dist/index.html")),
        File::new("app.js", "text/javascript; charset=utf-8", include_bytes!("../../console/dist/app.js")),
        File::new("app.css", "text/css; charset=utf-8", include_bytes!("../../console/dist/app.css")),
        File::new("favicon.svg", "image/svg+xml", include_bytes!("../../console/dist/favicon.svg")),
    ]
});

/// The console, and the way to it for browsers that open the server's own address.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    LazyLock::force(&FILES);
    config
        .service(
            web::resource("/")
                .guard(guard::fn_guard(|context| wants_page(&context.head().headers)))
                .route(read().to(async || answer::see_other("/console/", []))),
        )
        .service(web::resource(CONSOLE).route(read().to(async || answer::moved("/console/"))))
        .service(web::resource("/console/{path:.*}").route(read().to(file)));
}

/// Whether a client asks for a page, as browsers do that are given an address.
fn wants_page(headers: &header::HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|kind| kind.trim().starts_with("text/html"))
}

async fn file(request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let [page, others @ ..] = &*FILES;
    let found = others.iter().find(|file| file.name == path.as_str()).unwrap_or(page);
    found.answer(&request)
}
