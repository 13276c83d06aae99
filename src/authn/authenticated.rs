//! Somebody who proved who they are, and until when that holds.

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

/// What asks for a fresh sign-in accepts one that is not older than this: 15 minutes.
pub const FRESH_SECONDS: i64 = 15 * 60;

/// The browser session that somebody is signed in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrowserSession {
    /// When they signed in.
    pub signed_in_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// How many codes of devices were wrong.
    pub wrong_codes: i64,
}

impl BrowserSession {
    /// Whether the sign-in is recent enough at `now` for what asks for a fresh one.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        // A time ahead of ours was noted while a clock was wrong.
        now < self.signed_in_at.plus_seconds(FRESH_SECONDS) && self.signed_in_at <= now.newest_mark()
    }
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
    /// With a browser session.
    Browser(BrowserSession),
}

/// Somebody who proved who they are.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// The subject's row as of the state it was proven in.
    pub found: Arc<StoredSubject>,
    /// The subject as rules see it, as of the same state.
    pub subject: Arc<Subject>,
    /// That state.
    pub stamp: Stamp,
    /// How.
    pub proof: Proof,
    /// What the access key is narrowed to.
    pub restriction: Option<Arc<Restriction>>,
    /// When the credential or the robot ends.
    pub ends_at: Option<Timestamp>,
    /// The service of the refresh token.
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

/// Whether a subject may act at `now`: it is neither disabled nor expired, and its provider vouches for it if it has
/// one.
#[must_use]
pub fn is_active(found: &StoredSubject, now: Timestamp) -> bool {
    !found.row.disabled
        && found.row.expires_at.is_none_or(|end| now < end)
        && found.identity.as_ref().is_none_or(|identity| identity.holds(now) == Standing::Good)
}

/// Checks that the provider of a subject, if it has one, vouches for it at `now`.
pub(super) fn check_standing(found: &Arc<StoredSubject>, now: Timestamp) -> Result<(), AuthnError> {
    match found.identity.as_ref().map(|identity| identity.holds(now)) {
        None | Some(Standing::Good) => Ok(()),
        Some(Standing::Ended) => Err(AuthnError::SignInExpired(found.row.subject.clone())),
        Some(Standing::Unconfirmed) => Err(AuthnError::Unconfirmed(found.clone())),
    }
}

/// The earlier of two ends; `None` means never.
#[must_use]
pub fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}
