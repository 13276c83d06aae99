//! The HTTP surface: the one route table, and what every answer has in common.
//!
//! Handlers are thin: they read the request, call one use case, and write the answer. Status codes
//! are named in `error.rs` alone.

mod api;
mod error;
mod extract;
mod health;
mod jwks;
mod limits;
mod revoke;
mod token_get;
mod token_post;

use crate::authn::Authenticator;
use crate::clock::Clock;
use crate::issue::TokenIssuer;
use crate::manage::Administration;
use crate::snapshot::Snapshots;
use crate::token::Keyring;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use arc_swap::ArcSwap;
use ipnet::IpNet;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What handlers work with.
pub struct Web {
    /// The token endpoint's use case.
    pub issuer: TokenIssuer,
    /// The administration API's use cases.
    pub administration: Administration,
    /// Proves who calls the administration API.
    pub authn: Arc<Authenticator>,
    /// The policy in memory, for readiness.
    pub snapshots: Arc<Snapshots>,
    /// The keys to publish.
    pub keyring: Arc<ArcSwap<Keyring>>,
    /// The time.
    pub clock: Clock,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Set when the server is about to stop.
    pub stopping: Arc<AtomicBool>,
}

/// Paths of the token endpoint, answered directly.
// INTEROP: a redirect turns a POST into an anonymous GET; registries are configured with all four
// of the first, and with `/auth/` now and then.
const TOKEN_PATHS: [&str; 6] = ["/token", "/token/", "/auth", "/auth/", "/auth/token", "/auth/token/"];

/// Every route of the server.
fn routes(config: &mut web::ServiceConfig) {
    for path in TOKEN_PATHS {
        config.service(
            web::resource(path)
                .route(web::get().to(token_get::answer))
                .route(web::post().to(token_post::answer)),
        );
    }
    config
        .service(web::resource("/oauth2/revoke").route(web::post().to(revoke::answer)))
        .service(web::resource("/.well-known/jwks.json").route(web::get().to(jwks::answer)))
        .service(web::resource("/health/live").route(web::get().to(health::live)))
        .service(web::resource("/health/ready").route(web::get().to(health::ready)))
        .service(web::scope("/api/v1").configure(api::routes).default_service(web::to(error::no_such_object)))
        .default_service(web::to(error::not_found));
}

/// Makes the server on a bound listener. It runs when awaited, and stops when told by its handle.
///
/// # Errors
/// When the listener cannot be used.
pub fn server(listener: TcpListener, web: Arc<Web>, workers: usize) -> std::io::Result<Server> {
    let web = web::Data::from(web);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web.clone())
            .app_data(web::PathConfig::default().error_handler(|_, _| error::bad_path().into()))
            .wrap(from_fn(limits::guard))
            .configure(routes)
    })
    .workers(workers)
    .client_request_timeout(Duration::from_secs(5))
    .client_disconnect_timeout(Duration::from_secs(1))
    .keep_alive(Duration::from_secs(15))
    .shutdown_timeout(25)
    .disable_signals()
    .listen(listener)?
    .run();
    Ok(server)
}
