//! The token endpoint and the end of sessions: their parameters, answers and refusals.

use super::operation::{Operation, json, success};
use super::refusals::THROTTLED;
use super::schemas::{Schemas, answered, closed, reference, without_null};
use utoipa::openapi::SecurityRequirement;
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// The parameters of `GET /token`; `extract.rs` reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `extract::Parameters` reads")]
struct TokenQuery {
    /// The registry; may be left out when there is only one.
    #[param(example = "registry")]
    service: Option<String>,
    /// What is asked, between spaces; may be given several times. What does not parse grants nothing.
    #[param(example = "repository:web/site:pull")]
    scope: Option<String>,
    /// What the client says about itself; never trusted.
    account: Option<String>,
    /// What the client calls itself.
    client_id: Option<String>,
    /// `true` for a refresh token.
    offline_token: Option<String>,
}

/// The form of `POST /token`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `extract::Parameters` reads")]
struct TokenForm {
    /// What proves who asks.
    #[schema(pattern = "^(?:password|refresh_token)$", example = "password")]
    grant_type: String,
    /// With `password`.
    username: Option<String>,
    /// With `password`: a password or access key.
    password: Option<String>,
    /// With `refresh_token`.
    refresh_token: Option<String>,
    /// The registry; may be left out when there is only one.
    service: Option<String>,
    /// What is asked, between spaces.
    scope: Option<String>,
    /// What the client calls itself.
    client_id: Option<String>,
    /// `offline` for a refresh token.
    access_type: Option<String>,
}

/// The form of `POST /oauth2/revoke`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `extract::Parameters` reads")]
struct RevokeForm {
    /// The refresh token.
    #[schema(example = "unknown")]
    token: String,
}

// `token_get.rs` writes it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the token endpoint answers")]
struct TokenAnswer {
    /// the token for the registry, a JWT
    token: String,
    /// the same
    access_token: String,
    /// seconds
    #[schema(minimum = 60, maximum = 3600)]
    expires_in: usize,
    /// when one was asked for and is due
    refresh_token: Option<String>,
    /// what was granted; on POST
    scope: Option<String>,
}

// `error.rs` writes it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes how the token endpoint refuses")]
struct TokenFailure {
    #[schema(inline)]
    errors: Vec<RegistryError>,
    details: String,
    /// RFC 6749 section 5.2
    error: String,
    error_description: String,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes how the token endpoint refuses")]
struct RegistryError {
    code: String,
    message: String,
}

/// What the token endpoint answers, and how operations outside the administration API are refused.
pub(super) fn schemas() -> Schemas {
    let mut schemas = answered::<TokenFailure>();
    // Some fields are missing now and then: `answered` would require all of them.
    schemas.insert(TokenAnswer::name().into_owned(), without_null(closed(TokenAnswer::schema())));
    schemas
}

/// Describes `GET /token`.
pub(in crate::http) fn get_token() -> Operation {
    token("getToken", "Issues a token for Basic credentials, for an access key by Bearer, or for nobody.")
        .description("HEAD is answered as GET is, without a body, and never makes a refresh token.")
        .security(SecurityRequirement::new("basic", [""; 0]))
        .security(SecurityRequirement::new("bearer", [""; 0]))
        .unchecked_query::<TokenQuery>()
}

/// Describes `POST /token`.
pub(in crate::http) fn post_token() -> Operation {
    token("postToken", "Issues a token for a password or a refresh token.").takes_form::<TokenForm>()
}

fn token(id: &str, summary: &str) -> Operation {
    Operation::outside("tokens", id, summary)
        .answers_with("200", json(success("200"), reference(TokenAnswer::name())))
        .fails("400", "a parameter is missing or does not fit, or the service is unknown")
        .fails("401", "no credentials where some are needed, or wrong ones")
        .fails("429", THROTTLED.meaning)
        .fails("500", "the server failed; its log says why")
        .fails("503", "too much at once, or the database cannot be reached")
}

/// Describes `POST /oauth2/revoke`.
pub(in crate::http) fn revoke() -> Operation {
    Operation::outside("tokens", "revokeToken", "Ends a refresh token (RFC 7009).")
        .description("Holding the token is proof enough; an unknown one is 200 too.")
        .takes_form::<RevokeForm>()
        .answers_with("200", success("200"))
        .fails("400", "the parameter is missing, or is an access key")
        .fails("503", "the database cannot be reached")
}
