//! Who are you: proves what a client presents. Reads the store and the snapshot, never the policy
//! and nothing of HTTP.

mod access_key;
mod last_used;
mod password;
mod refresh;

pub use last_used::LastUsed;
pub use password::{HashError, ImportedHash, PasswordGate};
pub use refresh::{ABSOLUTE_LIFE_SECONDS, IDLE_LIFE_SECONDS};

use crate::domain::policy::Restriction;
use crate::domain::secret::{Digest, MachineCredential, MachineSecret, Password};
use crate::domain::service::ServiceName;
use crate::domain::subject::{SubjectName, names_a_token};
use crate::domain::time::Timestamp;
use crate::storage::{Found, Store, StoreError};
use std::net::IpAddr;
use std::sync::Arc;

/// What a client presents.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user name, as sent.
    pub user: String,
    /// The password, or a credential of our own making in its place.
    pub password: Password,
}

/// How somebody proved who they are.
#[derive(Debug, Clone)]
pub enum Proof {
    /// With their password.
    Password,
    /// With an access key, by its public id.
    AccessKey(String),
    /// With a refresh token, by its public id.
    RefreshToken(String),
}

/// Somebody who proved who they are.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// The subject as of the state it was proven in.
    pub found: Found,
    /// How.
    pub proof: Proof,
    /// What the access key is narrowed to.
    pub restriction: Option<Restriction>,
    /// When the credential or the robot ends.
    pub ends_at: Option<Timestamp>,
    /// The service of the refresh token.
    pub service: Option<ServiceName>,
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthnError {
    /// Unknown, disabled, expired, revoked or wrong: deliberately one answer.
    #[error("invalid user name, password or token")]
    Rejected,
    /// A refresh token whose time is over.
    #[error("session expired")]
    SessionExpired,
    /// A refresh token presented for another service than its own.
    #[error("this session is for another registry")]
    OtherService,
    /// Too many passwords are waiting to be verified.
    #[error("too many sign-ins at once")]
    Busy,
    /// The store does not answer.
    #[error("credentials cannot be verified now")]
    Store(#[from] StoreError),
}

/// Verifies credentials.
pub struct Authenticator {
    store: Store,
    passwords: PasswordGate,
    last_used: Arc<LastUsed>,
}

impl Authenticator {
    /// Puts the verifier together.
    #[must_use]
    pub fn new(store: Store, passwords: PasswordGate, last_used: Arc<LastUsed>) -> Self {
        Self { store, passwords, last_used }
    }

    /// The bounded hasher, for setting passwords.
    #[must_use]
    pub fn passwords(&self) -> &PasswordGate {
        &self.passwords
    }

    /// Proves what came as user name and password. `service` is what a refresh token must be for;
    /// `None` where refresh tokens are not taken at all.
    ///
    /// # Errors
    /// [`AuthnError`].
    pub async fn authenticate(
        &self,
        credentials: &Credentials,
        service: Option<&ServiceName>,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Authenticated, AuthnError> {
        let text = std::str::from_utf8(credentials.password.expose()).unwrap_or_default();
        match MachineCredential::parse(text) {
            Some(credential) => {
                let proven = match (&credential, service) {
                    (MachineCredential::RefreshToken(_), None) => return Err(AuthnError::Rejected),
                    (_, service) => self.prove_machine(&credential, service, address, now).await?,
                };
                let owner = proven.found.row.subject.name.as_str();
                if names_a_token(&credentials.user) || credentials.user == owner {
                    Ok(proven)
                } else {
                    Err(AuthnError::Rejected)
                }
            }
            None => self.prove_password(credentials, now).await,
        }
    }

    /// Proves a credential of our own making, whatever user name came with it. `service` is what
    /// a refresh token must be for; `None` takes the token's own.
    ///
    /// # Errors
    /// [`AuthnError`].
    pub async fn prove_machine(
        &self,
        credential: &MachineCredential,
        service: Option<&ServiceName>,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Authenticated, AuthnError> {
        match credential {
            MachineCredential::AccessKey(secret) => {
                access_key::prove(&self.store, &self.last_used, secret, now).await
            }
            MachineCredential::RefreshToken(secret) => {
                refresh::prove(&self.store, &self.last_used, secret, service, address, now).await
            }
        }
    }

    async fn prove_password(
        &self,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<Authenticated, AuthnError> {
        let found = match SubjectName::parse(&credentials.user) {
            Ok(name) => self.store.read().await?.find_subject(&name).await?,
            Err(_) => None,
        };
        let active = found.as_ref().is_some_and(|found| is_active(found, now));
        let (user, password) = (&credentials.user, &credentials.password);
        self.passwords.verify(&self.store, user, found.as_ref(), active, password).await?;
        let found = found.ok_or(AuthnError::Rejected)?;
        Ok(Authenticated {
            ends_at: found.row.expires_at,
            found,
            proof: Proof::Password,
            restriction: None,
            service: None,
        })
    }
}

/// Whether a subject may act at all.
#[must_use]
pub fn is_active(found: &Found, now: Timestamp) -> bool {
    !found.row.disabled && found.row.expires_at.is_none_or(|end| now < end)
}

/// The digest under which a secret of ours is stored.
#[must_use]
pub fn digest(secret: &MachineSecret) -> Digest {
    let bytes = ring::digest::digest(&ring::digest::SHA256, secret.expose().as_bytes());
    Digest::from_bytes(bytes.as_ref())
}

/// The earlier of two ends, where `None` is no end.
#[must_use]
pub fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}
