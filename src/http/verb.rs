//! A method of a path: what answers it, and its description.
//!
//! INVARIANT: a route of the tables cannot be made without its description, because every constructor asks
//! for one. Pages have routes of their own: see `docs.rs`.

use super::openapi::Operation;
use actix_web::guard::{Any, Get, Head};
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, ResponseError, Route, web};
use utoipa::openapi::HttpMethod;

/// A method, what answers it, and its description.
pub(super) struct Verb {
    method: Method,
    route: Route,
    /// The method, as the description of the API writes it.
    pub(super) described_as: HttpMethod,
    /// Describes the operation. It is called for the document alone, not for each thread that serves.
    pub(super) describe: fn() -> Operation,
}

impl Verb {
    /// As `Allow` names it.
    fn allowed(&self) -> &str {
        if self.method == Method::GET { "GET, HEAD" } else { self.method.as_str() }
    }
}

/// Paths with their methods.
pub(super) type Table = Vec<(&'static str, Vec<Verb>)>;

macro_rules! constructors {
    ($($name:ident: $method:ident, $described_as:ident;)+) => {
        impl Verb {$(
            pub(super) fn $name<F, Args>(handler: F, describe: fn() -> Operation) -> Self
            where
                F: Handler<Args>,
                Args: FromRequest + 'static,
                F::Output: Responder + 'static,
            {
                let method = Method::$method;
                let route = route(&method).to(handler);
                Self { method, route, described_as: HttpMethod::$described_as, describe }
            }
        )+}
    };
}
constructors! { get: GET, Get; put: PUT, Put; post: POST, Post; patch: PATCH, Patch; delete: DELETE, Delete; }

/// What a method is answered by. HEAD is answered as GET is, and the HTTP library leaves out the body.
// SPEC: RFC 9110 section 9.3.2.
fn route(method: &Method) -> Route {
    if *method == Method::GET { read() } else { web::method(method.clone()) }
}

/// GET and HEAD.
pub(super) fn read() -> Route {
    web::route().guard(Any(Get()).or(Head()))
}

/// One path; a method that it does not have is told which ones it has (RFC 9110 section 15.5.6).
pub(super) fn resource<E: ResponseError + 'static>(
    path: &str,
    verbs: Vec<Verb>,
    refuse: fn(String) -> E,
) -> Resource {
    let allowed: Vec<&str> = verbs.iter().map(Verb::allowed).collect();
    let allowed = allowed.join(", ");
    verbs.into_iter().fold(web::resource(path), |all, verb| all.route(verb.route)).default_service(web::to(
        move || {
            let refused = refuse(allowed.clone());
            async move { Err::<HttpResponse, E>(refused) }
        },
    ))
}
