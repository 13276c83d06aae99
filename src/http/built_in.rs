//! Files of web pages that are part of this program, each in plain and in compressed form.

use super::answer;
use super::gzip::{self, Effort};
use crate::token::entity_tag;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

/// A file in one form, plain or compressed.
struct Form {
    body: Bytes,
    etag: String,
}

impl Form {
    fn new(body: Bytes) -> Self {
        Self { etag: entity_tag(&body), body }
    }
}

/// A file of a web page.
pub(super) struct BuiltIn {
    /// The path of the file, below the path of the page.
    pub(super) name: &'static str,
    content_type: &'static str,
    /// The content policy of the page.
    policy: &'static str,
    plain: Form,
    /// The compressed form; `None` if compression does not make the file smaller.
    gzip: Option<Form>,
}

impl BuiltIn {
    /// Makes a file, and compresses it. Compression takes time, so make each file only once.
    pub(super) fn new(
        name: &'static str,
        content_type: &'static str,
        policy: &'static str,
        body: &'static [u8],
    ) -> Self {
        let small = gzip::compress(body, Effort::Once).ok().filter(|small| small.len() < body.len());
        let plain = Form::new(Bytes::from_static(body));
        Self { name, content_type, policy, plain, gzip: small.map(Form::new) }
    }

    /// Answers with the file in a form that the client accepts, or with 304 if the client has it.
    pub(super) fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let headers = request.headers();
        let gzip = self.gzip.as_ref().filter(|_| gzip::is_accepted(headers));
        let form = gzip.unwrap_or(&self.plain);
        let file = answer::PageFile {
            content_type: self.content_type,
            policy: self.policy,
            etag: &form.etag,
            is_gzip: gzip.is_some(),
            body: form.body.clone(),
        };
        file.answer(answer::is_known(headers, &form.etag))
    }
}
