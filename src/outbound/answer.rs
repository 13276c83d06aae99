//! The answer of a call.

use super::error::OutboundError;
use reqwest::header::HeaderMap;
use reqwest::tls::TlsInfo;
use reqwest::{Response, StatusCode};

/// An answer whose body has not been read.
pub struct Answer {
    /// The HTTP status of the answer.
    pub status: StatusCode,
    /// The headers of the answer.
    pub headers: HeaderMap,
    /// The certificate of the server, DER; `None` without TLS.
    pub certificate: Option<Vec<u8>>,
    rest: Response,
}

impl Answer {
    pub(super) fn new(mut response: Response) -> Self {
        let shown = response.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
        let certificate = shown.map(<[u8]>::to_vec);
        let headers = std::mem::take(response.headers_mut());
        Self { status: response.status(), headers, certificate, rest: response }
    }

    /// Returns a header, if its value is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Reads the next part of the body. Returns `None` at the end of the body.
    pub async fn part(&mut self) -> Result<Option<Vec<u8>>, OutboundError> {
        Ok(self.rest.chunk().await?.map(Vec::from))
    }

    /// Reads the whole body. Fails if the body is longer than `longest` bytes.
    pub async fn body(mut self, longest: usize) -> Result<Vec<u8>, OutboundError> {
        let mut body = Vec::new();
        while let Some(part) = self.part().await? {
            body.extend_from_slice(&part);
            if body.len() > longest {
                return Err(OutboundError::TooLong(longest));
            }
        }
        Ok(body)
    }
}
