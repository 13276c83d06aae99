//! The request of a call.

use super::error::OutboundError;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use std::io::Read;
use url::{Host, Url};
use zeroize::Zeroizing;

/// The credential of a request.
pub enum Credential<'a> {
    /// No credential.
    None,
    /// A user's name and password.
    Password(&'a str, &'a str),
    /// A bearer token.
    Token(&'a str),
}

/// The body of a request, with its content type.
pub enum Body<'a> {
    /// No body.
    None,
    /// A body in memory.
    Whole(&'a str, Vec<u8>),
    /// A long body that is read while it is sent.
    Stream(&'a str, Box<dyn Read + Send>),
}

/// A request.
pub struct Request<'a> {
    /// The method.
    pub method: Method,
    /// The URL, with its query.
    pub url: Url,
    /// The credential.
    pub credential: Credential<'a>,
    /// Further headers: names and values.
    pub headers: Vec<(&'a str, &'a str)>,
    /// The body.
    pub body: Body<'a>,
}

impl Request<'_> {
    pub(super) fn onto(self, http: &reqwest::Client) -> Result<reqwest::RequestBuilder, OutboundError> {
        let mut builder = http.request(self.method, self.url);
        builder = match self.credential {
            Credential::None => builder,
            Credential::Password(user, password) => builder.basic_auth(user, Some(password)),
            Credential::Token(token) => {
                let bearer = Zeroizing::new(format!("Bearer {token}"));
                let mut value = HeaderValue::from_str(&bearer).map_err(|_| OutboundError::Credential)?;
                value.set_sensitive(true);
                builder.header(AUTHORIZATION, value)
            }
        };
        for (name, value) in self.headers {
            builder = builder.header(name, value);
        }
        Ok(match self.body {
            Body::None => builder,
            Body::Whole(content_type, bytes) => builder.header(CONTENT_TYPE, content_type).body(bytes),
            Body::Stream(content_type, source) => {
                builder.header(CONTENT_TYPE, content_type).body(streamed(source))
            }
        })
    }
}

/// Builds a body that is read while it is sent.
fn streamed(source: Box<dyn Read + Send>) -> reqwest::Body {
    let parts = futures_util::stream::try_unfold(source, |mut source| async move {
        let mut part = vec![0; 64 * 1024];
        let count = source.read(&mut part)?;
        part.truncate(count);
        Ok::<_, std::io::Error>((count > 0).then_some((part, source)))
    });
    reqwest::Body::wrap_stream(parts)
}

/// Returns true if a request to this URL stays on this machine.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for (url, expected) in [
            ("http://localhost:5001", true),
            ("http://127.3.2.1", true),
            ("http://[::1]", true),
            ("http://localhost.example.org", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
