//! The API as seen by commands: one request at a time, refusals as errors.
//!
//! No redirection is followed, because the credential would go with it.

use super::connection::is_loopback;
use super::error::{CliError, Problem};
use super::output::clean;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{self, HeaderValue};
use reqwest::{Method, Response};
use rustls::crypto::ring as cryptography;
use serde_json::Value;
use std::io::Read;
use std::time::Duration;
use url::Url;
use zeroize::Zeroizing;

/// What stays as it is in one part of a path.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The most that the server gives in one page.
const PAGE: usize = 1000;

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
            return Err(CliError::Usage(format!("`{part}` is no name")));
        }
        path.push('/');
        path.extend(utf8_percent_encode(part, PART));
    }
    Ok(path)
}

/// A text that is read while it is sent.
fn streamed(source: Box<dyn Read + Send>) -> reqwest::Body {
    let parts = futures_util::stream::try_unfold(source, |mut source| async move {
        let mut part = vec![0; 64 * 1024];
        let count = source.read(&mut part)?;
        part.truncate(count);
        Ok::<_, std::io::Error>((count > 0).then_some((part, source)))
    });
    reqwest::Body::wrap_stream(parts)
}

fn http(on_this_machine: bool, silence: Option<Duration>) -> Result<reqwest::Client, CliError> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .user_agent(concat!("portreeve/", env!("CARGO_PKG_VERSION")));
    if let Some(silence) = silence {
        builder = builder.read_timeout(silence);
    }
    if on_this_machine {
        builder = builder.no_proxy();
    }
    builder.build().map_err(CliError::Unreachable)
}

/// Talks to one server.
pub(super) struct Client {
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    url: Url,
    credential: Credential,
}

impl Client {
    /// A client for the server at `url`.
    ///
    /// Refuses to send a credential in the clear over a network, unless `insecure_http`.
    pub(super) fn new(url: Url, credential: Credential, insecure_http: bool) -> Result<Self, CliError> {
        let on_this_machine = is_loopback(&url);
        if url.scheme() == "http" && !on_this_machine && !insecure_http {
            return Err(CliError::Failed(format!(
                "`{url}` is plain http, which would show the credential to the network: use https, or --insecure-http if you accept that"
            )));
        }
        // An error says that one is installed already.
        let _ = cryptography::default_provider().install_default();
        let http = http(on_this_machine, Some(Duration::from_secs(60)))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| CliError::Failed(format!("cannot start: {error}")))?;
        Ok(Self { http, runtime, url, credential })
    }

    /// A client of the same server with another credential.
    pub(super) fn with_credential(
        &self,
        credential: Credential,
        insecure_http: bool,
    ) -> Result<Self, CliError> {
        Self::new(self.url.clone(), credential, insecure_http)
    }

    /// The same client for work that takes the server long.
    pub(super) fn patient(mut self) -> Result<Self, CliError> {
        self.http = http(is_loopback(&self.url), None)?;
        Ok(self)
    }

    /// Sends a request and reads the whole answer.
    pub(super) fn send(&self, request: Request<'_>) -> Result<Answer, CliError> {
        self.runtime.block_on(async {
            let response = self.succeed(request).await?;
            let etag = response.headers().get(header::ETAG).and_then(|value| value.to_str().ok());
            let etag = etag.map(str::to_owned);
            let text = response.text().await.map_err(CliError::Unreachable)?;
            let body = if text.is_empty() { Ok(Value::Null) } else { serde_json::from_str(&text) };
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
            let mut response = self.succeed(request).await?;
            let mut waiting: Vec<u8> = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(CliError::Unreachable)? {
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

    async fn succeed(&self, request: Request<'_>) -> Result<Response, CliError> {
        let response = self.prepare(request)?.send().await.map_err(CliError::Unreachable)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status.is_redirection() {
            let to = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
            return Err(CliError::Failed(format!(
                "the server redirects to `{}`: give the address that it answers at",
                clean(to.unwrap_or("nowhere"))
            )));
        }
        let text = response.text().await.unwrap_or_default();
        let mut problem: Problem = serde_json::from_str(&text).unwrap_or_default();
        problem.status = status.as_u16();
        if problem.detail.is_empty() {
            problem.detail = format!("the server answers `{status}`: is it a portreeve server?");
        }
        Err(CliError::Refused(Box::new(problem)))
    }

    fn prepare(&self, request: Request<'_>) -> Result<reqwest::RequestBuilder, CliError> {
        let Request { method, path, query, body, condition, accept } = request;
        let address = format!("{}/api/v1{path}", self.url.as_str().trim_end_matches('/'));
        let mut builder = self.http.request(method, address).query(&query);
        builder = match &self.credential {
            Credential::Key(key) => {
                let bearer = Zeroizing::new(format!("Bearer {}", **key));
                let mut value = HeaderValue::from_str(&bearer).map_err(|_| {
                    CliError::Usage("the access key holds characters that none has".to_owned())
                })?;
                value.set_sensitive(true);
                builder.header(header::AUTHORIZATION, value)
            }
            Credential::Password(user, password) => builder.basic_auth(user, Some(password.as_str())),
        };
        builder = builder.header(header::ACCEPT, accept.unwrap_or("application/json"));
        builder = match condition {
            Condition::Always => builder,
            Condition::Absent => builder.header(header::IF_NONE_MATCH, "*"),
            Condition::Unchanged(etag) => builder.header(header::IF_MATCH, etag),
        };
        Ok(match body {
            Body::None => builder,
            Body::Json(value) => builder.json(&value),
            Body::Stream(content_type, source) => {
                builder.header(header::CONTENT_TYPE, content_type).body(streamed(source))
            }
        })
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
            let client =
                Client::new(Url::parse(url).unwrap(), Credential::Key("ptr_x".to_owned().into()), insecure);
            assert_eq!(client.is_ok(), fits, "{url}");
        }
    }
}
