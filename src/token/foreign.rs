//! Verifies signatures of other issuers: an ID token against the keys that its issuer published. The file `own.rs`
//! verifies tokens of this server with the same code.
//!
//! INVARIANT: a token alone never decides with which algorithm it is verified. This server must know the token's `alg`,
//! the caller must allow the `alg`, and the `alg` must fit the key. A token cannot bring its own key: `jku`, `jwk`,
//! `x5u` and `x5c` are ignored.
// SPEC: RFC 7515, RFC 7518, RFC 8037; RFC 8725 section 3.

use crate::domain::identity::Jwk;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;
use serde_json::Value;

/// The longest accepted token, bytes.
const LONGEST: usize = 64 * 1024;
/// The smallest accepted RSA key, bits.
const LEAST_RSA_BITS: usize = 2048;
/// The algorithms that are accepted from other issuers. No algorithm with a shared secret is accepted.
pub const FOREIGN_ALGORITHMS: [&str; 9] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

/// The reason why a token of another issuer was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForeignFault {
    /// The token is longer than any accepted token.
    #[error("it is longer than {LONGEST} bytes")]
    TooLong,
    /// The token does not have three parts between dots.
    #[error("it does not have three parts")]
    Parts,
    /// A part is not base64url.
    #[error("its {0} is not base64url without padding")]
    Encoding(&'static str),
    /// The header is not a JSON object, or contains a member twice.
    #[error("its header is not a JSON object that names each member once")]
    Header,
    /// The token is not signed.
    #[error("it is not signed")]
    Unsigned,
    /// The token is signed with a shared secret.
    #[error("it is signed with a shared secret (`{0}`), which proves nothing here")]
    SharedSecret(String),
    /// This server does not know the algorithm, or the issuer does not use it.
    #[error("its algorithm is not one that this provider uses")]
    Algorithm,
    /// The header contains `crit` or `b64`, which demand extensions.
    #[error("it demands extensions (`crit`) that are not known here")]
    Critical,
    /// The type of the token is not accepted.
    #[error("it is another kind of token (`{0}`)")]
    Kind(String),
    /// No published key has the key id of the token, or no published key fits a token without a key id.
    #[error("the provider's key set has no key for it")]
    UnknownKey,
    /// The token names no key, and several keys fit.
    #[error("it names no key, and the provider's key set has several")]
    WhichKey,
    /// The key that the token names is not for this algorithm.
    #[error("the key that it names is not for its algorithm")]
    OtherKey,
    /// The key is too weak or broken.
    #[error("the key that it names is too weak or broken")]
    BadKey,
    /// The signature is wrong.
    #[error("its signature is wrong")]
    Signature,
}

/// The members of a header that are read. The parser refuses a member that occurs twice.
#[derive(Deserialize)]
struct Header {
    alg: Option<Value>,
    kid: Option<Value>,
    typ: Option<Value>,
    crit: Option<Value>,
    b64: Option<Value>,
}

fn decode(part: &str, name: &'static str) -> Result<Vec<u8>, ForeignFault> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| ForeignFault::Encoding(name))
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(32).collect()
}

/// Returns the algorithm of a header, if this server knows it and `allowed` contains it.
fn algorithm(header: &Header, allowed: &[String]) -> Result<&'static str, ForeignFault> {
    let asked = header.alg.as_ref().and_then(Value::as_str).unwrap_or_default();
    if asked.is_empty() || asked.eq_ignore_ascii_case("none") {
        return Err(ForeignFault::Unsigned);
    }
    if asked.starts_with("HS") {
        return Err(ForeignFault::SharedSecret(shown(asked)));
    }
    let ours = FOREIGN_ALGORITHMS.iter().find(|ours| **ours == asked);
    let ours = ours.filter(|ours| allowed.iter().any(|allowed| allowed == *ours));
    ours.copied().ok_or(ForeignFault::Algorithm)
}

/// Checks the members of a header other than the algorithm and the key.
fn check_header(header: &Header) -> Result<(), ForeignFault> {
    if header.crit.is_some() || header.b64.is_some() {
        return Err(ForeignFault::Critical);
    }
    match &header.typ {
        None => Ok(()),
        Some(Value::String(typ)) if typ.eq_ignore_ascii_case("JWT") => Ok(()),
        Some(Value::String(typ)) => Err(ForeignFault::Kind(shown(typ))),
        Some(_) => Err(ForeignFault::Header),
    }
}

/// Returns true if a key may be used with an algorithm.
// SPEC: RFC 8725 section 3.1: a key is for one algorithm. A key without `alg` is for each algorithm of its kind.
fn is_for(key: &Jwk, algorithm: &str) -> bool {
    let kind = match algorithm {
        "ES256" => key.kty == "EC" && key.crv.as_deref() == Some("P-256"),
        "ES384" => key.kty == "EC" && key.crv.as_deref() == Some("P-384"),
        "EdDSA" => key.kty == "OKP" && key.crv.as_deref() == Some("Ed25519"),
        _ => key.kty == "RSA",
    };
    kind && key.verifies() && key.alg.as_deref().is_none_or(|alg| alg == algorithm)
}

/// Returns the key that a token names. If the token names no key, returns the only key that fits.
fn key_of<'k>(header: &Header, algorithm: &str, keys: &'k [Jwk]) -> Result<&'k Jwk, ForeignFault> {
    match &header.kid {
        Some(Value::String(kid)) => {
            let named = |key: &&Jwk| key.kid.as_deref() == Some(kid.as_str());
            let mut with_id = keys.iter().filter(named).peekable();
            if with_id.peek().is_none() {
                return Err(ForeignFault::UnknownKey);
            }
            // INTEROP: some key sets give the same id to keys of different algorithms.
            with_id.find(|key| is_for(key, algorithm)).ok_or(ForeignFault::OtherKey)
        }
        Some(_) => Err(ForeignFault::Header),
        // SPEC: OpenID Connect Core 1.0 section 10.1: a token may omit `kid` only if the set has one key.
        None => {
            let mut fitting = keys.iter().filter(|key| is_for(key, algorithm));
            match (fitting.next(), fitting.next()) {
                (None, _) => Err(ForeignFault::UnknownKey),
                (Some(key), None) => Ok(key),
                (Some(_), Some(_)) => Err(ForeignFault::WhichKey),
            }
        }
    }
}

/// Decodes a number or coordinate of a key.
fn member(text: Option<&String>) -> Result<Vec<u8>, ForeignFault> {
    let bytes = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    bytes.filter(|bytes| !bytes.is_empty()).ok_or(ForeignFault::BadKey)
}

fn verify_rsa(
    key: &Jwk,
    with: &'static RsaParameters,
    message: &[u8],
    signature: &[u8],
) -> Result<(), ForeignFault> {
    let number =
        |text| member(text).map(|bytes| bytes.into_iter().skip_while(|b| *b == 0).collect::<Vec<_>>());
    let (n, e) = (number(key.n.as_ref())?, number(key.e.as_ref())?);
    let bits = (n.len() * 8).saturating_sub(n.first().map_or(0, |first| first.leading_zeros() as usize));
    if bits < LEAST_RSA_BITS {
        return Err(ForeignFault::BadKey);
    }
    RsaPublicKeyComponents { n: &n, e: &e }
        .verify(with, message, signature)
        .map_err(|_| ForeignFault::Signature)
}

/// Verifies a signature with an elliptic-curve key. Each coordinate has `length` bytes.
fn verify_curve(
    key: &Jwk,
    with: &'static dyn VerificationAlgorithm,
    length: usize,
    (message, signature): (&[u8], &[u8]),
) -> Result<(), ForeignFault> {
    let (x, y) = (member(key.x.as_ref())?, member(key.y.as_ref())?);
    if x.len() != length || y.len() != length {
        return Err(ForeignFault::BadKey);
    }
    let point = [&[4][..], &x, &y].concat();
    UnparsedPublicKey::new(with, point).verify(message, signature).map_err(|_| ForeignFault::Signature)
}

fn verify(key: &Jwk, algorithm: &str, message: &[u8], signature: &[u8]) -> Result<(), ForeignFault> {
    let rsa = |with| verify_rsa(key, with, message, signature);
    match algorithm {
        "RS256" => rsa(&RSA_PKCS1_2048_8192_SHA256),
        "RS384" => rsa(&RSA_PKCS1_2048_8192_SHA384),
        "RS512" => rsa(&RSA_PKCS1_2048_8192_SHA512),
        "PS256" => rsa(&RSA_PSS_2048_8192_SHA256),
        "PS384" => rsa(&RSA_PSS_2048_8192_SHA384),
        "PS512" => rsa(&RSA_PSS_2048_8192_SHA512),
        "ES256" => verify_curve(key, &ECDSA_P256_SHA256_FIXED, 32, (message, signature)),
        "ES384" => verify_curve(key, &ECDSA_P384_SHA384_FIXED, 48, (message, signature)),
        "EdDSA" => {
            let x = member(key.x.as_ref())?;
            UnparsedPublicKey::new(&ED25519, x)
                .verify(message, signature)
                .map_err(|_| ForeignFault::Signature)
        }
        _ => Err(ForeignFault::Algorithm),
    }
}

/// Verifies the signature of another issuer's token with the published keys, and returns the payload. `allowed` are
/// the algorithms that the issuer uses. The caller must still check the claims.
pub fn verify_foreign(token: &str, keys: &[Jwk], allowed: &[String]) -> Result<Vec<u8>, ForeignFault> {
    if token.len() > LONGEST {
        return Err(ForeignFault::TooLong);
    }
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(ForeignFault::Parts);
    };
    let read: Header =
        serde_json::from_slice(&decode(header, "header")?).map_err(|_| ForeignFault::Header)?;
    check_header(&read)?;
    let algorithm = algorithm(&read, allowed)?;
    let (claims, signature) = (decode(payload, "payload")?, decode(signature, "signature")?);
    let key = key_of(&read, algorithm, keys)?;
    let message = format!("{header}.{payload}");
    verify(key, algorithm, message.as_bytes(), &signature)?;
    Ok(claims)
}
