//! The keys of a server as data: what signs for whom, and what is published. No I/O.

use super::certificate::renewal;
use super::jwks::Jwks;
use super::loaded_key::{KeyDescription, KeyState, LoadedKey, Signers};
use super::probe::{KeyForm, Probe};
use super::signer::Signer;
use super::x509::Certificate;
use crate::domain::service::{Service, ServiceName};
use crate::domain::shell;
use crate::domain::time::Timestamp;
use crate::domain::verifier::KeyIdForm;
use crate::domain::warning::Warning;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How long a retired key stays published, seconds: the longest life of a token (an hour, and the minute
/// that it outlives what clients are told), a minute that registries allow for clocks, and a minute in
/// which a replica that stood still may have signed with it.
// SPEC: `token_ttl` is at most 3600 (api.md); claims.rs adds the minute.
const PUBLISHED_AFTER: i64 = 3600 + 60 + 60 + 60;

/// How long the server warns of a CA that was made anew, seconds: nobody tells it what registries hold.
const TOLD_OF_CA: i64 = 7 * 86_400;

/// Whether every token of a key that was retired then has ended.
pub(super) fn is_over(retired_at: Option<Timestamp>, now: Timestamp) -> bool {
    retired_at.is_some_and(|at| at.plus_seconds(PUBLISHED_AFTER) <= now)
}

/// Why a token cannot be signed for a service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSigner {
    /// The service needs a key of its own, and has none yet.
    #[error("`{0}` has no signing key yet: the log says why none was made")]
    NoKey(ServiceName),
    /// The service's registry does not know the algorithm of the key.
    #[error("the signing key is for {1}, which the registry of `{0}` does not verify")]
    Algorithm(ServiceName, &'static str),
}

/// A certificate and its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ending {
    /// The file, without its folder.
    pub file: String,
    /// `ca`, or the state of its key.
    pub role: &'static str,
    /// When the last certificate of the file begins.
    pub begins_at: Timestamp,
    /// When the first certificate of the file ends.
    pub ends_at: Timestamp,
}

/// The keys of a server, as loaded from its keys folder.
#[derive(Clone)]
pub struct Keyring {
    pub(super) keys: Vec<Arc<LoadedKey>>,
    /// What signs, by the service that has a key of its own; `None` is for all other services.
    pub(super) signers: BTreeMap<Option<ServiceName>, Arc<Signers>>,
    /// What is wrong with keys that were left out.
    pub(super) faults: Vec<String>,
    /// Whether the folder holds files that an interrupted change left behind.
    pub(super) has_strays: bool,
    pub(super) everything: Jwks,
    pub(super) ca_path: PathBuf,
    pub(super) ca: String,
    pub(super) ca_chain: Vec<Certificate>,
    /// When the CA was made anew.
    pub(super) ca_made_anew_at: Option<Timestamp>,
    pub(super) endings: Vec<Ending>,
    /// How the folder looked when it was loaded.
    pub(super) fingerprint: u64,
}

impl Keyring {
    /// What signs the tokens of a service.
    pub fn signer_for(&self, service: &Service) -> Result<&Signer, NoSigner> {
        let verifier = &service.verifier;
        let own = verifier.has_own_key().then(|| service.name.clone());
        let signers = self.signers.get(&own).ok_or_else(|| NoSigner::NoKey(service.name.clone()))?;
        let signer = match verifier.key_id() {
            KeyIdForm::Libtrust => &signers.libtrust,
            KeyIdForm::Thumbprint => &signers.thumbprint,
        };
        if verifier.algorithms().contains(&signer.algorithm()) {
            Ok(signer)
        } else {
            Err(NoSigner::Algorithm(service.name.clone(), signer.algorithm()))
        }
    }

    /// The algorithm of the key that services share.
    #[must_use]
    pub fn shared_algorithm(&self) -> Option<&'static str> {
        self.signers.get(&None).map(|signers| signers.libtrust.algorithm())
    }

    /// The published key set of all keys.
    #[must_use]
    pub fn jwks(&self) -> &Jwks {
        &self.everything
    }

    /// The published key set of one service: the keys that sign for it, in the form of key ids that its
    /// registry looks for.
    #[must_use]
    pub fn jwks_for(&self, service: &Service) -> Jwks {
        let own = service.verifier.has_own_key().then_some(&service.name);
        self.jwks_of(own, &[service.verifier.key_id()])
    }

    /// The key set of the keys that sign for a service alone, or for all others.
    #[must_use]
    pub fn jwks_of(&self, service: Option<&ServiceName>, forms: &[KeyIdForm]) -> Jwks {
        let keys = self.keys.iter().filter(|key| key.about.service.as_ref() == service);
        Jwks::of(keys.map(|key| &key.public), forms)
    }

    /// The certificate (PEM) for a registry that holds a certificate instead of a key set: that of the next
    /// key, else that of the key that signs.
    #[must_use]
    pub fn certificate_for(&self, service: Option<&ServiceName>) -> Option<String> {
        let in_state = |state| {
            self.keys.iter().find(|key| key.about.state == state && key.about.service.as_ref() == service)
        };
        let key = in_state(KeyState::Next).or_else(|| in_state(KeyState::Signing))?;
        key.chain.first().map(Certificate::to_pem)
    }

    /// Describes each key; no key material.
    pub fn keys(&self) -> impl Iterator<Item = &KeyDescription> {
        self.keys.iter().map(|key| &key.about)
    }

    /// The CA's certificate, PEM.
    #[must_use]
    pub fn ca(&self) -> &str {
        &self.ca
    }

    /// The absolute path of the CA's certificate, for registries on this machine.
    #[must_use]
    pub fn ca_path(&self) -> &Path {
        &self.ca_path
    }

    /// Tokens signed by the keys in use, in every form that a registry might look keys up by.
    #[must_use]
    pub fn probes(&self) -> Vec<Probe> {
        let signing = self.keys.iter().filter(|key| key.about.state == KeyState::Signing);
        signing
            .flat_map(|key| {
                [KeyForm::X5c, KeyForm::Libtrust, KeyForm::Thumbprint].map(|form| {
                    let chain = (!key.chain.is_empty()).then_some(key.chain.as_slice());
                    Probe::new(form, &key.about.name, &key.signer, &key.public, chain)
                })
            })
            .flatten()
            .collect()
    }

    /// The certificates that tokens depend on, with their ends.
    #[must_use]
    pub fn endings(&self) -> &[Ending] {
        &self.endings
    }

    /// What the operator should know: certificates that end within 30 days, a certificate that registries
    /// cannot verify with our CA, and keys that were left out. Names files without their folder.
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        let near = |ending: &&Ending| ending.ends_at.urgency(now) > 0;
        let ending = self.endings.iter().filter(near).map(|ending| {
            let days = (ending.ends_at.as_seconds() - now.as_seconds()).div_euclid(86_400);
            let message =
                format!("the certificate {} ends at {} (in {days} days)", ending.file, ending.ends_at);
            Warning::new("certificate-ends", message)
        });
        let in_tokens = self.keys().filter(|key| key.service.is_none() && key.state == KeyState::Signing);
        let foreign = in_tokens.filter(|key| !key.is_ours).map(|key| {
            let message = format!(
                "the certificate {}.crt is not signed by ca.crt: give registries the root of its own chain as rootcertbundle",
                key.name
            );
            Warning::new("foreign-certificate", message)
        });
        let faults = self.faults.iter().map(|fault| Warning::new("key-left-out", fault));
        let about_ca = self.ca_warning(now).into_iter();
        ending.chain(self.not_begun(now)).chain(about_ca).chain(foreign).chain(faults).collect()
    }

    /// Certificates that have not begun. Those that begin with the CA are not worth another warning.
    fn not_begun(&self, now: Timestamp) -> impl Iterator<Item = Warning> {
        let ca = self.endings.iter().find(|ending| ending.role == "ca").map(|ending| ending.begins_at);
        let signing = self.keys().find(|key| key.service.is_none() && key.state == KeyState::Signing);
        let name = signing.map_or("NAME", |key| key.name.as_str());
        let later = self.endings.iter().filter(move |ending| ending.begins_at > now);
        later.filter(move |ending| ending.role == "ca" || Some(ending.begins_at) != ca).map(move |ending| {
            let advice = if ending.role == "ca" {
                format!(
                    "if the clock of this machine is right now, the CA was made while it was ahead: make another one with `portreeve keys revoke{} --replace-ca`, give the new `ca.crt` to every registry, and restart the registries",
                    shell::argument(name)
                )
            } else {
                "if the clock of this machine is right, bring a certificate that has begun".to_owned()
            };
            let (file, begin) = (&ending.file, ending.begins_at);
            let message = format!("{file} begins only at {begin}, so registries refuse every token until then: {advice}");
            Warning::new("certificate-not-begun", message)
        })
    }

    /// That registries need another CA than they had.
    fn ca_warning(&self, now: Timestamp) -> Option<Warning> {
        let made = self.ca_made_anew_at?;
        let until = made.plus_seconds(TOLD_OF_CA);
        (now < until).then(|| {
            let message = format!(
                "the CA was made anew at {made}: give `ca.crt` to every registry and restart the registries, else they refuse every token (the server says so until {until})"
            );
            Warning::new("ca-made-anew", message)
        })
    }

    /// Whether the folder needs [`KeysFolder::maintain`](super::KeysFolder::maintain) by now.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        let is_old = |key: &LoadedKey| match (key.chain.first(), self.ca_chain.first()) {
            (Some(leaf), Some(ca)) => {
                key.about.is_ours && renewal(leaf, ca, now).is_some_and(|due| due <= now)
            }
            _ => true,
        };
        self.has_strays
            || self.keys.iter().any(|key| {
                let in_tokens = key.about.service.is_none() && key.about.state != KeyState::Retired;
                is_over(key.about.retired_at, now) || (in_tokens && is_old(key))
            })
    }

    /// Who has no key that signs: services of these that need one of their own, and `None` for all the others.
    #[must_use]
    pub fn lacking<'s>(
        &self,
        services: impl IntoIterator<Item = &'s Service>,
    ) -> BTreeSet<Option<ServiceName>> {
        let needing = services.into_iter().filter(|service| service.verifier.has_own_key());
        let owners = needing.map(|service| Some(service.name.clone()));
        owners.chain([None]).filter(|owner| !self.signers.contains_key(owner)).collect()
    }

    /// This ring without keys that `keyring.json` no longer lists as signing; `None` if it lists all of them.
    pub(super) fn without_ended(&self, still_signs: impl Fn(&str) -> bool) -> Option<Self> {
        let signs = |signers: &Arc<Signers>| still_signs(&signers.key);
        if self.signers.values().all(signs) {
            return None;
        }
        let mut left = self.clone();
        left.signers.retain(|_, signers| signs(signers));
        Some(left)
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("ca_path", &self.ca_path).finish_non_exhaustive()
    }
}
