//! Sends single requests, as a container client does.
//!
//! The doctor judges redirections and certificates itself, so it keeps two clients of [`outbound`]. One verifies
//! certificates nearly as a program in Go does. The other accepts every certificate.
//! INVARIANT: the client that accepts every certificate sends no secret.

mod trust;

pub use trust::trusting;

use crate::causes::causes;
use crate::clock::Clock;
use crate::outbound::{self, Body, Bounds, Credential, HeaderMap, Method, OutboundError, Request, Trust};
use std::path::PathBuf;
use std::time::Duration;
use time::format_description::well_known::Rfc2822;
use url::Url;

/// The time limit of one request.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest body of an answer, bytes. Registries accept manifests of up to 4 MiB.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// The reason why a request got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doctor) enum Failure {
    /// The certificate cannot be verified.
    Certificate(String),
    /// The server does not speak TLS.
    NotTls,
    /// The server asks for a client certificate.
    WantsCertificate,
    /// Any other failure: for example, no program listens there, or no answer arrives in time.
    Unreachable(String),
}

impl Failure {
    fn of(error: &OutboundError) -> Self {
        let text = causes(error);
        if let Some((_, reason)) = text.split_once("invalid peer certificate: ") {
            return Self::Certificate(reason.to_owned());
        }
        if text.contains("InvalidContentType") {
            return Self::NotTls;
        }
        if text.contains("CertificateRequired") {
            return Self::WantsCertificate;
        }
        if error.is_timeout() {
            return Self::Unreachable(format!("no answer within {} seconds", PATIENCE.as_secs()));
        }
        Self::Unreachable(error.reason())
    }

    /// Describes the failure in plain words, in which `it` is the server.
    pub(in crate::doctor) fn words(&self) -> String {
        match self {
            Self::Certificate(reason) => {
                let words = trust::words(reason);
                format!("its certificate {}", words.strip_prefix("it ").unwrap_or(&words))
            }
            Self::NotTls => "it does not speak TLS".to_owned(),
            Self::WantsCertificate => "it asks for a client certificate".to_owned(),
            Self::Unreachable(reason) => reason.clone(),
        }
    }
}

/// The credentials of a request.
#[derive(Clone, Copy)]
pub(in crate::doctor) enum Pass<'a> {
    Nobody,
    Password(&'a str, &'a str),
    Token(&'a str),
    /// A token that grants only what an anonymous token would grant.
    Harmless(&'a str),
}

impl<'a> Pass<'a> {
    /// Wraps a token. If `harmless`, the token grants only what an anonymous token would grant.
    pub(in crate::doctor) fn token(token: &'a str, harmless: bool) -> Self {
        if harmless { Self::Harmless(token) } else { Self::Token(token) }
    }
}

/// An answer to a request.
#[derive(Debug)]
pub(in crate::doctor) struct Answer {
    pub(in crate::doctor) status: u16,
    pub(in crate::doctor) headers: HeaderMap,
    pub(in crate::doctor) body: Vec<u8>,
    /// The difference between the server's clock and ours, seconds. It is positive if the server's clock is
    /// ahead.
    pub(in crate::doctor) ahead: Option<i64>,
    /// The server's certificate, DER.
    pub(in crate::doctor) certificate: Option<Vec<u8>>,
}

impl Answer {
    /// Returns a header as text.
    pub(in crate::doctor) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns the challenges, one text for each header. Keeps characters outside ASCII, because they explain
    /// faults.
    pub(in crate::doctor) fn challenges(&self) -> Vec<String> {
        let lines = self.headers.get_all("www-authenticate").iter();
        lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect()
    }

    /// Returns true if the body looks like an HTML page, as a proxy sends it for a login or an error.
    pub(in crate::doctor) fn is_page(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default();
        kind.starts_with("text/html") || self.body.trim_ascii_start().starts_with(b"<")
    }

    /// Returns the body as JSON.
    pub(in crate::doctor) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns the target of a redirection, resolved against the requested address.
    pub(in crate::doctor) fn redirection(&self, asked: &Url) -> Option<Url> {
        if !(300..400).contains(&self.status) {
            return None;
        }
        asked.join(self.header("location")?).ok()
    }
}

/// The authorities that a client trusts in addition to the system's, and the certificate that the client shows.
#[derive(Debug, Default, Clone)]
pub(in crate::doctor) struct Trusted {
    /// Files of authorities.
    pub(in crate::doctor) roots: Vec<PathBuf>,
    /// Certificate and key of the client.
    pub(in crate::doctor) pair: Option<(PathBuf, PathBuf)>,
    /// True if the client must use no proxy.
    pub(in crate::doctor) local: bool,
}

/// One request to a server.
pub(in crate::doctor) struct Ask<'a> {
    pub(in crate::doctor) method: Method,
    pub(in crate::doctor) url: Url,
    pub(in crate::doctor) pass: Pass<'a>,
    pub(in crate::doctor) accept: &'a str,
    /// The headers besides `Accept` and the credential. They can contain secrets.
    pub(in crate::doctor) headers: Vec<(&'a str, &'a str)>,
    pub(in crate::doctor) body: Option<(&'a str, Vec<u8>)>,
}

impl<'a> Ask<'a> {
    /// Makes a GET request.
    pub(in crate::doctor) fn get(url: &Url, pass: Pass<'a>) -> Self {
        Self { method: Method::GET, url: url.clone(), pass, accept: "*/*", headers: Vec::new(), body: None }
    }
}

/// A client that sends requests.
pub(in crate::doctor) struct Client {
    verified: outbound::Client,
    unverified: outbound::Client,
    clock: Clock,
}

impl Client {
    /// Makes a client. The error names the file of `trusted` that cannot be used; for a client key, it names the
    /// file of the certificate.
    pub(in crate::doctor) fn new(trusted: &Trusted, clock: Clock) -> Result<Self, String> {
        let roots = trust::read_roots(&trusted.roots)?;
        let pair = trusted.pair.as_ref().map(trust::Pair::read).transpose()?;
        let bounds = Bounds {
            user_agent: concat!("portreeve-doctor/", env!("CARGO_PKG_VERSION")),
            connect: None,
            silence: None,
            whole: Some(PATIENCE),
            proxied: !trusted.local,
            reused: false,
        };
        let client = |settings| {
            outbound::Client::new(&bounds, Trust::Settings(Box::new(settings)))
                .map_err(|error| causes(&error))
        };
        Ok(Self {
            verified: client(trust::verified(roots, pair.as_ref())?)?,
            unverified: client(trust::unverified(pair.as_ref())?)?,
            clock,
        })
    }

    /// Sends a request to a server. If the server is not `verified`, the request contains no secret.
    pub(in crate::doctor) async fn send_to(&self, verified: bool, ask: Ask<'_>) -> Result<Answer, Failure> {
        if verified { self.send(ask).await } else { self.send_unverified(ask).await }
    }

    /// Sends a request over a connection whose certificate is verified, and reads the answer.
    pub(in crate::doctor) async fn send(&self, ask: Ask<'_>) -> Result<Answer, Failure> {
        self.send_by(&self.verified, ask).await
    }

    /// Sends a request over a connection whose certificate is not verified. Removes every secret from the
    /// request.
    pub(in crate::doctor) async fn send_unverified(&self, mut ask: Ask<'_>) -> Result<Answer, Failure> {
        if !matches!(ask.pass, Pass::Harmless(_)) {
            ask.pass = Pass::Nobody;
        }
        ask.headers.clear();
        self.send_by(&self.unverified, ask).await
    }

    async fn send_by(&self, http: &outbound::Client, ask: Ask<'_>) -> Result<Answer, Failure> {
        let credential = match ask.pass {
            Pass::Nobody => Credential::None,
            Pass::Password(user, password) => Credential::Password(user, password),
            Pass::Token(token) | Pass::Harmless(token) => Credential::Token(token),
        };
        let body = match ask.body {
            Some((content_type, bytes)) => Body::Whole(content_type, bytes),
            None => Body::None,
        };
        let mut headers = ask.headers;
        headers.push(("accept", ask.accept));
        let request = Request { method: ask.method, url: ask.url, credential, headers, body };
        let before = self.clock.now().as_micros();
        let mut answer = http.send(request).await.map_err(|error| Failure::of(&error))?;
        let middle = before + (self.clock.now().as_micros() - before) / 2;
        // The `Date` header has whole seconds, so on average the server's time is half a second later.
        let ahead = answer
            .header("date")
            .and_then(read_date)
            .map(|there| (there * 1_000_000 + 500_000 - middle) / 1_000_000);
        let (status, certificate) = (answer.status.as_u16(), answer.certificate.take());
        let headers = std::mem::take(&mut answer.headers);
        let body = answer.body(LONGEST_BODY).await.map_err(|error| Failure::of(&error))?;
        Ok(Answer { status, headers, body, ahead, certificate })
    }
}

/// Parses an HTTP date, into seconds since the epoch.
// SPEC: RFC 9110 section 5.6.7: the preferred form is the date format of mail, with `GMT`.
pub fn read_date(text: &str) -> Option<i64> {
    let text = text.trim().replace("GMT", "+0000");
    time::OffsetDateTime::parse(&text, &Rfc2822).ok().map(time::OffsetDateTime::unix_timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_certificate_is_refused_in_the_words_of_a_library() {
        for (reason, expected) in [
            ("UnknownIssuer", "its certificate is signed by an authority that is not known here"),
            ("certificate expired: verification time 2 (UNIX)", "its certificate has expired"),
            (
                "certificate not valid for name \"a\"; certificate is only valid for b",
                "its certificate is refused: certificate not valid for name \"a\"; certificate is only valid for b",
            ),
            (
                "Other(OtherError(CaUsedAsEndEntity))",
                "its certificate belongs to an authority (`CA:TRUE`): Go accepts it from a server, and other TLS libraries refuse it",
            ),
            ("Other(OtherError(X))", "its certificate is of a kind that TLS libraries refuse"),
        ] {
            assert_eq!(Failure::Certificate(reason.to_owned()).words(), expected);
        }
    }

    #[test]
    fn dates_of_answers_are_read() {
        for (text, expected) in [
            ("Sat, 21 Nov 2026 19:05:25 GMT", Some(1_795_287_925)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("yesterday", None),
        ] {
            assert_eq!(read_date(text), expected, "{text}");
        }
    }
}
