//! A method of a path: what answers it, and how the description of the API tells of it.
//!
//! INVARIANT: a route cannot be made without its description, because every constructor asks for
//! what `#[utoipa::path]` makes of the handler.

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, ResponseError, Route, web};
use serde_json::Value;
use utoipa::__dev::{SchemaReferences, Tags};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

/// What the description says about one operation.
pub(super) struct Described {
    /// Where the handler says it is, below the path of its scope.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test holds it against the route table"))]
    pub(super) path: String,
    /// What the handler says it answers.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test holds it against the route table"))]
    pub(super) methods: Vec<String>,
    /// The operation object.
    pub(super) operation: Value,
    /// The schemas it refers to.
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

fn describe<P: utoipa::Path + SchemaReferences + for<'t> Tags<'t>>() -> Described {
    let mut operation = P::operation();
    operation.tags = Some(P::tags().into_iter().map(str::to_owned).collect());
    let mut schemas = Vec::new();
    P::schemas(&mut schemas);
    let methods = P::methods().into_iter().filter_map(|method| serde_json::to_value(method).ok());
    Described {
        path: P::path(),
        methods: methods.filter_map(|method| method.as_str().map(str::to_lowercase)).collect(),
        operation: serde_json::to_value(operation).unwrap_or_default(),
        schemas,
    }
}

/// A method, what answers it, and its description.
pub(super) struct Verb {
    pub(super) method: Method,
    pub(super) route: Route,
    pub(super) describe: fn() -> Described,
}

/// One path; a method that it does not have is told which ones it has (RFC 9110 section 15.5.6).
pub(super) fn resource<E: ResponseError + 'static>(
    path: &'static str,
    verbs: Vec<Verb>,
    refuse: fn(String) -> E,
) -> Resource {
    let allowed: Vec<&str> = verbs.iter().map(|verb| verb.method.as_str()).collect();
    let allowed = allowed.join(", ");
    verbs.into_iter().fold(web::resource(path), |all, verb| all.route(verb.route)).default_service(web::to(
        move || {
            let refused = refuse(allowed.clone());
            async move { Err::<HttpResponse, E>(refused) }
        },
    ))
}

/// Paths with their methods.
pub(super) type Table = Vec<(&'static str, Vec<Verb>)>;

macro_rules! verbs {
    ($($name:ident: $method:ident),+) => {$(
        pub(super) fn $name<P, F, Args>(_: P, handler: F) -> Verb
        where
            P: utoipa::Path + SchemaReferences + for<'t> Tags<'t>,
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            let route = web::method(Method::$method).to(handler);
            Verb { method: Method::$method, route, describe: describe::<P> }
        }
    )+};
}
verbs!(get_: GET, put_: PUT, post_: POST, patch_: PATCH, delete_: DELETE);
