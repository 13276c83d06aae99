//! `/signin/with/{provider}` and its callback: the sign-in with an identity provider.
//!
//! INVARIANT: the browser that returns is the browser that left. A cookie contains the secret of the flow, which is the
//! sign-in in progress. State, nonce and PKCE verifier are derived from that secret. The answer must contain the state,
//! the ID token must contain the nonce, and the code is exchanged with the verifier. A flow can be completed once, and
//! only with its state.
// SPEC: RFC 6749 section 4.1, RFC 7636, RFC 9207, RFC 9700 section 4.7.

use super::super::answer::see_other;
use super::super::extract::Parameters;
use super::cookies::Cookie;
use super::not_returned::NotReturned;
use super::refused::PageError;
use super::target::Target;
use super::told;
use super::visitor::Visitor;
use crate::authn::{OutsideError, Returned};
use crate::signin::{FLOW_SECONDS, SignInError, derived, is_derived};
use actix_web::web::{Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

/// The words with which state, nonce and PKCE verifier are derived from the secret of a flow.
const STATE: &str = "state";
const NONCE: &str = "nonce";
const VERIFIER: &str = "verifier";
/// The greatest length of an authorization code, bytes.
const LONGEST_CODE: usize = 4096;

/// The parameters of a link to the sign-in, which name the page that follows the sign-in.
#[derive(Deserialize)]
pub(super) struct Wanted {
    to: Option<String>,
    code: Option<String>,
}

/// Begins a sign-in with a provider, and sends the browser to the provider.
pub(super) async fn start(
    visitor: Visitor,
    name: Path<String>,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, PageError> {
    let target = Target::read(wanted.to.as_deref(), wanted.code.as_deref());
    let (outside, now) = (&visitor.web.outside, visitor.now);
    let provider = outside.provider(&name).map_err(|error| refused(&visitor, &word(&name), error.into()))?;
    let silent = |error: OutsideError| refused(&visitor, provider.name.as_str(), error);
    let upstream = outside.ready(&provider, now).await.map_err(|error| silent(error.into()))?;
    let (to, code) = (target.word(), target.code());
    let details = json!({"provider": provider.name, "issuer": provider.issuer, "to": to, "code": code});
    let secret = visitor.web.signin.begin_flow(details, &visitor.visit, now).await;
    let secret = secret.map_err(|error| stopped(&visitor, provider.name.as_str(), error))?;
    let [state, nonce, verifier] = [STATE, NONCE, VERIFIER].map(|name| derived(&secret, name));
    let to = upstream.start((&state, &nonce, &verifier), now).await;
    let to = to.map_err(|why| silent(OutsideError::NoAnswer(why)))?;
    Ok(see_other(to.as_str(), [Cookie::Flow.set(&secret, Some(FLOW_SECONDS))]))
}

/// Logs the reason why a person could not sign in with a provider.
fn refused(visitor: &Visitor, provider: &str, error: OutsideError) -> PageError {
    told::refused(visitor, provider, error.cause(), Some(&error.to_string()));
    PageError::Outside(error)
}

/// Logs the reason why this server stopped a sign-in.
fn stopped(visitor: &Visitor, provider: &str, error: SignInError) -> PageError {
    told::refused(visitor, provider, error.cause(), None);
    PageError::SignIn(error)
}

/// Returns true if a text can be an authorization code.
// SPEC: RFC 6749 appendix A.11: a code consists of visible characters and spaces.
fn is_code(text: &str) -> bool {
    (1..=LONGEST_CODE).contains(&text.len()) && text.bytes().all(|b| matches!(b, 0x20..=0x7e))
}

/// Returns the letters, digits and underscores in a word from outside, at most 64, so that the word can be shown and
/// logged.
fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect()
}

/// Receives the browser that returns from the provider, and signs the person in.
pub(super) async fn callback(
    visitor: Visitor,
    name: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let not_returned = |why: NotReturned| {
        told::refused(&visitor, &word(&name), why.cause(), None);
        PageError::NotReturned(why)
    };
    let one = |parameters: &Parameters, name: &'static str| match parameters.text(name) {
        Ok(text) => Ok(text.map(str::to_owned)),
        Err(_) => Err(not_returned(NotReturned::Malformed)),
    };
    let parameters = Parameters::parse(request.query_string().as_bytes());
    let secret = Cookie::Flow.read(request.headers()).ok_or_else(|| not_returned(NotReturned::NoCookie))?;
    let state = one(&parameters, "state")?.unwrap_or_default();
    if !is_derived(&secret, STATE, &state) {
        return Err(not_returned(NotReturned::State));
    }
    let flow = visitor.web.signin.take_flow(&secret, visitor.now).await;
    let flow = flow.map_err(|error| refused(&visitor, &word(&name), error.into()))?;
    let flow = flow.ok_or_else(|| not_returned(NotReturned::Ended))?;
    let detail = |name: &str| flow.details.get(name).and_then(Value::as_str);
    if detail("provider") != Some(name.as_str()) {
        return Err(not_returned(NotReturned::OtherProvider));
    }
    let issuer = one(&parameters, "iss")?;
    if let Some(error) = one(&parameters, "error")? {
        // SPEC: RFC 9207 section 2.4: an error of another issuer is not shown.
        if issuer.is_some() && issuer.as_deref() != detail("issuer") {
            return Err(refused(&visitor, &word(&name), OutsideError::Issuer));
        }
        return Err(not_returned(NotReturned::Denied(word(&error))));
    }
    let code = one(&parameters, "code")?.filter(|code| is_code(code));
    let code = code.ok_or_else(|| not_returned(NotReturned::Malformed))?;
    let (nonce, verifier) = (derived(&secret, NONCE), derived(&secret, VERIFIER));
    let returned = Returned {
        code: &code,
        issuer: issuer.as_deref(),
        verifier: &verifier,
        nonce: &nonce,
        address: visitor.visit.address,
        request_id: visitor.request_id.clone(),
    };
    let outside = &visitor.web.outside;
    let provider = outside.provider(&name).map_err(|error| refused(&visitor, &word(&name), error.into()))?;
    // A code of one issuer is never sent to another issuer.
    if detail("issuer") != Some(provider.issuer.as_str()) {
        return Err(not_returned(NotReturned::OtherIssuer));
    }
    let signed_in = outside.sign_in(provider.clone(), &returned, visitor.now).await;
    let signed_in = signed_in.map_err(|error| refused(&visitor, provider.name.as_str(), error))?;
    let (row, old) = (&signed_in.account.row, visitor.cookie.as_ref());
    let session = visitor.web.signin.begin_session(row, &visitor.visit, None, old, visitor.now).await;
    let session = session.map_err(|error| stopped(&visitor, provider.name.as_str(), error))?;
    told::signed_in(&visitor, &row.subject, provider.kind.as_str());
    let target = Target::read(detail("to"), detail("code"));
    let cookies = [Cookie::Session.set(&session, None), Cookie::Flow.clear(), Cookie::Form.clear()];
    Ok(see_other(&target.path(), cookies))
}
