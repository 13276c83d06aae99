//! The API as seen by commands: one request at a time, refusals as errors.
//!
//! No redirection is followed, because the credential would go with it.

use super::error::{CliError, Problem};
use super::escape::clean;
use super::unreachable;
use crate::causes::causes;
use crate::doctor;
use crate::outbound::{self, Bounds, Method, OutboundError, Trust, is_loopback};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;
use zeroize::Zeroizing;

/// What stays as it is in one part of a path.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The most items that the server gives in one page.
const PAGE: usize = 1000;
/// The longest answer that is read at once: a page of groups lists all their members.
const LONGEST: usize = 1 << 30;

const UNAUTHORIZED: u16 = 401;

/// What a request is signed in with.
pub(super) enum Credential {
    /// An access key.
    Key(Zeroizing<String>),
    /// A user's name and password.
    Password(String, Zeroizing<String>),
}

/// What is sent.
pub(super) enum Body {
    /// Nothing.
    None,
    /// A JSON document.
    Json(Value),
    /// A long text of another type, given first, read while it is sent.
    Stream(&'static str, Box<dyn Read + Send>),
}

/// A condition on the state of the object.
pub(super) enum Condition<'a> {
    /// None.
    Always,
    /// It does not exist.
    Absent,
    /// It is still as it was with this ETag.
    Unchanged(&'a str),
}

/// One request to `/api/v1`.
pub(super) struct Request<'a> {
    pub(super) method: Method,
    /// Below `/api/v1`, made by [`path`].
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Body,
    pub(super) condition: Condition<'a>,
    /// The type asked for, JSON where there is none.
    pub(super) accept: Option<&'static str>,
}

impl Request<'_> {
    /// A request without query, body and condition.
    pub(super) fn new(method: Method, path: String) -> Self {
        Self { method, path, query: Vec::new(), body: Body::None, condition: Condition::Always, accept: None }
    }
}

/// An answer of success.
pub(super) struct Answer {
    /// The JSON in it, null where there is none.
    pub(super) body: Value,
    /// The version of the object.
    pub(super) etag: Option<String>,
}

/// Joins the parts of a path, each encoded whole: names may hold `/`, spaces and `:`.
pub(super) fn path(parts: &[&str]) -> Result<String, CliError> {
    let mut path = String::new();
    for part in parts {
        // A URL cannot hold these as names, encoded or not.
        if matches!(*part, "" | "." | "..") {
            return Err(CliError::Usage(format!("`{part}` is not a name")));
        }
        path.push('/');
        path.extend(utf8_percent_encode(part, PART));
    }
    Ok(path)
}

/// How servers are reached.
#[derive(Debug, Clone, Default)]
pub(super) struct Way {
    /// A credential may cross a network in the clear.
    pub(super) insecure_http: bool,
    /// Files of authorities to trust besides those of the system.
    pub(super) ca: Vec<PathBuf>,
}

/// The client that calls servers.
pub(super) fn http(
    on_this_machine: bool,
    silence: Option<Duration>,
    way: &Way,
) -> Result<outbound::Client, CliError> {
    let bounds = Bounds {
        user_agent: concat!("portreeve/", env!("CARGO_PKG_VERSION")),
        connect: Some(Duration::from_secs(10)),
        silence,
        whole: None,
        proxied: !on_this_machine,
        reused: true,
    };
    let trust = if way.ca.is_empty() {
        Trust::System
    } else {
        let settings = doctor::trusting(&way.ca);
        Trust::Settings(Box::new(settings.map_err(|error| CliError::Usage(format!("--ca: {error}")))?))
    };
    outbound::Client::new(&bounds, trust)
        .map_err(|error| CliError::Failed(format!("cannot start: {}", causes(&error))))
}

/// Talks to one server.
pub(super) struct Client {
    http: outbound::Client,
    runtime: tokio::runtime::Runtime,
    url: Url,
    credential: Credential,
    way: Way,
}

impl Client {
    /// A client for the server at `url`.
    ///
    /// Refuses to send a credential in the clear over a network, unless `way` allows it.
    pub(super) fn new(url: Url, credential: Credential, way: Way) -> Result<Self, CliError> {
        let on_this_machine = is_loopback(&url);
        if url.scheme() == "http" && !on_this_machine && !way.insecure_http {
            return Err(CliError::Failed(format!(
                "`{url}` is plain http, which would show the credential to the network: use https, or --insecure-http if you accept that"
            )));
        }
        let http = http(on_this_machine, Some(Duration::from_secs(60)), &way)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| CliError::Failed(format!("cannot start: {error}")))?;
        Ok(Self { http, runtime, url, credential, way })
    }

    /// A client of the same server with another credential.
    pub(super) fn with_credential(&self, credential: Credential) -> Result<Self, CliError> {
        Self::new(self.url.clone(), credential, self.way.clone())
    }

    /// The same client for work that takes the server long.
    pub(super) fn patient(mut self) -> Result<Self, CliError> {
        self.http = http(is_loopback(&self.url), None, &self.way)?;
        Ok(self)
    }

    /// Sends a request and reads the whole answer.
    pub(super) fn send(&self, request: Request<'_>) -> Result<Answer, CliError> {
        self.runtime.block_on(async {
            let answer = self.succeed(request).await?;
            let etag = answer.header("etag").map(str::to_owned);
            let text = answer.body(LONGEST).await.map_err(|error| self.unreachable(error))?;
            let body = if text.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&text) };
            let body = body.map_err(|_| {
                CliError::Failed(
                    "the answer is not JSON: is the address that of a portreeve server?".to_owned(),
                )
            })?;
            Ok(Answer { body, etag })
        })
    }

    /// Sends a request and gives every line of the answer to `each` as it arrives.
    pub(super) fn lines(
        &self,
        request: Request<'_>,
        mut each: impl FnMut(&str) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        self.runtime.block_on(async {
            let mut answer = self.succeed(request).await?;
            let mut waiting: Vec<u8> = Vec::new();
            while let Some(chunk) = answer.part().await.map_err(|error| self.unreachable(error))? {
                for part in chunk.split_inclusive(|byte| *byte == b'\n') {
                    waiting.extend_from_slice(part);
                    if part.ends_with(b"\n") {
                        each(String::from_utf8_lossy(&waiting).trim_end())?;
                        waiting.clear();
                    }
                }
            }
            if waiting.is_empty() { Ok(()) } else { each(&String::from_utf8_lossy(&waiting)) }
        })
    }

    /// The object at a path.
    pub(super) fn get(&self, path: String) -> Result<Answer, CliError> {
        self.send(Request::new(Method::GET, path))
    }

    /// Every item of a list, at most `limit`.
    pub(super) fn list(
        &self,
        path: &str,
        query: &[(&'static str, String)],
        limit: Option<usize>,
    ) -> Result<Vec<Value>, CliError> {
        let mut items = Vec::new();
        self.pages(path, query, limit, |page| match page.get_mut("items").map(Value::take) {
            Some(Value::Array(more)) => {
                let count = more.len();
                items.extend(more);
                Ok(count)
            }
            _ => Err(CliError::Failed("the answer is not a list".to_owned())),
        })?;
        if let Some(limit) = limit {
            items.truncate(limit);
        }
        Ok(items)
    }

    /// Gives every page of a list to `each`, which says how many items it took, until there are
    /// `limit` of them.
    pub(super) fn pages(
        &self,
        path: &str,
        query: &[(&'static str, String)],
        limit: Option<usize>,
        mut each: impl FnMut(&mut Value) -> Result<usize, CliError>,
    ) -> Result<(), CliError> {
        let (mut taken, mut after) = (0, None::<String>);
        loop {
            let wanted = limit.map_or(PAGE, |limit| limit.saturating_sub(taken).min(PAGE));
            if wanted == 0 {
                return Ok(());
            }
            let mut request = Request::new(Method::GET, path.to_owned());
            request.query = query.to_vec();
            request.query.push(("limit", wanted.to_string()));
            request.query.extend(after.clone().map(|cursor| ("after", cursor)));
            let mut page = self.send(request)?.body;
            let next = page.get("next").and_then(Value::as_str).map(str::to_owned);
            taken += each(&mut page)?;
            // A cursor that does not move on would never end.
            if next.is_none() || next == after {
                return Ok(());
            }
            after = next;
        }
    }

    async fn succeed(&self, request: Request<'_>) -> Result<outbound::Answer, CliError> {
        let answer = self.begin(request).await?;
        let status = answer.status;
        if status.is_success() {
            return Ok(answer);
        }
        if status.is_redirection() {
            return Err(CliError::Failed(format!(
                "the server redirects to `{}`: give the address that it answers at",
                clean(answer.header("location").unwrap_or("nowhere"))
            )));
        }
        let text = answer.body(LONGEST).await.unwrap_or_default();
        let mut problem: Problem = serde_json::from_slice(&text).unwrap_or_default();
        problem.status = status.as_u16();
        if problem.detail.is_empty() {
            let advice = unreachable::advice_of_answer(&self.url, &text);
            return Err(CliError::Failed(advice.unwrap_or_else(|| self.stranger(&status.to_string()))));
        }
        // Whatever is wrong with a password or its user, the server answers the same.
        if problem.status == UNAUTHORIZED && matches!(self.credential, Credential::Password(..)) {
            return Err(CliError::WrongPassword);
        }
        Err(problem.into())
    }

    /// What is said of a server that does not answer as ours do.
    fn stranger(&self, status: &str) -> String {
        let path = self.url.path().trim_end_matches('/');
        if path.is_empty() {
            return format!("the server answers `{status}`: is it a portreeve server?");
        }
        let mut alone = self.url.clone();
        alone.set_path("");
        format!(
            "the server answers `{status}` below `{path}`: is it a portreeve server? If that is the path of its tokens, leave it out: write {}",
            alone.as_str().trim_end_matches('/')
        )
    }

    async fn begin(&self, request: Request<'_>) -> Result<outbound::Answer, CliError> {
        let Request { method, path, query, body, condition, accept } = request;
        let mut url = self.url.clone();
        url.set_path(&format!("{}/api/v1{path}", self.url.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let credential = match &self.credential {
            Credential::Key(key) => outbound::Credential::Token(key),
            Credential::Password(user, password) => outbound::Credential::Password(user, password),
        };
        let mut headers = vec![("accept", accept.unwrap_or("application/json"))];
        match condition {
            Condition::Always => {}
            Condition::Absent => headers.push(("if-none-match", "*")),
            Condition::Unchanged(etag) => headers.push(("if-match", etag)),
        }
        let body = match body {
            Body::None => outbound::Body::None,
            Body::Json(value) => outbound::Body::Whole("application/json", value.to_string().into_bytes()),
            Body::Stream(content_type, source) => outbound::Body::Stream(content_type, source),
        };
        let sent = self.http.send(outbound::Request { method, url, credential, headers, body }).await;
        sent.map_err(|error| self.unreachable(error))
    }

    /// Why a call brought no answer, or not all of it.
    fn unreachable(&self, error: OutboundError) -> CliError {
        match error {
            OutboundError::Credential => {
                CliError::Usage("the access key holds characters that no access key has".to_owned())
            }
            source => CliError::Unreachable { advice: unreachable::advice(&self.url, &source), source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_path_is_encoded_whole() {
        assert_eq!(
            path(&["services", "Docker registry/a:5000?#%"]).unwrap(),
            "/services/Docker%20registry%2Fa%3A5000%3F%23%25"
        );
        for part in ["", ".", ".."] {
            assert!(path(&["services", part]).is_err(), "{part}");
        }
    }

    #[test]
    fn a_credential_does_not_cross_a_network_in_the_clear() {
        for (url, insecure, fits) in [
            ("http://auth.example.org", false, false),
            ("http://auth.example.org", true, true),
            ("http://localhost:5001", false, true),
            ("https://auth.example.org", false, true),
        ] {
            let way = Way { insecure_http: insecure, ca: Vec::new() };
            let client =
                Client::new(Url::parse(url).unwrap(), Credential::Key("ptr_x".to_owned().into()), way);
            assert_eq!(client.is_ok(), fits, "{url}");
        }
    }
}
