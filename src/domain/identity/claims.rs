//! What an ID token must say: the checks of its claims, each with a reason of its own.
// SPEC: OpenID Connect Core 1.0 section 3.1.3.7; RFC 8725.

use super::person::is_external_id;
use crate::domain::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

/// How far the clocks of a provider and of this server may be apart, seconds.
const SKEW: i64 = 60;

/// What an ID token is held against.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The issuer of the provider, byte for byte.
    pub issuer: &'a str,
    /// Our client id there.
    pub client_id: &'a str,
    /// The nonce that was sent; `None` for a token that a refresh brought, whose nonce is an old one.
    pub nonce: Option<&'a str>,
}

/// Checked claims.
#[derive(Debug, Clone, PartialEq)]
pub struct IdClaims {
    /// The `sub`.
    pub subject: String,
    /// All claims.
    pub all: Map<String, Value>,
}

/// Why the claims of an ID token were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsFault {
    /// The payload is not a JSON object, or names a claim twice.
    #[error("its claims are not a JSON object that names each claim once")]
    NotAnObject,
    /// A claim is missing.
    #[error("it has no `{0}`")]
    Missing(&'static str),
    /// A claim is of another JSON type.
    #[error("its `{0}` is of the wrong type")]
    WrongType(&'static str),
    /// Another issuer made it.
    #[error("its issuer is another one")]
    Issuer,
    /// It is for somebody else.
    #[error("it is for another client")]
    Audience,
    /// It is for several clients and does not say which asked.
    #[error("it is for several clients and has no `azp`")]
    NoParty,
    /// Somebody else asked for it.
    #[error("another client asked for it")]
    Party,
    /// The `sub` is empty, too long, or has control characters.
    #[error("its `sub` is not 1 to 255 bytes without control characters")]
    Subject,
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// It was made in the future.
    #[error("it was made in the future: see that the clocks are right")]
    FromTheFuture,
    /// It is not valid yet.
    #[error("it is not valid yet")]
    NotYet,
    /// It answers another sign-in.
    #[error("its nonce is that of another sign-in")]
    Nonce,
}

/// The claims that are checked, as they come. A name that comes twice is an error of the parser.
#[derive(Deserialize)]
struct Registered {
    iss: Option<Value>,
    sub: Option<Value>,
    aud: Option<Value>,
    azp: Option<Value>,
    exp: Option<Value>,
    iat: Option<Value>,
    nbf: Option<Value>,
    nonce: Option<Value>,
}

fn text(value: Option<&Value>, name: &'static str) -> Result<String, ClaimsFault> {
    let value = value.ok_or(ClaimsFault::Missing(name))?;
    value.as_str().map(str::to_owned).ok_or(ClaimsFault::WrongType(name))
}

/// A NumericDate in whole seconds, rounded down.
// SPEC: RFC 7519 section 2: a number, perhaps with a fraction.
fn seconds(value: Option<&Value>, name: &'static str) -> Result<i64, ClaimsFault> {
    match value.ok_or(ClaimsFault::Missing(name))? {
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Ok(whole),
            (None, Some(number)) if number.is_finite() && number.abs() < 1e15 => Ok(number.floor() as i64),
            _ => Err(ClaimsFault::WrongType(name)),
        },
        _ => Err(ClaimsFault::WrongType(name)),
    }
}

fn audience(value: Option<&Value>) -> Result<Vec<String>, ClaimsFault> {
    let wrong = || ClaimsFault::WrongType("aud");
    match value.ok_or(ClaimsFault::Missing("aud"))? {
        Value::String(one) => Ok(vec![one.clone()]),
        Value::Array(several) => {
            several.iter().map(|one| one.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        _ => Err(wrong()),
    }
}

/// Checks whom the token is for.
fn check_audience(claims: &Registered, client_id: &str) -> Result<(), ClaimsFault> {
    let audience = audience(claims.aud.as_ref())?;
    if !audience.iter().any(|one| one == client_id) {
        return Err(ClaimsFault::Audience);
    }
    match &claims.azp {
        None if audience.len() > 1 => Err(ClaimsFault::NoParty),
        None => Ok(()),
        Some(Value::String(party)) if party == client_id => Ok(()),
        Some(Value::String(_)) => Err(ClaimsFault::Party),
        Some(_) => Err(ClaimsFault::WrongType("azp")),
    }
}

/// Checks when the token holds.
fn check_times(claims: &Registered, now: Timestamp) -> Result<(), ClaimsFault> {
    let now = now.as_seconds();
    let (exp, iat) = (seconds(claims.exp.as_ref(), "exp")?, seconds(claims.iat.as_ref(), "iat")?);
    if exp.saturating_add(SKEW) <= now {
        return Err(ClaimsFault::Expired);
    }
    if iat > now + SKEW {
        return Err(ClaimsFault::FromTheFuture);
    }
    if claims.nbf.is_some() && seconds(claims.nbf.as_ref(), "nbf")? > now + SKEW {
        return Err(ClaimsFault::NotYet);
    }
    Ok(())
}

/// Checks the claims of an ID token whose signature was verified.
pub fn check_claims(payload: &[u8], expected: Expected<'_>, now: Timestamp) -> Result<IdClaims, ClaimsFault> {
    let claims: Registered = serde_json::from_slice(payload).map_err(|_| ClaimsFault::NotAnObject)?;
    let all: Map<String, Value> = serde_json::from_slice(payload).map_err(|_| ClaimsFault::NotAnObject)?;
    if text(claims.iss.as_ref(), "iss")? != expected.issuer {
        return Err(ClaimsFault::Issuer);
    }
    check_audience(&claims, expected.client_id)?;
    check_times(&claims, now)?;
    if let Some(nonce) = expected.nonce
        && text(claims.nonce.as_ref(), "nonce")? != nonce
    {
        return Err(ClaimsFault::Nonce);
    }
    let subject = text(claims.sub.as_ref(), "sub")?;
    if !is_external_id(&subject) {
        return Err(ClaimsFault::Subject);
    }
    Ok(IdClaims { subject, all })
}
