//! The HTTP surface, assembled.
//!
//! Handlers are thin: they read the request, call one use case, and write the answer. Statuses
//! are named in `error.rs` and `answer.rs` alone.

mod answer;
mod api;
mod cors;
mod docs;
mod error;
mod error_texts;
mod extract;
mod health;
mod jwks;
mod limits;
mod metrics;
mod openapi;
mod paths;
mod problem;
mod proxies;
mod refusals;
mod revoke;
mod routes;
mod tls;
mod token_get;
mod token_post;
mod verb;
mod warnings;
mod web;

pub use cors::Cors;
pub use paths::TokenPaths;
pub use proxies::TrustedProxies;
pub use tls::{Followed, Tls, TlsError, TlsFiles};
pub use web::{Started, Web};

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::{Data, PathConfig};
use actix_web::{App, HttpServer};
use openapi::Document;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

/// How long a TLS handshake may take.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(3);
/// Handshakes at once for each worker, beyond which nobody else is let in: more than silent clients
/// are likely to open.
const HANDSHAKES: usize = 4096;

/// Makes the server on a bound listener. It runs when awaited, and stops when told by its handle.
///
/// # Errors
/// When the listener cannot be used.
pub fn server(listener: TcpListener, web: Arc<Web>, workers: usize) -> std::io::Result<Server> {
    let tls = web.tls.clone();
    let web = Data::from(web);
    let document = Data::new(Document::new(|| openapi::write(routes::tables())));
    let elsewhere = Data::new(refusals::Elsewhere::default());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web.clone())
            .app_data(elsewhere.clone())
            .app_data(document.clone())
            .app_data(PathConfig::default().error_handler(|_, _| error::ApiError::BadPath.into()))
            .wrap(from_fn(limits::guard))
            .configure(|config| routes::configure(config, &web.token_paths))
    })
    .workers(workers)
    .client_request_timeout(Duration::from_secs(5))
    .client_disconnect_timeout(Duration::from_secs(1))
    .keep_alive(Duration::from_secs(15))
    // A client that closes its side has left: what it asked for ends as soon as it can.
    .h1_allow_half_closed(false)
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
