//! Refusals of lists and searches, in the form that registries use.
// SPEC: distribution "HTTP API V2", section "Errors"; version 1 of that API answers `{"error": text}`.

use super::{CHALLENGE, again, log_chain, refusal};
use crate::authn::AuthnError;
use crate::catalogue::CatalogueError;
use crate::domain::service::ServiceName;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;
use std::fmt;

/// The challenge of a refusal: the way in which the client must prove who it is.
#[derive(Debug, Clone)]
pub(in crate::http) enum Challenge {
    /// The client must send its login by Basic, as in version 1.
    Basic,
    /// The client must get a token of this service for this scope; `None` if no token can contain the name.
    // INTEROP: docker takes Basic and ignores Bearer if a server offers both.
    Bearer { realm: String, service: ServiceName, scope: Option<String> },
}

/// A refused list or search.
#[derive(Debug)]
pub(in crate::http) struct CatalogueRefusal {
    pub(in crate::http) error: CatalogueError,
    pub(in crate::http) challenge: Challenge,
}

/// The refusal of a request of version 1 that this server does not serve.
#[derive(Debug)]
pub(in crate::http) enum OldRefusal {
    /// The path of version 1 is not served.
    OnlyV2,
    /// The client wants to make an account, but only administrators make accounts.
    NoRegistration,
}

impl Challenge {
    /// Returns the challenge as the header contains it. Quotes and backslashes in a value are escaped, because the name
    /// of a service can contain them.
    // SPEC: RFC 9110 section 5.6.4.
    fn text(&self, error: &CatalogueError) -> String {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        match self {
            Self::Basic => CHALLENGE.to_owned(),
            Self::Bearer { realm, service, scope } => {
                let why = match error {
                    CatalogueError::LoginRequired => "",
                    CatalogueError::Denied => ",error=\"insufficient_scope\"",
                    _ => ",error=\"invalid_token\"",
                };
                let (realm, service) = (quoted(realm), quoted(service.as_str()));
                let scope = scope.as_ref().map(|scope| format!(",scope=\"{}\"", quoted(scope)));
                let scope = scope.unwrap_or_default();
                format!("Bearer realm=\"{realm}\",service=\"{service}\"{scope}{why}")
            }
        }
    }
}

impl fmt::Display for CatalogueRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl CatalogueRefusal {
    /// Returns the status, and the error code of registries.
    fn codes(&self) -> (StatusCode, &'static str) {
        match &self.error {
            CatalogueError::Off | CatalogueError::UseTheCatalogue => (StatusCode::NOT_FOUND, "UNSUPPORTED"),
            CatalogueError::NoRepository => (StatusCode::NOT_FOUND, "NAME_UNKNOWN"),
            CatalogueError::BadNumber(_) | CatalogueError::BadPlace => {
                (StatusCode::BAD_REQUEST, "PAGINATION_NUMBER_INVALID")
            }
            CatalogueError::Unknown(AuthnError::Throttled(_)) => {
                (StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS")
            }
            CatalogueError::Unknown(
                AuthnError::Busy
                | AuthnError::Store(_)
                | AuthnError::ProviderSilent(_)
                | AuthnError::Unconfirmed(_),
            )
            | CatalogueError::Overtaken
            | CatalogueError::Busy
            | CatalogueError::TooStale(_)
            | CatalogueError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
            CatalogueError::LoginRequired
            | CatalogueError::Unknown(_)
            | CatalogueError::BadToken(_)
            | CatalogueError::Denied => (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
        }
    }
}

impl ResponseError for CatalogueRefusal {
    fn status_code(&self) -> StatusCode {
        self.codes().0
    }

    // INTEROP: clients of version 2 read `errors`, clients of version 1 read `error`, and dockerd reads
    // `details`.
    fn error_response(&self) -> HttpResponse {
        let ((status, code), message) = (self.codes(), self.to_string());
        if status.is_server_error() {
            log_chain("names could not be listed", &self.error);
        }
        let mut response = refusal(status);
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, self.challenge.text(&self.error)));
        }
        let mut detail = json!(null);
        match &self.error {
            CatalogueError::Unknown(AuthnError::Throttled(throttled)) => {
                response.insert_header(again(*throttled));
            }
            CatalogueError::BadNumber(number) => detail = json!({"n": number}),
            _ => {}
        }
        let error = json!({"code": code, "message": message, "detail": detail});
        response.json(json!({"errors": [error], "error": message, "details": message}))
    }
}

impl fmt::Display for OldRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OnlyV2 => "this registry speaks only v2: use a newer client",
            Self::NoRegistration => "accounts are made by the administrators of this registry",
        })
    }
}

impl ResponseError for OldRefusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::OnlyV2 => StatusCode::NOT_FOUND,
            Self::NoRegistration => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        refusal(self.status_code()).json(json!({"error": self.to_string()}))
    }
}
