//! `/signin`: the ways to sign in, the sign-in with a password of this server, and the sign-out.

use super::super::answer::see_other;
use super::cookies::Cookie;
use super::frame::Frame;
use super::refused::PageError;
use super::target::Target;
use super::told;
use super::visitor::{Posted, Visitor, render};
use crate::authn::{AuthnError, Credentials};
use crate::domain::secret::Password;
use crate::signin::{Offers, SignInError};
use actix_web::HttpResponse;
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;

/// The parameters of a link to the sign-in, which name the page that follows the sign-in. Unknown parameters are
/// ignored.
#[derive(Deserialize)]
pub(super) struct Wanted {
    to: Option<String>,
    code: Option<String>,
}

#[derive(Template)]
#[template(path = "signin/start.html")]
struct StartPage<'a> {
    frame: Frame,
    offers: Offers,
    target: &'a Target,
    /// The user name that the form shows first.
    user: &'a str,
    note: Option<&'a str>,
    error: Option<&'a str>,
}

/// Shows the page. A person who signed in recently is sent to the target at once.
pub(super) async fn show(visitor: Visitor, wanted: Query<Wanted>) -> Result<HttpResponse, PageError> {
    let target = Target::read(wanted.to.as_deref(), wanted.code.as_deref());
    if visitor.is_fresh() {
        return Ok(see_other(&target.path(), []));
    }
    let who = visitor.who.as_ref().map(|who| who.found.row.subject.name.to_string());
    let note = match (&who, &visitor.cookie) {
        _ if visitor.is_unconfirmed => Some(
            "Your identity provider gives no answer at the moment, and must confirm you first. You are not signed out: try again in a minute.",
        ),
        (Some(_), _) => Some("You signed in more than 15 minutes ago. Sign in again to go on."),
        (None, Some(_)) => Some("Your sign-in has ended. Sign in again."),
        (None, None) if target.word() == "device" => Some("Sign in to approve a device."),
        (None, None) => None,
    };
    let page = StartPage {
        frame: visitor.frame("Sign in"),
        offers: visitor.web.signin.offers().await.map_err(SignInError::Store)?,
        target: &target,
        user: who.as_deref().unwrap_or_default(),
        note,
        error: None,
    };
    visitor.page(&page)
}

/// Signs in with a password of this server.
pub(super) async fn with_password(posted: Posted) -> Result<HttpResponse, PageError> {
    let visitor = &posted.visitor;
    let target = Target::read(Some(posted.text("to")?), Some(posted.text("code")?));
    let password = posted.form.bytes("password").map_err(|_| PageError::BrokenForm)?.unwrap_or_default();
    let user = posted.text("user")?.to_owned();
    let credentials = Credentials { user, password: Password::new(password) };
    let signin = &visitor.web.signin;
    let begun =
        signin.with_password(&credentials, &visitor.visit, visitor.cookie.as_ref(), visitor.now).await;
    match begun {
        Ok(begun) => {
            told::signed_in(visitor, &begun.subject, "password");
            Ok(see_other(&target.path(), [Cookie::Session.set(&begun.secret, None), Cookie::Form.clear()]))
        }
        Err(SignInError::Authn(error)) if !matches!(error, AuthnError::Store(_)) => {
            let text = match &error {
                AuthnError::Busy => "Too many people are signing in at the moment. Try again in a few seconds.".to_owned(),
                AuthnError::Throttled(throttled) => {
                    format!("Too many wrong passwords. Try again in {} seconds.", throttled.seconds)
                }
                _ => "The user name or the password is wrong, or the account may not sign in. An access key is not a password here.".to_owned(),
            };
            let page = StartPage {
                frame: visitor.frame("Sign in"),
                offers: signin.offers().await.map_err(SignInError::Store)?,
                target: &target,
                user: credentials.claimed_user().unwrap_or_default(),
                note: None,
                error: Some(&text),
            };
            Err(PageError::Password(error, render(&page)?))
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends the browser session. With the field `everywhere`, ends all browser sessions of its owner.
pub(super) async fn sign_out(posted: Posted) -> Result<HttpResponse, PageError> {
    let (visitor, is_everywhere) = (&posted.visitor, !posted.text("everywhere")?.is_empty());
    let signin = &visitor.web.signin;
    match (&visitor.cookie, &visitor.who) {
        (_, Some(who)) if is_everywhere => signin.end_all_sessions(&who.found.row).await,
        (Some(cookie), _) => signin.end_session(cookie).await,
        (None, _) => Ok(()),
    }
    .map_err(SignInError::Store)?;
    Ok(see_other("/signin", [Cookie::Session.clear()]))
}
