//! The HTTP surface, assembled.
//!
//! Handlers are thin: they read the request, call one use case, and write the answer. Statuses
//! are named in `error.rs` and `answer.rs` alone.

mod answer;
mod api;
mod browser_session;
mod connection;
mod console;
mod cors;
mod device;
mod docs;
mod error;
mod error_texts;
mod extract;
mod gzip;
mod health;
mod jwks;
mod limits;
mod lists;
mod metrics;
mod once_a_minute;
mod openapi;
mod paths;
mod problem;
mod proxies;
mod refusals;
mod revoke;
mod routes;
mod signin;
mod tls;
mod token_get;
mod token_post;
mod verb;
mod warnings;
mod web;

pub use connection::{Doors, Most};
pub use cors::Cors;
pub use paths::TokenPaths;
pub use proxies::TrustedProxies;
pub use signin::PublicUrl;
pub use tls::{Followed, Tls, TlsError, TlsFiles};
pub use web::{Started, Web};

use actix_web::App;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::{Data, PathConfig, QueryConfig};
use connection::{Entrance, connections};
use openapi::Document;
use routes::Surface;
use std::net::TcpListener;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// Connections that may be accepted beyond those that are let in, so that they can be refused.
const AT_THE_DOORS: usize = 32;
/// How long the requests under way may take when the server stops, seconds.
const STOPS_WITHIN: u64 = 25;

/// Where a server listens.
pub struct Listeners {
    /// For everybody.
    pub public: TcpListener,
    /// For what is for internal use alone, if that has an address of its own.
    pub internal: Option<TcpListener>,
}

/// Makes the server on bound listeners. It runs when awaited, and stops when told by its handle.
///
/// # Errors
/// When a listener cannot be used.
pub fn server(listeners: Listeners, web: Arc<Web>, workers: usize) -> std::io::Result<Server> {
    let tls = web.tls.as_ref().map(Tls::server_config).transpose().map_err(std::io::Error::other)?;
    let web = Data::from(web);
    let document = Data::new(Document::new(|| openapi::write(routes::tables())));
    let elsewhere = Data::new(refusals::Elsewhere::default());
    let most_accepted = web.doors.most() + AT_THE_DOORS;
    let builder = Server::build()
        .workers(workers)
        .shutdown_timeout(STOPS_WITHIN)
        .max_concurrent_connections((most_accepted / workers).max(1))
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let serve = |entrance: Entrance, surface: Surface| {
        let (web, stopping) = (web.clone(), stopping.clone());
        let (document, elsewhere) = (document.clone(), elsewhere.clone());
        move || {
            let app = App::new()
                .app_data(web.clone())
                .app_data(elsewhere.clone())
                .app_data(document.clone())
                // The pages alone read queries that way.
                .app_data(QueryConfig::default().error_handler(|_, _| signin::PageError::BrokenForm.into()))
                .app_data(PathConfig::default().error_handler(|_, _| error::ApiError::BadPath.into()))
                .wrap(from_fn(limits::guard))
                .configure(|config| routes::configure(config, &web, surface));
            let stopping = stopping.clone();
            connections(app, entrance.clone(), move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
        }
    };
    let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    let public = Entrance::public(&web, tls);
    let builder = match listeners.internal {
        None => builder.listen("public", listeners.public, serve(public, Surface::Whole))?,
        Some(internal) => builder
            .listen("public", listeners.public, serve(public, Surface::Public))?
            .listen("internal", internal, serve(Entrance::internal(&web), Surface::Internal))?,
    };
    Ok(builder.run())
}
