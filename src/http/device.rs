//! `POST /oauth2/device_authorization` and `POST /oauth2/token`: a device without a browser gets an access key once a
//! person has approved it on `/signin/device`.
// SPEC: RFC 8628 sections 3.1 to 3.5. The server keeps no secrets of clients, so it accepts any `client_id`, and also
// requests without one.

use super::answer;
use super::error::TokenError;
use super::extract::{client_address, request_id};
use super::token_post::read_form;
use super::web::Web;
use crate::domain::secret::SigninSecret;
use crate::signin::{DeviceError, FLOW_SECONDS, INTERVAL_SECONDS, KEY_SECONDS, Visit};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

/// The `grant_type` of a device.
pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The answer to a device that asks for a code (RFC 8628 section 3.2).
#[derive(Serialize, ToSchema)]
pub(super) struct DeviceAuthorization {
    /// The secret that the device sends to `/oauth2/token`.
    device_code: String,
    /// The code that the device shows to the person in front of it: `XXXX-XXXX`.
    #[schema(pattern = "^[B-Z]{4}-[B-Z]{4}$")]
    user_code: String,
    /// The page on which the person types the code.
    verification_uri: String,
    /// The address of the page `verification_uri` with the code filled in.
    verification_uri_complete: String,
    /// The time for which the codes are valid, seconds.
    expires_in: i64,
    /// The wait between two requests, seconds.
    interval: i64,
}

/// The access key of a device (RFC 6749 section 5.1).
#[derive(Serialize, ToSchema)]
pub(super) struct DeviceToken {
    /// An access key: a password for registries, a bearer token for the administration API.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// The name of the user who approved the device. Registries need it together with the key.
    username: String,
    /// The time for which the key is valid, seconds.
    expires_in: i64,
    /// The public id of the key, by which it is revoked.
    key_id: String,
}

/// Answers a device that asks for a code, and begins to wait for the approval.
pub(super) async fn authorize(
    web: web::Data<Web>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, TokenError> {
    let form = read_form(&request, payload).await?;
    let origin = web.public_url.origin();
    if !web.public_url.has_pages() {
        return Err(TokenError::NoPages(web.public_url.setting().to_owned()));
    }
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let visit = Visit::new(client_address(&request, &web), agent);
    // The device's own name only helps people to recognise it, so it may be missing.
    let name = form.text("device_name")?.unwrap_or_default();
    let begun = web.signin.begin_device(name, &visit, web.clock.now()).await?;
    Ok(answer::json(&DeviceAuthorization {
        device_code: begun.device_code.expose().to_owned(),
        user_code: begun.user_code.to_string(),
        verification_uri: format!("{origin}/signin/device"),
        verification_uri_complete: format!("{origin}/signin/device?code={}", begun.user_code),
        expires_in: FLOW_SECONDS,
        interval: INTERVAL_SECONDS,
    }))
}

/// Answers with the access key after a person's approval.
pub(super) async fn redeem(
    web: web::Data<Web>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, TokenError> {
    let form = read_form(&request, payload).await?;
    match form.text("grant_type")? {
        None | Some("") => return Err(TokenError::Missing("grant_type")),
        Some(GRANT) => {}
        Some(_) => return Err(TokenError::NotTheDeviceGrant),
    }
    let text = form.text("device_code")?.ok_or(TokenError::Missing("device_code"))?;
    let code = SigninSecret::Device.parse(text).ok_or(TokenError::Device(DeviceError::Unknown))?;
    let (address, id) = (client_address(&request, &web), request_id(&request));
    let key = web.signin.redeem_device(&code, address, &id, web.clock.now()).await?;
    web.metrics.count_sign_in("device");
    tracing::info!(
        event = "device_key_issued",
        request_id = id,
        subject = %key.subject,
        access_key = key.id,
        name = key.name,
        address = address.map_or_else(|| "unknown".to_owned(), |address| address.to_string()),
    );
    Ok(answer::json(&DeviceToken {
        access_token: key.secret.expose().to_owned(),
        token_type: "Bearer",
        username: key.subject.name.to_string(),
        expires_in: KEY_SECONDS,
        key_id: key.id,
    }))
}
