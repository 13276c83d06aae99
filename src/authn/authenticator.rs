//! Proves the credentials that a client presents. Each kind of credential has a file of its own.

use super::access_key;
use super::attempt::Attempt;
use super::authenticated::{Authenticated, Proof};
use super::cache::{Cache, Hits};
use super::credentials::{Credentials, digest_bytes};
use super::error::AuthnError;
use super::identities::{Identities, Known, Lookup};
use super::last_used::LastUsed;
use super::outside::{Confirmed, Outside};
use super::password::PasswordGate;
use super::purpose::Purpose;
use super::refresh;
use crate::domain::refusal::{Cause, has_outer_space};
use crate::domain::secret::{MachineCredential, Password};
use crate::domain::subject::{SubjectName, names_a_token};
use crate::domain::time::Timestamp;
use crate::snapshot::Snapshots;
use crate::storage::{Store, StoreError, StoredSubject, Transaction};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The authenticator: verifies credentials of every kind.
pub struct Authenticator {
    pub(super) store: Store,
    pub(super) identities: Arc<Identities>,
    passwords: PasswordGate,
    last_used: Arc<LastUsed>,
    outside: Option<Arc<Outside>>,
    /// Digests of credentials of people whose provider was silent a moment ago.
    waiting: Cache<[u8; 32], ()>,
}

/// The most credentials that are remembered as waiting for their provider.
const WAITING: u64 = 10_000;
/// The time for which a credential is remembered as waiting for its provider. During this time the server does not look
/// again whether another server has confirmed the person. The time applies only while this server does not ask the
/// provider, because the provider was silent.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

impl Authenticator {
    /// Makes the authenticator.
    #[must_use]
    pub fn new(
        store: Store,
        snapshots: Arc<Snapshots>,
        passwords: PasswordGate,
        last_used: Arc<LastUsed>,
    ) -> Self {
        let identities = Arc::new(Identities::new(store.clone(), snapshots));
        let waiting = Cache::of_passing_entries(WAITING, LOOK_AGAIN);
        Self { store, identities, passwords, last_used, outside: None, waiting }
    }

    /// Returns this authenticator with identity providers. The authenticator asks them about people whose confirmation
    /// has expired.
    #[must_use]
    pub fn asking(self, outside: Arc<Outside>) -> Self {
        Self { outside: Some(outside), ..self }
    }

    /// Returns true if the subject is unchanged since it proved who it is. The caller takes its snapshot before this
    /// call.
    #[must_use]
    pub fn is_current(&self, who: &Authenticated) -> bool {
        self.identities.holds(&who.stamp)
    }

    /// Returns the hits and misses of the caches of subjects, access keys, refresh tokens and passwords.
    pub fn cache_counts(&self) -> impl Iterator<Item = (&'static str, &Hits)> {
        self.identities.counts().into_iter().chain([("password", self.passwords.hits())])
    }

    /// Returns the command for signing in with an identity provider, for texts of refusals; `None` if no provider is
    /// enabled.
    #[must_use]
    pub fn sign_in_command(&self) -> Option<String> {
        self.outside.as_ref().and_then(|outside| outside.sign_in_command())
    }

    /// Returns the gate that hashes passwords, for setting passwords.
    #[must_use]
    pub fn passwords(&self) -> &PasswordGate {
        &self.passwords
    }

    /// Proves a user name and password. Instead of the password, a client can send an access key or a refresh token.
    /// The user name must then be the owner's name or a name that stands for a token.
    pub async fn authenticate(
        &self,
        credentials: &Credentials,
        purpose: Purpose<'_>,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Authenticated, AuthnError> {
        let text = std::str::from_utf8(credentials.password.expose()).unwrap_or_default();
        let Some(credential) = MachineCredential::parse(text) else {
            return self.prove_password(credentials, purpose, address, now).await;
        };
        let proven = self.prove_machine(&credential, purpose, address, now).await?;
        let (user, owner) = (credentials.user.as_str(), &proven.found.row.subject);
        if names_a_token(user) || user == owner.name.as_str() {
            return Ok(proven);
        }
        let cause = if user.eq_ignore_ascii_case(owner.name.as_str()) {
            Cause::Case
        } else if has_outer_space(user) {
            Cause::Whitespace
        } else {
            Cause::OtherOwner
        };
        Err(AuthnError::rejected_of(owner, cause))
    }

    /// Proves a credential that this server made. Does not look at the user name beside the credential.
    pub async fn prove_machine(
        &self,
        credential: &MachineCredential,
        purpose: Purpose<'_>,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Authenticated, AuthnError> {
        let (MachineCredential::AccessKey(secret) | MachineCredential::RefreshToken(secret)) = credential;
        let mut proven = self.prove_known(credential, purpose, address, now).await;
        // Memory may be older than the last check of the person, which another server may have made.
        for is_fresh in [false, true] {
            let Err(AuthnError::Unconfirmed(found)) = &proven else { break };
            let key = digest_bytes(secret);
            let left_alone = self.outside.as_ref().and_then(|outside| outside.left_alone(found));
            if let Some(why) = left_alone
                && self.waiting.get(&key).is_some()
            {
                return Err(AuthnError::ProviderSilent(why));
            }
            if is_fresh {
                let confirmed = self.confirm(found, now).await;
                if matches!(confirmed, Err(AuthnError::ProviderSilent(_))) {
                    self.waiting.insert(key, ());
                }
                confirmed?;
            }
            self.identities.forget_credential(&key);
            proven = self.prove_known(credential, purpose, address, now).await;
        }
        proven
    }

    /// Asks the provider to confirm a person, because the last confirmation of the person has expired.
    pub(super) async fn confirm(&self, found: &StoredSubject, now: Timestamp) -> Result<(), AuthnError> {
        let Some(outside) = &self.outside else {
            return Err(AuthnError::ProviderSilent("this server asks no identity provider".to_owned()));
        };
        match outside.confirm(found, now).await? {
            // After either result the caller reads the person again.
            Confirmed::Good | Confirmed::Overtaken => Ok(()),
            Confirmed::Ended => Err(AuthnError::SignInExpired(found.row.subject.clone())),
            Confirmed::NoAnswer(why) | Confirmed::Unclear(why) => Err(AuthnError::ProviderSilent(why)),
            Confirmed::Held => {
                let why = "the provider refuses very many people at once".to_owned();
                Err(AuthnError::ProviderSilent(why))
            }
        }
    }

    /// Proves a credential from memory or the database, without asking an identity provider.
    async fn prove_known(
        &self,
        credential: &MachineCredential,
        purpose: Purpose<'_>,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Authenticated, AuthnError> {
        let (identities, last_used) = (&*self.identities, &*self.last_used);
        let proven = match (credential, purpose) {
            (_, Purpose::Browser) => return Err(AuthnError::rejected(Cause::NotAccepted)),
            (MachineCredential::AccessKey(secret), purpose) => {
                access_key::prove(identities, last_used, secret, purpose, address, now).await
            }
            (MachineCredential::RefreshToken(secret), Purpose::Token(service)) => {
                refresh::prove(identities, last_used, secret, service, address, now).await
            }
            (MachineCredential::RefreshToken(_), Purpose::Administration) => {
                return Err(AuthnError::rejected(Cause::NotAccepted));
            }
        };
        match proven {
            // Memory may be out of date, and a wrong refusal would make the client forget its login.
            Err(AuthnError::Rejected(_) | AuthnError::SessionExpired(_) | AuthnError::SignInExpired(_))
                if identities.is_cut_off() =>
            {
                Err(AuthnError::Store(StoreError::CutOff))
            }
            proven => proven,
        }
    }

    async fn prove_password(
        &self,
        credentials: &Credentials,
        purpose: Purpose<'_>,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Authenticated, AuthnError> {
        let asked_at = Instant::now();
        let name = SubjectName::parse(&credentials.user).ok();
        let mut lookup = purpose.lookup();
        if lookup == Lookup::Memory && self.identities.is_cut_off() {
            if let Some(proven) = self.remember_password(name.as_ref(), credentials, now) {
                return Ok(proven);
            }
            lookup = Lookup::Database;
        }
        let known = match &name {
            Some(name) => self.identities.subject(name, lookup).await?,
            None if lookup == Lookup::Database && !self.identities.recovers().await => {
                return Err(AuthnError::Store(StoreError::CutOff));
            }
            None => Known::Nobody { in_other_case: false },
        };
        let (user, password) = (&credentials.user, &credentials.password);
        let cached = match known {
            Known::Subject(cached) => cached,
            Known::Nobody { in_other_case } => {
                let attempt = Attempt::new(user, None, password, address, now).in_other_case(in_other_case);
                self.passwords.verify(&attempt, asked_at).await?;
                return Err(attempt.refusal(false));
            }
        };
        let attempt = Attempt::new(user, Some(&cached.found), password, address, now);
        if self.passwords.verify(&attempt, asked_at).await? {
            self.improve(cached.found.clone(), password);
        }
        Ok(Authenticated::new(&cached, Proof::Password))
    }

    /// Verifies a password from memory while the database is away. Memory may be out of date, so only a password that
    /// was proven before is accepted, and the answer tells nothing about accounts.
    fn remember_password(
        &self,
        name: Option<&SubjectName>,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Option<Authenticated> {
        let cached = self.identities.remembered_subject(name?)?;
        let attempt = Attempt::new(&credentials.user, Some(&cached.found), &credentials.password, None, now);
        self.passwords
            .is_proven(&attempt, self.identities.cut_off_for())
            .then(|| Authenticated::new(&cached, Proof::Password))
    }

    /// Replaces a weaker hash (bcrypt, argon2i, or argon2id with lower cost) by a hash of our own, in the background.
    fn improve(&self, found: Arc<StoredSubject>, password: &Password) {
        let Some(hashing) = self.passwords.rehash(password) else {
            return;
        };
        let (store, identities) = (self.store.clone(), self.identities.clone());
        tokio::spawn(async move {
            let (Some(new), Some(old)) = (hashing.await, found.row.password_hash.clone()) else {
                return;
            };
            let (id, name) = (found.row.id.clone(), found.row.subject.name.clone());
            let written = store
                .write(move |tx: &mut Transaction| {
                    Box::pin(async move { tx.rehash_password(&id, &old, &new).await })
                })
                .await;
            match written {
                Ok(()) => identities.forget(&name),
                Err(error) => tracing::warn!(%error, "a password hash could not be renewed"),
            }
        });
    }
}
