//! The browser session that somebody calls with, as they see it.

use super::caller::Caller;
use super::error::ManageError;
use crate::authn::{BROWSER_IDLE_SECONDS, FRESH_SECONDS, Proof};
use crate::domain::subject::SubjectRef;
use crate::domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The browser session that the caller is signed in with.
#[derive(Serialize, ToSchema)]
pub struct OwnBrowserSession {
    /// Who is signed in.
    subject: SubjectRef,
    /// When they signed in.
    signed_in_at: Timestamp,
    /// Until when the sign-in is recent enough for what asks for a fresh one.
    fresh_until: Timestamp,
    /// When the session ends at the latest. It ends earlier when it is not used.
    expires_at: Timestamp,
    /// How long it may be left alone before it ends, seconds.
    idle_seconds: i64,
}

impl Caller {
    /// The browser session. Not found unless the caller is signed in with one.
    pub fn browser_session(&self) -> Result<OwnBrowserSession, ManageError> {
        self.unrestricted()?;
        let Proof::Browser(session) = self.who.proof else {
            return Err(ManageError::NoBrowserSession);
        };
        Ok(OwnBrowserSession {
            subject: self.who.found.row.subject.clone(),
            signed_in_at: session.signed_in_at,
            fresh_until: session.signed_in_at.plus_seconds(FRESH_SECONDS),
            expires_at: session.expires_at,
            idle_seconds: BROWSER_IDLE_SECONDS,
        })
    }
}
