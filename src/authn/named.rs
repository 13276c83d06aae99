//! Looks a subject up by its name alone: the subject of a token that this server issued, and the robot as which this
//! server crawls a registry.
//!
//! INVARIANT: a name alone proves nothing. The caller has verified the signature of the token, or the server itself
//! acts as the robot.

use super::authenticated::{Authenticated, Proof, check_standing, is_active};
use super::authenticator::Authenticator;
use super::error::AuthnError;
use super::identities::{Cached, Known, Lookup};
use crate::domain::refusal::Cause;
use crate::domain::subject::{SubjectKind, SubjectName};
use crate::domain::time::Timestamp;
use crate::snapshot::Stamp;
use crate::storage::{StoreError, StoredSubject};
use std::sync::Arc;

/// The subject that a token names.
pub struct Named {
    /// The subject's row.
    pub found: Arc<StoredSubject>,
    /// The stamp of the state that the row was read from.
    pub stamp: Stamp,
}

impl Authenticator {
    /// Looks up the subject of a token that was issued at `issued_at`. Fails for an account that was made after that
    /// time, because it is another subject.
    pub async fn find_named(
        &self,
        name: &SubjectName,
        issued_at: Timestamp,
        now: Timestamp,
    ) -> Result<Named, AuthnError> {
        if self.identities.is_cut_off() && !self.identities.recovers().await {
            return Err(AuthnError::Store(StoreError::CutOff));
        }
        let cached = self.active(name, now).await?;
        let row = &cached.found.row;
        if row.created_at > issued_at {
            return Err(AuthnError::rejected_of(&row.subject, Cause::OtherOwner));
        }
        Ok(Named { found: cached.found.clone(), stamp: cached.stamp })
    }

    /// Authenticates this server itself as the robot that a service names for its crawls. Fails for a user: no person
    /// must answer for what a server does.
    pub(super) async fn act_as(
        &self,
        robot: &SubjectName,
        now: Timestamp,
    ) -> Result<Authenticated, AuthnError> {
        let cached = self.active(robot, now).await?;
        let subject = &cached.found.row.subject;
        if subject.kind != SubjectKind::Robot {
            return Err(AuthnError::rejected_of(subject, Cause::NotAccepted));
        }
        Ok(Authenticated::new(&cached, Proof::Server))
    }

    /// Returns the subject with this name. Fails if there is no such subject, or if it may not act at `now`.
    async fn active(&self, name: &SubjectName, now: Timestamp) -> Result<Arc<Cached<()>>, AuthnError> {
        let Known::Subject(cached) = self.identities.subject(name, Lookup::Memory).await? else {
            return Err(AuthnError::rejected(Cause::UnknownUser));
        };
        let row = &cached.found.row;
        if row.disabled {
            return Err(AuthnError::rejected_of(&row.subject, Cause::Disabled));
        }
        check_standing(&cached.found, now)?;
        if !is_active(&cached.found, now) {
            return Err(AuthnError::rejected_of(&row.subject, Cause::ExpiredKey));
        }
        Ok(cached)
    }

    /// Returns true if a subject is unchanged since it was read. The caller takes its snapshot before this call.
    #[must_use]
    pub fn still_holds(&self, stamp: &Stamp) -> bool {
        self.identities.holds(stamp)
    }
}
