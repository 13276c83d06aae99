//! `/signin/invite/CODE`: an invited person sets the first password. Opening the link changes nothing, so a program
//! that opens links does not use up the invitation.

use super::super::answer::see_other;
use super::cookies::Cookie;
use super::frame::Frame;
use super::refused::PageError;
use super::told;
use super::visitor::{Posted, Visitor, render};
use crate::accounts::WriteError;
use crate::domain::secret::{MIN_PASSWORD_CHARACTERS, MachineSecret, Password, SigninSecret};
use crate::domain::subject::SubjectRef;
use crate::manage::ManageError;
use actix_web::HttpResponse;
use actix_web::web::Path;
use askama::Template;

#[derive(Template)]
#[template(path = "signin/invite.html")]
struct InvitePage<'a> {
    frame: Frame,
    /// The code, which is the last part of the link.
    code: &'a str,
    user: &'a str,
    least: usize,
    error: Option<&'a str>,
}

/// Finds the user of an invitation by the code of its link.
async fn invited(visitor: &Visitor, code: &str) -> Result<(MachineSecret, SubjectRef), PageError> {
    let secret = SigninSecret::Invitation.parse(code).ok_or(PageError::InvitationEnded)?;
    let found = visitor.web.administration.find_invitation(&secret, visitor.now).await?;
    Ok((secret, found.ok_or(PageError::InvitationEnded)?))
}

fn page<'a>(visitor: &Visitor, code: &'a str, user: &'a str, error: Option<&'a str>) -> InvitePage<'a> {
    // Another person may be signed in here, but the page is about the invited person.
    let frame = Frame { who: None, ..visitor.frame("Choose your password") };
    InvitePage { frame, code, user, least: MIN_PASSWORD_CHARACTERS, error }
}

/// Shows the form.
pub(super) async fn show(visitor: Visitor, code: Path<String>) -> Result<HttpResponse, PageError> {
    let (_, subject) = invited(&visitor, &code).await?;
    visitor.page(&page(&visitor, &code, subject.name.as_str(), None))
}

/// Sets the password, and signs in.
pub(super) async fn accept(posted: Posted, code: Path<String>) -> Result<HttpResponse, PageError> {
    let visitor = &posted.visitor;
    let (secret, subject) = invited(visitor, &code).await?;
    let bytes = |name| posted.form.bytes(name).map_err(|_| PageError::BrokenForm);
    let (first, second) = (bytes("password")?.unwrap_or_default(), bytes("repeated")?.unwrap_or_default());
    let refused = |why: &str| {
        let page = page(visitor, &code, subject.name.as_str(), Some(why));
        render(&page).map(PageError::Form)
    };
    if first != second {
        return Err(refused("The two passwords differ.")?);
    }
    let (password, address) = (Password::new(first), visitor.visit.address);
    let administration = &visitor.web.administration;
    let id = &visitor.request_id;
    let accepted = match administration.accept_invitation(&secret, &password, address, id, visitor.now).await
    {
        Err(ManageError::Write(WriteError::Invalid(errors))) => {
            let why = errors.0.first().map(|error| error.message.clone()).unwrap_or_default();
            return Err(refused(&format!("This password cannot be used: {why}."))?);
        }
        accepted => accepted?.ok_or(PageError::InvitationEnded)?,
    };
    let signin = &visitor.web.signin;
    let old = visitor.cookie.as_ref();
    let cookie = signin.begin_session(&accepted, &visitor.visit, None, old, visitor.now).await?;
    told::signed_in(visitor, &accepted.subject, "invitation");
    Ok(see_other("/signin/keys", [Cookie::Session.set(&cookie, None), Cookie::Form.clear()]))
}
