//! The rights of web pages of other origins. Every page may read the key set, and pages of listed origins may ask for
//! tokens. Pages of other origins have no other rights, and cannot use the credentials that a browser keeps, such as
//! cookies.
// SPEC: the WHATWG's Fetch standard, "CORS protocol".

use super::paths::{KEY_SET, TokenPaths};
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

/// The time for which a browser may remember the rights of a page, seconds.
const REMEMBERED_FOR: HeaderValue = HeaderValue::from_static("600");
/// Headers of answers that pages may read.
const SHOWN: HeaderValue = HeaderValue::from_static("Retry-After, WWW-Authenticate, X-Request-Id");

/// The origins whose pages may ask for tokens.
pub struct Cors {
    origins: Vec<String>,
    setting: String,
}

/// A request at a path that is open to web pages.
pub(super) struct OpenPath {
    /// The value of `Access-Control-Allow-Origin`: `*`, or the origin of the page if it is listed.
    allowed: Option<HeaderValue>,
    methods: HeaderValue,
    headers: HeaderValue,
    /// True if this is a preflight: the browser asks if the page may send its request.
    is_preflight: bool,
}

impl Cors {
    /// Lets pages of these origins ask for tokens. Each origin is in the form that browsers send. `setting` is the
    /// name of the setting with the list.
    #[must_use]
    pub fn new(origins: Vec<String>, setting: String) -> Self {
        Self { origins, setting }
    }

    /// Returns the name of the setting that lists the origins.
    pub(super) fn setting(&self) -> &str {
        &self.setting
    }

    /// Returns the rights of web pages at the path of the request; `None` if the path is not open to web
    /// pages.
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

/// Returns the origin of the page, if the request is a preflight.
pub(super) fn preflight_origin<'r>(method: &Method, headers: &'r HeaderMap) -> Option<&'r HeaderValue> {
    let asks_ahead =
        *method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    headers.get(header::ORIGIN).filter(|_| asks_ahead)
}

impl OpenPath {
    /// Returns true if this is the preflight of a page that may send its request.
    pub(super) fn is_preflight(&self) -> bool {
        self.is_preflight && self.allowed.is_some()
    }

    /// Adds the headers that tell the browser which rights the page has.
    pub(super) fn complete(self, answer: &mut HeaderMap) {
        // The answer with the key set already says that every page may read it.
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
