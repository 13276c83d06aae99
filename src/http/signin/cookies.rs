//! The cookies of the pages. Each cookie has a fixed form without characters that need quoting.
// SPEC: RFC 6265bis section 4.1.3.2: a browser accepts a `__Host-` cookie only over https (or on loopback), and sends
// it only to the host that set it.

use crate::domain::secret::{MachineSecret, SigninSecret};
use actix_web::http::header::{self, HeaderMap, HeaderName};

/// A cookie of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Cookie {
    /// The browser session.
    Session,
    /// The secret of a sign-in in progress at an identity provider.
    Flow,
    /// The secret that binds the forms of pages to a browser without a session.
    Form,
}

impl Cookie {
    fn name(self) -> &'static str {
        match self {
            Self::Session => "__Host-ptr_session",
            Self::Flow => "__Host-ptr_flow",
            Self::Form => "__Host-ptr_form",
        }
    }

    fn kind(self) -> SigninSecret {
        match self {
            Self::Session => SigninSecret::Session,
            Self::Flow => SigninSecret::Flow,
            Self::Form => SigninSecret::Form,
        }
    }

    /// Returns true if the request has a cookie of this name, with any value.
    pub(in crate::http) fn is_sent(self, headers: &HeaderMap) -> bool {
        let lines = headers.get_all(header::COOKIE).filter_map(|line| line.to_str().ok());
        let mut names = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split('=').next());
        names.any(|name| name.trim() == self.name())
    }

    /// Returns the value of the cookie, if the request has exactly one cookie of this name, in the form that this
    /// server makes.
    pub(in crate::http) fn read(self, headers: &HeaderMap) -> Option<MachineSecret> {
        let lines = headers.get_all(header::COOKIE).filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(name, _)| *name == self.name()).map(|(_, value)| value);
        let (value, None) = (values.next()?, values.next()) else {
            return None;
        };
        self.kind().parse(value)
    }

    /// Returns the header that sets the cookie: for `seconds`, or else until the browser is closed.
    // SameSite=Lax: with Strict, a browser that returns from a provider would look signed out.
    pub(in crate::http) fn set(self, value: &MachineSecret, seconds: Option<i64>) -> (HeaderName, String) {
        let life = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let (name, value) = (self.name(), value.expose());
        (header::SET_COOKIE, format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{life}"))
    }

    /// Returns the header that removes the cookie.
    pub(in crate::http) fn clear(self) -> (HeaderName, String) {
        let name = self.name();
        (header::SET_COOKIE, format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn read(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_str(line).unwrap());
        }
        Cookie::Session.read(&headers).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn a_cookie_is_read_by_its_exact_name_and_form() {
        let ours = SigninSecret::Session.generate(&[3; 32]).expose().to_owned();
        let flow = SigninSecret::Flow.generate(&[3; 32]).expose().to_owned();
        let own = format!("__Host-ptr_session={ours}");
        assert_eq!(read(&[&format!("a=b; {own}; c")]).as_ref(), Some(&ours));
        assert_eq!(read(&["x=y", &own]).as_ref(), Some(&ours));
        for other in [
            "",
            "__Host-ptr_session=",
            "__Host-ptr_session=guess",
            &format!("ptr_session={ours}"),
            &format!("__Host-ptr_session={flow}"),
            &format!("{own}; {own}"),
            &format!("__Host-ptr_session=\"{ours}\""),
        ] {
            assert_eq!(read(&[other]), None, "{other}");
        }
    }
}
