//! A method of a path: its handler, and its description.
//!
//! INVARIANT: every route of the tables has a description, because every constructor takes one. Pages are not in the
//! tables: for example, `docs/mod.rs` registers its own routes.

use super::openapi::Operation;
use actix_web::guard::{Any, Get, Head};
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, ResponseError, Route, web};
use utoipa::openapi::HttpMethod;

/// A method, its handler, and its description.
pub(super) struct Verb {
    method: Method,
    route: Route,
    /// The method, as the description of the API writes it.
    pub(super) described_as: HttpMethod,
    /// The function that describes the operation. It is called only when the document is written, not in each serving
    /// thread.
    pub(super) describe: fn() -> Operation,
}

impl Verb {
    /// Returns the method as `Allow` names it.
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

/// Returns the route of a method. HEAD has the handler of GET, and the HTTP library leaves out the body.
// SPEC: RFC 9110 section 9.3.2.
fn route(method: &Method) -> Route {
    if *method == Method::GET { read() } else { web::method(method.clone()) }
}

/// Returns the route of GET and HEAD.
pub(super) fn read() -> Route {
    web::route().guard(Any(Get()).or(Head()))
}

/// Makes the route of one path. The refusal of another method names the existing methods (RFC 9110 section 15.5.6).
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
