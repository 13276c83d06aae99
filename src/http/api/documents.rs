//! Headers of requests, as the description of the API tells of them. What they mean is read in
//! `request.rs`.

use utoipa::IntoParams;

/// `If-Match` of writes.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what `Conditions` reads")]
pub(super) struct IfMatch {
    /// Only if the object is still this one: its `ETag`, or `*` for any.
    #[param(rename = "If-Match", pattern = "^(?:\\*|(?:W/)?\"[!#-~]*\"(?:, ?(?:W/)?\"[!#-~]*\")*)?$")]
    if_match: Option<String>,
}

/// `If-None-Match` of reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what `Conditions` reads")]
pub(super) struct IfNoneMatch {
    /// The `ETag` that the client has: 304 when it is still that.
    #[param(rename = "If-None-Match", pattern = "^(?:\\*|(?:W/)?\"[!#-~]*\"(?:, ?(?:W/)?\"[!#-~]*\")*)?$")]
    if_none_match: Option<String>,
}

/// `If-None-Match` of writes.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what `Conditions` reads")]
pub(super) struct IfAbsent {
    /// `*`: only if there is no such object.
    #[param(rename = "If-None-Match", pattern = "^(?:\\*)?$")]
    if_none_match: Option<String>,
}
