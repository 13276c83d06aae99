//! The browser session of the caller, shown to the caller.

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
    /// The user who is signed in.
    subject: SubjectRef,
    /// The time of the sign-in.
    signed_in_at: Timestamp,
    /// The time until which the sign-in is recent enough for actions that need a recent sign-in.
    fresh_until: Timestamp,
    /// The latest end of the session. It ends earlier if it is not used.
    expires_at: Timestamp,
    /// The time without use after which the session ends, seconds.
    idle_seconds: i64,
}

impl Caller {
    /// Returns the browser session. Fails unless the caller is signed in with a browser session.
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
