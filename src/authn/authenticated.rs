//! A subject that has proved who it is, and the end of that proof.

use super::error::AuthnError;
use super::identities::Cached;
use crate::domain::identity::Standing;
use crate::domain::policy::Restriction;
use crate::domain::service::ServiceName;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use crate::snapshot::Stamp;
use crate::storage::StoredSubject;
use std::sync::Arc;

/// The greatest age of a sign-in for an action that needs a recent sign-in: 15 minutes.
pub const FRESH_SECONDS: i64 = 15 * 60;

/// The browser session of a signed-in person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrowserSession {
    /// The time at which the person signed in.
    pub signed_in_at: Timestamp,
    /// The latest end of the session.
    pub expires_at: Timestamp,
    /// The number of wrong device codes that were typed in this session.
    pub wrong_codes: i64,
}

impl BrowserSession {
    /// Returns true if the sign-in is recent enough at `now` for an action that needs a recent sign-in.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        // A sign-in time ahead of our clock means that a clock was wrong, so the sign-in does not count as recent.
        now < self.signed_in_at.plus_seconds(FRESH_SECONDS) && self.signed_in_at <= now.newest_mark()
    }
}

/// The proof by which a subject showed who it is.
#[derive(Debug, Clone)]
pub enum Proof {
    /// The user presented their password.
    Password,
    /// The client presented an access key, with this public id.
    AccessKey(String),
    /// The client presented a refresh token, with this public id.
    RefreshToken(String),
    /// The client presented the cookie of a browser session.
    Browser(BrowserSession),
    /// Nobody presented anything: this server itself acts as the robot, to crawl a registry.
    Server,
}

/// A subject that has proved who it is.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// The subject's row. It may have been in memory for a while: `stamp` says of which state it is.
    pub found: Arc<StoredSubject>,
    /// The subject as rules see it, read together with the row.
    pub subject: Arc<Subject>,
    /// The stamp of the state that row and subject were read from.
    pub stamp: Stamp,
    /// The proof that the subject gave.
    pub proof: Proof,
    /// The restriction of the access key, if an access key was presented.
    pub restriction: Option<Arc<Restriction>>,
    /// The end of the access key, the browser session or the robot, whichever comes first; `None` if there is no end.
    /// The subject's tokens do not end later. The end of a refresh token does not count.
    pub ends_at: Option<Timestamp>,
    /// The service of the refresh token, if a refresh token was presented.
    pub service: Option<ServiceName>,
}

impl Authenticated {
    pub(super) fn new<T>(cached: &Cached<T>, proof: Proof) -> Self {
        Self {
            found: cached.found.clone(),
            subject: cached.subject.clone(),
            stamp: cached.stamp,
            proof,
            restriction: None,
            ends_at: cached.found.row.expires_at,
            service: None,
        }
    }
}

/// Returns true if a subject may act at `now`: it is neither disabled nor expired, and its provider, if it has one,
/// vouches for it.
#[must_use]
pub fn is_active(found: &StoredSubject, now: Timestamp) -> bool {
    !found.row.disabled
        && found.row.expires_at.is_none_or(|end| now < end)
        && found.identity.as_ref().is_none_or(|identity| identity.holds(now) == Standing::Good)
}

/// Fails if the subject has a provider that does not vouch for it at `now`.
pub(super) fn check_standing(found: &Arc<StoredSubject>, now: Timestamp) -> Result<(), AuthnError> {
    match found.identity.as_ref().map(|identity| identity.holds(now)) {
        None | Some(Standing::Good) => Ok(()),
        Some(Standing::Ended) => Err(AuthnError::SignInExpired(found.row.subject.clone())),
        Some(Standing::Unconfirmed) => Err(AuthnError::Unconfirmed(found.clone())),
    }
}

/// Returns the earlier of two ends. `None` means never.
#[must_use]
pub fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}
