//! The person who opens a page, and forms that a page of this server sent.

use super::super::answer;
use super::super::extract::{Parameters, client_address, request_id};
use super::super::limits::{BodyError, LONGEST_FORM, read_body};
use super::super::web::Web;
use super::cookies::Cookie;
use super::frame::Frame;
use super::public_url::PublicUrl;
use super::refused::PageError;
use super::target::Target;
use crate::authn::{Authenticated, AuthnError, BrowserSession, Proof};
use crate::domain::change::{Actor, Origin};
use crate::domain::secret::{MachineSecret, SigninSecret};
use crate::domain::time::Timestamp;
use crate::entropy;
use crate::manage::Caller;
use crate::signin::{SignInError, Visit, derived, is_derived};
use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use askama::Template;
use std::future::Future;
use std::pin::Pin;

/// The purpose with which the `token` of forms is derived from a secret.
const FORM: &str = "form";

/// A person who opens a page.
pub(in crate::http) struct Visitor {
    pub(in crate::http) web: Data<Web>,
    /// The visitor's address and browser.
    pub(in crate::http) visit: Visit,
    pub(in crate::http) now: Timestamp,
    pub(in crate::http) request_id: String,
    /// The value of the session cookie, even if the session has ended.
    pub(in crate::http) cookie: Option<MachineSecret>,
    /// The signed-in person, if there is one.
    pub(in crate::http) who: Option<Authenticated>,
    /// True if the person has a browser session, but their identity provider must confirm the person and gives no
    /// answer. Then `who` is `None`.
    pub(in crate::http) is_unconfirmed: bool,
    /// The secret that forms are bound to while the visitor has no browser session. `has_form` is true if the browser
    /// has this secret already.
    form: MachineSecret,
    has_form: bool,
}

impl Visitor {
    async fn of(request: &HttpRequest) -> Result<Self, PageError> {
        let web = request.app_data::<Data<Web>>().cloned().ok_or(PageError::NoSuchPage)?;
        let headers = request.headers();
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if !web.public_url.keeps_cookies(host) {
            return Err(PageError::Plain(web.public_url.clone()));
        }
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let visit = Visit::new(client_address(request, &web), agent);
        let (now, cookie) = (web.clock.now(), Cookie::Session.read(headers));
        let proven = match &cookie {
            Some(cookie) => web.authn.prove_browser(cookie, now).await,
            None => Ok(None),
        };
        let (who, is_unconfirmed) = match proven {
            Ok(who) => (who, false),
            // The visitor still gets pages: to sign out, or to sign in with a password or another provider.
            Err(AuthnError::ProviderSilent(_)) => (None, true),
            Err(error) => return Err(SignInError::Authn(error).into()),
        };
        let form = Cookie::Form.read(headers);
        let has_form = form.is_some();
        let form = match form {
            Some(form) => form,
            None => SigninSecret::Form.generate(&entropy::bytes().map_err(SignInError::NoEntropy)?),
        };
        let request_id = request_id(request);
        Ok(Self { web, visit, now, request_id, cookie, who, is_unconfirmed, form, has_form })
    }

    /// Returns the secret that forms are bound to.
    fn bound_to(&self) -> &MachineSecret {
        match &self.cookie {
            Some(cookie) if self.who.is_some() || self.is_unconfirmed => cookie,
            _ => &self.form,
        }
    }

    /// Returns the browser session, if a person is signed in.
    pub(in crate::http) fn session(&self) -> Option<BrowserSession> {
        match self.who.as_ref()?.proof {
            Proof::Browser(session) => Some(session),
            _ => None,
        }
    }

    /// Returns true if the person has signed in recently.
    pub(in crate::http) fn is_fresh(&self) -> bool {
        self.session().is_some_and(|session| session.is_fresh(self.now))
    }

    /// Returns the refusal for a visitor who is not signed in. Its page links to a sign-in that leads back to
    /// `target`, or says that the identity provider gives no answer.
    pub(in crate::http) fn signed_out(&self, target: Target) -> PageError {
        if self.is_unconfirmed { PageError::ProviderSilent } else { PageError::SessionEnded(target) }
    }

    /// Returns the signed-in person as a caller of the administration's use cases.
    pub(in crate::http) fn caller(&self) -> Result<Caller, PageError> {
        let who = self.who.clone().ok_or_else(|| self.signed_out(Target::Keys))?;
        let actor = Actor::Subject(who.found.row.subject.clone());
        let origin = Origin::new(actor, self.visit.address, self.request_id.clone(), self.now);
        Ok(Caller { who, origin })
    }

    /// Makes the frame of a page with this heading.
    pub(in crate::http) fn frame(&self, title: &str) -> Frame {
        Frame {
            title: title.to_owned(),
            who: self.who.as_ref().map(|who| who.found.row.subject.name.to_string()),
            token: derived(self.bound_to(), FORM),
            has_console: self.web.console,
            ..Frame::default()
        }
    }

    /// Answers with a page.
    pub(in crate::http) fn page(&self, template: &impl Template) -> Result<HttpResponse, PageError> {
        let cookie = (self.who.is_none() && !self.has_form).then(|| Cookie::Form.set(&self.form, None));
        Ok(answer::signin_page(render(template)?, cookie))
    }

    /// Returns the visitor's address, for the log.
    pub(in crate::http) fn address(&self) -> String {
        self.visit.address.map_or_else(|| "unknown".to_owned(), |address| address.to_string())
    }
}

/// Renders a page as text.
pub(in crate::http) fn render(template: &impl Template) -> Result<String, PageError> {
    template.render().map_err(|_| PageError::Failed)
}

impl FromRequest for Visitor {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::of(&request).await })
    }
}

/// A form that a page of this server sent, and its sender.
pub(in crate::http) struct Posted {
    pub(in crate::http) visitor: Visitor,
    pub(in crate::http) form: Parameters,
}

impl Posted {
    /// Returns the page to which a sign-in leads back from this form.
    fn target(&self, path: &str) -> Target {
        let word = path.starts_with("/signin/device").then_some("device");
        Target::read(word, self.text("code").ok())
    }

    /// Returns a field of the form. An absent field is empty.
    pub(in crate::http) fn text(&self, name: &'static str) -> Result<&str, PageError> {
        Ok(self.form.text(name).map_err(|_| PageError::BrokenForm)?.unwrap_or_default())
    }
}

/// Returns true if the browser says that a page of this server sent the request.
// SPEC: W3C Fetch Metadata section 2.3. Browsers without Fetch Metadata send `Origin` with every POST.
pub(in crate::http) fn is_from_here(headers: &HeaderMap, own: &PublicUrl) -> bool {
    let sent_from = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match (sent_from("sec-fetch-site"), sent_from("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin == own.origin(),
        (None, None) => false,
    }
}

impl FromRequest for Posted {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), web::Payload::from_request(request, payload));
        Box::pin(async move {
            let visitor = Visitor::of(&request).await?;
            if !is_from_here(request.headers(), &visitor.web.public_url) {
                return Err(PageError::Foreign);
            }
            let content_type =
                request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
            if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
                return Err(PageError::NotAForm);
            }
            let payload = payload.await.map_err(|_| PageError::BrokenForm)?;
            let bytes = read_body(payload, LONGEST_FORM).await.map_err(|error| match error {
                BodyError::TooLarge => PageError::FormTooLarge,
                BodyError::TooSlow => PageError::TooSlow,
                BodyError::Broken => PageError::BrokenForm,
            })?;
            let posted = Self { form: Parameters::parse(&bytes), visitor };
            let target = || posted.target(request.path());
            if is_derived(posted.visitor.bound_to(), FORM, posted.text("token")?) {
                Ok(posted)
            } else if posted.visitor.cookie.is_some() && posted.visitor.who.is_none() {
                Err(posted.visitor.signed_out(target()))
            } else {
                Err(PageError::OldForm)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    #[test]
    fn a_form_must_come_from_a_page_of_ours() {
        let own = PublicUrl::new("https://auth.example.org".to_owned(), String::new());
        let check = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            is_from_here(&headers, &own)
        };
        assert!(check(&[("sec-fetch-site", "same-origin")]));
        assert!(check(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(check(&[("origin", "https://auth.example.org")]));
        for foreign in [
            &[][..],
            &[("sec-fetch-site", "same-site"), ("origin", "https://auth.example.org")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "null")],
            &[("origin", "https://auth.example.org.evil.example")],
            &[("origin", "http://auth.example.org")],
        ] {
            assert!(!check(foreign), "{foreign:?}");
        }
    }
}
