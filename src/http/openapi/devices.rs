//! The device grant (RFC 8628): parameters, answers and refusals of its two operations.

use super::super::device::{DeviceAuthorization, DeviceToken};
use super::operation::Operation;
use super::refusals::THROTTLED;
use utoipa::ToSchema;

/// The form of `POST /oauth2/device_authorization`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `extract::Parameters` reads")]
struct DeviceAuthorizationForm {
    /// What the client calls itself; any is taken.
    #[schema(example = "a-tool")]
    client_id: Option<String>,
    /// What the device is called on the page of approval, and in the name of its key; its address when absent.
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
    /// As `/oauth2/device_authorization` answered it.
    #[schema(example = "unknown")]
    device_code: String,
    /// What the client calls itself; any is taken.
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
            "Ask again after `interval` seconds while `error` is `authorization_pending`. It is `slow_down` for a device \
             that asks too often, `access_denied` when a person refused it, `expired_token` after ten minutes.",
        )
        .takes_form::<DeviceTokenForm>()
        .answers::<DeviceToken>()
        .fails("400", "`error` says why there is no key (yet)")
        .fails("500", "the server failed; its log says why")
        .fails("503", "the database cannot be reached")
}
