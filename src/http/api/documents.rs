//! Headers of requests, as the description of the API tells of them. What they mean is read in
//! `request.rs`.

use utoipa::IntoParams;

/// `If-Match` of writes.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what `Conditions` reads")]
pub(super) struct IfMatch {
    /// Only if the object is still this one: its `ETag`, or `*` for any.
    #[param(rename = "If-Match", value_type = Option<String>, pattern = "^(?:\\*|\"[0-9]{1,18}\")$", example = "*")]
    if_match: Option<String>,
}

/// `If-None-Match`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what `Conditions` reads")]
pub(super) struct IfNoneMatch {
    /// On a read: the `ETag` that the client has, for 304. On a write: `*`, only if there is no such
    /// object.
    #[param(rename = "If-None-Match", value_type = Option<String>, pattern = "^(?:\\*|(?:W/)?\"[0-9]{1,18}\")$")]
    if_none_match: Option<String>,
}
