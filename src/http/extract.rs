//! Reads requests: parameters, credentials, the client's address, and the id of the request.

use super::error::TokenError;
use super::web::{RequestId, Web};
use crate::authn::Credentials;
use crate::domain::refusal::Cause;
use crate::domain::scope::ScopeList;
use crate::domain::secret::{MachineCredential, Password};
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpMessage, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::net::IpAddr;
use zeroize::Zeroizing;

/// Parameters of a query or form, in the order sent, percent-decoded once.
#[derive(Default)]
pub(super) struct Parameters(Vec<(String, Zeroizing<Vec<u8>>)>);

impl Parameters {
    /// Parses `application/x-www-form-urlencoded`.
    pub(super) fn parse(text: &[u8]) -> Self {
        let decode = |part: &[u8]| -> Zeroizing<Vec<u8>> {
            if !part.iter().any(|b| matches!(b, b'+' | b'%')) {
                return Zeroizing::new(part.to_vec());
            }
            let spaced: Zeroizing<Vec<u8>> =
                Zeroizing::new(part.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect());
            Zeroizing::new(percent_encoding::percent_decode(&spaced).collect())
        };
        let pairs = text.split(|b| *b == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
            let mut parts = pair.splitn(2, |b| *b == b'=');
            let name = decode(parts.next().unwrap_or_default());
            let value = decode(parts.next().unwrap_or_default());
            (String::from_utf8_lossy(&name).into_owned(), value)
        });
        Self(pairs.collect())
    }

    /// Returns the only value of a parameter, byte for byte. A repeated equal value counts once.
    ///
    /// # Errors
    /// [`TokenError::Repeated`] for different values (RFC 6749 section 3.2).
    pub(super) fn bytes(&self, name: &'static str) -> Result<Option<&[u8]>, TokenError> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_slice());
        let first = values.next();
        if values.any(|value| Some(value) != first) {
            return Err(TokenError::Repeated(name));
        }
        Ok(first)
    }

    /// Returns the only value of a parameter, as text.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<&str>, TokenError> {
        match self.bytes(name)? {
            None => Ok(None),
            Some(bytes) => std::str::from_utf8(bytes).map(Some).map_err(|_| TokenError::NotText(name)),
        }
    }

    /// Returns these parameters, and the parameters of `others` whose names do not occur here. Keeps every `scope` of
    /// both.
    pub(super) fn over(mut self, others: Parameters) -> Self {
        let given: Vec<String> = self.0.iter().map(|(name, _)| name.clone()).collect();
        self.0.extend(others.0.into_iter().filter(|(name, _)| name == "scope" || !given.contains(name)));
        self
    }

    /// Returns all scopes of the request.
    pub(super) fn scopes(&self) -> Result<ScopeList, TokenError> {
        // A scope that is not UTF-8 is malformed, so it grants nothing. It is not an error.
        let values: Vec<_> = self
            .0
            .iter()
            .filter(|(name, _)| name == "scope")
            .map(|(_, value)| String::from_utf8_lossy(value))
            .collect();
        ScopeList::parse(values.iter().map(AsRef::as_ref)).map_err(|_| TokenError::TooManyScopes)
    }
}

/// The content of an `Authorization` header.
pub(super) enum Authorization {
    /// No header, or Basic with an empty user name and an empty password.
    // INTEROP: docker search without a login sends Basic with both parts empty.
    Absent,
    Basic(Credentials),
    Bearer(Zeroizing<String>),
    /// Any other content, or several headers.
    Malformed,
}

impl Authorization {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let mut all = headers.get_all(header::AUTHORIZATION);
        let (Some(value), None) = (all.next(), all.next()) else {
            return if headers.contains_key(header::AUTHORIZATION) { Self::Malformed } else { Self::Absent };
        };
        let Some((scheme, rest)) = value.to_str().ok().and_then(|text| text.trim().split_once(' ')) else {
            return Self::Malformed;
        };
        if scheme.eq_ignore_ascii_case("bearer") {
            return Self::Bearer(Zeroizing::new(rest.trim().to_owned()));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return Self::Malformed;
        }
        Self::basic(rest.trim()).unwrap_or(Self::Malformed)
    }

    /// Parses Basic credentials.
    /// SPEC: RFC 7617 section 2: the user name ends at the first colon.
    fn basic(encoded: &str) -> Option<Self> {
        let decoded = Zeroizing::new(STANDARD.decode(encoded).ok()?);
        let colon = decoded.iter().position(|b| *b == b':')?;
        let (user, password) = decoded.split_at_checked(colon)?;
        let password = password.get(1..)?;
        if user.is_empty() && password.is_empty() {
            return Some(Self::Absent);
        }
        let user = String::from_utf8(user.to_vec()).ok()?;
        Some(Self::Basic(Credentials { user, password: Password::new(password) }))
    }
}

/// Parses a Bearer text that must be an access key. The error is the reason why the text is not an access key.
pub(super) fn bearer(text: &str) -> Result<MachineCredential, Cause> {
    match MachineCredential::parse(text) {
        Some(key @ MachineCredential::AccessKey(_)) => Ok(key),
        Some(MachineCredential::RefreshToken(_)) => Err(Cause::NotAccepted),
        None => Err(Cause::of_foreign_credential(text)),
    }
}

/// Returns the id that [`super::limits::guard`] gave this request.
pub(super) fn request_id(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
}

/// Returns the client's address, from the connection or from trusted proxies.
pub(super) fn client_address(request: &HttpRequest, web: &Web) -> Option<IpAddr> {
    let hops: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .flat_map(|value| value.to_str().unwrap_or("?").split(','))
        .collect();
    web.trusted_proxies.client(request.peer_addr()?.ip(), &hops, || web.clock.now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_once_and_repetition_is_judged() {
        let given = Parameters::parse(b"a=1&a=1&b=x%2By+z&c=1&c=2&scope=s1&scope=s2&d&bad=%ff&e=%252F");
        assert_eq!(given.text("a").unwrap(), Some("1"));
        assert_eq!(given.text("b").unwrap(), Some("x+y z"));
        assert!(matches!(given.text("c"), Err(TokenError::Repeated("c"))));
        assert_eq!(given.text("d").unwrap(), Some(""));
        assert!(matches!(given.text("bad"), Err(TokenError::NotText("bad"))));
        assert_eq!(given.bytes("bad").unwrap(), Some(&[0xff][..]));
        assert_eq!(given.text("e").unwrap(), Some("%2F"));
        assert_eq!(given.text("absent").unwrap(), None);
        assert_eq!(given.scopes().unwrap().junk(), ["s1", "s2"]);
    }

    #[test]
    fn a_form_hides_the_query_but_all_scopes_count() {
        let merged = Parameters::parse(b"service=body&scope=s1")
            .over(Parameters::parse(b"service=query&scope=s2&x=1"));
        assert_eq!(merged.text("service").unwrap(), Some("body"));
        assert_eq!(merged.text("x").unwrap(), Some("1"));
        assert_eq!(merged.scopes().unwrap().junk().len(), 2);
    }

    #[test]
    fn basic_ends_the_user_at_the_first_colon() {
        let read = |text: &[u8]| Authorization::basic(&STANDARD.encode(text));
        let Some(Authorization::Basic(credentials)) = read(b"alice:pa:ss%20+\xc3\xbc") else { panic!() };
        assert_eq!(credentials.user, "alice");
        assert_eq!(credentials.password.expose(), b"pa:ss%20+\xc3\xbc");
        assert!(matches!(read(b":"), Some(Authorization::Absent)));
        assert!(matches!(read(b":secret"), Some(Authorization::Basic(_))));
        assert!(read(b"no colon").is_none());
        assert!(Authorization::basic("!!!").is_none());
    }
}
