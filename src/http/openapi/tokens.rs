//! What is outside the administration API: the token endpoint, the key set, health.

use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

/// The parameters of `GET /token`; `extract.rs` reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `extract::Parameters` reads")]
pub(in crate::http) struct TokenQuery {
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
pub(in crate::http) struct TokenForm {
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
pub(in crate::http) struct RevokeForm {
    /// The refresh token.
    #[schema(example = "unknown")]
    token: String,
}

/// The query of the key set.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `extract::Parameters` reads")]
pub(in crate::http) struct JwksQuery {
    /// A service, which must exist.
    #[param(example = "registry")]
    service: Option<String>,
}

/// What these answer.
pub(super) fn schemas() -> Map<String, Value> {
    let schemas = json!({
        "TokenAnswer": {
            "type": "object",
            "required": ["token", "access_token", "expires_in"],
            "properties": {
                "token": {"type": "string", "description": "the token for the registry, a JWT"},
                "access_token": {"type": "string", "description": "the same"},
                "expires_in": {"type": "integer", "minimum": 60, "maximum": 3600, "description": "seconds"},
                "refresh_token": {"type": "string", "description": "when one was asked for and is due"},
                "scope": {"type": "string", "description": "what was granted; on POST"},
            },
        },
        "TokenFailure": {
            "type": "object",
            "properties": {
                "errors": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["code", "message"],
                        "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
                    },
                },
                "details": {"type": "string"},
                "error": {"type": "string", "description": "RFC 6749 section 5.2"},
                "error_description": {"type": "string"},
            },
        },
    });
    match schemas {
        Value::Object(schemas) => schemas,
        _ => Map::new(),
    }
}

/// Says what an operation answers, and how it may be refused.
pub(super) fn refuse(path: &str, method: &str, operation: &mut Map<String, Value>) {
    let mut refusals = vec![("414", "the query is longer than 16 KiB")];
    match path {
        "/token" => {
            refusals.extend([
                ("400", "a parameter is missing or does not fit, or the service is unknown"),
                ("401", "no credentials where some are needed, or wrong ones"),
                ("500", "the server failed; its log says why"),
                ("503", "too much at once, or the database cannot be reached"),
            ]);
        }
        "/oauth2/revoke" => refusals.extend([
            ("400", "the parameter is missing, or is an access key"),
            ("503", "the database cannot be reached"),
        ]),
        "/.well-known/jwks.json" => {
            refusals.extend([("400", "the service is given twice"), ("404", "there is no such service")]);
        }
        _ => {}
    }
    if method == "post" {
        refusals.extend([
            ("408", "the form took too long to arrive"),
            ("413", "the form is longer than 16 KiB"),
            ("415", "the body is not a form"),
        ]);
    }
    refusals.push(("431", "the Authorization header is longer than 16 KiB"));
    let Some(Value::Object(responses)) = operation.get_mut("responses") else {
        return;
    };
    for (status, meaning) in refusals {
        let content = json!({"application/json": {"schema": {"$ref": "#/components/schemas/TokenFailure"}}});
        responses.insert(status.to_owned(), json!({"description": meaning, "content": content}));
    }
    if path == "/token"
        && let Some(Value::Object(answer)) = responses.get_mut("200")
    {
        let schema = json!({"schema": {"$ref": "#/components/schemas/TokenAnswer"}});
        answer.insert("content".to_owned(), json!({"application/json": schema}));
    }
}
