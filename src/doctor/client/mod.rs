//! One request at a time, as a container client sends it.
//!
//! The doctor judges redirections and certificates itself, so it keeps two clients of [`outbound`]: one verifies
//! certificates as a program in Go does, the other accepts every certificate. No secret leaves over the other.

mod trust;

pub use trust::trusting;

use crate::causes::causes;
use crate::clock::Clock;
use crate::outbound::{self, Body, Bounds, Credential, HeaderMap, Method, OutboundError, Request, Trust};
use std::path::PathBuf;
use std::time::Duration;
use time::format_description::well_known::Rfc2822;
use url::Url;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most of a body that is read; manifests may have four mebibytes.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The certificate cannot be verified.
    Certificate(String),
    /// The other side does not speak TLS.
    NotTls,
    /// It wants the certificate of a client.
    WantsCertificate,
    /// The name is unknown, nobody listens, or it breaks off.
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

    /// In plain words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Certificate(reason) => {
                let words = trust::words(reason);
                format!("its certificate {}", words.strip_prefix("it ").unwrap_or(&words))
            }
            Self::NotTls => "it does not speak TLS".to_owned(),
            Self::WantsCertificate => "it wants the certificate of a client".to_owned(),
            Self::Unreachable(reason) => reason.clone(),
        }
    }
}

/// What a request is signed in with.
#[derive(Clone, Copy)]
pub(super) enum Pass<'a> {
    Nobody,
    Password(&'a str, &'a str),
    Token(&'a str),
    /// A token that grants no more than everybody has.
    Harmless(&'a str),
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// How far the clock over there is ahead of ours, seconds.
    pub(super) ahead: Option<i64>,
    /// The certificate that was shown, DER.
    pub(super) certificate: Option<Vec<u8>>,
}

impl Answer {
    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What it asks for, one text a header. What is not ASCII in one stays, because it explains faults.
    pub(super) fn challenges(&self) -> Vec<String> {
        let lines = self.headers.get_all("www-authenticate").iter();
        lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect()
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Where it redirects to, against the address that was asked.
    pub(super) fn redirection(&self, asked: &Url) -> Option<Url> {
        if !(300..400).contains(&self.status) {
            return None;
        }
        asked.join(self.header("location")?).ok()
    }
}

/// What a client trusts besides the system, and shows of itself.
#[derive(Debug, Default, Clone)]
pub(super) struct Trusted {
    /// Files of authorities.
    pub(super) roots: Vec<PathBuf>,
    /// Certificate and key of the client.
    pub(super) pair: Option<(PathBuf, PathBuf)>,
    /// Whether the registry is on this machine, where no proxy is asked.
    pub(super) local: bool,
}

/// A request.
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) pass: Pass<'a>,
    pub(super) accept: &'a str,
    pub(super) body: Option<(&'a str, Vec<u8>)>,
}

impl<'a> Ask<'a> {
    /// A GET.
    pub(super) fn get(url: &Url, pass: Pass<'a>) -> Self {
        Self { method: Method::GET, url: url.clone(), pass, accept: "*/*", body: None }
    }
}

/// Sends requests.
pub(super) struct Client {
    verified: outbound::Client,
    unverified: outbound::Client,
    clock: Clock,
}

impl Client {
    /// A client; says which file of `trusted` cannot be used.
    pub(super) fn new(trusted: &Trusted, clock: Clock) -> Result<Self, String> {
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

    /// Sends a request and reads the answer, over a connection that is verified.
    pub(super) async fn send(&self, ask: Ask<'_>) -> Result<Answer, Failure> {
        self.send_by(&self.verified, ask).await
    }

    /// Sends a request without looking at the certificate, and therefore without any secret.
    pub(super) async fn send_unverified(&self, mut ask: Ask<'_>) -> Result<Answer, Failure> {
        if !matches!(ask.pass, Pass::Harmless(_)) {
            ask.pass = Pass::Nobody;
        }
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
        let headers = vec![("accept", ask.accept)];
        let request = Request { method: ask.method, url: ask.url, credential, headers, body };
        let before = self.clock.now().as_micros();
        let mut answer = http.send(request).await.map_err(|error| Failure::of(&error))?;
        let middle = before + (self.clock.now().as_micros() - before) / 2;
        // A date is cut to whole seconds.
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

/// Seconds since the epoch.
// SPEC: RFC 9110 section 5.6.7: the preferred form is that of mail, with `GMT`.
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
                "its certificate is that of an authority (`CA:TRUE`), which Go takes for a server's, and other TLS libraries do not",
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
