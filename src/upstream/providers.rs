//! All providers, and the data of each provider that is kept between calls.

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

/// The key of the kept data of a provider: its issuer, and the file with its certificate authorities.
type Place = (String, Option<String>);

/// The properties of a file that show if it has changed: the time of its change, its length, and its inode.
type Stamp = (i64, i64, u64, u64);

/// The kept data of a provider, and the stamp of the file with its certificate authorities.
type Read = (Option<Stamp>, Arc<Kept>);

/// Returns the stamp of a file with certificate authorities. The error says why the file cannot be read.
fn stamp(file: &str) -> Result<Stamp, String> {
    let found =
        std::fs::metadata(file).map_err(|error| format!("the file `{file}` cannot be read: {error}"))?;
    Ok((found.mtime(), found.mtime_nsec(), found.len(), found.ino()))
}

/// The providers that this server may call.
pub struct Upstreams {
    hosts: Arc<Hosts>,
    /// The URL at which people reach this server, without a slash at the end.
    public_url: String,
    kept: Mutex<HashMap<Place, Read>>,
}

/// The greatest number of providers with kept data. One more provider drops the data of all others.
const MOST_KEPT: usize = 256;

impl Upstreams {
    /// Builds the set of providers. Calls go only to `hosts`. People reach this server at `public_url`.
    #[must_use]
    pub fn new(hosts: Hosts, public_url: &str) -> Self {
        let public_url = public_url.trim_end_matches('/').to_owned();
        Self { hosts: Arc::new(hosts), public_url, kept: Mutex::default() }
    }

    /// Returns the URL at which people reach this server, without a slash at the end.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// Returns the redirect URI that must be registered at a provider.
    #[must_use]
    pub fn redirect_uri(&self, provider: &str) -> String {
        format!("{}/signin/with/{provider}/callback", self.public_url)
    }

    /// Checks that the server may call an issuer. The error says what to do.
    pub fn check_issuer(&self, issuer: &str) -> Result<(), String> {
        match self.hosts.permit(issuer) {
            Ok(url) if url.query().is_some() => Err("an issuer must not contain `?`".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Opens a provider for questions. The error describes the fault of its settings.
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
            // A changed file is read again.
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

/// A provider that can be asked, with one variant for each kind of provider. The code of each kind is in its own
/// module.
pub enum Upstream {
    /// A provider that speaks OpenID Connect.
    Oidc(Oidc),
}

impl Upstream {
    /// Reads the discovery document if it is not in memory, or was read more than ten minutes ago. The error says why
    /// the provider does not answer.
    pub async fn prepare(&self, now: Timestamp) -> Result<(), String> {
        match self {
            Self::Oidc(oidc) => oidc.prepare(now).await,
        }
    }

    /// Returns the URL to which the browser is sent. `secrets` are the state, the nonce and the PKCE verifier of the
    /// sign-in.
    pub async fn start(&self, secrets: (&str, &str, &str), now: Timestamp) -> Result<Url, String> {
        match self {
            Self::Oidc(oidc) => oidc.start(secrets, now).await,
        }
    }

    /// Returns true if the browser's answer names the issuer of this provider. Also returns true for an answer without
    /// an issuer, unless the provider announces that it sends the issuer.
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

    /// Checks the tokens, and builds the person that they describe. `nonce` is the nonce of the sign-in; a refresh has
    /// none.
    pub async fn describe(&self, tokens: &Tokens, nonce: Option<&str>, now: Timestamp) -> Answer<Person> {
        match self {
            Self::Oidc(oidc) => oidc.describe(tokens, nonce, now).await,
        }
    }

    /// Tests the provider step by step. Writes nothing to the database, but keeps the keys of the provider in memory.
    pub async fn probe(&self, now: Timestamp) -> Vec<Step> {
        match self {
            Self::Oidc(oidc) => oidc.probe(now).await,
        }
    }
}
