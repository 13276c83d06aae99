//! All providers: what is kept of each between calls, and how long a silent one is left alone.

use super::answer::{Answer, Exchanged, Tokens};
use super::oidc::{Kept, Oidc, Step};
use crate::domain::identity::{Person, ProviderKind, ProviderSettings};
use crate::domain::time::Timestamp;
use crate::outbound::Hosts;
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;
use zeroize::Zeroizing;

/// Where a provider is: its issuer, and the file with its authorities.
type Place = (String, Option<String>);

/// What tells whether a file is another one: when it was changed, its length, and which file it is.
type Stamp = (i64, i64, u64, u64);

/// What is kept of a provider, and the stamp of the file that it was made with.
type Read = (Option<Stamp>, Arc<Kept>);

/// The stamp of a file with authorities. The error says why there is none.
fn stamp(file: &str) -> Result<Stamp, String> {
    let found =
        std::fs::metadata(file).map_err(|error| format!("the file `{file}` cannot be read: {error}"))?;
    Ok((found.mtime(), found.mtime_nsec(), found.len(), found.ino()))
}

/// The providers that this server may ask.
pub struct Upstreams {
    hosts: Arc<Hosts>,
    /// Where people reach this server, without a slash at the end.
    public_url: String,
    kept: Mutex<HashMap<Place, Read>>,
}

/// How many providers something is kept of.
const MOST_KEPT: usize = 256;

impl Upstreams {
    /// Calls go to these hosts alone. People reach this server at `public_url`.
    #[must_use]
    pub fn new(hosts: Hosts, public_url: &str) -> Self {
        let public_url = public_url.trim_end_matches('/').to_owned();
        Self { hosts: Arc::new(hosts), public_url, kept: Mutex::default() }
    }

    /// Where people reach this server, without a slash at the end.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The redirect URI to register at a provider.
    #[must_use]
    pub fn redirect_uri(&self, provider: &str) -> String {
        format!("{}/signin/with/{provider}/callback", self.public_url)
    }

    /// Checks that an issuer may be called. The error says what to do.
    pub fn check_issuer(&self, issuer: &str) -> Result<(), String> {
        match self.hosts.permit(issuer) {
            Ok(url) if url.query().is_some() => Err("an issuer has no `?`".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// A provider to ask. The error says what is wrong with its settings.
    pub fn open(
        &self,
        settings: Arc<ProviderSettings>,
        secret: Option<Zeroizing<String>>,
    ) -> Result<Upstream, String> {
        let key = (settings.issuer.clone(), settings.ca_file.clone());
        let stamp = settings.ca_file.as_deref().map(stamp).transpose()?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = match kept.get(&key) {
            Some((read, known)) if *read == stamp => known.clone(),
            // The file is read again when it changes.
            _ => {
                if kept.len() >= MOST_KEPT {
                    kept.clear();
                }
                let new = Arc::new(Kept::new(&settings.issuer, settings.ca_file.as_deref())?);
                kept.insert(key, (stamp, new.clone()));
                new
            }
        };
        let redirect_uri = self.redirect_uri(settings.name.as_str());
        match settings.kind {
            ProviderKind::Oidc => {
                Ok(Upstream::Oidc(Oidc { settings, secret, redirect_uri, hosts: self.hosts.clone(), kept }))
            }
        }
    }
}

/// A provider to ask. Closed: each kind has its own folder.
pub enum Upstream {
    /// OpenID Connect.
    Oidc(Oidc),
}

impl Upstream {
    /// Finds out what later questions need, so that they wait for nothing else. The error says why it does not answer.
    pub async fn prepare(&self, now: Timestamp) -> Result<(), String> {
        match self {
            Self::Oidc(oidc) => oidc.prepare(now).await,
        }
    }

    /// The address that the browser is sent to, with the state, the nonce and the PKCE verifier of the sign-in.
    pub async fn start(&self, secrets: (&str, &str, &str), now: Timestamp) -> Result<Url, String> {
        match self {
            Self::Oidc(oidc) => oidc.start(secrets, now).await,
        }
    }

    /// Whether the issuer in the answer that the browser brought is that of this provider.
    pub async fn is_issuer(&self, issuer: Option<&str>, now: Timestamp) -> Result<bool, String> {
        match self {
            Self::Oidc(oidc) => oidc.is_issuer(issuer, now).await,
        }
    }

    /// Exchanges the code that the browser brought, with the PKCE verifier.
    pub async fn redeem(&self, code: &str, verifier: &str, now: Timestamp) -> Answer<Tokens> {
        match self {
            Self::Oidc(oidc) => oidc.redeem(code, verifier, now).await,
        }
    }

    /// Exchanges a refresh token.
    pub async fn refresh(&self, token: &str, now: Timestamp) -> Answer<Exchanged> {
        match self {
            Self::Oidc(oidc) => oidc.refresh(token, now).await,
        }
    }

    /// Checks what was handed out, and makes a person of it. `nonce` is the one of the sign-in; a refresh has none.
    pub async fn describe(&self, tokens: &Tokens, nonce: Option<&str>, now: Timestamp) -> Answer<Person> {
        match self {
            Self::Oidc(oidc) => oidc.describe(tokens, nonce, now).await,
        }
    }

    /// Tries the provider, step by step. Writes nothing.
    pub async fn probe(&self, now: Timestamp) -> Vec<Step> {
        match self {
            Self::Oidc(oidc) => oidc.probe(now).await,
        }
    }
}
