//! The parts of a request of the administration API: its caller, query, conditions and body.

use super::super::browser_session;
use super::super::error::ApiError;
use super::super::extract::{Authorization, bearer, client_address, request_id};
use super::super::limits::{BodyError, LONGEST_JSON, read_body};
use super::super::web::Web;
use crate::accounts::Precondition;
use crate::authn::{AuthnError, Purpose};
use crate::domain::change::{Actor, Origin};
use crate::domain::invalid::FieldErrors;
use crate::domain::refusal::Cause;
use crate::manage::{Bounds, Caller, ManageError, read_strict};
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::FutureExt;
use futures_util::future::Map;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use utoipa::IntoParams;

/// The caller of a request, who has signed in.
pub(super) struct SignedIn(pub(super) Caller);

impl FromRequest for SignedIn {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let web = request.app_data::<web::Data<Web>>().cloned();
            let web = web.ok_or(ApiError::NoSuchPath)?;
            let (address, now) = (client_address(&request, &web), web.clock.now());
            let who = match Authorization::read(request.headers()) {
                Authorization::Basic(credentials) => {
                    web.authn.authenticate(&credentials, Purpose::Administration, address, now).await
                }
                // A Bearer text that is not an access key is refused at once: it cannot be a password.
                Authorization::Bearer(text) => {
                    let key = bearer(&text).map_err(refused)?;
                    web.authn.prove_machine(&key, Purpose::Administration, address, now).await
                }
                // A request with any `Authorization` header, even an empty one, does not use its cookie.
                Authorization::Absent if !request.headers().contains_key(header::AUTHORIZATION) => {
                    match browser_session::prove(&request, &web, now).await? {
                        Some(who) => Ok(who),
                        None => return Err(refused(Cause::NoCredentials)),
                    }
                }
                Authorization::Absent => return Err(refused(Cause::NoCredentials)),
                Authorization::Malformed => return Err(refused(Cause::MalformedAuthorization)),
            };
            let who = who.map_err(ApiError::Unauthorized)?;
            let actor = Actor::Subject(who.found.row.subject.clone());
            let origin = Origin::new(actor, address, request_id(&request), now);
            Ok(Self(Caller { who, origin }))
        })
    }
}

/// A part of a request that is opened only after the check of the caller's rights. So 401 and 403 come before the
/// errors of that part.
pub(super) struct After<T>(Result<T, ApiError>);

impl<T: FromRequest<Error = ApiError>> FromRequest for After<T> {
    type Error = ApiError;
    type Future = Map<T::Future, fn(Result<T, ApiError>) -> Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        T::from_request(request, payload).map(|read| Ok(Self(read)))
    }
}

impl<T> After<T> {
    /// Returns the part, or the error in it.
    pub(super) fn open(self) -> Result<T, ApiError> {
        self.0
    }
}

fn refused(cause: Cause) -> ApiError {
    ApiError::Unauthorized(AuthnError::rejected(cause))
}

/// The parameters of a query. Unknown and repeated parameters are refused.
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

/// Parses a parameter that must be `true` or `false`. Returns `default` if the parameter is absent.
pub(super) fn flag(field: &'static str, text: Option<&str>, default: bool) -> Result<bool, ManageError> {
    match text {
        None => Ok(default),
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(_) => Err(FieldErrors::one(field, "must be `true` or `false`").into()),
    }
}

/// The query of deletions: `?cascade=true`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Cascade {
    /// Removes the object from the rules that name it, instead of refusing the deletion. Disables rules that then
    /// have no subjects. With an identity provider, unlinks its people.
    #[param(value_type = Option<bool>, default = false, example = false)]
    cascade: Option<String>,
}

impl Cascade {
    pub(super) fn is_wanted(&self) -> Result<bool, ManageError> {
        flag("cascade", self.cascade.as_deref(), false)
    }
}

/// The query of invitations: `?create=true`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Creating {
    /// Also creates the user, if no user or robot has this name.
    #[param(value_type = Option<bool>, default = false, example = false)]
    create: Option<String>,
}

impl Creating {
    pub(super) fn is_wanted(&self) -> Result<bool, ManageError> {
        flag("create", self.create.as_deref(), false)
    }
}

/// The query of writes of identity providers: `?move_identities=true`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Moving {
    /// Moves the provider's people to a new issuer, instead of refusing the write. Use it if the ids of people are the
    /// same at the new issuer.
    #[param(value_type = Option<bool>, default = false, example = false)]
    move_identities: Option<String>,
}

impl Moving {
    pub(super) fn is_wanted(&self) -> Result<bool, ManageError> {
        flag("move_identities", self.move_identities.as_deref(), false)
    }
}

/// The conditions `If-Match` and `If-None-Match` of a request.
// SPEC: RFC 9110 sections 13.1.1 and 13.1.2. A tag that this server did not make matches nothing. A text that is not
// a list of tags is refused, because its sender believes the request to be conditional.
pub(super) struct Conditions {
    /// The condition of a write.
    pub(super) precondition: Precondition,
    /// The condition of a read: the versions that the client has.
    pub(super) known: Vec<i64>,
}

impl FromRequest for Conditions {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request.headers(), matches!(*request.method(), Method::GET | Method::HEAD)))
    }
}

impl Conditions {
    fn read(headers: &HeaderMap, is_read: bool) -> Result<Self, ApiError> {
        let wanted = tags(headers, &header::IF_MATCH).map_err(|()| ApiError::BadCondition("If-Match"))?;
        let unwanted = tags(headers, &header::IF_NONE_MATCH);
        let unwanted = unwanted.map_err(|()| ApiError::BadCondition("If-None-Match"))?;
        let known = match &unwanted {
            Some(Tags::These(tags)) if is_read => versions(tags, true),
            // A write with `If-None-Match` and tags is refused: a condition is never silently ignored.
            Some(Tags::These(tags)) if !tags.is_empty() => {
                return Err(ApiError::BadCondition("If-None-Match"));
            }
            _ => Vec::new(),
        };
        let versions = match &wanted {
            Some(Tags::These(tags)) => Some(versions(tags, false)),
            _ => None,
        };
        let precondition = Precondition {
            exists: matches!(wanted, Some(Tags::Any)),
            absent: matches!(unwanted, Some(Tags::Any)) && !is_read,
            versions,
        };
        Ok(Self { precondition, known })
    }
}

/// The tags in a conditional header.
#[derive(Debug, PartialEq, Eq)]
enum Tags {
    /// The text `*`, which means any version.
    Any,
    /// Entity tags, with their quotes.
    These(Vec<String>),
}

/// Returns the tags of a header; `None` if the request does not have the header.
fn tags(headers: &HeaderMap, name: &header::HeaderName) -> Result<Option<Tags>, ()> {
    let mut all = Vec::new();
    let values: Vec<&str> =
        headers.get_all(name).map(|value| value.to_str().map_err(|_| ())).collect::<Result<_, _>>()?;
    match values.as_slice() {
        [] => return Ok(None),
        [only] if only.trim() == "*" => return Ok(Some(Tags::Any)),
        _ => {}
    }
    for value in values {
        let mut rest = value.trim();
        while !rest.is_empty() {
            let strong = rest.strip_prefix("W/").unwrap_or(rest);
            let (tag, after) = strong.strip_prefix('"').and_then(|text| text.split_once('"')).ok_or(())?;
            let prefix = if strong.len() == rest.len() { "" } else { "W/" };
            all.push(format!("{prefix}\"{tag}\""));
            let after = after.trim_start();
            rest = if after.is_empty() { after } else { after.strip_prefix(',').ok_or(())?.trim_start() };
        }
    }
    Ok(Some(Tags::These(all)))
}

/// Returns the versions in tags.
/// SPEC: RFC 9110 section 8.8.3.2: `If-Match` compares strongly, `If-None-Match` weakly.
fn versions(tags: &[String], weakly: bool) -> Vec<i64> {
    let bare = |tag: &String| -> Option<i64> {
        let strong = if weakly { tag.strip_prefix("W/").unwrap_or(tag) } else { tag };
        strong.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
    };
    tags.iter().filter_map(bare).collect()
}

/// The most memory for the value of a JSON body, bytes. Short values take more memory than their text.
const LARGEST_VALUE: usize = 16 * LONGEST_JSON;

/// A JSON body, read within its limits.
pub(super) struct JsonBody(pub(super) Value);

impl FromRequest for JsonBody {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = content_type(request);
        // This check also refuses forms of foreign web pages, which cannot send these content types.
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
            parse_json(&bytes).map(Self)
        })
    }
}

/// Parses a JSON text. The caller has limited the text to [`LONGEST_JSON`] bytes.
pub(super) fn parse_json(bytes: &[u8]) -> Result<Value, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = read_strict(&mut json, &Bounds::of(LARGEST_VALUE));
    let value = value.and_then(|value| json.end().map(|()| value));
    value.map_err(|error| ApiError::MalformedJson(error.to_string()))
}

/// Returns the media type of the body, without its parameters, in lower case.
pub(super) fn content_type(request: &HttpRequest) -> String {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_as_http_wants_it() {
        let given = ["\"7\"", "W/\"8\"", "\"x\""].map(str::to_owned);
        assert_eq!(versions(&given, false), [7]);
        assert_eq!(versions(&given, true), [7, 8]);
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        let read = |name, value: &str, is_read| {
            let mut headers = HeaderMap::new();
            headers.append(name, header::HeaderValue::from_str(value).unwrap());
            Conditions::read(&headers, is_read).map(|read| (read.precondition, read.known))
        };
        for value in [",", "7", "{}", "\"7", "\"7\" \"8\"", "*, \"7\"", "W/7"] {
            assert!(read(header::IF_MATCH, value, false).is_err(), "{value}");
            assert!(read(header::IF_NONE_MATCH, value, true).is_err(), "{value}");
        }
        let (precondition, _) = read(header::IF_MATCH, "\"7\" , W/\"8\", \"a,b\"", false).unwrap();
        assert_eq!(precondition.versions, Some(vec![7]));
        let (precondition, _) = read(header::IF_MATCH, "", false).unwrap();
        assert_eq!(precondition.versions, Some(vec![]), "a list of no tags matches nothing");
        assert!(read(header::IF_MATCH, "*", false).unwrap().0.exists);
        assert!(read(header::IF_NONE_MATCH, "*", false).unwrap().0.absent);
        assert!(read(header::IF_NONE_MATCH, "\"7\"", false).is_err(), "a write must not have tags here");
        assert_eq!(read(header::IF_NONE_MATCH, "W/\"7\",\"8\"", true).unwrap().1, [7, 8]);
    }
}
