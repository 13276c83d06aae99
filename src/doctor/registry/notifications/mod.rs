//! Examines how the registry reports events. Sends a report without events to each endpoint in the registry's file
//! that leads to Portreeve, unless the endpoint is disabled, is malformed, or means another machine.
//!
//! INVARIANT: no finding contains a key of the file, even if a server repeats the key in its answer.

mod attempt;
mod endpoint;
mod place;
mod wording;

use super::address::{Address, is_local};
use super::file::RegistryFile;
use super::listen::Listen;
use crate::clock::Clock;
use crate::doctor::docker::client::{Client, Trusted};
use crate::doctor::report::finding::Finding;
use attempt::{Outcome, Way, attempt};
use endpoint::{Endpoint, service_of};
use std::path::PathBuf;
use std::time::Duration;
use url::Url;
use wording::Words;

/// The shortest useful timeout. With a shorter timeout, a registry repeats events that are already counted.
const SHORTEST: Duration = Duration::from_secs(1);

/// The inputs for trying the endpoints.
pub(in crate::doctor) struct Notifications<'a> {
    pub(in crate::doctor) file: &'a RegistryFile,
    pub(in crate::doctor) registry: &'a Address,
    /// The address at which the registry listens according to its file.
    pub(in crate::doctor) listen: Option<&'a Listen>,
    /// Files of certificate authorities that the doctor trusts.
    pub(in crate::doctor) authorities: &'a [PathBuf],
    pub(in crate::doctor) clock: &'a Clock,
}

impl Notifications<'_> {
    /// Examines the endpoints that report to Portreeve. If there is none, warns about each endpoint that leads to the
    /// host and port of the realm, because its path is probably wrong.
    pub(in crate::doctor) async fn examine(&self, say: &dyn Fn(&str)) -> Vec<Finding> {
        let endpoints = Endpoint::all(self.file.text());
        let (ours, others): (Vec<_>, Vec<_>) = endpoints.iter().partition(|endpoint| endpoint.is_ours());
        let mut findings = Vec::new();
        if !ours.is_empty() {
            say("how the registry reports events");
        }
        for endpoint in &ours {
            self.one(endpoint, &mut findings).await;
        }
        if ours.is_empty() {
            let at_realm = others.into_iter().filter_map(|it| self.realm_of(it).map(|url| (it, url)));
            findings.extend(at_realm.map(|(endpoint, url)| self.words(endpoint).other_path(url)));
        }
        let secrets: Vec<&str> = endpoints.iter().flat_map(Endpoint::secrets).collect();
        findings.into_iter().map(|finding| without(finding, &secrets)).collect()
    }

    fn words<'w>(&'w self, endpoint: &'w Endpoint) -> Words<'w> {
        Words { file: self.file, endpoint, service: self.service() }
    }

    /// Returns the service of the registry's tokens, if the file names one.
    fn service(&self) -> Option<&str> {
        self.file.token().map(|token| token.service.as_str()).filter(|service| !service.is_empty())
    }

    /// Returns the endpoint's URL if it has the same host and port as the realm.
    fn realm_of<'e>(&self, endpoint: &'e Endpoint) -> Option<&'e Url> {
        let realm = Url::parse(&self.file.token()?.realm).ok()?;
        let place = |url: &Url| (url.host_str().map(str::to_owned), url.port());
        endpoint.url.as_ref().filter(|url| place(url) == place(&realm))
    }

    /// Returns true if the registry is on this machine.
    async fn is_here(&self) -> bool {
        match self.listen {
            _ if self.registry.is_local() => true,
            Some(listen) => listen.is_alive().await,
            None => false,
        }
    }

    async fn one(&self, endpoint: &Endpoint, findings: &mut Vec<Finding>) {
        let words = self.words(endpoint);
        if endpoint.disabled {
            findings.push(words.disabled());
            return;
        }
        if let Some(header) = &endpoint.unfit {
            findings.push(words.unfit(header));
            return;
        }
        let Some(url) = &endpoint.url else {
            findings.push(words.not_a_url());
            return;
        };
        if let Some(timeout) = endpoint.timeout.filter(|it| !it.is_zero() && *it < SHORTEST) {
            findings.push(words.impatient(timeout));
        }
        let own = service_of(url).unwrap_or_default();
        let differs = self.service().is_some_and(|service| service != own);
        if differs {
            findings.push(words.other_service(url, &own));
        }
        if endpoint.has_placeholder() {
            findings.push(words.placeholder());
        } else if !endpoint.has_key() {
            findings.push(words.no_key());
        }
        let is_here = self.is_here().await;
        let way = Way::to(url, is_here).await;
        match way {
            Way::Open => {}
            Way::Readable => findings.push(words.readable(url)),
            Way::Elsewhere => {
                findings.push(words.elsewhere(url));
                return;
            }
        }
        let has_key = endpoint.has_key() && !endpoint.has_placeholder();
        let tried = self.attempt(endpoint, url, way == Way::Open && has_key).await;
        findings.extend(match tried {
            Ok(Outcome::Answered(answer)) => {
                words.answered(url, &answer, differs, has_key && way == Way::Open)
            }
            Ok(Outcome::OtherScheme(other)) => Some(words.other_scheme(url, &other)),
            Ok(Outcome::Failed(failure)) => Some(words.unreachable(url, &failure)),
            Err(why) => Some(words.not_tried(&why)),
        });
    }

    /// Tries an endpoint. Trusts the system's and the given authorities, and not docker's certs.d, because the
    /// registry does not read certs.d.
    async fn attempt(&self, endpoint: &Endpoint, url: &Url, with_key: bool) -> Result<Outcome, String> {
        // A key over plain http must stay in the private network, so no proxy is used.
        let local = url.scheme() == "http" || is_local(url);
        let trusted = Trusted { roots: self.authorities.to_vec(), pair: None, local };
        let client = Client::new(&trusted, self.clock.clone())?;
        Ok(attempt(&client, endpoint, url, with_key).await)
    }
}

/// Replaces every secret in a finding by `…`.
fn without(mut finding: Finding, secrets: &[&str]) -> Finding {
    let hide = |text: &str| secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "…"));
    finding.what = hide(&finding.what);
    finding.why = hide(&finding.why);
    finding.fix = finding.fix.as_deref().map(hide);
    finding
}
