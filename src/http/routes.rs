//! Every route of the server, and the description of the API that is made from the routes.

use super::error::{ApiError, TokenError};
use super::openapi::{self, Tables};
use super::paths::{DEVICE_AUTHORIZATION, DEVICE_TOKEN, EVENTS, KEY_SET, REVOKE, TOKEN};
use super::verb::{Table, Verb, resource};
use super::web::{API_ROOT, Web};
use super::{
    api, catalogue, console, device, docs, events, health, jwks, metrics, revoke, signin, token_get,
    token_post,
};
use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};

/// The part of the server that one address serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Surface {
    /// All paths: the server has only this address.
    Whole,
    /// All paths except the internal ones.
    Public,
    /// The internal paths, and the health checks.
    Internal,
}

/// Returns the described paths outside the administration API that registries and their clients need. Of the paths of
/// the token endpoint, contains only [`TOKEN`].
fn clients() -> Table {
    vec![
        (TOKEN, token_endpoint()),
        (REVOKE, vec![Verb::post(revoke::answer, openapi::revoke)]),
        (DEVICE_AUTHORIZATION, vec![Verb::post(device::authorize, openapi::authorize_device)]),
        (DEVICE_TOKEN, vec![Verb::post(device::redeem, openapi::redeem_device)]),
        (KEY_SET, vec![Verb::get(jwks::answer, jwks::describe)]),
        (EVENTS, events::verbs()),
    ]
}

fn health() -> Table {
    vec![
        ("/health/live", vec![Verb::get(health::live, health::describe_live)]),
        ("/health/ready", vec![Verb::get(health::ready, health::describe_ready)]),
    ]
}

fn measured() -> Table {
    vec![("/metrics", vec![Verb::get(metrics::answer, metrics::describe)])]
}

/// Returns all described paths outside the administration API. Pages, lists and searches have no description.
fn outside() -> Table {
    [clients(), health(), measured()].into_iter().flatten().collect()
}

fn token_endpoint() -> Vec<Verb> {
    vec![
        Verb::get(token_get::answer, openapi::get_token),
        Verb::post(token_post::answer, openapi::post_token),
    ]
}

/// Returns the tables that the document describes.
pub(super) fn tables() -> Tables {
    [("", outside()), (API_ROOT, [api::table(), api::description()].into_iter().flatten().collect())]
}

/// Registers the routes of an address.
pub(super) fn configure(config: &mut ServiceConfig, web: &Web, surface: Surface) {
    let token_paths = &web.token_paths;
    // The most frequent paths come first: the HTTP library tries the paths in this order.
    let (mut outside, mut api) = (Table::new(), Table::new());
    if surface != Surface::Internal {
        outside.extend(clients());
        outside.extend(token_paths.others().map(|path| (path, token_endpoint())));
        api.extend(api::table());
    }
    outside.extend(health());
    if surface != Surface::Public {
        outside.extend(measured());
        api.extend(api::description());
    }
    for (path, verbs) in outside {
        config.service(resource(path, verbs, TokenError::NoSuchMethod));
    }
    if surface != Surface::Internal {
        config.configure(catalogue::routes);
        config.configure(signin::routes);
        if web.console {
            config.configure(console::routes);
        }
    }
    if surface != Surface::Public {
        config.configure(docs::routes);
    }
    let api = api.into_iter().fold(web::scope(API_ROOT), |scope, (path, verbs)| {
        // The name of a repository may contain slashes.
        let pattern = path.replace("{repository}", "{repository:.+}");
        scope.service(resource(&pattern, verbs, ApiError::NoSuchMethod))
    });
    let nothing = token_paths.listed();
    config
        .service(api.default_service(web::to(async || Err::<HttpResponse, _>(ApiError::NoSuchPath))))
        .default_service(web::to(move || {
            let refused = TokenError::NotFound(nothing.clone());
            async move { Err::<HttpResponse, _>(refused) }
        }));
}

#[cfg(test)]
mod tests {
    use super::super::paths::PAGES;
    use super::*;
    use crate::config::{Config, FlagSettings};
    use std::collections::BTreeMap;

    fn accepts(path: &str) -> bool {
        let flags = FlagSettings { token_paths: vec![path.to_owned()], ..FlagSettings::default() };
        let no_file = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
        Config::load(&flags, &BTreeMap::new(), no_file).is_ok()
    }

    #[test]
    fn no_path_of_the_server_can_be_set_as_one_of_tokens() {
        let own = outside().into_iter().map(|(path, _)| path).filter(|path| *path != TOKEN);
        for path in own.chain([
            API_ROOT,
            "/docs",
            "/docs/",
            PAGES,
            "/signin/keys",
            console::CONSOLE,
            "/console/app.js",
            "/services",
            "/services/registry/v1/search",
            "/v1",
            "/v1/",
            "/v1/search",
            "/v1/auth",
            "/v2/_catalog",
            "/v2/token/tags/list",
            "/v2/a/b/tags/list/",
        ]) {
            assert!(!accepts(path), "{path}");
        }
        for path in ["/v2/token", "/v2/tags/list", "/v10", "/service/token", "/jwt/auth", "/apis", "/", TOKEN]
        {
            assert!(accepts(path), "{path}");
        }
    }
}
