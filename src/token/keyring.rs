//! The keys of a server as data: the key that signs for each service, and the keys that are published. No I/O.

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

/// The time for which a retired key stays published, seconds. It is the sum of the longest `token_ttl` (an hour), the
/// minute for which a token outlives `expires_in`, a minute for clock skew at registries, and a minute in which a
/// paused replica may still have signed with the key.
// SPEC: `token_ttl` is at most 3600 (api.md); claims.rs adds the minute.
const PUBLISHED_AFTER: i64 = 3600 + 60 + 60 + 60;

/// The time for which the server warns of a new CA, seconds. The server cannot know which CA a registry has.
const TOLD_OF_CA: i64 = 7 * 86_400;

/// The first character of a sealed place. A place is the last name on a page of a list.
const SEALED: char = '~';

/// Returns true if all tokens of a key that was retired at `retired_at` have ended. `None` means that the key
/// is not retired.
pub(super) fn is_over(retired_at: Option<Timestamp>, now: Timestamp) -> bool {
    retired_at.is_some_and(|at| at.plus_seconds(PUBLISHED_AFTER) <= now)
}

/// The reason why a token cannot be signed for a service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSigner {
    /// No key signs for the service. Its own key, or the key that services share, does not exist yet, was revoked
    /// without a successor, or cannot be used.
    #[error("`{0}` has no signing key yet: the log says why no key was made")]
    NoKey(ServiceName),
    /// The service's registry does not support the algorithm of the key.
    #[error("the signing key is for {1}, which the registry of `{0}` does not verify")]
    Algorithm(ServiceName, &'static str),
}

/// A certificate file, with the time span in which it is valid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ending {
    /// The name of the file, without its folder.
    pub file: String,
    /// The role of the certificate: `ca`, or the state of its key.
    pub role: &'static str,
    /// The latest beginning of the certificates in the file.
    pub begins_at: Timestamp,
    /// The earliest end of the certificates in the file.
    pub ends_at: Timestamp,
}

/// The keys of a server, as loaded from its keys folder.
#[derive(Clone)]
pub struct Keyring {
    pub(super) keys: Vec<Arc<LoadedKey>>,
    /// The signers, by the service that has its own key; `None` means all other services.
    pub(super) signers: BTreeMap<Option<ServiceName>, Arc<Signers>>,
    /// The reasons why keys were left out.
    pub(super) faults: Vec<String>,
    /// True if the folder contains files that an interrupted change left behind.
    pub(super) has_strays: bool,
    pub(super) everything: Jwks,
    pub(super) ca_path: PathBuf,
    pub(super) ca: String,
    pub(super) ca_chain: Vec<Certificate>,
    /// The time at which a new CA replaced another CA.
    pub(super) ca_made_anew_at: Option<Timestamp>,
    pub(super) endings: Vec<Ending>,
    /// The fingerprint of the folder when it was loaded.
    pub(super) fingerprint: u64,
}

impl Keyring {
    /// Returns the signer for the tokens of a service.
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

    /// Seals the last name on a page of the list `list`. The result is `~` and a base64url text. No name
    /// begins with `~`. The client sends the result back to get the next page. Returns `None` if there is no
    /// signing key that services share.
    #[must_use]
    pub fn seal_place(&self, list: &str, place: &str) -> Option<String> {
        let is_shared =
            |key: &&Arc<LoadedKey>| key.about.service.is_none() && key.about.state == KeyState::Signing;
        let sealed = self.keys.iter().find(is_shared)?.places.seal(list, place)?;
        Some(format!("{SEALED}{sealed}"))
    }

    /// Opens the place that a client sends back: a name, or a name that one of these keys sealed for this list. Returns
    /// `None` if a sealed place cannot be opened.
    #[must_use]
    pub fn open_place(&self, list: &str, text: &str) -> Option<String> {
        match text.strip_prefix(SEALED) {
            None => Some(text.to_owned()),
            Some(sealed) => self.keys.iter().find_map(|key| key.places.open(list, sealed)),
        }
    }

    /// Returns the algorithm of the signing key that services share.
    #[must_use]
    pub fn shared_algorithm(&self) -> Option<&'static str> {
        self.signers.get(&None).map(|signers| signers.libtrust.algorithm())
    }

    /// Returns the published key set with all keys.
    #[must_use]
    pub fn jwks(&self) -> &Jwks {
        &self.everything
    }

    /// Returns the published key set for one service. It contains the next, signing and retired keys of the service,
    /// with the form of key id that its registry uses.
    #[must_use]
    pub fn jwks_for(&self, service: &Service) -> Jwks {
        let own = service.verifier.has_own_key().then_some(&service.name);
        self.jwks_of(own, &[service.verifier.key_id()])
    }

    /// Returns the key set of all keys of one service: next, signing and retired keys. `None` stands for the services
    /// that share a key.
    #[must_use]
    pub fn jwks_of(&self, service: Option<&ServiceName>, forms: &[KeyIdForm]) -> Jwks {
        let keys = self.keys.iter().filter(|key| key.about.service.as_ref() == service);
        Jwks::of(keys.map(|key| &key.public), forms)
    }

    /// Returns the certificate, in PEM form, for a registry that trusts a certificate instead of a key set.
    /// It is the certificate of the next key, or of the signing key if there is no next key. Returns `None`
    /// if that key has no certificate or does not exist.
    #[must_use]
    pub fn certificate_for(&self, service: Option<&ServiceName>) -> Option<String> {
        let in_state = |state| {
            self.keys.iter().find(|key| key.about.state == state && key.about.service.as_ref() == service)
        };
        let key = in_state(KeyState::Next).or_else(|| in_state(KeyState::Signing))?;
        key.chain.first().map(Certificate::to_pem)
    }

    /// Describes each key, without key material.
    pub fn keys(&self) -> impl Iterator<Item = &KeyDescription> {
        self.keys.iter().map(|key| &key.about)
    }

    /// Returns the certificate of the CA, in PEM form.
    #[must_use]
    pub fn ca(&self) -> &str {
        &self.ca
    }

    /// Returns the absolute path of the CA's certificate, for registries on this machine.
    #[must_use]
    pub fn ca_path(&self) -> &Path {
        &self.ca_path
    }

    /// Returns one probe for each signing key and each form in which a token can name its key. Leaves out the form
    /// `x5c` for a key without a certificate.
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

    /// Returns the certificates that tokens depend on, with the times of their validity.
    #[must_use]
    pub fn endings(&self) -> &[Ending] {
        &self.endings
    }

    /// Returns warnings for the operator: certificates that end within 30 days or have not begun, a new CA,
    /// certificates that our CA did not sign, and keys that were left out. The warnings name files without their
    /// folder.
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

    /// Warns of certificates that have not begun. A certificate that begins at the same time as the CA gets no warning,
    /// because the warning of the CA is enough.
    fn not_begun(&self, now: Timestamp) -> impl Iterator<Item = Warning> {
        let ca = self.endings.iter().find(|ending| ending.role == "ca").map(|ending| ending.begins_at);
        let signing = self.keys().find(|key| key.service.is_none() && key.state == KeyState::Signing);
        let name = signing.map_or("NAME", |key| key.name.as_str());
        let later = self.endings.iter().filter(move |ending| ending.begins_at > now);
        later.filter(move |ending| ending.role == "ca" || Some(ending.begins_at) != ca).map(move |ending| {
            let advice = if ending.role == "ca" {
                format!(
                    "if the clock of this machine is right now, the CA was made while the clock was ahead: make another CA with `portreeve keys revoke{} --replace-ca`, give the new `ca.crt` to every registry, and restart the registries",
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

    /// Warns that registries need the new CA.
    fn ca_warning(&self, now: Timestamp) -> Option<Warning> {
        let made = self.ca_made_anew_at?;
        let until = made.plus_seconds(TOLD_OF_CA);
        (now < until).then(|| {
            let message = format!(
                "a new CA was made at {made}: give `ca.crt` to every registry and restart the registries, otherwise they refuse every token (the server repeats this warning until {until})"
            );
            Warning::new("ca-made-anew", message)
        })
    }

    /// Returns true if [`KeysFolder::maintain`](super::KeysFolder::maintain) has work to do at `now`, even if the work
    /// cannot succeed, for example without `ca.key`. Does not consider missing keys: see [`Keyring::lacking`].
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

    /// Returns the owners that have no signing key. An owner is a service that needs its own key, or `None` for the
    /// services that share a key.
    #[must_use]
    pub fn lacking<'s>(
        &self,
        services: impl IntoIterator<Item = &'s Service>,
    ) -> BTreeSet<Option<ServiceName>> {
        let needing = services.into_iter().filter(|service| service.verifier.has_own_key());
        let owners = needing.map(|service| Some(service.name.clone()));
        owners.chain([None]).filter(|owner| !self.signers.contains_key(owner)).collect()
    }

    /// Returns a copy without the signing keys for which `still_signs` is false; `None` if there are no such keys.
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
