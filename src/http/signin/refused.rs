//! Refusals of pages. Each refusal is a page with the reason and the advice.

use super::super::error::TooLarge;
use super::frame::Frame;
use super::not_returned::NotReturned;
use super::public_url::PublicUrl;
use super::target::Target;
use crate::accounts::WriteError;
use crate::authn::{AuthnError, OutsideError};
use crate::manage::{Caller, ManageError};
use crate::signin::SignInError;
use askama::Template;
use std::fmt;

/// The reason why a page is not shown, or a form is not accepted.
#[derive(Debug)]
pub(in crate::http) enum PageError {
    /// The connection is plain http, so a browser would not keep our cookies.
    Plain(PublicUrl),
    NoSuchPage,
    /// The path does not have the method of the request. Contains the methods of the path.
    NoSuchMethod(String),
    HeadTooLarge(TooLarge),
    FormTooLarge,
    TooSlow,
    NotAForm,
    BrokenForm,
    /// A page of another website sent the form.
    Foreign,
    /// The form belongs to another browser, or to an earlier sign-in.
    OldForm,
    /// The sign-in has ended, or there was none.
    SessionEnded(Target),
    /// The person has a browser session, but their identity provider must confirm the person and gives no answer.
    ProviderSilent,
    /// This step needs a recent sign-in.
    SignInAgain(Target),
    /// A sign-in with a password was refused. The page shows the form again.
    Password(AuthnError, String),
    /// A text in the form is not valid. The page shows the form again, with the error.
    Form(String),
    /// Too many wrong device codes were typed in the browser session.
    TooManyCodes,
    /// The link of an invitation is unknown, was used, or has ended.
    InvitationEnded,
    SignIn(SignInError),
    /// A person could not sign in with an identity provider.
    Outside(OutsideError),
    /// An answer from an identity provider is not accepted.
    NotReturned(NotReturned),
    Manage(ManageError),
    /// The page could not be written.
    Failed,
}

impl From<SignInError> for PageError {
    fn from(error: SignInError) -> Self {
        Self::SignIn(error)
    }
}

impl From<OutsideError> for PageError {
    fn from(error: OutsideError) -> Self {
        Self::Outside(error)
    }
}

impl From<ManageError> for PageError {
    fn from(error: ManageError) -> Self {
        Self::Manage(error)
    }
}

/// The page of a refusal.
#[derive(Template)]
#[template(path = "signin/refused.html")]
struct RefusedPage {
    frame: Frame,
    why: String,
    what: String,
    link: Option<(String, &'static str)>,
}

const AGAIN: Option<(&str, &str)> = Some(("/signin", "Sign in"));
const KEYS: Option<(&str, &str)> = Some(("/signin/keys", "Your keys"));

/// The content of a page of refusal: its heading, the reason, the advice, and a link.
struct Told(&'static str, String, String, Option<(String, &'static str)>);

fn told(title: &'static str, why: &str, what: &str, link: Option<(&'static str, &'static str)>) -> Told {
    Told(title, why.to_owned(), what.to_owned(), owned(link))
}

fn owned(link: Option<(&'static str, &'static str)>) -> Option<(String, &'static str)> {
    link.map(|(to, text)| (to.to_owned(), text))
}

/// Returns the link to the sign-in, which leads back to `target`.
fn again(target: &Target) -> Option<(String, &'static str)> {
    Some((format!("/signin{}", target.query()), "Sign in"))
}

/// Fails unless the person has signed in recently. The refusal links to a sign-in that leads back to `target`.
pub(super) fn fresh(caller: &Caller, target: Target) -> Result<(), PageError> {
    match caller.with_password() {
        Err(ManageError::SignInAgain) => Err(PageError::SignInAgain(target)),
        other => Ok(other?),
    }
}

impl PageError {
    fn told(&self) -> Told {
        match self {
            Self::Plain(url) => of_plain(url),
            Self::NoSuchPage
            | Self::NoSuchMethod(_)
            | Self::HeadTooLarge(_)
            | Self::FormTooLarge
            | Self::TooSlow
            | Self::NotAForm
            | Self::BrokenForm => of_request(self),
            Self::Foreign => told(
                "This came from another website",
                "The form was not sent by a page of this server, so nothing was changed.",
                "If you did not mean to do anything here, close this page. Otherwise open the page here and send its form.",
                KEYS,
            ),
            Self::OldForm => told(
                "This form is out of date",
                "The form belongs to another sign-in or another browser, so nothing was changed.",
                "Open the page once more and send it from there. The browser must accept cookies of this server.",
                KEYS,
            ),
            Self::SessionEnded(_) | Self::ProviderSilent | Self::SignInAgain(_) => of_session(self),
            Self::TooManyCodes => told(
                "Too many wrong codes",
                "Five codes were wrong, so this sign-in may try no more.",
                "Sign out and in again, then have the device show a new code.",
                AGAIN,
            ),
            Self::InvitationEnded => told(
                "This invitation has ended",
                "The link was used, has ended after 24 hours, was replaced by a newer one, or is not complete.",
                "If you have set your password, sign in. Otherwise ask an administrator for a new invitation.",
                AGAIN,
            ),
            Self::SignIn(error) => of_sign_in(error),
            Self::Outside(_) | Self::NotReturned(_) => self.of_provider(),
            Self::Manage(error) => of_manage(error),
            Self::Password(..) | Self::Form(_) | Self::Failed => told(
                "The server failed",
                "The page could not be made. The log of the server says why.",
                "Try again, and tell an administrator if it happens again.",
                AGAIN,
            ),
        }
    }

    /// Returns the text of the page about a failed sign-in with an identity provider.
    fn of_provider(&self) -> Told {
        let (title, why, what) = match self {
            Self::Outside(error) => error.told(),
            Self::NotReturned(why) => why.told(),
            other => return other.told(),
        };
        Told(title, why, what, owned(AGAIN))
    }

    /// Returns the page.
    pub(in crate::http) fn body(&self) -> String {
        match self {
            Self::Password(_, page) | Self::Form(page) => page.clone(),
            other => {
                let Told(title, why, what, link) = other.told();
                let page = RefusedPage { frame: Frame::of_nobody(title), why, what, link };
                page.render().unwrap_or_default()
            }
        }
    }

    /// Returns the refusal of a sign-in, for the log.
    pub(in crate::http) fn refused_sign_in(&self) -> Option<&AuthnError> {
        match self {
            Self::Password(error, _) | Self::SignIn(SignInError::Authn(error)) => Some(error),
            _ => None,
        }
    }
}

/// Returns the text of the page for a sign-in that has ended, is not recent enough, or cannot be confirmed
/// now.
fn of_session(error: &PageError) -> Told {
    match error {
        PageError::SessionEnded(target) => Told(
            "You are signed out",
            "Your sign-in has ended: after 30 minutes without use, after 12 hours, or because your account was changed. Nothing was changed now.".to_owned(),
            "Sign in again, then repeat what you were doing.".to_owned(),
            again(target),
        ),
        PageError::ProviderSilent => told(
            "Your identity provider gives no answer",
            "It has to confirm from time to time that you may be here, and it gives no answer at the moment. You are not signed out, and nothing was changed now.",
            "Try again in a minute. If it goes on, tell an administrator.",
            KEYS,
        ),
        PageError::SignInAgain(target) => Told(
            "Sign in again",
            "For this you must have signed in within the last 15 minutes.".to_owned(),
            "Sign in again, then repeat what you were doing. Nothing was changed now.".to_owned(),
            again(target),
        ),
        other => other.told(),
    }
}

/// Returns the text of the page about a request that does not fit: its path, its method, its size, its time or its
/// form.
fn of_request(error: &PageError) -> Told {
    let (title, why, what, link) = match error {
        PageError::NoSuchPage => (
            "There is no such page",
            "There is nothing at this address.",
            "Begin with the sign-in page.",
            AGAIN,
        ),
        PageError::NoSuchMethod(_) => (
            "This is not a page by itself",
            "This address only receives the forms of another page.",
            "Begin with the sign-in page.",
            AGAIN,
        ),
        PageError::HeadTooLarge(_) | PageError::FormTooLarge => (
            "The request is too large",
            "The request is longer than 16 KiB.",
            "Go back and write less.",
            KEYS,
        ),
        PageError::TooSlow => (
            "That took too long",
            "The form did not arrive within ten seconds.",
            "Go back and send it once more.",
            KEYS,
        ),
        _ => (
            "The form could not be read",
            "The request is not a form of these pages.",
            "Go back, reload the page and send it once more.",
            KEYS,
        ),
    };
    told(title, why, what, link)
}

fn of_plain(url: &PublicUrl) -> Told {
    Told(
        "This page needs https",
        "You opened this page over plain http. A browser keeps a sign-in for https only, so it would not work here."
            .to_owned(),
        format!(
            "Open it at the https address of this server. If there is none, an administrator has to set up https and `{}`.",
            url.setting()
        ),
        None,
    )
}

fn unavailable() -> Told {
    told(
        "Not possible at the moment",
        "The server cannot reach its database, or has too much to do.",
        "Try again in a few seconds.",
        AGAIN,
    )
}

fn of_sign_in(error: &SignInError) -> Told {
    match error {
        SignInError::ChangedMeanwhile => told(
            "Sign in once more",
            "Your account was changed while you signed in.",
            "Sign in again.",
            AGAIN,
        ),
        SignInError::TooMany => told(
            "Too many sign-ins at once",
            "Too many sign-ins from your network are under way.",
            "Try again in a few minutes.",
            AGAIN,
        ),
        SignInError::Authn(_) | SignInError::NoEntropy(_) | SignInError::Store(_) => unavailable(),
    }
}

fn of_manage(error: &ManageError) -> Told {
    let refused = |why: String| {
        let what = "Go back, change it and send it once more.".to_owned();
        Told("That was not done", format!("The server refused it: {why}."), what, owned(KEYS))
    };
    match error {
        ManageError::Write(WriteError::Store(_))
        | ManageError::Busy
        | ManageError::NotInForce(_)
        | ManageError::NoSecret
        | ManageError::Spool(_) => unavailable(),
        ManageError::Write(WriteError::Invalid(errors)) => refused(errors.to_string()),
        other => refused(other.to_string()),
    }
}

/// This text is for the log only.
impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.told().0)
    }
}
