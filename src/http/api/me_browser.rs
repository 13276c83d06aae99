//! `/me/browser-session`: the browser session with which the console is signed in.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::{NOT_FOUND, Operation};
use super::super::signin::Cookie;
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::SignedIn;
use crate::manage::OwnBrowserSession;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

pub(super) fn session() -> Vec<Verb> {
    vec![
        Verb::get(show, || {
            let summary = "Shows the browser session that the caller is signed in with.";
            Operation::allowed("me", "getMyBrowserSession", summary)
                .answers::<OwnBrowserSession>()
                .refuses(&[NOT_FOUND])
        }),
        Verb::delete(end, || {
            let summary = "Signs this browser out: ends the session and takes its cookie away.";
            Operation::allowed("me", "deleteMyBrowserSession", summary)
                .answers_nothing()
                .refuses(&[NOT_FOUND])
        }),
    ]
}

async fn show(who: SignedIn) -> Result<HttpResponse, ApiError> {
    Ok(answer::json(&who.0.browser_session()?))
}

async fn end(web: Data<Web>, who: SignedIn, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    who.0.browser_session()?;
    if let Some(cookie) = Cookie::Session.read(request.headers()) {
        web.signin.end_session(&cookie).await.map_err(crate::manage::ManageError::from)?;
    }
    Ok(answer::gone(Cookie::Session.clear()))
}
