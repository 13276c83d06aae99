//! A token server: how it is asked, and how its answers are read.

use super::Case;
use super::challenge::{self, Challenge};
use super::client::{Answer, Ask, Failure, Pass};
use super::token::{self, Token};
use serde_json::Value;
use url::Url;

/// Which program a token server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    /// Its answers show that it is Portreeve.
    Portreeve,
    /// Its answers show that it is another.
    Other,
    /// Its answers show neither.
    Unknown,
}

impl Program {
    /// What to do at the token server: in words for every program, and as a command of Portreeve. A
    /// token server that is not Portreeve gets the words alone.
    pub(super) fn advice(self, words: &str, command: &str) -> String {
        match self {
            Self::Portreeve => command.to_owned(),
            Self::Other => words.to_owned(),
            Self::Unknown => format!("{words}; if it is Portreeve: {command}"),
        }
    }
}

/// A token server that answers.
pub(super) struct TokenServer {
    pub(super) url: Url,
    /// Whether its certificate is verified, or there is none to verify.
    pub(super) verified: bool,
    /// Whether a redirection led to another scheme, host or port than the realm names.
    pub(super) elsewhere: bool,
    pub(super) ahead: Option<i64>,
    pub(super) program: Program,
    /// Its answer to nobody in particular.
    pub(super) first: Answer,
}

impl TokenServer {
    /// Which program it is, where one more of its refusals is known.
    pub(super) fn program_by(&self, refusal: &Answer) -> Program {
        if self.program == Program::Unknown { refused_by(refusal) } else { self.program }
    }
}

/// What a refusal says to the person in front of the client.
pub(super) fn message(answer: &Answer) -> String {
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

/// A request for a token.
pub(super) async fn ask(
    case: &Case<'_>,
    realm: &Url,
    verified: bool,
    service: Option<&str>,
    scopes: &[String],
    pass: Pass<'_>,
) -> Result<Answer, Failure> {
    let mut url = realm.clone();
    {
        let mut query = url.query_pairs_mut();
        if let Pass::Password(user, _) = pass {
            query.append_pair("account", user);
        }
        for scope in scopes {
            query.append_pair("scope", scope);
        }
        if let Some(service) = service {
            query.append_pair("service", service);
        }
    }
    let request = Ask { accept: "application/json", ..Ask::get(&url, pass) };
    case.send(verified, request).await
}

/// Whether an answer is that of a token server. `login` will be tried: then a 401 is enough.
pub(super) fn is_token_server(answer: &Answer, login: bool) -> bool {
    if is_page(answer) {
        return false;
    }
    let body = answer.json().unwrap_or_default();
    let has = |names: &[&str]| names.iter().any(|name| body.get(name).is_some());
    match answer.status {
        200 => has(&["token", "access_token"]),
        // INTEROP: docker_auth refuses with a challenge and a line of text.
        401 if login || wants_login(answer) => true,
        400 | 401 | 403 | 429 | 503 => has(&["errors", "details", "error"]),
        _ => false,
    }
}

/// Whether an answer is an HTML page: that of a proxy, of a login, of an error.
pub(super) fn is_page(answer: &Answer) -> bool {
    let kind = answer.header("content-type").unwrap_or_default();
    kind.starts_with("text/html") || answer.body.trim_ascii_start().starts_with(b"<")
}

/// What an answer asks for.
fn challenges(answer: &Answer) -> Vec<Challenge> {
    answer.challenges().iter().flat_map(|line| challenge::parse(line)).collect()
}

/// Whether an answer asks for a login.
fn wants_login(answer: &Answer) -> bool {
    challenges(answer).iter().any(|one| one.is("Basic") || one.is("Bearer"))
}

/// Which program a refusal comes from.
pub(super) fn refused_by(answer: &Answer) -> Program {
    let all = challenges(answer);
    let realm = all.iter().find(|one| one.is("Basic")).and_then(|one| one.get("realm"));
    match realm {
        Some("portreeve") => Program::Portreeve,
        Some(_) => Program::Other,
        None => Program::Unknown,
    }
}

/// Which program gave an answer. A token that is signed with a key of the folder at hand is Portreeve's.
pub(super) fn program(case: &Case<'_>, answer: &Answer) -> Program {
    let body = answer.json().unwrap_or_default();
    let token = token::raw(&body).and_then(Token::decode);
    let signed = token.zip(case.keys.as_ref()).is_some_and(|(token, keys)| match token.chain.first() {
        Some(leaf) => keys.signed(leaf),
        None => keys.named(token.key_id()).is_some(),
    });
    if signed { Program::Portreeve } else { refused_by(answer) }
}
