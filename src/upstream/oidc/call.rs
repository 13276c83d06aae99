//! Calls to a provider, with limits: five seconds, 256 KiB, no redirections.

use crate::outbound::{Body, Bounds, Client, Credential, Method, OutboundError, Request, Trust, is_loopback};
use crate::upstream::error::NotCalled;
use oauth2::http::header::{AUTHORIZATION, CONTENT_TYPE};
use oauth2::http::{Request as HttpRequest, Response as HttpResponse};
use std::path::Path;
use std::time::Duration;
use url::Url;

/// The time limit of a call, up to the last byte of the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The greatest length of an answer, in bytes.
const LONGEST: usize = 256 * 1024;

/// The status of an OAuth error.
// SPEC: RFC 6749 section 5.2.
const BAD_REQUEST: u16 = 400;
/// The statuses of an overloaded server. They say nothing about the person.
const BUSY: [u16; 2] = [408, 429];

/// The HTTP client for the calls to one provider.
#[derive(Clone)]
pub(super) struct Caller {
    client: Client,
}

/// Explains why an answer did not arrive, or not completely.
fn not_called(error: &OutboundError) -> NotCalled {
    match error {
        OutboundError::TooLong(_) => NotCalled::Odd(told(error)),
        error => NotCalled::Failed(told(error)),
    }
}

/// Describes why an answer did not arrive, or not completely. The text contains nothing of the answer.
fn told(error: &OutboundError) -> String {
    match error {
        OutboundError::TooLong(_) => format!("the answer is longer than {} KiB", LONGEST / 1024),
        error if error.is_certificate() => format!(
            "its certificate is not accepted ({}): set `ca_file` to the file of the authorities that sign it",
            error.reason()
        ),
        error if error.is_timeout() => format!("no answer within {} seconds", PATIENCE.as_secs()),
        error => error.reason(),
    }
}

impl Caller {
    /// Builds a caller for an issuer. The caller accepts certificates of the authorities in `ca_file`. Without
    /// `ca_file`, it accepts certificates of the authorities of the system.
    pub(super) fn new(issuer: &str, ca_file: Option<&str>) -> Result<Self, String> {
        let trust = match ca_file {
            Some(file) => Trust::of_file(Path::new(file))?,
            None => Trust::System,
        };
        let bounds = Bounds {
            user_agent: concat!("portreeve/", env!("CARGO_PKG_VERSION")),
            connect: Some(PATIENCE),
            silence: None,
            whole: Some(PATIENCE),
            // A proxy on another machine cannot reach a provider on this machine.
            proxied: !Url::parse(issuer).is_ok_and(|issuer| is_loopback(&issuer)),
            reused: true,
        };
        Ok(Self { client: Client::new(&bounds, trust).map_err(|error| told(&error))? })
    }

    /// Reads a JSON document. The error says why it could not be read.
    pub(super) async fn get(&self, url: Url, token: Option<&str>) -> Result<Vec<u8>, NotCalled> {
        let request = Request {
            method: Method::GET,
            url,
            credential: token.map_or(Credential::None, Credential::Token),
            headers: vec![("accept", "application/json")],
            body: Body::None,
        };
        let answer = self.client.send(request).await.map_err(|error| not_called(&error))?;
        let status = answer.status;
        if status.is_redirection() {
            return Err(NotCalled::Failed("the answer is a redirection, which is not followed".to_owned()));
        }
        if !status.is_success() {
            let why = format!("the answer has status {}", status.as_u16());
            let is_refusal = status.is_client_error() && !BUSY.contains(&status.as_u16());
            return Err(if is_refusal { NotCalled::Refused(why) } else { NotCalled::Odd(why) });
        }
        answer.body(LONGEST).await.map_err(|error| not_called(&error))
    }

    /// Sends a request of the OAuth library.
    // INTEROP: some providers answer errors with status 200. The library would then show the whole answer in its error.
    // So such an answer gets the status 400 here.
    pub(super) async fn exchange(
        &self,
        request: HttpRequest<Vec<u8>>,
    ) -> Result<HttpResponse<Vec<u8>>, NotCalled> {
        let (head, body) = request.into_parts();
        let url = Url::parse(&head.uri.to_string()).map_err(|error| NotCalled::Failed(error.to_string()))?;
        let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
        let mut headers = vec![("accept", "application/json")];
        headers.extend(text(AUTHORIZATION).map(|value| ("authorization", value)));
        let form = text(CONTENT_TYPE).unwrap_or("application/x-www-form-urlencoded");
        let body = Body::Whole(form, body);
        let request = Request { method: head.method, url, credential: Credential::None, headers, body };
        let answer = self.client.send(request).await.map_err(|error| not_called(&error))?;
        let mut status = answer.status;
        let is_json = answer.header("content-type").is_some_and(|kind| kind.contains("json"));
        let body = answer.body(LONGEST).await.map_err(|error| match not_called(&error) {
            NotCalled::Odd(why) if status.is_success() && is_json => NotCalled::Lost(why),
            other => other,
        })?;
        let value = serde_json::from_slice::<serde_json::Value>(&body).ok();
        if status.is_success() && value.as_ref().is_some_and(|value| value.get("error").is_some()) {
            status = BAD_REQUEST.try_into().unwrap_or(status);
        }
        let number = status.as_u16();
        if !status.is_success() && (!status.is_client_error() || BUSY.contains(&number)) {
            return Err(NotCalled::Odd(format!("the answer has status {number}")));
        }
        if value.is_none() && !is_json {
            return Err(NotCalled::Odd(format!("the answer has status {number} and is not JSON")));
        }
        let error = value.as_ref().and_then(|value| value.get("error"));
        if !status.is_success() && !error.is_some_and(serde_json::Value::is_string) {
            return Err(NotCalled::Odd(format!("the answer has status {number} and no error of OAuth")));
        }
        let mut response = HttpResponse::new(body);
        *response.status_mut() = status;
        response
            .headers_mut()
            .insert(CONTENT_TYPE, oauth2::http::HeaderValue::from_static("application/json"));
        Ok(response)
    }
}
