//! Calls the API for commands. The client sends one request at a time, and turns refusals into errors.
//!
//! The client follows no redirection, because a redirection could send the credential to another server.

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

/// The characters that are percent-encoded in one part of a path: all except letters, digits, `-`, `_`, `.` and
/// `~`.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The greatest number of items in one page of the server.
const PAGE: usize = 1000;
/// The longest answer that is read into memory at once, bytes. The limit is large because a page of groups
/// lists all their members.
const LONGEST: usize = 1 << 30;

const UNAUTHORIZED: u16 = 401;

/// The credential of a request.
pub(super) enum Credential {
    /// The credential is an access key.
    Key(Zeroizing<String>),
    /// The credential is a user's name and password.
    Password(String, Zeroizing<String>),
}

/// The body of a request.
pub(super) enum Body {
    /// The request has no body.
    None,
    /// The body is a JSON document.
    Json(Value),
    /// The body is a long text that is read while it is sent. The first field is its content type.
    Stream(&'static str, Box<dyn Read + Send>),
}

/// The condition that the stored object must meet, or the server refuses the write.
pub(super) enum Condition<'a> {
    /// The write has no condition.
    Always,
    /// The object does not exist.
    Absent,
    /// The object still has this ETag.
    Unchanged(&'a str),
}

/// One request to `/api/v1`.
pub(super) struct Request<'a> {
    pub(super) method: Method,
    /// The path below `/api/v1`, made by [`path`].
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Body,
    pub(super) condition: Condition<'a>,
    /// The content type that the answer shall have; JSON if this is `None`.
    pub(super) accept: Option<&'static str>,
}

impl Request<'_> {
    /// Returns a request without query, body and condition.
    pub(super) fn new(method: Method, path: String) -> Self {
        Self { method, path, query: Vec::new(), body: Body::None, condition: Condition::Always, accept: None }
    }
}

/// A successful answer.
pub(super) struct Answer {
    /// The JSON of the answer; null if the answer has no body.
    pub(super) body: Value,
    /// The version (ETag) of the object.
    pub(super) etag: Option<String>,
}

/// Returns a field of an answer as text; empty if the field is missing, or is not a text.
pub(super) fn text_field<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Joins the parts of a path. Each part is encoded as a whole, because names may contain `/`, spaces and `:`.
pub(super) fn path(parts: &[&str]) -> Result<String, CliError> {
    let mut path = String::new();
    for part in parts {
        // URL parsers resolve `.` and `..`, encoded or not, and an empty part changes the path, so these cannot be
        // names.
        if matches!(*part, "" | "." | "..") {
            return Err(CliError::Usage(format!("`{part}` is not a name")));
        }
        path.push('/');
        path.extend(utf8_percent_encode(part, PART));
    }
    Ok(path)
}

/// The settings for reaching a server.
#[derive(Debug, Clone, Default)]
pub(super) struct Way {
    /// True if the client may send a credential over a network without TLS.
    pub(super) insecure_http: bool,
    /// Files of certificate authorities that the client trusts besides those of the system.
    pub(super) ca: Vec<PathBuf>,
}

/// Returns the HTTP client for calls to one server. A call fails if the server sends nothing for `silence`.
/// `None` means that calls wait without limit. If the server is on this machine, no proxy is used.
///
/// Fails if a file of authorities in `way` cannot be used.
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
        .map_err(|error| CliError::Failed(format!("cannot start the HTTP client: {}", causes(&error))))
}

/// A client of one server.
pub(super) struct Client {
    http: outbound::Client,
    runtime: tokio::runtime::Runtime,
    url: Url,
    credential: Credential,
    way: Way,
}

impl Client {
    /// Returns a client for the server at `url`.
    ///
    /// Fails if the client would send a credential over a network without TLS, unless `way` allows it. Also fails if
    /// a file of authorities cannot be used.
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
            .map_err(|error| CliError::Failed(format!("cannot start the async runtime: {error}")))?;
        Ok(Self { http, runtime, url, credential, way })
    }

    /// Returns a client of the same server with another credential.
    pub(super) fn with_credential(&self, credential: Credential) -> Result<Self, CliError> {
        Self::new(self.url.clone(), credential, self.way.clone())
    }

    /// Returns this client without its limit of 60 seconds in which the server may send nothing. A large `apply`
    /// takes the server longer.
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

    /// Sends a request, and gives each line of the answer to `each` as it arrives.
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

    /// Reads the object at a path.
    pub(super) fn get(&self, path: String) -> Result<Answer, CliError> {
        self.send(Request::new(Method::GET, path))
    }

    /// Reads the items of a list: at most `limit` items, or all items for `None`.
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

    /// Reads a list page by page, and gives each page to `each`, which returns how many items it took. Stops
    /// after `limit` items.
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
            // Also ends if the server repeats the cursor, because the loop would otherwise never end.
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
                "the server redirects to `{}`: give the address at which the server answers without a redirection",
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
        // The server gives the same answer for an unknown user and for a wrong password.
        if problem.status == UNAUTHORIZED && matches!(self.credential, Credential::Password(..)) {
            return Err(CliError::WrongPassword);
        }
        Err(problem.into())
    }

    /// Returns the advice for an answer that does not look like Portreeve's.
    fn stranger(&self, status: &str) -> String {
        let path = self.url.path().trim_end_matches('/');
        if path.is_empty() {
            return format!("the server answers `{status}`: is it a portreeve server?");
        }
        let mut alone = self.url.clone();
        alone.set_path("");
        format!(
            "the server answers `{status}` below `{path}`: is it a portreeve server? If `{path}` is the path of the token endpoint, leave the path out: write {}",
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

    /// Turns the failure of a call into an error for people: the access key could not be sent, or no complete
    /// answer arrived.
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
