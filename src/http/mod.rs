//! The HTTP server, assembled from its parts.
//!
//! Handlers are thin: they read the request, call one use case, and write the answer. Only `answer.rs` and the files in
//! `error/` choose statuses. The one exception is `connection/`, which refuses heads that no handler gets.

mod answer;
mod api;
mod browser_session;
mod built_in;
mod catalogue;
mod connection;
mod console;
mod cors;
mod device;
mod docs;
mod error;
mod error_texts;
mod events;
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

/// The number of connections above the limit that are accepted only to be refused.
const AT_THE_DOORS: usize = 32;
/// The time for requests in progress when the server stops, seconds.
const STOPS_WITHIN: u64 = 25;

/// The sockets on which a server listens.
pub struct Listeners {
    /// The socket for everybody.
    pub public: TcpListener,
    /// The socket for `/metrics` and other internal paths, if they have an address of their own.
    pub internal: Option<TcpListener>,
}

/// Makes the server on bound listeners. The server runs while the caller awaits it, and stops on a call of
/// its handle.
///
/// # Errors
/// If a listener cannot be used, or if TLS cannot be set up.
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
                // Only the pages read queries with this extractor.
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
