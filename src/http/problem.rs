//! Problem details: the body of every refusal of the administration API. `error/mod.rs` decides which error makes which
//! refusal.

use serde::Serialize;
use utoipa::ToSchema;

/// The type of the refusal of a caller who is not an administrator.
pub(super) const NOT_ADMINISTRATOR: &str = "urn:portreeve:not-administrator";

/// The code of a refusal that asks for a newer sign-in of the browser session.
pub(super) const SIGN_IN_AGAIN: &str = "sign-in-again";
/// The code of a refusal of a request whose browser session is missing or has ended.
pub(super) const SIGNED_OUT: &str = "signed-out";

/// The body of a refusal.
// SPEC: RFC 9457 section 3.
#[derive(Serialize, ToSchema)]
pub(super) struct Problem {
    /// `urn:portreeve:not-administrator`, or `about:blank` if the status says it all.
    pub(super) r#type: &'static str,
    /// The meaning of the status.
    pub(super) title: &'static str,
    /// The status.
    pub(super) status: u16,
    /// The advice for the console: `sign-in-again` or `signed-out`. For programs that report events: `may_not_report`
    /// or `unknown_service`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<&'static str>,
    /// The error, and the advice.
    pub(super) detail: String,
    /// The errors in single fields of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<FieldProblem>,
    /// The rules that name the object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rules: Vec<String>,
}

/// The error of one field.
#[derive(Serialize, ToSchema)]
pub(super) struct FieldProblem {
    /// The name of the field. An entry of a list is written `names[2]`.
    pub(super) field: String,
    /// The error, for people.
    pub(super) message: String,
}
