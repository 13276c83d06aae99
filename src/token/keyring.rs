//! The keys of a server, as read from the keys folder: what signs for whom, and what is published.

use super::certificate::{self, Certificate, is_old};
use super::change::PUBLISHED_AFTER;
use super::error::{KeyringError, bad_certificate, broken};
use super::files::{check_private, fingerprint, io, read, read_secret};
use super::jwks::Jwks;
use super::key::{KeyError, PrivateKey, PublicKey};
use super::keyid::KeyId;
use super::probe::{KeyForm, Probe};
use super::provider::RingSigner;
use super::signer::{SignError, Signer};
use super::states::{KeyEntry, KeyState, STATES, States};
use crate::domain::service::{Service, ServiceName};
use crate::domain::time::Timestamp;
use crate::domain::verifier::KeyIdForm;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) const CA_KEY: &str = "ca.key";
pub(super) const CA_CERTIFICATE: &str = "ca.crt";

/// Why a token cannot be signed for a service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSigner {
    /// It needs a key of its own, and has none yet.
    #[error(
        "`{0}` has no signing key yet: one is made within seconds where the keys folder can be written, else by `portreeve keys add`"
    )]
    NoKey(ServiceName),
    /// Its registry does not know the algorithm.
    #[error("the signing key is for {1}, which the registry of `{0}` does not verify")]
    Algorithm(ServiceName, &'static str),
}

/// What is known of a key, without the key.
#[derive(Debug, Clone)]
pub struct KeyDescription {
    /// The name of its files, without ending.
    pub name: String,
    /// Where it is in its life.
    pub state: KeyState,
    /// The one service that it signs for.
    pub service: Option<ServiceName>,
    /// The JWS algorithm.
    pub algorithm: &'static str,
    /// Its id as distribution 2 looks it up.
    pub libtrust: KeyId,
    /// Its id of RFC 7638.
    pub thumbprint: KeyId,
    /// When it came.
    pub created_at: Timestamp,
    /// When it stopped signing.
    pub retired_at: Option<Timestamp>,
    /// When its certificate ends.
    pub certificate_ends_at: Option<Timestamp>,
    /// Whether our CA signed its certificate.
    pub is_ours: bool,
}

/// A key with everything that was read of it.
struct Read {
    about: KeyDescription,
    public: PublicKey,
    signer: Arc<RingSigner>,
    chain: Vec<Certificate>,
}

/// The two headers that a key signs under.
struct Signers {
    libtrust: Signer,
    thumbprint: Signer,
}

/// A certificate and its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ending {
    /// The file, without its folder.
    pub file: String,
    /// `ca`, or the state of its key.
    pub role: &'static str,
    /// When the first of its certificates ends.
    pub ends_at: Timestamp,
}

/// The keys of a server, read from its folder.
pub struct Keyring {
    keys: Vec<Read>,
    /// Those that sign, by the service that has a key of its own.
    signers: BTreeMap<Option<ServiceName>, Signers>,
    everything: Jwks,
    ca_path: PathBuf,
    ca: String,
    endings: Vec<Ending>,
    fingerprint: u64,
}

pub(super) fn read_key(path: &Path) -> Result<PrivateKey, KeyringError> {
    let text = read_secret(path)?;
    PrivateKey::from_pem(&text).map_err(|source| KeyringError::Key { path: path.to_owned(), source })
}

pub(super) fn read_chain(path: &Path) -> Result<Vec<Certificate>, KeyringError> {
    certificate::read(&read(path)?).map_err(bad_certificate(path))
}

impl Signers {
    fn new(key: &Read) -> Result<Self, SignError> {
        // Only the key of all services is verified by its certificate.
        let chain = key.about.service.is_none().then_some(key.chain.as_slice());
        let signer = |form| Signer::new(&key.signer, &key.public, form, chain);
        Ok(Self { libtrust: signer(KeyIdForm::Libtrust)?, thumbprint: signer(KeyIdForm::Thumbprint)? })
    }
}

impl Read {
    fn open(
        folder: &Path,
        entry: &KeyEntry,
        ca: &[Certificate],
        now: Timestamp,
    ) -> Result<Self, KeyringError> {
        let key_path = folder.join(format!("{}.key", entry.name));
        let path = folder.join(format!("{}.crt", entry.name));
        let key = read_key(&key_path)?;
        let public = key.public().clone();
        let unusable = || KeyringError::Key { path: key_path.clone(), source: KeyError::Unusable };
        let signer = RingSigner::new(key.pkcs8(), key.algorithm()).ok_or_else(unusable)?;
        let needs_certificate = entry.service.is_none() && entry.state == KeyState::Signing;
        let chain = if needs_certificate || path.exists() { read_chain(&path)? } else { Vec::new() };
        if let Some(leaf) = chain.first()
            && leaf.spki != public.subject_public_key_info()
        {
            return Err(broken(&path, "it is not the certificate of the key beside it"));
        }
        let end = chain.iter().map(|certificate| certificate.not_after).min();
        if let Some(end) = end.filter(|end| needs_certificate && *end <= now) {
            return Err(KeyringError::Expired {
                path,
                end,
                advice: "bring a new one, or remove it and let the server issue one (ca.key must be in the folder)",
            });
        }
        let is_ours = chain.first().zip(ca.first()).is_some_and(|(leaf, ca)| leaf.issuer == ca.subject);
        let about = KeyDescription {
            name: entry.name.clone(),
            state: entry.state,
            service: entry.service.clone(),
            algorithm: public.algorithm(),
            libtrust: KeyId::of(&public, KeyIdForm::Libtrust),
            thumbprint: KeyId::of(&public, KeyIdForm::Thumbprint),
            created_at: entry.created_at,
            retired_at: entry.retired_at,
            certificate_ends_at: end,
            is_ours,
        };
        Ok(Self { about, public, signer: Arc::new(signer), chain })
    }
}

impl Keyring {
    /// Whether the folder holds keys already.
    ///
    /// # Errors
    /// [`KeyringError::File`] when that cannot be told.
    pub fn exists(folder: &Path) -> Result<bool, KeyringError> {
        let path = folder.join(STATES);
        path.try_exists().map_err(io(&path))
    }

    /// Reads and checks the folder.
    ///
    /// # Errors
    /// [`KeyringError`], each saying what to do.
    pub fn open(folder: &Path, now: Timestamp) -> Result<Self, KeyringError> {
        check_private(folder)?;
        // Taken first: what changes while the files are read is seen at the next look.
        let fingerprint = fingerprint(folder)?;
        Self::read(folder, &States::read(folder)?, fingerprint, now)
    }

    /// Whether the folder can be used when its keys are in these states.
    pub(super) fn check(folder: &Path, states: &States, now: Timestamp) -> Result<(), KeyringError> {
        Self::read(folder, states, 0, now).map(drop)
    }

    fn read(folder: &Path, states: &States, fingerprint: u64, now: Timestamp) -> Result<Self, KeyringError> {
        let ca_path =
            fs::canonicalize(folder.join(CA_CERTIFICATE)).map_err(io(&folder.join(CA_CERTIFICATE)))?;
        for entry in fs::read_dir(folder).map_err(io(folder))? {
            let path = entry.map_err(io(folder))?.path();
            // Certificates, also such as are being written, and the README are public; all else is secret until
            // proven otherwise.
            let name = path.to_string_lossy();
            let public = [".crt", ".crt.new", ".md"].iter().any(|ending| name.ends_with(ending));
            if !public && path.is_file() {
                check_private(&path)?;
            }
        }
        let ca = read_chain(&ca_path)?;
        let mut endings: Vec<_> = ca.iter().map(|ca| ending(CA_CERTIFICATE, "ca", ca.not_after)).collect();
        let (mut keys, mut signers) = (Vec::new(), BTreeMap::new());
        for entry in &states.keys {
            let key = Read::open(folder, entry, &ca, now)?;
            if entry.state == KeyState::Signing {
                let made =
                    Signers::new(&key).map_err(|_| broken(folder, "a token header could not be made"))?;
                signers.insert(entry.service.clone(), made);
            }
            // No registry looks at the certificate of a key that it holds itself.
            let counts = entry.service.is_none() && entry.state != KeyState::Retired;
            if let Some(end) = key.about.certificate_ends_at.filter(|_| counts) {
                endings.push(ending(&format!("{}.crt", entry.name), entry.state.as_str(), end));
            }
            keys.push(key);
        }
        let everything =
            Jwks::of(keys.iter().map(|key| &key.public), &[KeyIdForm::Libtrust, KeyIdForm::Thumbprint]);
        let ca = String::from_utf8_lossy(&read(&ca_path)?).into_owned();
        Ok(Self { keys, signers, everything, ca_path, ca, endings, fingerprint })
    }

    /// Whether the folder is not as it was read any more.
    ///
    /// # Errors
    /// [`KeyringError::File`] when that cannot be told.
    pub fn has_changed(&self, folder: &Path) -> Result<bool, KeyringError> {
        Ok(fingerprint(folder)? != self.fingerprint)
    }

    /// What signs the tokens of a service.
    ///
    /// # Errors
    /// [`NoSigner`].
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

    /// The algorithm of the key of all services that need none of their own.
    #[must_use]
    pub fn shared_algorithm(&self) -> Option<&'static str> {
        self.signers.get(&None).map(|signers| signers.libtrust.algorithm())
    }

    /// The published key set of everything.
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

    /// The certificate (PEM) that a registry shall hold which holds one: that of the next key, else of the
    /// one that signs.
    #[must_use]
    pub fn certificate_for(&self, service: Option<&ServiceName>) -> Option<String> {
        let in_state = |state| {
            self.keys.iter().find(|key| key.about.state == state && key.about.service.as_ref() == service)
        };
        let key = in_state(KeyState::Next).or_else(|| in_state(KeyState::Signing))?;
        key.chain.first().map(Certificate::to_pem)
    }

    /// Everything in it, without keys.
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
                    Probe::new(form, &key.about, &key.signer, &key.public, chain)
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

    /// What the operator should know: certificates that end within 30 days, and one that registries
    /// cannot verify with our CA. Files by name, without their folder.
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<String> {
        let near = |ending: &&Ending| ending.ends_at.urgency(now) > 0;
        let ending = self.endings.iter().filter(near).map(|ending| {
            let days = (ending.ends_at.as_seconds() - now.as_seconds()).div_euclid(86_400);
            format!("the certificate {} ends at {} (in {days} days)", ending.file, ending.ends_at)
        });
        let in_tokens = self.keys().filter(|key| key.service.is_none() && key.state == KeyState::Signing);
        let foreign = in_tokens.filter(|key| !key.is_ours).map(|key| {
            format!(
                "the certificate {}.crt is not signed by ca.crt: give registries the root of its own chain as rootcertbundle",
                key.name
            )
        });
        ending.chain(foreign).collect()
    }

    /// Whether something in the folder is to be done by now: see [`Keyring::tend`].
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.keys.iter().any(|key| {
            let gone = |at: Timestamp| at.plus_seconds(PUBLISHED_AFTER) <= now;
            let in_tokens = key.about.service.is_none() && key.about.state != KeyState::Retired;
            let old = key.chain.first().is_none_or(|leaf| key.about.is_ours && is_old(leaf, now));
            key.about.retired_at.is_some_and(gone) || (in_tokens && old)
        })
    }

    /// The services of these that need a key of their own and have none that signs.
    #[must_use]
    pub fn lacking<'s>(&self, services: impl IntoIterator<Item = &'s Service>) -> BTreeSet<ServiceName> {
        let needing = services.into_iter().filter(|service| service.verifier.has_own_key());
        let lacking = needing.filter(|service| !self.signers.contains_key(&Some(service.name.clone())));
        lacking.map(|service| service.name.clone()).collect()
    }
}

fn ending(file: &str, role: &'static str, ends_at: Timestamp) -> Ending {
    Ending { file: file.to_owned(), role, ends_at }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("ca_path", &self.ca_path).finish_non_exhaustive()
    }
}
