//! Requests to the registry: for its catalogue, its lists of tags, and the digests of tags.
//!
//! INVARIANT: every request goes to the registry's address in the service. The size of every body is limited.
// SPEC: the OCI distribution specification 1.1, "Listing Tags"; distribution's API specification, "Listing
// Repositories".

use super::entries::{Entries, present};
use super::error::CrawlError;
use super::link;
use crate::domain::crawl::Crawl;
use crate::domain::events::Digest;
use crate::outbound::{
    Answer, Body, Bounds, Client, Credential, Hosts, Method, OutboundError, Request, Trust, is_loopback,
};
use serde::Deserialize;
use std::path::Path;
use std::time::{Duration, Instant};
use url::Url;

/// The longest time for connecting to the registry.
const CONNECT: Duration = Duration::from_secs(5);
/// The longest time for a whole request. The lease of the crawl stays valid for longer than this time.
// INTEROP: distribution reads its whole storage for a page of the catalogue, which takes long on object stores.
const PATIENCE: Duration = Duration::from_secs(60);
/// The greatest length of a page of the catalogue, in bytes. A page of 1,000 names has at most 256 KiB.
const LONGEST_CATALOGUE: usize = 1024 * 1024;
/// The greatest length of a list of tags, in bytes. A list of 100,000 tags has at most 13 MB.
// INTEROP: distribution 2.x ignores `n` for lists of tags, and answers with all tags.
const LONGEST_TAGS: usize = 16 * 1024 * 1024;
/// The query for a page of 1,000 entries. Some registries refuse larger pages.
// INTEROP: distribution 2.x and 3.x answer 400 if `n` is greater than 1,000.
const PAGE: &str = "n=1000";
/// The number of entries of a full page.
const FULL: usize = 1000;
/// The greatest length of the body of an error, in bytes.
const LONGEST_ERROR: usize = 64 * 1024;
/// The `Accept` header with every media type of manifests.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.oci.artifact.manifest.v1+json, application/vnd.docker.distribution.manifest.v1+prettyjws, \
    application/vnd.docker.distribution.manifest.v1+json";
/// The greatest length of a media type, in bytes. A longer media type is cut.
const LONGEST_TYPE: usize = 255;

/// The pauses before a failed request is sent again.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(1)];
/// The time since the first attempt after which a failed request is not sent again, so that the lease does not end.
const QUICK: Duration = Duration::from_secs(10);

const CATALOGUE: &str = "the request for the catalogue";
const TAGS: &str = "the request for tags";
const MANIFEST: &str = "the request for a digest";

/// A page of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// The entries, as the registry writes them.
    pub(super) entries: Vec<String>,
    /// The query of the next page; `None` on the last page.
    pub(super) next: Option<String>,
    /// True if this page is full, but the registry gave no link to the next page. `next` is then a guess: if the next
    /// page has no new entries, this page was the last one.
    pub(super) is_guess: bool,
    /// True if the page has more entries than are read.
    pub(super) is_cut: bool,
}

/// The manifest that a tag names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) digest: String,
    pub(super) media_type: String,
    /// The size in bytes; 0 if the registry does not send it.
    pub(super) size: i64,
}

/// The registry of a service.
#[derive(Clone)]
pub(super) struct Registry {
    client: Client,
    base: Url,
}

#[derive(Deserialize)]
struct Catalogue {
    #[serde(deserialize_with = "present")]
    repositories: Option<Entries>,
}

#[derive(Deserialize)]
struct Tags {
    /// Null for a repository without tags.
    // INTEROP: distribution 2.x and 3.x send null.
    #[serde(deserialize_with = "present")]
    tags: Option<Entries>,
}

impl Registry {
    /// Prepares requests to the registry of a service. Fails if the operator does not list the registry's host, if the
    /// file of certificate authorities cannot be used, or if the HTTP client cannot be built.
    pub(super) fn of(crawl: &Crawl, hosts: &Hosts) -> Result<Self, CrawlError> {
        let base = hosts.permit_registry(&crawl.registry)?;
        let trust = match &crawl.ca_file {
            Some(file) => Trust::of_file(Path::new(file)).map_err(|error| {
                // The reason is only logged: clients of the API must not learn which files this machine has.
                tracing::warn!(error, "the certificate authorities of a registry cannot be used");
                CrawlError::Authorities(file.clone())
            })?,
            None => Trust::System,
        };
        let bounds = Bounds {
            user_agent: concat!("portreeve/", env!("CARGO_PKG_VERSION")),
            connect: Some(CONNECT),
            silence: None,
            whole: Some(PATIENCE),
            // A proxy cannot reach a registry on this machine. Without TLS, a proxy could read the token.
            proxied: base.scheme() == "https" && !is_loopback(&base),
            reused: true,
        };
        let client = Client::new(&bounds, trust).map_err(|error| CrawlError::Client(error.reason()))?;
        Ok(Self { client, base })
    }

    /// Reads the page of the catalogue with this query, or the first page without a query.
    pub(super) async fn catalogue(&self, query: Option<&str>, token: &str) -> Result<Page, CrawlError> {
        let url = self.url("v2/_catalog", Some(query.unwrap_or(PAGE)));
        let answer = self.ask(Method::GET, &url, token).await?;
        let answer = self.expect(answer, CATALOGUE)?;
        let (list, next): (Catalogue, _) = read(answer, &url, CATALOGUE, LONGEST_CATALOGUE).await?;
        Ok(page(list.repositories, next, &url))
    }

    /// Reads the page of a repository's tags with this query, or the first page without a query. The first page is
    /// empty if the registry does not know the repository.
    // INTEROP: distribution answers 404 with the code NAME_UNKNOWN for a repository without tags. A proxy whose
    // registry is down may also answer 404, but without this code.
    pub(super) async fn tags(
        &self,
        repository: &str,
        query: Option<&str>,
        token: &str,
    ) -> Result<Page, CrawlError> {
        let url = self.url(&format!("v2/{repository}/tags/list"), Some(query.unwrap_or(PAGE)));
        let answer = self.ask(Method::GET, &url, token).await?;
        if answer.status.as_u16() == NOT_FOUND {
            let is_empty = query.is_none() && is_name_unknown(answer).await;
            let refused = CrawlError::Status { what: TAGS, status: NOT_FOUND };
            return is_empty.then(Page::default).ok_or(refused);
        }
        let answer = self.expect(answer, TAGS)?;
        let (list, next): (Tags, _) = read(answer, &url, TAGS, LONGEST_TAGS).await?;
        Ok(page(list.tags, next, &url))
    }

    /// Asks which manifest a tag names. Returns `None` if the registry answers 404.
    pub(super) async fn digest(
        &self,
        repository: &str,
        tag: &str,
        token: &str,
    ) -> Result<Option<Found>, CrawlError> {
        let url = self.url(&format!("v2/{repository}/manifests/{tag}"), None);
        let answer = self.ask(Method::HEAD, &url, token).await?;
        if answer.status.as_u16() == NOT_FOUND {
            return Ok(None);
        }
        let answer = self.expect(answer, MANIFEST)?;
        let digest = answer.header("docker-content-digest").map(Digest::parse);
        let Some(Ok(digest)) = digest else {
            return Err(CrawlError::Answer { what: MANIFEST, fault: "no digest" });
        };
        let media_type = answer.header("content-type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let media_type = media_type.chars().filter(char::is_ascii_graphic).take(LONGEST_TYPE).collect();
        let size = answer.header("content-length").and_then(|text| text.parse().ok()).unwrap_or_default();
        Ok(Some(Found { digest: digest.as_str().to_owned(), media_type, size: i64::max(size, 0) }))
    }

    fn url(&self, path: &str, query: Option<&str>) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url.set_query(query);
        url
    }

    async fn ask(&self, method: Method, url: &Url, token: &str) -> Result<Answer, CrawlError> {
        let began = Instant::now();
        for pause in PAUSES {
            let answer = self.ask_once(method.clone(), url, token).await;
            let may_pass = answer.as_ref().map_or(true, |answer| is_busy(answer.status.as_u16()));
            if !may_pass || began.elapsed() > QUICK {
                return answer;
            }
            tokio::time::sleep(pause).await;
        }
        self.ask_once(method, url, token).await
    }

    async fn ask_once(&self, method: Method, url: &Url, token: &str) -> Result<Answer, CrawlError> {
        let accept = if method == Method::HEAD { MANIFESTS } else { "application/json" };
        let credential = Credential::Token(token);
        let headers = vec![("accept", accept)];
        let request = Request { method, url: url.clone(), credential, headers, body: Body::None };
        self.client.send(request).await.map_err(|error| told(&error))
    }

    /// Fails unless the status is 200.
    fn expect(&self, answer: Answer, what: &'static str) -> Result<Answer, CrawlError> {
        match answer.status.as_u16() {
            200 => Ok(answer),
            status @ (401 | 403) => {
                let registry = self.base.as_str().trim_end_matches('/').to_owned();
                Err(CrawlError::Refused { status, registry })
            }
            status => Err(CrawlError::Status { what, status }),
        }
    }
}

const NOT_FOUND: u16 = 404;

/// True if the same request may soon succeed, because the registry is busy or has a passing failure.
fn is_busy(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..)
}

/// Builds a page from its entries. If a full page has no link, guesses the query of the next page.
fn page(entries: Option<Entries>, next: Option<String>, asked: &Url) -> Page {
    let Entries { entries, is_cut } = entries.unwrap_or_default();
    let is_guess = next.is_none() && entries.len() >= FULL;
    let guess = entries.last().filter(|_| is_guess).and_then(|last| link::after(last, asked, PAGE));
    Page { next: next.or(guess), is_guess, is_cut, entries }
}

/// True if the answer contains the registry's error code NAME_UNKNOWN. A proxy does not send this code.
async fn is_name_unknown(answer: Answer) -> bool {
    let body = answer.body(LONGEST_ERROR).await.unwrap_or_default();
    let told: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let errors = told.get("errors").and_then(serde_json::Value::as_array);
    errors.is_some_and(|errors| {
        errors.iter().any(|error| error.get("code").is_some_and(|code| code == "NAME_UNKNOWN"))
    })
}

/// Reads a page from the body, and the query of the next page from the `Link` headers.
async fn read<T: for<'d> Deserialize<'d>>(
    answer: Answer,
    asked: &Url,
    what: &'static str,
    longest: usize,
) -> Result<(T, Option<String>), CrawlError> {
    let wrong = |fault| CrawlError::Answer { what, fault };
    let links = answer.headers.get_all("link").iter().map(|link| link.to_str());
    let links: Vec<&str> = links.collect::<Result<_, _>>().map_err(|_| wrong("a link that is not text"))?;
    let next = link::next(&links, asked).map_err(wrong)?;
    let body = answer.body(longest).await.map_err(|error| match error {
        OutboundError::TooLong(_) => wrong("a page that is too long"),
        error => told(&error),
    })?;
    let list = serde_json::from_slice(&body).map_err(|_| wrong("something that is not a list"))?;
    Ok((list, next))
}

/// Converts an error of a request. The text of the new error contains no part of the registry's answer.
fn told(error: &OutboundError) -> CrawlError {
    match error {
        error if error.is_certificate() => CrawlError::Call(format!(
            "its certificate is not accepted ({}): set `ca_file` to the file of the authorities that sign it",
            error.reason()
        )),
        error if error.is_timeout() => CrawlError::Slow(PATIENCE.as_secs()),
        error => CrawlError::Call(error.reason()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_page_without_a_link_is_not_the_last_one() {
        let asked = Url::parse("https://registry.example.org/v2/_catalog?n=1000").unwrap();
        let entries = |count: usize| {
            let entries = (0..count).map(|number| format!("team/a{number}")).collect();
            Some(Entries { entries, is_cut: false })
        };
        let full = page(entries(FULL), None, &asked);
        assert_eq!((full.next.as_deref(), full.is_guess), (Some("n=1000&last=team%2Fa999"), true));
        let linked = page(entries(FULL), Some("last=x".to_owned()), &asked);
        assert_eq!((linked.next.as_deref(), linked.is_guess), (Some("last=x"), false));
        assert_eq!(page(entries(FULL - 1), None, &asked).next, None);
        assert_eq!(page(None, None, &asked), Page::default());
    }
}
