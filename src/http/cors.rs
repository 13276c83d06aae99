//! What web pages of other origins may do: every page may read the key set, and pages of listed origins may ask for
//! tokens. Nothing else, and never with the credentials that a browser keeps.
// SPEC: the WHATWG's Fetch standard, "CORS protocol".

use super::paths::{KEY_SET, TokenPaths};
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

/// How long, in seconds, a browser may remember what a page may do.
const REMEMBERED_FOR: HeaderValue = HeaderValue::from_static("600");
/// Headers of answers that pages may read.
const SHOWN: HeaderValue = HeaderValue::from_static("Retry-After, WWW-Authenticate, X-Request-Id");

/// The origins whose pages may ask.
pub struct Cors {
    origins: Vec<String>,
    setting: String,
}

/// A request at a path that is open to web pages.
pub(super) struct OpenPath {
    /// Whose pages may ask, as the browser is told: `*`, or the origin of the page if it is listed.
    allowed: Option<HeaderValue>,
    methods: HeaderValue,
    headers: HeaderValue,
    /// Whether it is the browser that asks whether the page may ask.
    is_preflight: bool,
}

impl Cors {
    /// Lets pages of these origins ask, each written as browsers write it. `setting` is where they are listed.
    #[must_use]
    pub fn new(origins: Vec<String>, setting: String) -> Self {
        Self { origins, setting }
    }

    /// Where the origins are listed.
    pub(super) fn setting(&self) -> &str {
        &self.setting
    }

    /// What the request is, if any page may ask at its path.
    pub(super) fn open_path(&self, request: &ServiceRequest, tokens: &TokenPaths) -> Option<OpenPath> {
        let is_listed =
            |origin: &&HeaderValue| self.origins.iter().any(|one| one.as_bytes() == origin.as_bytes());
        let (allowed, methods, headers) = match request.path() {
            KEY_SET => (Some(HeaderValue::from_static("*")), "GET", "If-None-Match"),
            path if !self.origins.is_empty() && tokens.has(path) => {
                let listed = request.headers().get(header::ORIGIN).filter(is_listed).cloned();
                (listed, "GET, POST", "Authorization, Content-Type")
            }
            _ => return None,
        };
        Some(OpenPath {
            allowed,
            methods: HeaderValue::from_static(methods),
            headers: HeaderValue::from_static(headers),
            is_preflight: preflight_origin(request.method(), request.headers()).is_some(),
        })
    }
}

/// Whose page a browser asks ahead for, if the request is such a question.
pub(super) fn preflight_origin<'r>(method: &Method, headers: &'r HeaderMap) -> Option<&'r HeaderValue> {
    let asks_ahead =
        *method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    headers.get(header::ORIGIN).filter(|_| asks_ahead)
}

impl OpenPath {
    /// Whether a browser asks ahead for a page that may ask.
    pub(super) fn is_preflight(&self) -> bool {
        self.is_preflight && self.allowed.is_some()
    }

    /// Tells the browser what the page may do and see.
    pub(super) fn complete(self, answer: &mut HeaderMap) {
        // The key set itself says that every page may read it.
        if answer.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            return;
        }
        let is_preflight = self.is_preflight();
        if self.allowed.as_ref().is_none_or(|allowed| allowed != "*") {
            answer.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        let Some(allowed) = self.allowed else { return };
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if is_preflight {
            answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, self.methods);
            answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, self.headers);
            answer.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED_FOR);
        } else {
            answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, SHOWN);
        }
    }
}
