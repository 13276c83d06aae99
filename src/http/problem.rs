//! Problem details: the body of every refusal of the administration API. Which error makes which is
//! said in `error.rs`.

use serde::Serialize;
use utoipa::ToSchema;

/// The type of a refusal because the caller is not an administrator.
pub(super) const NOT_ADMINISTRATOR: &str = "urn:portreeve:not-administrator";

/// The code of a refusal because the browser session began too long ago for this.
pub(super) const SIGN_IN_AGAIN: &str = "sign-in-again";
/// The code of a refusal because there is no browser session, or it has ended.
pub(super) const SIGNED_OUT: &str = "signed-out";

/// A refusal, as clients read it.
// SPEC: RFC 9457 section 3.
#[derive(Serialize, ToSchema)]
pub(super) struct Problem {
    /// `urn:portreeve:not-administrator`, or `about:blank` where the status says it all.
    pub(super) r#type: &'static str,
    /// What the status means.
    pub(super) title: &'static str,
    /// The status.
    pub(super) status: u16,
    /// What a page does about it: `sign-in-again` or `signed-out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<&'static str>,
    /// What went wrong here, and what to do.
    pub(super) detail: String,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<FieldProblem>,
    /// The rules that name the object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rules: Vec<String>,
}

/// What is wrong with one field.
#[derive(Serialize, ToSchema)]
pub(super) struct FieldProblem {
    /// The field; a place in a list is written `names[2]`.
    pub(super) field: String,
    /// What is wrong.
    pub(super) message: String,
}
