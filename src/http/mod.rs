//! The HTTP surface: the one route table, and what every answer has in common.
//!
//! Handlers are thin: they read the request, call one use case, and write the answer. Status codes
//! are named in `error.rs` alone.

mod answer;
mod api;
mod docs;
mod error;
mod error_texts;
mod extract;
mod health;
mod jwks;
mod limits;
mod metrics;
mod openapi;
mod problem;
mod revoke;
mod tls;
mod token_get;
mod token_post;
mod verb;
mod web;

pub use tls::{Followed, Tls, TlsError, TlsFiles};
pub use web::Web;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::{Data, PathConfig, ServiceConfig, scope, to};
use actix_web::{App, HttpServer};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use verb::{Table, Verb, get_, post_, resource};

/// How long a TLS handshake may take.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(3);
/// Handshakes at once for each worker, beyond which nobody else is let in: more than silent clients
/// are likely to open.
const HANDSHAKES: usize = 4096;

/// Paths of the token endpoint, answered directly.
// INTEROP: a redirect turns a POST into an anonymous GET; registries are configured with all four
// of the first, and with `/auth/` now and then.
const TOKEN_PATHS: [&str; 6] = ["/token", "/token/", "/auth", "/auth/", "/auth/token", "/auth/token/"];

/// What is outside the administration API; of the paths of the token endpoint, the first.
fn table() -> Table {
    vec![
        ("/token", token_endpoint()),
        ("/oauth2/revoke", vec![post_(revoke::__path_answer, revoke::answer)]),
        ("/.well-known/jwks.json", vec![get_(jwks::__path_answer, jwks::answer)]),
        ("/health/live", vec![get_(health::__path_live, health::live)]),
        ("/metrics", vec![get_(metrics::__path_answer, metrics::answer)]),
        ("/health/ready", vec![get_(health::__path_ready, health::ready)]),
    ]
}

fn token_endpoint() -> Vec<Verb> {
    vec![
        get_(token_get::__path_answer, token_get::answer),
        post_(token_post::__path_answer, token_post::answer),
    ]
}

/// Every route of the server.
fn routes(config: &mut ServiceConfig) {
    let others = TOKEN_PATHS.into_iter().skip(1).map(|path| (path, token_endpoint()));
    for (path, verbs) in table().into_iter().chain(others) {
        config.service(resource(path, verbs, error::TokenError::NoSuchMethod));
    }
    config
        .configure(docs::routes)
        .service(scope(web::API_ROOT).configure(api::routes).default_service(to(error::no_such_object)))
        .default_service(to(error::not_found));
}

/// Makes the server on a bound listener. It runs when awaited, and stops when told by its handle.
///
/// # Errors
/// When the listener cannot be used.
pub fn server(listener: TcpListener, web: Arc<Web>, workers: usize) -> std::io::Result<Server> {
    let tls = web.tls.clone();
    let web = Data::from(web);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web.clone())
            .app_data(PathConfig::default().error_handler(|_, _| error::bad_path().into()))
            .wrap(from_fn(limits::guard))
            .configure(routes)
    })
    .workers(workers)
    .client_request_timeout(Duration::from_secs(5))
    .client_disconnect_timeout(Duration::from_secs(1))
    .keep_alive(Duration::from_secs(15))
    .shutdown_timeout(25)
    .tls_handshake_timeout(HANDSHAKE_DEADLINE)
    .max_connection_rate(HANDSHAKES)
    .disable_signals();
    let server = match tls {
        Some(tls) => {
            let config = tls.server_config().map_err(std::io::Error::other)?;
            server.listen_rustls_0_23(listener, config)?
        }
        None => server.listen(listener)?,
    };
    Ok(server.run())
}
