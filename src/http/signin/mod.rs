//! The pages on which people sign in: plain HTML without scripts.
//!
//! A page is made in these steps: its handler takes a [`Visitor`] (a GET) or a [`Posted`] form, calls a use case,
//! fills a template of `templates/signin/` that begins with a [`Frame`], and answers with [`Visitor::page`] or
//! [`see_other`]. Every refusal is a [`PageError`], which is a page as well: it contains the reason and the advice.
//!
//! INVARIANT: a GET changes nothing but cookies, the time at which the session was last used, and the provider's last
//! answer about the person. The one exception is the sign-in with a provider: the browser begins and completes it by
//! GET. A handler gets a form only as a [`Posted`], which proves that a page of this server sent it. Pages are not part
//! of the OpenAPI document.
// SPEC: OWASP ASVS 3.5.1 to 3.5.3.

mod assets;
mod cookies;
mod device;
mod frame;
mod invite;
mod keys;
mod lines;
mod moment;
mod not_returned;
mod public_url;
mod refused;
mod start;
mod target;
mod told;
mod visitor;
mod with;

pub(super) use cookies::Cookie;
pub(super) use not_returned::NotReturned;
pub use public_url::PublicUrl;
pub(super) use refused::PageError;
pub(super) use visitor::is_from_here;

use super::paths::PAGES;
use super::verb::read;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource, Route};

/// Makes the route of one path. A request with another method gets a page that refuses it.
fn page(path: &str, allowed: &'static str, routes: impl IntoIterator<Item = Route>) -> Resource {
    let refused =
        web::to(move || async move { Err::<HttpResponse, _>(PageError::NoSuchMethod(allowed.to_owned())) });
    routes.into_iter().fold(web::resource(path), Resource::route).default_service(refused)
}

/// Registers the pages, and the files that they refer to.
pub(super) fn routes(config: &mut ServiceConfig) {
    const READ: &str = "GET, HEAD";
    config
        .service(page(PAGES, READ, [read().to(start::show)]))
        .service(page("/signin/password", "POST", [web::post().to(start::with_password)]))
        .service(page("/signin/with/{provider}", READ, [read().to(with::start)]))
        .service(page("/signin/with/{provider}/callback", READ, [read().to(with::callback)]))
        .service(page("/signin/out", "POST", [web::post().to(start::sign_out)]))
        .service(page(
            "/signin/keys",
            "GET, HEAD, POST",
            [read().to(keys::show), web::post().to(keys::create)],
        ))
        .service(page("/signin/keys/revoke", "POST", [web::post().to(keys::revoke)]))
        .service(page(
            "/signin/device",
            "GET, HEAD, POST",
            [read().to(device::show), web::post().to(device::confirm)],
        ))
        .service(page("/signin/device/answer", "POST", [web::post().to(device::decide)]))
        .service(page("/signin/device/connected", READ, [read().to(device::connected)]))
        .service(page("/signin/device/refused", READ, [read().to(device::refused)]))
        .service(page(
            "/signin/invite/{code}",
            "GET, HEAD, POST",
            [read().to(invite::show), web::post().to(invite::accept)],
        ))
        .service(page("/signin/style.css", READ, [read().to(assets::style)]))
        .service(page("/signin/icon.svg", READ, [read().to(assets::icon)]))
        .service(
            web::scope(PAGES)
                .default_service(web::to(async || Err::<HttpResponse, _>(PageError::NoSuchPage))),
        );
}
