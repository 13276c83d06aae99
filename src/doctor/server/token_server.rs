//! Requests tokens from a token server, and interprets its answers.

use super::keys::Keys;
use super::program::Program;
use crate::doctor::docker::client::{Answer, Ask, Client, Failure, Pass};
use crate::doctor::registry::challenge::{self, Challenge};
use crate::doctor::token::received::{self, Token};
use serde_json::Value;
use url::Url;

/// A token server that answers.
pub(in crate::doctor) struct TokenServer {
    pub(in crate::doctor) url: Url,
    /// True if the server's certificate is verified. Also true for plain http, which has no certificate.
    pub(in crate::doctor) verified: bool,
    /// True if clients may send a password to this server: `LiveRegistry::lets_password_go` allows it, and no
    /// redirection led to another scheme, host or port than the realm names.
    pub(in crate::doctor) gets_password: bool,
    /// The difference between the server's clock and ours, seconds. It is positive if the server's clock is
    /// ahead.
    pub(in crate::doctor) ahead: Option<i64>,
    pub(in crate::doctor) program: Program,
    /// The server's answer to a request without credentials.
    pub(in crate::doctor) first: Answer,
}

impl TokenServer {
    /// Returns the program of the token server. If the program is still unknown, looks for it in `refusal`, a later
    /// answer of the server.
    pub(in crate::doctor) fn program_by(&self, refusal: &Answer) -> Program {
        if self.program == Program::Unknown { refused_by(refusal) } else { self.program }
    }
}

/// Returns the reason that an answer gives for a refusal, or else the answer's status.
pub(in crate::doctor) fn message(answer: &Answer) -> String {
    let body = answer.json().unwrap_or_default();
    let from = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let kind = answer.header("content-type").unwrap_or("text/plain");
    let text = kind.starts_with("text/plain").then(|| String::from_utf8_lossy(&answer.body));
    let text = text.and_then(|text| Some(text.trim().lines().next()?.chars().take(200).collect()));
    ["/details", "/error_description", "/errors/0/message", "/message"]
        .iter()
        .find_map(|pointer| from(pointer))
        .or(text)
        .unwrap_or_else(|| format!("{} without a reason", answer.status))
}

/// A request for a token from a token server.
pub(in crate::doctor) struct TokenRequest<'a> {
    pub(in crate::doctor) realm: &'a Url,
    /// True if the token server's certificate is verified.
    pub(in crate::doctor) verified: bool,
    pub(in crate::doctor) service: Option<&'a str>,
    pub(in crate::doctor) scopes: &'a [String],
    pub(in crate::doctor) pass: Pass<'a>,
}

impl<'a> TokenRequest<'a> {
    /// Makes a request without credentials and without scope.
    pub(in crate::doctor) fn anonymous(realm: &'a Url, service: Option<&'a str>) -> Self {
        Self { realm, verified: true, service, scopes: &[], pass: Pass::Nobody }
    }

    /// Sends the request for a token.
    pub(in crate::doctor) async fn send(self, client: &Client) -> Result<Answer, Failure> {
        let mut url = self.realm.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Pass::Password(user, _) = self.pass {
                query.append_pair("account", user);
            }
            for scope in self.scopes {
                query.append_pair("scope", scope);
            }
            if let Some(service) = self.service {
                query.append_pair("service", service);
            }
        }
        let request = Ask { accept: "application/json", ..Ask::get(&url, self.pass) };
        client.send_to(self.verified, request).await
    }
}

/// Returns true if the answer looks like a token server's. With `login`, any 401 without an HTML page is
/// accepted, because a login will be tried.
pub(in crate::doctor) fn is_token_server(answer: &Answer, login: bool) -> bool {
    if answer.is_page() {
        return false;
    }
    let body = answer.json().unwrap_or_default();
    let has = |names: &[&str]| names.iter().any(|name| body.get(name).is_some());
    match answer.status {
        200 => has(&["token", "access_token"]),
        // INTEROP: docker_auth refuses with a challenge and one line of plain text.
        401 if login || wants_login(answer) => true,
        400 | 401 | 403 | 429 | 503 => has(&["errors", "details", "error"]),
        _ => false,
    }
}

/// Returns the challenges of an answer.
fn challenges(answer: &Answer) -> Vec<Challenge> {
    answer.challenges().iter().flat_map(|line| challenge::parse(line)).collect()
}

/// Returns true if the answer contains a challenge to log in.
fn wants_login(answer: &Answer) -> bool {
    challenges(answer).iter().any(|one| one.is("Basic") || one.is("Bearer"))
}

/// Returns the program that sent a refusal, as the realm of its `Basic` challenge shows.
pub(in crate::doctor) fn refused_by(answer: &Answer) -> Program {
    let all = challenges(answer);
    let realm = all.iter().find(|one| one.is("Basic")).and_then(|one| one.get("realm"));
    match realm {
        Some("portreeve") => Program::Portreeve,
        Some(_) => Program::Other,
        None => Program::Unknown,
    }
}

/// Returns the program that sent an answer. If a key in the given folder signed the token, the program is
/// Portreeve.
pub(in crate::doctor) fn program(keys: Option<&Keys>, answer: &Answer) -> Program {
    let body = answer.json().unwrap_or_default();
    let token = received::raw(&body).and_then(Token::decode);
    let signed = token.zip(keys).is_some_and(|(token, keys)| match token.chain.first() {
        Some(leaf) => keys.signed(leaf),
        None => keys.named(token.key_id()).is_some(),
    });
    if signed { Program::Portreeve } else { refused_by(answer) }
}
