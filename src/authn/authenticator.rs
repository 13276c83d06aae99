//! Proves what a client presents, each kind of credential by its own file.

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

/// Verifies credentials.
pub struct Authenticator {
    pub(super) store: Store,
    pub(super) identities: Arc<Identities>,
    passwords: PasswordGate,
    last_used: Arc<LastUsed>,
    outside: Option<Arc<Outside>>,
    /// Credentials of people whose provider was silent a moment ago.
    waiting: Cache<[u8; 32], ()>,
}

/// Of how many credentials it is remembered that they wait for their provider.
const WAITING: u64 = 10_000;
/// For how long it is not looked whether another server has confirmed somebody whose provider this one leaves alone.
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

    /// The same, which asks identity providers about people whose time has run out.
    #[must_use]
    pub fn asking(self, outside: Arc<Outside>) -> Self {
        Self { outside: Some(outside), ..self }
    }

    /// Whether the subject is still as it was proven, in the snapshot that was taken before this
    /// question.
    #[must_use]
    pub fn is_current(&self, who: &Authenticated) -> bool {
        self.identities.holds(&who.stamp)
    }

    /// How often each cache had the answer.
    pub fn cache_counts(&self) -> impl Iterator<Item = (&'static str, &Hits)> {
        self.identities.counts().into_iter().chain([("password", self.passwords.hits())])
    }

    /// The command that signs in with an identity provider, for refusals; `None` where none is enabled.
    #[must_use]
    pub fn sign_in_command(&self) -> Option<String> {
        self.outside.as_ref().and_then(|outside| outside.sign_in_command())
    }

    /// The bounded hasher, for setting passwords.
    #[must_use]
    pub fn passwords(&self) -> &PasswordGate {
        &self.passwords
    }

    /// Proves what came as user name and password. The password may be a credential of our own making.
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

    /// Proves a credential of our own making, whatever user name came with it.
    pub async fn prove_machine(
        &self,
        credential: &MachineCredential,
        purpose: Purpose<'_>,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Authenticated, AuthnError> {
        let (MachineCredential::AccessKey(secret) | MachineCredential::RefreshToken(secret)) = credential;
        let mut proven = self.prove_known(credential, purpose, address, now).await;
        // What is in memory may be older than the last check, which another server may have made.
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

    /// Has the provider of somebody confirm them, whose time has run out.
    pub(super) async fn confirm(&self, found: &StoredSubject, now: Timestamp) -> Result<(), AuthnError> {
        let Some(outside) = &self.outside else {
            return Err(AuthnError::ProviderSilent("this server asks none".to_owned()));
        };
        match outside.confirm(found, now).await? {
            // The caller reads the person again.
            Confirmed::Good | Confirmed::Overtaken => Ok(()),
            Confirmed::Ended => Err(AuthnError::SignInExpired(found.row.subject.clone())),
            Confirmed::NoAnswer(why) | Confirmed::Unclear(why) => Err(AuthnError::ProviderSilent(why)),
            Confirmed::Held => {
                let why = "the provider refuses very many people at once".to_owned();
                Err(AuthnError::ProviderSilent(why))
            }
        }
    }

    /// Proves a credential by what is known here.
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
            // Memory may be out of date, and a refusal would make the client forget its login.
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

    /// Answers from memory while the database is away. Memory may be out of date, so only a password
    /// that was proven before is accepted, and nothing is told about accounts.
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

    /// Replaces a weaker hash (bcrypt, or argon2 with lower cost) by one of ours, in the background.
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
