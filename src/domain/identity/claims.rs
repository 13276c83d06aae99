//! Checks the claims of an ID token, with a separate reason for each fault.
// SPEC: OpenID Connect Core 1.0 section 3.1.3.7; RFC 8725.

use super::person::is_external_id;
use crate::domain::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The greatest difference between the clocks of a provider and of this server, seconds.
const SKEW: i64 = 60;

/// The values that an ID token is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The issuer of the provider. The claim `iss` must be equal to it, byte for byte.
    pub issuer: &'a str,
    /// The client id of this server at the provider.
    pub client_id: &'a str,
    /// The nonce that this server sent with the sign-in. `None` after a refresh: the new token has the old nonce or
    /// none.
    pub nonce: Option<&'a str>,
}

/// The claims of an ID token after all checks.
#[derive(Debug, Clone, PartialEq)]
pub struct IdClaims {
    /// The claim `sub`.
    pub subject: String,
    /// All claims of the token, including unchecked ones.
    pub all: Map<String, Value>,
}

/// The reason why the claims of an ID token were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsFault {
    /// The payload is not a JSON object, or contains a checked claim twice.
    #[error("its claims are not a JSON object that names each claim once")]
    NotAnObject,
    /// A claim is missing.
    #[error("it has no `{0}`")]
    Missing(&'static str),
    /// A claim has the wrong JSON type.
    #[error("its `{0}` is of the wrong type")]
    WrongType(&'static str),
    /// The token is from another issuer.
    #[error("its issuer is not the expected one")]
    Issuer,
    /// The token is for another client.
    #[error("it is for another client")]
    Audience,
    /// The token is for several clients, and does not name the client that asked for it.
    #[error("it is for several clients and has no `azp`")]
    NoParty,
    /// Another client asked for the token.
    #[error("another client asked for it")]
    Party,
    /// The `sub` is empty, too long, or has control characters.
    #[error("its `sub` is not 1 to 255 bytes without control characters")]
    Subject,
    /// The token has ended.
    #[error("it has expired")]
    Expired,
    /// The token was made in the future.
    #[error("it was made in the future: make sure that the clocks are right")]
    FromTheFuture,
    /// The token is not valid yet.
    #[error("it is not valid yet")]
    NotYet,
    /// The token belongs to another sign-in.
    #[error("its nonce belongs to another sign-in")]
    Nonce,
}

/// The claims that are checked, in their JSON form. The parser refuses a claim that occurs twice.
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

/// Parses a NumericDate into whole seconds, rounded down.
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

/// Checks that the token is for this client: `aud` contains the client id, and `azp` names no other client. A token
/// for several clients must have `azp`.
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

/// Checks `exp`, `iat` and `nbf`. Tolerates a clock difference of [`SKEW`] seconds.
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
