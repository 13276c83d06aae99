//! The device grant (RFC 8628): parameters, answers and refusals of its two operations.

use super::super::device::{DeviceAuthorization, DeviceToken};
use super::operation::Operation;
use super::refusals::THROTTLED;
use utoipa::ToSchema;

/// The form of `POST /oauth2/device_authorization`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `extract::Parameters` reads")]
struct DeviceAuthorizationForm {
    /// The name that the client gives itself. Any name is accepted.
    #[schema(example = "a-tool")]
    client_id: Option<String>,
    /// The name of the device. The page of approval shows this name, and the name of the access key contains it. When
    /// absent, the name is the address of the device.
    #[schema(example = "laptop")]
    device_name: Option<String>,
}

/// The form of `POST /oauth2/token`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `extract::Parameters` reads")]
struct DeviceTokenForm {
    /// `urn:ietf:params:oauth:grant-type:device_code`
    #[schema(
        pattern = "^urn:ietf:params:oauth:grant-type:device_code$",
        example = "urn:ietf:params:oauth:grant-type:device_code"
    )]
    grant_type: String,
    /// The `device_code` in the answer of `/oauth2/device_authorization`.
    #[schema(example = "unknown")]
    device_code: String,
    /// The name that the client gives itself. Any name is accepted.
    client_id: Option<String>,
}

/// Describes `POST /oauth2/device_authorization`.
pub(in crate::http) fn authorize() -> Operation {
    Operation::outside(
        "tokens",
        "authorizeDevice",
        "Begins the sign-in of a device without a browser (RFC 8628).",
    )
    .takes_form::<DeviceAuthorizationForm>()
    .answers::<DeviceAuthorization>()
    .fails("400", "the form does not fit, or the server has no pages: they need https")
    .fails("429", THROTTLED.meaning)
    .fails("500", "the server failed; its log says why")
    .fails("503", "the database cannot be reached")
}

/// Describes `POST /oauth2/token`.
pub(in crate::http) fn redeem() -> Operation {
    Operation::outside("tokens", "getDeviceKey", "Gives a device its access key once a person has approved it.")
        .description(
            "Ask again after `interval` seconds while `error` is `authorization_pending`. `error` is `slow_down` if the \
             device asks too often, `access_denied` if a person refused the device, and `expired_token` after ten minutes.",
        )
        .takes_form::<DeviceTokenForm>()
        .answers::<DeviceToken>()
        .fails("400", "`error` says why there is no key (yet)")
        .fails("500", "the server failed; its log says why")
        .fails("503", "the database cannot be reached")
}
