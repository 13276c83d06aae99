//! The claims of a registry token that a client presents to this server.
//!
//! INVARIANT: the caller has verified the signature. The rights in the token can only shorten a list.

use super::error::CatalogueError;
use crate::domain::claims::BACKDATED_SECONDS;
use crate::domain::service::{Issuer, ServiceName};
use crate::domain::time::Timestamp;
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    resource_type: String,
    name: String,
    actions: Vec<String>,
}

#[derive(Deserialize)]
struct Payload {
    iss: String,
    aud: String,
    sub: String,
    exp: i64,
    nbf: i64,
    iat: i64,
    access: Vec<Entry>,
    #[serde(default)]
    narrowed: bool,
}

/// The claims of a valid token that decide what the client may list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claims {
    /// The name of the user or robot; empty for anonymous.
    pub(super) subject: String,
    /// The latest time at which the token can have been issued.
    pub(super) issued_by: Timestamp,
    /// The repositories that a narrowed token may list; `None` for other tokens. A token is narrowed if it was issued
    /// for a restricted access key.
    pub(super) only: Option<BTreeSet<String>>,
}

impl Claims {
    /// Reads the payload of a token. Fails if the token is not for this service, or not valid at `now`.
    // SPEC: RFC 7519 section 4.1.
    pub(super) fn read(
        payload: &[u8],
        issuer: &Issuer,
        service: &ServiceName,
        now: Timestamp,
    ) -> Result<Self, CatalogueError> {
        let wrong = CatalogueError::BadToken;
        let read: Payload =
            serde_json::from_slice(payload).map_err(|_| wrong("its claims cannot be read"))?;
        if read.iss != issuer.as_str() {
            return Err(wrong("it is from another issuer"));
        }
        if read.aud != service.as_str() {
            return Err(wrong("it is for another service"));
        }
        if read.exp <= now.as_seconds() {
            return Err(wrong("it has ended"));
        }
        if read.nbf > now.as_seconds() {
            return Err(wrong("it has not begun"));
        }
        let pulls = |entry: &Entry| {
            entry.resource_type == "repository"
                && entry.actions.iter().any(|action| action == "pull" || action == "*")
        };
        let only =
            read.narrowed.then(|| read.access.into_iter().filter(pulls).map(|entry| entry.name).collect());
        // `iat` is backdated, and rounded down to a whole second.
        let issued_by = Timestamp::from_seconds(read.iat).plus_seconds(BACKDATED_SECONDS + 1);
        Ok(Self { subject: read.sub, issued_by, only })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_is_for_one_service_and_one_time() {
        let (issuer, service) =
            (Issuer::parse("portreeve").unwrap(), ServiceName::parse("registry").unwrap());
        let now = Timestamp::from_seconds(1000);
        let good = json!({
            "iss": "portreeve", "aud": "registry", "sub": "alice", "exp": 1001, "nbf": 1000, "iat": 970, "jti": "x",
            "access": [{"type": "repository", "name": "a", "actions": ["pull"]}]
        });
        let read =
            |claims: &serde_json::Value| Claims::read(claims.to_string().as_bytes(), &issuer, &service, now);
        let claims = read(&good).unwrap();
        assert_eq!(
            (claims.subject.as_str(), claims.only, claims.issued_by.as_seconds()),
            ("alice", None, 1001)
        );
        for (field, value, why) in [
            ("iss", json!("other"), "another issuer"),
            ("aud", json!("other"), "another service"),
            ("aud", json!(["registry"]), "cannot be read"),
            ("exp", json!(1000), "has ended"),
            ("nbf", json!(1001), "has not begun"),
            ("access", json!({}), "cannot be read"),
            ("narrowed", json!("true"), "cannot be read"),
        ] {
            let mut bad = good.clone();
            bad[field] = value;
            let error = read(&bad).unwrap_err().to_string();
            assert!(error.contains(why), "{field}: {error}");
        }
        let mut narrowed = good.clone();
        narrowed["narrowed"] = json!(true);
        narrowed["access"] = json!([
            {"type": "repository", "name": "a", "actions": ["pull", "push"]},
            {"type": "repository", "name": "b", "actions": ["push"]},
            {"type": "registry", "name": "c", "actions": ["pull"]},
        ]);
        assert_eq!(read(&narrowed).unwrap().only, Some(BTreeSet::from(["a".to_owned()])));
    }
}
