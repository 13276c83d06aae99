//! The administration API: who calls, what they send, and its routes.

mod access_keys;
mod check;
mod groups;
mod me;
mod refresh_tokens;
mod robots;
mod rules;
mod services;
mod users;

use super::Web;
use super::error::ApiError;
use super::extract::{Authorization, client_address, request_id};
use super::limits::{BodyError, LONGEST_JSON, read_body};
use crate::authn::{AuthnError, Credentials};
use crate::domain::secret::Password;
use crate::manage::{Admin, Caller, ManageError};
use crate::storage::Origin;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use serde::Deserialize;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;

/// Every route below `/api/v1`.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(object("/users/{name}", users::routes()))
        .service(object("/users/{name}/access-keys", access_keys::of_users()))
        .service(object("/robots/{name}", robots::routes()))
        .service(object("/robots/{name}/access-keys", access_keys::of_robots()))
        .service(object("/access-keys/{id}", access_keys::one()))
        .service(object("/groups/{name}", groups::routes()))
        .service(object("/groups/{name}/members/{member}", groups::member_routes()))
        .service(object("/services/{name}", services::routes()))
        .service(object("/rules/{name}", rules::routes()))
        .service(object("/refresh-tokens", refresh_tokens::all()))
        .service(object("/refresh-tokens/{id}", refresh_tokens::one()))
        .service(object("/check", vec![web::post().to(check::check)]))
        .configure(me::routes);
}

/// One path and its methods.
fn object(path: &'static str, routes: Vec<actix_web::Route>) -> actix_web::Resource {
    routes.into_iter().fold(web::resource(path), actix_web::Resource::route)
}

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

/// A JSON body, read within its limits.
pub(super) struct JsonBody(pub(super) Value);

impl FromRequest for JsonBody {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        // Also keeps forms of foreign web pages out.
        let is_json = essence.eq_ignore_ascii_case("application/json")
            || essence.eq_ignore_ascii_case("application/merge-patch+json");
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
            serde_json::from_slice(&bytes)
                .map(Self)
                .map_err(|error| ApiError::MalformedJson(error.to_string()))
        })
    }
}

/// `?cascade=true` of deletions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cascade {
    #[serde(default)]
    pub(super) cascade: bool,
}
