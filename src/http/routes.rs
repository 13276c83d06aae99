//! Every route of the server, and the description of the API that is made from them.

use super::error::{ApiError, TokenError};
use super::openapi::{self, Tables};
use super::verb::{Table, Verb, resource};
use super::web::{API_ROOT, TOKEN_PATHS};
use super::{api, docs, health, jwks, metrics, revoke, token_get, token_post};
use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};

/// What is outside the administration API; of the paths of the token endpoint, the first.
fn outside() -> Table {
    vec![
        ("/token", token_endpoint()),
        ("/oauth2/revoke", vec![Verb::post(revoke::answer, openapi::revoke)]),
        ("/.well-known/jwks.json", vec![Verb::get(jwks::answer, jwks::describe)]),
        ("/health/live", vec![Verb::get(health::live, health::describe_live)]),
        ("/metrics", vec![Verb::get(metrics::answer, metrics::describe)]),
        ("/health/ready", vec![Verb::get(health::ready, health::describe_ready)]),
    ]
}

fn token_endpoint() -> Vec<Verb> {
    vec![
        Verb::get(token_get::answer, openapi::get_token),
        Verb::post(token_post::answer, openapi::post_token),
    ]
}

/// The tables that the document describes.
pub(super) fn tables() -> Tables {
    [("", outside()), (API_ROOT, api::table())]
}

/// Puts every route into service.
pub(super) fn configure(config: &mut ServiceConfig) {
    let others = TOKEN_PATHS.into_iter().skip(1).map(|path| (path, token_endpoint()));
    for (path, verbs) in outside().into_iter().chain(others) {
        config.service(resource(path, verbs, TokenError::NoSuchMethod));
    }
    let api = api::table().into_iter().fold(web::scope(API_ROOT), |scope, (path, verbs)| {
        scope.service(resource(path, verbs, ApiError::NoSuchMethod))
    });
    config
        .configure(docs::routes)
        .service(api.default_service(web::to(async || Err::<HttpResponse, _>(ApiError::NoSuchPath))))
        .default_service(web::to(async || Err::<HttpResponse, _>(TokenError::NotFound)));
}
