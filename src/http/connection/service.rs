//! Serves the connections of a listener: the door, the handshake, and then the HTTP library under the deadlines of
//! `exchange.rs`.

use super::super::web::Web;
use super::cut::Cut;
use super::deadlines::{HANDSHAKE, PIECE};
use super::doors::{Door, Place};
use super::exchange::Exchange;
use super::socket::Socket;
use super::stream::{Abort, Guarded};
use super::watch::watch;
use actix_http::{HttpService, KeepAlive, Request};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Service, ServiceFactory, ServiceResponse};
use actix_web::web::Data;
use std::fmt::Debug;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// A future that stays on one thread.
type Local<T> = Pin<Box<dyn Future<Output = T>>>;
/// An open connection for the HTTP library: the stream, and the address at its other end.
type Opened = (Guarded<Socket>, Option<SocketAddr>);

/// What a listener needs to serve its clients: the state of the server, the limit of connections, and TLS.
#[derive(Clone)]
pub(in crate::http) struct Entrance {
    web: Data<Web>,
    door: Door,
    tls: Option<TlsAcceptor>,
}

impl Entrance {
    /// Makes the entrance at the public address. Connections are encrypted if the server has TLS of its own.
    pub(in crate::http) fn public(web: &Data<Web>, tls: Option<TlsAcceptor>) -> Self {
        Self { web: web.clone(), door: web.doors.public.clone(), tls }
    }

    /// Makes the entrance at the internal address.
    pub(in crate::http) fn internal(web: &Data<Web>) -> Self {
        Self { web: web.clone(), door: web.doors.internal.clone(), tls: None }
    }
}

/// Serves an application to the admitted clients. When `stopping` ends, closes the connections that are idle.
pub(in crate::http) fn connections<App, Handlers, Body, Stopping>(
    app: App,
    entrance: Entrance,
    stopping: impl Fn() -> Stopping + 'static,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = (), InitError = ()>
where
    App: IntoServiceFactory<Handlers, Request>,
    Handlers: ServiceFactory<
            Request,
            Config = AppConfig,
            Response = ServiceResponse<Body>,
            Error = actix_web::Error,
            InitError: Debug,
            Service: Service<Request, Future: 'static> + 'static,
        > + 'static,
    Body: MessageBody + 'static,
    Stopping: Future<Output = ()> + 'static,
{
    let handlers = app.into_factory().map_err(|error| error.error_response());
    let http = HttpService::build()
        // The deadlines of `exchange.rs` replace the deadlines of the library.
        .keep_alive(KeepAlive::Os)
        .client_request_timeout(Duration::ZERO)
        .client_disconnect_timeout(Duration::ZERO)
        // A client that closes its side has left, so its request ends as soon as possible.
        .h1_allow_half_closed(false)
        .h1_write_buffer_size(PIECE)
        .graceful_shutdown_signal(stopping)
        .on_connect_ext(|stream: &Guarded<Socket>, data| {
            data.insert(stream.exchange().clone());
        })
        .h1(map_config(handlers, |()| AppConfig::default()));
    Connections { http, entrance }
}

struct Connections<Http> {
    http: Http,
    entrance: Entrance,
}

impl<Http> ServiceFactory<TcpStream> for Connections<Http>
where
    Http: ServiceFactory<Opened, Config = (), Service: 'static, Future: 'static>,
{
    type Response = ();
    type Error = ();
    type Config = ();
    type Service = Serving<Http::Service>;
    type InitError = ();
    type Future = Local<Result<Self::Service, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let (http, entrance) = (self.http.new_service(()), self.entrance.clone());
        Box::pin(async move {
            let http = Rc::new(http.await.map_err(|_| ())?);
            Ok(Serving { http, entrance })
        })
    }
}

struct Serving<Http> {
    http: Rc<Http>,
    entrance: Entrance,
}

impl<Http: Service<Opened> + 'static> Service<TcpStream> for Serving<Http> {
    type Response = ();
    type Error = ();
    type Future = Local<Result<(), ()>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), ()>> {
        self.http.poll_ready(cx).map_err(|_| ())
    }

    fn call(&self, socket: TcpStream) -> Self::Future {
        let Ok(peer) = socket.peer_addr() else {
            return Box::pin(async { Ok(()) });
        };
        let is_proxy = self.entrance.web.trusted_proxies.trusts(peer.ip().to_canonical());
        let Some(place) = self.entrance.door.admit(peer.ip(), is_proxy) else {
            socket.abort();
            return Box::pin(async { Ok(()) });
        };
        let (http, tls) = (self.http.clone(), self.entrance.tls.clone());
        Box::pin(async move {
            serve(&*http, tls, socket, peer, &place).await;
            Ok(())
        })
    }
}

async fn serve<Http: Service<Opened>>(
    http: &Http,
    tls: Option<TlsAcceptor>,
    socket: TcpStream,
    peer: SocketAddr,
    place: &Place,
) {
    let is_https = tls.is_some();
    let socket = match tls {
        None => Socket::Plain(socket),
        Some(tls) => match timeout(HANDSHAKE, tls.accept(socket)).await {
            Ok(Ok(mut socket)) => {
                socket.get_mut().1.set_buffer_limit(Some(PIECE));
                Socket::Encrypted(Box::new(socket))
            }
            // The handshake failed, and has told the client the reason.
            Ok(Err(_)) => return,
            Err(_) => {
                place.cut(Cut::Handshake);
                return;
            }
        },
    };
    let exchange = Rc::new(Exchange::new(is_https));
    let serving = http.call((Guarded::new(socket, exchange.clone()), Some(peer)));
    if let Some(cut) = watch(serving, &exchange).await {
        place.cut(cut);
    }
}
