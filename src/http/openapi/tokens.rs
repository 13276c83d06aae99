//! The token endpoint and the endpoint that revokes refresh tokens: their parameters, answers and refusals.

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
    /// The service of the registry. It can be absent if there is only one service.
    #[param(example = "registry")]
    service: Option<String>,
    /// The requested scopes, separated by spaces. The parameter may occur several times. A malformed scope grants
    /// nothing.
    #[param(example = "repository:web/site:pull")]
    scope: Option<String>,
    /// The account that the client claims to be. It is never trusted.
    account: Option<String>,
    /// The name that the client gives itself.
    client_id: Option<String>,
    /// `true` to get a refresh token.
    offline_token: Option<String>,
}

/// The form of `POST /token`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `extract::Parameters` reads")]
struct TokenForm {
    /// The kind of credential.
    #[schema(pattern = "^(?:password|refresh_token)$", example = "password")]
    grant_type: String,
    /// The user name, for `password`.
    username: Option<String>,
    /// The password or access key, for `password`.
    password: Option<String>,
    /// The refresh token, for `refresh_token`.
    refresh_token: Option<String>,
    /// The service of the registry. It can be absent if there is only one service.
    service: Option<String>,
    /// The requested scopes, separated by spaces.
    scope: Option<String>,
    /// The name that the client gives itself.
    client_id: Option<String>,
    /// `offline` to get a refresh token.
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

// `token_get.rs` writes this answer.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the token endpoint answers")]
struct TokenAnswer {
    /// The token for the registry, a JWT.
    token: String,
    /// The same token, under the name that OAuth2 clients read.
    access_token: String,
    /// The time for which the client may use the token, seconds. The token usually ends a minute later.
    #[schema(minimum = 60, maximum = 3600)]
    expires_in: usize,
    /// The refresh token, if the request asked for one, and if the caller may get one.
    refresh_token: Option<String>,
    /// The granted scopes; only in the answer to a POST.
    scope: Option<String>,
}

// `error/mod.rs` writes this refusal.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes how the token endpoint refuses")]
struct TokenFailure {
    #[schema(inline)]
    errors: Vec<RegistryError>,
    details: String,
    /// The error code of RFC 6749 section 5.2.
    error: String,
    error_description: String,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes how the token endpoint refuses")]
struct RegistryError {
    code: String,
    message: String,
}

/// Returns the schemas of the answers of the token endpoint, and of refusals outside the administration API.
pub(super) fn schemas() -> Schemas {
    let mut schemas = answered::<TokenFailure>();
    // Some of the fields may be absent, so `answered` would be wrong: it requires all fields.
    schemas.insert(TokenAnswer::name().into_owned(), without_null(closed(TokenAnswer::schema())));
    schemas
}

/// Describes `GET /token`.
pub(in crate::http) fn get_token() -> Operation {
    token(
        "getToken",
        "Issues a token for Basic credentials, for an access key by Bearer, or without credentials.",
    )
    .description("HEAD is answered like GET, without a body, and never makes a refresh token.")
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
        .fails("503", "too many requests at once, or the database cannot be reached")
}

/// Describes `POST /oauth2/revoke`.
pub(in crate::http) fn revoke() -> Operation {
    Operation::outside("tokens", "revokeToken", "Ends a refresh token (RFC 7009).")
        .description("The token itself is proof enough. The answer for an unknown token is 200 too.")
        .takes_form::<RevokeForm>()
        .answers_with("200", success("200"))
        .fails("400", "the parameter is missing, or is an access key")
        .fails("503", "the database cannot be reached")
}
