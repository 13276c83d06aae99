//! What a request of the administration API carries: who calls, its query, its conditions, its body.

use super::super::Web;
use super::super::error::ApiError;
use super::super::extract::{Authorization, client_address, request_id};
use super::super::limits::{BodyError, LONGEST_JSON, read_body};
use crate::authn::{AuthnError, Credentials};
use crate::domain::invalid::FieldErrors;
use crate::domain::secret::Password;
use crate::manage::{Admin, Caller, ManageError, Precondition, Strict};
use crate::storage::Origin;
use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpRequest, web};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use utoipa::IntoParams;

/// Somebody who signed in.
pub(super) struct SignedIn(pub(super) Caller);

impl SignedIn {
    /// The proof that the caller is an administrator.
    pub(super) fn admin(&self) -> Result<Admin, ManageError> {
        self.0.admin()
    }
}

impl FromRequest for SignedIn {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let web = request.app_data::<web::Data<Web>>().cloned();
            let web = web.ok_or(ApiError::NoSuchPath)?;
            let credentials = match Authorization::read(request.headers()) {
                Authorization::Basic(credentials) => credentials,
                // A registry's JWT is no credential here; only an access key of ours is.
                Authorization::Bearer(text) if text.starts_with("ptr_") => {
                    Credentials { user: String::new(), password: Password::new(text.as_bytes()) }
                }
                _ => return Err(ApiError::Unauthorized(AuthnError::Rejected)),
            };
            let (address, now) = (client_address(&request, &web), web.clock.now());
            let who = web.authn.authenticate(&credentials, None, address, now).await;
            let who = who.map_err(ApiError::Unauthorized)?;
            let actor = who.found.row.subject.to_string();
            let origin = Origin::new(&actor, address, request_id(&request), now);
            Ok(Self(Caller { who, origin }))
        })
    }
}

/// The parameters of a query; an unknown one, and one that is given twice, is refused.
pub(super) struct Parameters<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest for Parameters<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = web::Query::<T>::from_query(request.query_string());
        ready(read.map(|query| Self(query.into_inner())).map_err(|error| {
            let text = error.to_string();
            let text = text.strip_prefix("Query deserialize error: ").unwrap_or(&text);
            ApiError::Manage(FieldErrors::one("", text).into())
        }))
    }
}

/// A parameter that is `true` or `false`.
pub(super) fn flag(field: &'static str, text: Option<&str>, default: bool) -> Result<bool, ManageError> {
    match text {
        None => Ok(default),
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(_) => Err(FieldErrors::one(field, "must be `true` or `false`").into()),
    }
}

/// `?cascade=true` of deletions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Cascade {
    /// Takes it out of the rules that name it, instead of refusing; rules left with none are disabled.
    #[param(value_type = Option<bool>, default = false, example = false)]
    cascade: Option<String>,
}

impl Cascade {
    pub(super) fn is_wanted(&self) -> Result<bool, ManageError> {
        flag("cascade", self.cascade.as_deref(), false)
    }
}

/// `If-Match` and `If-None-Match`.
// SPEC: RFC 9110 sections 13.1.1 and 13.1.2. A tag that is not ours matches nothing.
pub(super) struct Conditions {
    /// On a write.
    pub(super) precondition: Precondition,
    /// On a read: the versions that the client has.
    pub(super) known: Vec<i64>,
}

impl FromRequest for Conditions {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let wanted = tags(request.headers(), &header::IF_MATCH);
        let unwanted = tags(request.headers(), &header::IF_NONE_MATCH);
        let any =
            |tags: &Option<Vec<String>>| tags.as_ref().is_some_and(|tags| tags.iter().any(|t| t == "*"));
        let precondition = Precondition {
            exists: any(&wanted),
            absent: any(&unwanted),
            versions: wanted
                .filter(|tags| !tags.iter().any(|tag| tag == "*"))
                .map(|tags| versions(&tags, false)),
        };
        ready(Ok(Self { precondition, known: versions(&unwanted.unwrap_or_default(), true) }))
    }
}

fn tags(headers: &HeaderMap, name: &header::HeaderName) -> Option<Vec<String>> {
    headers.contains_key(name).then(|| {
        let values = headers.get_all(name).flat_map(|value| value.to_str().unwrap_or("?").split(','));
        values.map(|tag| tag.trim().to_owned()).collect()
    })
}

/// SPEC: RFC 9110 section 8.8.3.2: `If-Match` compares strongly, `If-None-Match` weakly.
fn versions(tags: &[String], weakly: bool) -> Vec<i64> {
    let bare = |tag: &String| -> Option<i64> {
        let strong = if weakly { tag.strip_prefix("W/").unwrap_or(tag) } else { tag };
        strong.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
    };
    tags.iter().filter_map(bare).collect()
}

/// A JSON body, read within its limits.
pub(super) struct JsonBody(pub(super) Value);

impl FromRequest for JsonBody {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = content_type(request);
        // Also keeps forms of foreign web pages out.
        let is_json = kind == "application/json" || kind == "application/merge-patch+json";
        let payload = web::Payload::from_request(request, payload);
        Box::pin(async move {
            if !is_json {
                return Err(ApiError::NotJson);
            }
            let payload = payload.await.map_err(|_| ApiError::MalformedJson("it broke off".to_owned()))?;
            let bytes = read_body(payload, LONGEST_JSON).await.map_err(|error| match error {
                BodyError::TooLarge => ApiError::TooLarge,
                BodyError::TooSlow => ApiError::TooSlow,
                BodyError::Broken => ApiError::MalformedJson("it broke off".to_owned()),
            })?;
            serde_json::from_slice::<Strict>(&bytes)
                .map(|strict| Self(strict.0))
                .map_err(|error| ApiError::MalformedJson(error.to_string()))
        })
    }
}

/// The media type of the body, without its parameters, in lower case.
pub(super) fn content_type(request: &HttpRequest) -> String {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_as_http_wants_it() {
        let given = ["\"7\"", "W/\"8\"", "9", "\"x\"", ""].map(str::to_owned);
        assert_eq!(versions(&given, false), [7]);
        assert_eq!(versions(&given, true), [7, 8]);
    }
}
