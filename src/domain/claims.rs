//! The claims of a token, as data. The module `token` signs them.

use super::access::Access;
use super::service::{Issuer, ServiceName};
use super::time::{Timestamp, Ttl};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// Seconds by which `nbf` and `iat` are earlier than the time of issue, because some registries tolerate no
/// clock skew.
// INTEROP: zot refuses `iat` and `nbf` that are one second ahead of its clock.
pub const BACKDATED_SECONDS: i64 = 30;
/// Seconds for which a token stays valid after its advertised lifetime `expires_in`, unless its rights end
/// earlier.
// INTEROP: docker and containerd use a token until its last advertised second.
const GRACE_SECONDS: i64 = 60;

/// The claims `iss` and `aud`, which all tokens of one service share, as the beginning of a JSON object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConstantClaims(Arc<str>);

impl ConstantClaims {
    /// Encodes the issuer as `iss` and the service as `aud`, one string each.
    #[must_use]
    pub fn new(issuer: &Issuer, service: &ServiceName) -> Self {
        let (iss, aud) = (Value::from(issuer.as_str()), Value::from(service.as_str()));
        Self(format!("{{\"iss\":{iss},\"aud\":{aud},").into())
    }
}

/// The claims of a registry token, in the forms that every registry accepts.
// SPEC: RFC 7519 section 4.1; distribution's "Token Authentication Implementation".
// INTEROP: distribution up to 2.8 refuses an `aud` array, every version refuses a float `exp`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessClaims {
    /// The claims `iss` and `aud`.
    #[serde(skip)]
    pub constant: ConstantClaims,
    /// The subject's name; empty for anonymous.
    pub sub: String,
    /// The end of validity, as a NumericDate.
    pub exp: i64,
    /// The beginning of validity, as a NumericDate.
    pub nbf: i64,
    /// The time of issue, as a NumericDate, backdated like `nbf`.
    pub iat: i64,
    /// The unique id of this token.
    pub jti: String,
    /// The granted entries, always an array.
    pub access: Access,
    /// True if the token was issued for an access key with a restriction. With such a token, a search lists only
    /// the repositories in `access`. Other tokens do not have this claim.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub narrowed: bool,
}

/// The times at which a token begins and ends, and the lifetime in the response to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The value of `nbf` and `iat`, seconds since the epoch.
    pub not_before: i64,
    /// The value of `exp`, seconds since the epoch.
    pub expires_at: i64,
    /// The value of `expires_in` in the response, seconds, at least 60.
    pub expires_in: i64,
}

impl Validity {
    /// Computes the times of a token that is issued at `now`: `exp = min(now + ttl + 60 s, end)` and `expires_in =
    /// max(60, min(ttl, exp - now - 60 s))`. `end` is the time at which the first of the token's rights ends.
    #[must_use]
    pub fn new(now: Timestamp, ttl: Ttl, end: Option<Timestamp>) -> Self {
        let now = now.as_seconds();
        let full = now + ttl.seconds() + GRACE_SECONDS;
        let expires_at = end.map_or(full, |end| full.min(end.as_seconds()));
        let expires_in = ttl.seconds().min(expires_at - now - GRACE_SECONDS).max(60);
        Self { not_before: now - BACKDATED_SECONDS, expires_at, expires_in }
    }
}

impl AccessClaims {
    /// Makes the claims of one token. `subject` is `""` for anonymous.
    #[must_use]
    pub fn new(
        constant: &ConstantClaims,
        subject: &str,
        validity: Validity,
        jti: String,
        access: Access,
    ) -> Self {
        Self {
            constant: constant.clone(),
            sub: subject.to_owned(),
            exp: validity.expires_at,
            nbf: validity.not_before,
            iat: validity.not_before,
            jti,
            access,
            narrowed: false,
        }
    }

    /// Sets the claim `narrowed`, which tokens for restricted access keys have.
    #[must_use]
    pub fn narrowed(self, narrowed: bool) -> Self {
        Self { narrowed, ..self }
    }

    /// Returns the claims as one JSON object.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let own = serde_json::to_vec(self)?;
        let mut json = Vec::with_capacity(self.constant.0.len() + own.len());
        json.extend_from_slice(self.constant.0.as_bytes());
        json.extend(own.into_iter().skip(1));
        Ok(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn claims_are_one_object_with_what_is_constant() {
        let issuer = Issuer::parse("the \"port\"").unwrap();
        let service = ServiceName::parse("re\\gistry").unwrap();
        let validity = Validity { not_before: 1, expires_at: 2, expires_in: 60 };
        let constant = ConstantClaims::new(&issuer, &service);
        let claims = AccessClaims::new(&constant, "al", validity, "x".to_owned(), Access::default());
        let read: Value = serde_json::from_slice(&claims.to_json().unwrap()).unwrap();
        let expected = json!({
            "iss": "the \"port\"", "aud": "re\\gistry", "sub": "al", "exp": 2, "nbf": 1, "iat": 1,
            "jti": "x", "access": []
        });
        assert_eq!(read, expected);
    }

    #[test]
    fn a_token_outlives_what_the_client_is_told_unless_its_rights_end_before() {
        let now = Timestamp::from_seconds(1_000_000);
        // (end of the rights after now, expected exp - now, expected expires_in), all in seconds
        let table = [
            (None, 360, 300),
            (Some(1000), 360, 300),
            (Some(360), 360, 300),
            (Some(300), 300, 240),
            (Some(100), 100, 60),
            (Some(10), 10, 60),
        ];
        for (end, exp, expires_in) in table {
            let end = end.map(|seconds| now.plus_seconds(seconds));
            let validity = Validity::new(now, Ttl::DEFAULT, end);
            assert_eq!(validity.expires_at - 1_000_000, exp, "{end:?}");
            assert_eq!(validity.expires_in, expires_in, "{end:?}");
            assert_eq!(validity.not_before, 1_000_000 - 30);
        }
    }
}
