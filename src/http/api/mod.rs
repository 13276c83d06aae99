//! The administration API: its routes. One file a noun; what requests carry and answers look like is
//! in `request.rs` and `answer.rs`.

mod access_keys;
mod answer;
mod apply;
mod changes;
mod check;
mod groups;
mod me;
mod refresh_tokens;
mod request;
mod robots;
mod rules;
mod services;
mod users;
mod who_can;

use super::error::ApiError;
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Resource, Responder, Route, web};

/// A method and what answers it.
pub(super) struct Verb(Method, Route);

/// Every path below `/api/v1`, and its methods.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    for (path, verbs) in [
        ("/users", users::all()),
        ("/users/{name}", users::by_name()),
        ("/users/{name}/access-keys", access_keys::of_users()),
        ("/robots", robots::all()),
        ("/robots/{name}", robots::by_name()),
        ("/robots/{name}/access-keys", access_keys::of_robots()),
        ("/access-keys/{id}", access_keys::by_id()),
        ("/groups", groups::all()),
        ("/groups/{name}", groups::by_name()),
        ("/groups/{name}/members/{member}", groups::member()),
        ("/services", services::all()),
        ("/services/{name}", services::by_name()),
        ("/rules", rules::all()),
        ("/rules/{name}", rules::by_name()),
        ("/refresh-tokens", refresh_tokens::all()),
        ("/refresh-tokens/{id}", refresh_tokens::by_id()),
        ("/check", check::ask()),
        ("/who-can", who_can::ask()),
        ("/apply", apply::all()),
        ("/changes", changes::all()),
        ("/me", me::account()),
        ("/me/password", me::password()),
        ("/me/access-keys", me::keys()),
        ("/me/access-keys/{id}", me::key()),
        ("/me/refresh-tokens", me::sessions()),
        ("/me/refresh-tokens/{id}", me::session()),
    ] {
        config.service(object(path, verbs));
    }
}

/// One path; a method that it does not have is told which ones it has.
fn object(path: &'static str, verbs: Vec<Verb>) -> Resource {
    let allowed: Vec<&str> = verbs.iter().map(|verb| verb.0.as_str()).collect();
    let allowed = allowed.join(", ");
    verbs.into_iter().fold(web::resource(path), |resource, verb| resource.route(verb.1)).default_service(
        web::to(move || {
            let refused = ApiError::NoSuchMethod(allowed.clone());
            async move { Err::<actix_web::HttpResponse, _>(refused) }
        }),
    )
}

macro_rules! verbs {
    ($($name:ident: $method:ident),+) => {$(
        fn $name<F, Args>(handler: F) -> Verb
        where
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            Verb(Method::$method, web::method(Method::$method).to(handler))
        }
    )+};
}
verbs!(get_: GET, put_: PUT, post_: POST, patch_: PATCH, delete_: DELETE);
